"""The picture of worst confusions: one row a pair, also with few photos, odd names, or no pair at all."""

from types import SimpleNamespace

import cv2

from lookalike.visual.confusions import draw_confusions

PATHS = ["5", "broken", "7", "8", "9", "10"]
ITEM = SimpleNamespace(
    first="a$b_$", second="<b>\n" * 40, pairs=3, share=0.5, group=1, first_rows=(0,), second_rows=(1, 2, 3, 4, 5)
)


def test_pairs_with_few_photos_and_odd_names(tmp_path, read):
    draw_confusions(tmp_path / "two.png", [ITEM] * 2, PATHS, read)
    draw_confusions(tmp_path / "one.png", [ITEM], PATHS, read)
    two, one = (cv2.imread(str(tmp_path / name)) for name in ("two.png", "one.png"))
    assert two.shape[0] > one.shape[0]
    assert ((one == 5).all(axis=2)).sum() > 1000
    assert ((one == 10).all(axis=2)).sum() < 500  # a fifth photo is not shown


def test_no_pair_is_said(tmp_path, read):
    draw_confusions(tmp_path / "confusions.png", [], PATHS, read)
    assert (tmp_path / "confusions.png").stat().st_size > 1000
