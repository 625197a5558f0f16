"""The sheet shows samples and every fallback, whatever the photos are called."""

import cv2
import numpy as np
import pytest

from lookalike.catalog import images
from lookalike.preprocess.photo import prepare
from lookalike.preprocess.tiles import tile_of
from lookalike.visual import preparation_sheet as sheet


def tiles_of(names):
    tiles = []
    for number, name in enumerate(names):
        rgb = np.full((60, 80, 3), 235, np.uint8)
        cv2.circle(rgb, (40, 30), 18, (200, 10 * number % 255, 30), cv2.FILLED)
        tiles.append(tile_of(name, prepare(rgb, background="auto")))
    return tiles


def drawn(folder, samples, fallbacks=()):
    counts = {"n_prepared": len(samples), "n_fallbacks": len(fallbacks)}
    sheet.draw_sheet(folder / "sheet.png", samples, fallbacks, **counts, background="auto")
    return images.read(folder / "sheet.png")


@pytest.mark.parametrize("names", [["1.jpg"], ["a_b$x$.jpg", "写真\n.jpg", "<b>.jpg", "é.jpg"]])
def test_any_number_and_name(tmp_path, names, recwarn):
    picture = drawn(tmp_path, tiles_of(names))
    assert picture.shape[1] >= 900
    assert (picture == (0, 0, 0)).all(axis=2).mean() > 0.01  # masks and letters
    assert not recwarn.list


def test_fallbacks_have_a_part_of_their_own(tmp_path):
    tiles = tiles_of([f"{number}.jpg" for number in range(12)])
    plain = drawn(tmp_path, tiles)
    assert drawn(tmp_path, tiles, tiles[:4]).shape[0] > plain.shape[0] + 2 * sheet.TILE
