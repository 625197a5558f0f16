"""t-SNE: a layout for any number of images, the same for the same seed, drawn with and without labels."""

import cv2
import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from lookalike.visual.tsne import draw_tsne, embed


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 30)
    return (rng.normal(size=(90, 20)) + 8 * np.eye(3, 20)[labels]).astype(np.float32), labels


def test_groups_stay_together_and_the_seed_decides(blobs):
    features, labels = blobs
    rows, positions, notes = embed(features, seed=0)
    assert rows.tolist() == list(range(90))
    assert notes == []
    assert silhouette_score(positions, labels) > 0.6
    assert np.array_equal(embed(features, seed=0)[1], positions)


def test_above_max_rows_a_sample_is_shown_and_said(blobs):
    rows, positions, notes = embed(blobs[0], max_rows=40, seed=0)
    assert len(rows) == len(positions) == len(set(rows)) == 40
    assert notes == ["t-SNE of 40 of 90 images"]


@pytest.mark.parametrize(
    "features", [np.ones((1, 5)), np.eye(2), np.eye(9), np.ones((30, 4)), np.arange(12.0)[:, None]]
)
def test_few_or_identical_images_have_a_layout(features):
    _, positions, _ = embed(features, seed=0)
    assert positions.shape == (len(features), 2)
    assert np.isfinite(positions).all()


@pytest.mark.parametrize(
    ("true", "wide"),
    [([""] * 90, False), (["a"] * 45 + [""] * 45, True), ([f"class $_{i % 30}\n" for i in range(90)], True)],
)
def test_two_panels_with_labels_and_one_without(tmp_path, blobs, true, wide):
    positions = blobs[0][:, :2]
    path = tmp_path / "tsne.png"
    draw_tsne(path, positions, true, np.where(blobs[1] == 2, -1, blobs[1]))
    height, width = cv2.imread(str(path)).shape[:2]
    assert (width > 1.5 * height) == wide


def test_one_image_is_drawn(tmp_path):
    draw_tsne(tmp_path / "tsne.png", np.zeros((1, 2), np.float32), ["a"], np.array([0]))
    assert (tmp_path / "tsne.png").stat().st_size > 1000
