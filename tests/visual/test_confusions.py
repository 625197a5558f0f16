"""The picture of worst confusions: one row a pair, also with few photos, odd names, or no pair at all."""

import cv2

from lookalike.visual.confusions import Pair, draw_confusions


def test_pairs_with_few_photos_and_odd_names(tmp_path, read):
    path = tmp_path / "confusions.png"
    pairs = [Pair("a$b_$", "<b>\n" * 40, "3 pairs", ["5"], ["6", "broken", "7", "8", "9"])] * 2
    draw_confusions(path, pairs, read)
    one = tmp_path / "one.png"
    draw_confusions(one, pairs[:1], read)
    assert cv2.imread(str(path)).shape[0] > cv2.imread(str(one)).shape[0]


def test_no_pair_is_said(tmp_path, read):
    draw_confusions(tmp_path / "confusions.png", [], read)
    assert (tmp_path / "confusions.png").stat().st_size > 1000
