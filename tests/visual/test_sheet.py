"""The contact sheet: columns by descending size, nearest photos first, pages, and a limit with a clear message."""

import cv2
import numpy as np
import pytest

from lookalike.core.errors import UserError
from lookalike.visual import sheet
from lookalike.visual.fonts import legible
from lookalike.visual.sheet import column_order, draw_sheet

PRED = np.array([0, 0, 0, 0, 1, 2, 2, -1, -1, -1, -1, -1])
PATHS = [str(10 * i + 5) for i in range(12)]


def colours(page, column, side=48):
    """Return the grey levels of the photos down a column, each one by its middle."""
    top, x = 16 + 5 * 12 + 8, 16 + column * (side + 6) + side // 2
    line = page[top + side // 2 :: side + 2, x, 0].astype(int)
    return [int(round((value - 5) / 10) * 10 + 5) for value in line if value < 200]


def test_the_largest_group_is_first_and_none_last():
    assert column_order(PRED) == [0, 2, 1, -1]
    assert column_order(np.array([3, 3, 1, 1])) == [1, 3]


def test_photos_stand_in_the_column_of_their_cluster(tmp_path, read):
    path = tmp_path / "sheet.jpg"
    assert draw_sheet(path, PRED, PATHS, read, thumbnail=48) == [path]
    page = cv2.imread(str(path))
    assert colours(page, 0) == [5, 15, 25, 35]
    assert colours(page, 1) == [55, 65]
    assert colours(page, 2) == [45]
    assert colours(page, 3) == [75, 85, 95, 105, 115]
    assert (page[-100:, 16 + 2 * 54 : 60 + 2 * 54] > 250).all()  # white below the single photo of its column


def test_the_nearest_photos_are_shown_first_and_the_rest_counted(tmp_path, read):
    path = tmp_path / "sheet.jpg"
    distances = np.arange(12.0)[::-1]
    draw_sheet(path, PRED, PATHS, read, thumbnail=48, max_images=2, distances=distances)
    assert colours(cv2.imread(str(path)), 0) == [35, 25]


def test_many_clusters_go_on_pages_of_equal_length(tmp_path, read):
    pred = np.arange(12)
    pages = draw_sheet(tmp_path / "sheet.jpg", pred, PATHS, read, thumbnail=32, max_columns=5)
    assert [page.name for page in pages] == ["sheet_1.jpg", "sheet_2.jpg", "sheet_3.jpg"]
    assert len({cv2.imread(str(page)).shape for page in pages}) == 1
    pages = draw_sheet(tmp_path / "sheet.jpg", pred, PATHS, read, thumbnail=32, max_columns=1)
    assert [page.name for page in pages][::11] == ["sheet_01.jpg", "sheet_12.jpg"]


def test_pages_of_groups_of_any_size_are_equally_high(tmp_path, read):
    pages = draw_sheet(tmp_path / "sheet.jpg", PRED, PATHS, read, thumbnail=32, max_columns=2)
    assert len({cv2.imread(str(page)).shape for page in pages}) == 1


def test_the_title_says_what_is_shown_and_columns_have_the_names_of_groups(tmp_path, read, monkeypatch):
    texts = []
    monkeypatch.setattr(sheet, "write", lambda draw, spot, text, *size, **how: texts.append(text))
    called = {0: "running shoes", 2: "a\u202e<b>$x$\n'写\""}
    draw_sheet(tmp_path / "sheet.jpg", PRED, PATHS, read, thumbnail=200, title="shoes", called=called, max_columns=3)
    head = "shoes: 12 photos in 3 groups, 5 photos in no group"
    assert {f"{head}, page 1 of 2", f"{head}, page 2 of 2", "running shoes", "group 1", "in no group"} <= set(texts)
    assert legible("a?<b>$x$ '写\"") in texts


def test_a_long_name_stands_on_two_lines_or_is_cut():
    assert sheet._two_lines("running shoes", 72, 15) == ["running", "shoes"]
    assert sheet._two_lines("group 10", 72, 15) == ["group 10"]
    assert sheet._two_lines("a" * 90, 72, 15) == ["a" * 90]


@pytest.mark.parametrize("options", [{"memory_mb": 1, "thumbnail": 600}, {"thumbnail": 20_000}])
def test_a_page_that_is_too_large_is_refused_before_it_is_drawn(tmp_path, read, options):
    with pytest.raises(UserError, match=r"expected a page of at most .* lower") as error:
        draw_sheet(tmp_path / "sheet.jpg", PRED, PATHS, read, **options)
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_one_image(tmp_path, read):
    assert draw_sheet(tmp_path / "sheet.jpg", np.array([0]), ["5"], read)


@pytest.mark.parametrize("pred", [[], [-1, -1]])
def test_no_group_and_no_photo(tmp_path, read, pred):
    assert draw_sheet(tmp_path / "sheet.jpg", np.array(pred, int), PATHS[: len(pred)], read)
