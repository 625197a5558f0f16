"""The dendrogram: similarity 1 at the leaves, 0 at the largest distance, trees of any size."""

import cv2
import numpy as np
import pytest
from scipy.cluster.hierarchy import linkage

from lookalike.visual.dendrogram import draw_dendrogram, similarity


def test_similarity_is_one_at_no_distance_and_zero_at_the_largest():
    assert similarity(np.array([0.0, 2.0, 4.0]), 4.0).tolist() == [1.0, 0.5, 0.0]


@pytest.mark.parametrize("n", [2, 30, 900])
def test_trees_of_any_size_are_drawn(tmp_path, n):
    path = tmp_path / "tree.png"
    draw_dendrogram(path, linkage(np.random.default_rng(0).normal(size=(n, 3)), "average"), 0.5)
    assert cv2.imread(str(path)) is not None


def test_the_cut_stands_at_its_similarity(tmp_path):
    tree = linkage(np.arange(8.0)[:, None] ** 2, "average")
    rows = []
    for cut in (0.25, 0.75):
        draw_dendrogram(tmp_path / "tree.png", tree, cut)
        red = (cv2.imread(str(tmp_path / "tree.png")) == (0, 94, 213)).all(axis=2)
        rows.append(red.sum(axis=1).argmax())
    assert rows[0] < rows[1]  # more similar is lower


def test_identical_images_and_no_merge(tmp_path):
    draw_dendrogram(tmp_path / "tree.png", linkage(np.zeros((4, 2)), "average"), 0.5)
    with pytest.raises(ValueError, match="at least one merge"):
        draw_dendrogram(tmp_path / "tree.png", np.empty((0, 4)), 0.5)
