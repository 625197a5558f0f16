"""The contact sheet: columns by ascending size, nearest photos first, pages, and a limit with a clear message."""

import cv2
import numpy as np
import pytest

from lookalike.core.errors import UserError
from lookalike.visual.sheet import column_order, draw_sheet

PRED = np.array([0, 0, 0, 0, 1, 2, 2, -1, -1, -1, -1, -1])
PATHS = [str(10 * i + 5) for i in range(12)]


def colours(page, column, side=48):
    """Return the grey levels down the middle of a column, white left out."""
    line = page[100:, 16 + column * (side + 6) + side // 2, 0]
    return [int(v) for v in dict.fromkeys(line.tolist()) if v in {10 * i + 5 for i in range(12)}]


def test_columns_ascend_in_size_with_noise_last():
    assert column_order(PRED) == [1, 2, 0, -1]
    assert column_order(np.array([3, 3, 1, 1])) == [1, 3]


def test_photos_stand_in_the_column_of_their_cluster(tmp_path, read):
    path = tmp_path / "sheet.png"
    assert draw_sheet(path, PRED, PATHS, read, thumbnail=48) == [path]
    page = cv2.imread(str(path))
    assert colours(page, 0) == [45]
    assert colours(page, 1) == [55, 65]
    assert colours(page, 2) == [5, 15, 25, 35]
    assert (page[-60:, 16:60] == 255).all()  # white below the single photo of the first column


def test_the_nearest_photos_are_shown_first_and_the_rest_counted(tmp_path, read):
    path = tmp_path / "sheet.png"
    distances = np.arange(12.0)[::-1]
    draw_sheet(path, PRED, PATHS, read, thumbnail=48, max_images=2, distances=distances)
    assert colours(cv2.imread(str(path)), 2) == [35, 25]


def test_many_clusters_go_on_pages_of_equal_length(tmp_path, read):
    pred = np.arange(12)
    pages = draw_sheet(tmp_path / "sheet.png", pred, PATHS, read, thumbnail=32, max_columns=5)
    assert [page.name for page in pages] == ["sheet_1.png", "sheet_2.png", "sheet_3.png"]
    assert len({cv2.imread(str(page)).shape for page in pages}) == 1


@pytest.mark.parametrize("options", [{"memory_mb": 1, "thumbnail": 600}, {"thumbnail": 20_000}])
def test_a_page_that_is_too_large_is_refused_before_it_is_drawn(tmp_path, read, options):
    with pytest.raises(UserError, match=r"expected a page of at most .* lower") as error:
        draw_sheet(tmp_path / "sheet.png", PRED, PATHS, read, **options)
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_one_image(tmp_path, read):
    assert draw_sheet(tmp_path / "sheet.png", np.array([0]), ["5"], read)
