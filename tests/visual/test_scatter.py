"""Photos as points: two panels with labels and one without, for any number of photos, names and groups."""

import cv2
import numpy as np
import pytest

from lookalike.visual.scatter import draw_scatter

POSITIONS = np.random.default_rng(0).normal(size=(90, 2)).astype(np.float32)
PRED = np.repeat([0, 1, -1], 30)


@pytest.mark.parametrize(
    ("true", "wide"),
    [([""] * 90, False), (["a"] * 45 + [""] * 45, True), ([f"class $_{i % 30}\n" for i in range(90)], True)],
)
def test_two_panels_with_labels_and_one_without(tmp_path, true, wide):
    path = tmp_path / "tsne.png"
    draw_scatter(path, POSITIONS, true, PRED, title="t-SNE")
    height, width = cv2.imread(str(path)).shape[:2]
    assert (width > 1.5 * height) == wide


@pytest.mark.parametrize("pred", [[0], [-1], [0, 1], [-1, -1, -1], list(range(700))])
def test_any_number_of_photos_and_groups_is_drawn(tmp_path, pred, recwarn):
    positions = np.arange(2.0 * len(pred)).reshape(-1, 2)
    draw_scatter(tmp_path / "tsne.png", positions, ["a"] * len(pred), np.array(pred), title="t-SNE")
    assert (tmp_path / "tsne.png").stat().st_size > 1000
    assert not recwarn.list
