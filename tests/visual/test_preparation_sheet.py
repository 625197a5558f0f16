"""The sheet shows samples and every fallback, whatever the photos are called."""

import cv2
import numpy as np
import pytest

from lookalike.catalog import images
from lookalike.visual import preparation_sheet as sheet


def table_of(folder, names, fallbacks=()):
    for number, name in enumerate(names):
        rgb = np.full((60, 80, 3), 235, np.uint8)
        cv2.circle(rgb, (40, 30), 18, (200, 10 * number % 255, 30), cv2.FILLED)
        images.write(folder / name, rgb)
    flags = ["no contour" if name in fallbacks else "" for name in names]
    return {"path": list(names), "status": ["ok"] * len(names), "fallback": flags}


def drawn(folder, table, **options):
    sheet.draw_sheet(folder / "sheet.png", table, folder, **options)
    return images.read(folder / "sheet.png")


@pytest.mark.parametrize("names", [["1.jpg"], ["a_b$x$.jpg", "写真\n.jpg", "<b>.jpg", "é.jpg"]])
def test_any_number_and_name(tmp_path, names, recwarn):
    picture = drawn(tmp_path, table_of(tmp_path, names), background="auto", format="jpg", quality=90)
    assert picture.shape[1] >= 900
    assert (picture == (0, 0, 0)).all(axis=2).mean() > 0.01  # masks and letters
    assert not recwarn.list


def test_fallbacks_have_a_part_of_their_own(tmp_path):
    names = [f"{number}.jpg" for number in range(20)]
    plain = drawn(tmp_path, table_of(tmp_path, names))
    with_fallbacks = drawn(tmp_path, table_of(tmp_path, names, fallbacks=names[:4]))
    assert with_fallbacks.shape[0] > plain.shape[0] + 2 * sheet.TILE


def test_the_same_seed_draws_the_same_sheet(tmp_path):
    table = table_of(tmp_path, [f"{number}.jpg" for number in range(30)])
    first, again, other = (drawn(tmp_path, table, seed=seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_photos_set_aside_are_not_drawn(tmp_path):
    table = table_of(tmp_path, ["good.jpg"])
    table = {"path": ["bad.jpg", "good.jpg"], "status": ["empty", "ok"], "fallback": ["", ""]}
    assert drawn(tmp_path, table).size
