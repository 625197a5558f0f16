"""The sheet shows photos that were changed and every fallback, whatever the photos are called."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from lookalike.catalog import images
from lookalike.visual import preparation_sheet as sheet


def tile(path, outcome="removed", size=(112, 150)):
    original = np.full((*size, 3), 235, np.uint8)
    cv2.circle(original, (40, 30), 18, (200, len(path), 30), cv2.FILLED)
    mask = np.zeros(size, np.uint8)
    mask[20:40] = 255
    return SimpleNamespace(path=path, original=original, mask=mask, result=original, outcome=outcome)


def drawn(folder, samples, fallbacks=(), **totals):
    totals = {"n_prepared": 40, "n_changed": 30, "n_fallbacks": len(fallbacks), "background": "auto"} | totals
    sheet.draw_sheet(folder / "sheet.png", samples, fallbacks, **totals)
    return images.read(folder / "sheet.png")


@pytest.mark.parametrize("names", [["1.jpg"], ["a_b$x$.jpg", "写真\n.jpg", "<b>'\".jpg", "é\u202e.jpg"]])
def test_any_number_and_name(tmp_path, names, recwarn):
    picture = drawn(tmp_path, [tile(name) for name in names])
    assert picture.shape[1] >= 900
    assert (picture == (0, 0, 0)).all(axis=2).mean() > 0.01  # masks and letters
    assert not recwarn.list


def test_fallbacks_have_a_part_of_their_own(tmp_path):
    samples = [tile(f"{number}.jpg") for number in range(12)]
    fallbacks = [tile(f"{number}.jpg", "no contour") for number in range(4)]
    plain, more = drawn(tmp_path, samples), drawn(tmp_path, samples, fallbacks)
    assert more.shape[0] > plain.shape[0] + 2 * sheet.TILE


def test_a_photo_stands_before_its_mask_and_its_result(tmp_path):
    one = tile("a.jpg", size=(150, 150))
    one.original, one.result = np.full_like(one.original, 10), np.full_like(one.original, 90)
    picture = drawn(tmp_path, [one])
    x = [sheet.GAP + 75 + place * (sheet.TILE + sheet.GAP) for place in range(3)]
    assert [picture[sheet.TITLE + 30, column].tolist() for column in x] == [[10] * 3, [255] * 3, [90] * 3]


def test_where_masks_were_made_the_place_of_one_that_lacks_is_grey(tmp_path):
    one = tile("a.jpg", "kept", size=(60, 80))
    one.mask = None
    picture = drawn(tmp_path, [one, tile("b.jpg")])
    assert (picture[sheet.TITLE + 75, sheet.GAP * 2 + sheet.TILE + 75] == sheet.NO_MASK).all()


def test_without_masks_the_result_stands_beside_the_photo(tmp_path):
    one = tile("a.jpg", "kept", size=(150, 150))
    one.original, one.result, one.mask = np.full_like(one.original, 10), np.full_like(one.original, 90), None
    picture = drawn(tmp_path, [one], background="none")
    x = [sheet.GAP + 75 + place * (sheet.TILE + sheet.GAP) for place in range(2)]
    assert [picture[sheet.TITLE + 30, column].tolist() for column in x] == [[10] * 3, [90] * 3]


def test_the_title_says_how_many_were_changed(tmp_path, monkeypatch):
    texts = []
    monkeypatch.setattr(sheet, "write", lambda draw, spot, text, *size, **how: texts.append(text))
    drawn(tmp_path, [tile("a.jpg")])
    assert texts[0] == "30 of 40 photos were changed, 1 of them shown: photo, mask, result (background: auto)"
    drawn(tmp_path, [], n_changed=0)
    assert texts[-1] == "None of 40 photos was changed, but for size and format"
