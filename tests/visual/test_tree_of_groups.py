"""The tree of a published clustering is drawn with the cut that made the groups, and names what was linked."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster

from lookalike.clustering import METHODS, hierarchy, outcome
from lookalike.clustering.entrance import cluster
from lookalike.clustering.methods import hierarchical
from lookalike.clustering.space import Space
from lookalike.visual import pictures


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """Return a function that groups 200 rows, publishes them and returns the tree, cut and words that are drawn."""
    seen = {}
    monkeypatch.setattr(
        pictures, "draw_dendrogram", lambda path, linkage, cut, **how: seen.update(linkage=linkage, cut=cut, **how)
    )
    rng = np.random.default_rng(0)
    rows = (3 * rng.normal(size=(5, 6))[np.arange(200) % 5] + rng.normal(size=(200, 6))).astype(np.float32)

    def draw(**options):
        result = cluster("hierarchical", Space(rows, seed=0), None, METHODS["hierarchical"].options(**options))
        paths = [f"{row}.jpg" for row in range(200)]
        columns = {name: np.zeros(200, np.float32) for name in ("confidence", "distance", "is_exemplar")}
        outcome.write_found(tmp_path, paths, result, columns)
        photos = pictures.Photos(paths, [""] * 200, result.labels, rows, np.arange(200.0), None, {0: "shoes"})
        pictures._draw_tree(tmp_path, tmp_path, photos, None, "toys")
        return result, seen

    return draw


@pytest.mark.parametrize("linkage", ["average", "ward"])
def test_the_cut_that_is_drawn_makes_the_groups(drawn, linkage):
    result, seen = drawn(linkage=linkage, min_csize=1, sim=0.4)
    top = max(seen["max_distance"], seen["linkage"][:, 2].max())
    labels = fcluster(seen["linkage"], top * (1 - seen["cut"]), "distance")
    assert len(set(labels)) == result.n_clusters > 1
    assert seen["linked"] == "photos"
    assert seen["groups"].tolist() == result.labels.tolist()
    assert seen["exemplars"][0] == f"{result.labels.tolist().index(0)}.jpg"  # the nearest to the middle


def test_units_of_a_map_are_not_called_photos(drawn, monkeypatch):
    monkeypatch.setattr(hierarchical, "LIMIT", 100)
    monkeypatch.setattr(hierarchy, "PROTOTYPE_SIDE", 5)
    result, seen = drawn()
    assert seen["linked"] == "leaves of 200 photos"
    assert set(seen["groups"].tolist()) == set(result.labels.tolist())


def test_a_tree_that_does_not_say_whose_its_leaves_are_is_drawn_without_groups(drawn, tmp_path, monkeypatch):
    write = outcome.write_found
    monkeypatch.setattr(outcome, "write_found", lambda *a: [write(*a), (tmp_path / "leaves.npy").unlink()])
    assert drawn()[1]["groups"] is None


def test_without_one_height_no_cut_is_drawn(drawn):
    assert drawn(criterion="inconsistent")[1]["cut"] is None
