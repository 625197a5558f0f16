"""HDBSCAN with the size rule that goes by the number of images."""

import numpy as np
import pytest

from lookalike.clustering import density
from lookalike.clustering.density import smallest_cluster

SIZES = [(1000, 10), (500, 5), (499, 5), (100, 5), (99, 5), (61, 4), (60, 3), (41, 3), (40, 3), (20, 3), (19, 2)]


@pytest.mark.parametrize(("n", "size"), SIZES)
def test_smallest_cluster_goes_by_the_number_of_images(n, size):
    assert smallest_cluster(n) == size


def test_clusters_below_the_size_are_noise_or_part_of_others(group):
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], [60, 60, 8])
    features = (4 * rng.standard_normal((3, 20))[truth] + 0.2 * rng.standard_normal((128, 20))).astype(np.float32)
    assert group("hdbscan", features, None, seed=0).n_clusters == 3
    assert np.bincount(group("hdbscan", features, None, seed=0, min_cluster_size=10).labels + 1)[1:].min() >= 10


def test_too_few_rows_for_a_cluster_are_noise_and_said(group):
    found = group("hdbscan", np.eye(12, dtype=np.float32), None, seed=0, min_cluster_size=12)
    assert (found.labels == -1).all() and "only noise" in found.notes[-1] and not found.approximations


def test_leaves_are_at_least_as_many_as_the_longest_lived(group):
    rng = np.random.default_rng(0)
    far, near = 9 * rng.standard_normal((3, 12)), rng.standard_normal((6, 12))
    features = far.repeat(80, axis=0) + near.repeat(40, axis=0) + 0.2 * rng.standard_normal((240, 12))
    eom, leaf = (
        group(
            "hdbscan", features.astype(np.float32), None, seed=0, cluster_selection_method=name, scaling="none"
        ).n_clusters
        for name in ("eom", "leaf")
    )
    assert leaf >= 6 >= eom >= 2


@pytest.mark.parametrize("components", [0, 31])
def test_components_out_of_range_are_refused(group, components):
    with pytest.raises(ValueError, match="components"):
        group("hdbscan", np.eye(9, 40, dtype=np.float32), None, components=components)


def test_the_first_run_says_that_it_compiles(group, monkeypatch, tmp_path, capsys):
    rows = np.random.default_rng(0).standard_normal((60, 5)).astype(np.float32)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert not density.is_compiled()
    group("hdbscan", rows, None)
    assert "the first time only" in capsys.readouterr().out
    (tmp_path / "fast_hdbscan").mkdir()
    (tmp_path / "fast_hdbscan" / "core_graph.reproducible-1.py311.nbi").touch()  # as Numba keeps what it compiled
    group("hdbscan", rows, None)
    assert "compiling" not in capsys.readouterr().out
