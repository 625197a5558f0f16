"""The dendrogram: similarity 1 at the leaves, 0 at the largest distance, trees of any size."""

import cv2
import numpy as np
import pytest
from scipy.cluster.hierarchy import linkage

from lookalike.visual.dendrogram import draw_dendrogram, group_places, node_groups, side_by_side, similarity
from lookalike.visual.style import group_style


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


def test_identical_photos_and_no_merge(tmp_path):
    draw_dendrogram(tmp_path / "tree.png", linkage(np.zeros((4, 2)), "average"), 0.5)
    with pytest.raises(ValueError, match="at least one merge"):
        draw_dendrogram(tmp_path / "tree.png", np.empty((0, 4)), 0.5)


def test_a_branch_is_of_a_group_where_all_its_leaves_are():
    tree = linkage(np.array([0.0, 1, 10, 11, 30])[:, None], "average")
    assert node_groups(tree, np.array([4, 4, 1, 1, -1])).tolist() == [4, 4, 1, 1, -1, 4, 1, -2, -2]
    assert node_groups(tree, np.array([4, 0, 1, 1, 1])).tolist()[5:] == [-2, 1, -2, -2]


def test_a_group_stands_below_its_longest_run():
    places = group_places(np.array([7, 2, 2, -1, 7, 7, -2]), np.array([1, 1, 1, 9, 1, 5, 9]))
    assert places == {2: (20.0, 2), 7: (50.0, 7)}


def test_slots_stay_apart_and_within_the_room():
    slots = side_by_side(np.array([0.0, 1, 50, 51, 99]), 20, 100)
    assert slots.tolist() == [10, 30, 50, 70, 90]
    assert side_by_side(np.array([50.0]), 20, 100).tolist() == [50]


def test_branches_names_and_photos_of_groups_are_drawn(tmp_path, read, monkeypatch):
    rng = np.random.default_rng(0)
    groups = np.repeat([0, 1, -1], 10)
    tree = linkage(rng.normal(size=(30, 3)) + 20 * groups[:, None], "average")
    texts = []
    monkeypatch.setattr("matplotlib.axes.Axes.text", lambda axes, x, y, text, **how: texts.append(text))
    parts = {"groups": groups, "called": {1: "shoes"}, "exemplars": {0: "77", 1: "99"}, "read": read}
    draw_dendrogram(tmp_path / "tree.png", tree, 0.5, **parts)
    assert texts == ["cut 0.50", "group 0", "shoes"] or texts == ["cut 0.50", "shoes", "group 0"]
    picture = cv2.imread(str(tmp_path / "tree.png"))
    assert (picture == 77).all(axis=2).sum() > 1000 < (picture == 99).all(axis=2).sum()
    for group in (0, 1):
        red, green, blue = (int(group_style(group)[0][at : at + 2], 16) for at in (1, 3, 5))
        assert (picture == (blue, green, red)).all(axis=2).sum() > 200


@pytest.mark.parametrize("groups", [np.arange(700), np.full(700, -1), np.zeros(700, int), np.arange(700) // 10])
def test_any_number_of_groups_with_odd_names(tmp_path, read, groups, recwarn):
    tree = linkage(np.random.default_rng(0).normal(size=(700, 3)), "average")
    called = dict.fromkeys(range(0, 700, 2), "a\u202e<b>$x$\n'写\"") | {1: "n" * 300}
    parts = {"groups": groups, "called": called, "exemplars": dict.fromkeys(range(700), "broken"), "read": read}
    draw_dendrogram(tmp_path / "tree.png", tree, 0.5, **parts)
    assert not [str(one.message) for one in recwarn.list if one.category is not ResourceWarning]  # of other tests
