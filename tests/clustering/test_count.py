import numpy as np
import pytest

from lookalike.clustering.count import ESTIMATORS, choose_levels, estimate


def blobs(groups, n, spread=0.7, seed=1):
    generator = np.random.default_rng(seed)
    true = generator.integers(groups, size=n)
    return (generator.normal(size=(groups, 32))[true] + spread * generator.normal(size=(n, 32))).astype(np.float32)


@pytest.mark.parametrize("groups", [2, 5, 9, 12])
@pytest.mark.parametrize("method", ["combined", "stability", "silhouette"])
def test_clear_groups_are_counted(method, groups):
    assert estimate(blobs(groups, 40 * groups), seed=0, method=method).n_clusters == groups


@pytest.mark.parametrize("method", ESTIMATORS)
def test_every_estimator_gives_a_default_within_its_interval(method):
    found = estimate(blobs(8, 200, spread=1.2), seed=0, method=method)
    default = next(level for level in found.levels if level.level == "medium")
    assert found.n_clusters == default.n_clusters
    assert 1 <= len(found.levels) <= 3
    assert all(level.low <= level.n_clusters <= level.high for level in found.levels)
    assert len({len(column) for column in found.curve.values()}) <= 1


def test_levels_rise_from_coarse_to_fine():
    found = estimate(blobs(8, 200, spread=1.6), seed=0)
    counts = [level.n_clusters for level in found.levels]
    assert counts == sorted(set(counts))


def test_images_per_cluster_divides():
    assert estimate(np.eye(140), seed=0, method="images_per_cluster").n_clusters == 2
    assert estimate(np.eye(140), seed=0, method="images_per_cluster", images_per_cluster=10).n_clusters == 14
    assert estimate(np.eye(3), seed=0, method="images_per_cluster").n_clusters == 1


@pytest.mark.parametrize("method", ESTIMATORS)
@pytest.mark.parametrize("rows", [np.ones((1, 4)), np.eye(3), np.ones((30, 4))], ids=["one", "three", "identical"])
def test_few_or_identical_rows_are_one_group(rows, method):
    assert estimate(rows.astype(np.float32), seed=0, method=method).n_clusters == 1


def test_rows_without_structure_are_one_group():
    assert estimate(blobs(1, 300, spread=1), seed=0).n_clusters == 1


def test_same_seed_same_estimate():
    rows = blobs(6, 200, spread=1.5)
    assert estimate(rows, seed=4) == estimate(rows, seed=4)


def test_unknown_method_is_named():
    with pytest.raises(ValueError, match=r"combined, graph.*found 'guess'"):
        estimate(np.eye(9), seed=0, method="guess")


def test_a_plateau_has_a_default_at_its_start_and_a_fine_level_at_its_top():
    curve = np.array([0.60, 0.70, 0.80, 0.885, 0.89, 0.895, 0.90, 0.88, 0.85])
    assert choose_levels(curve, 0.02) == {"medium": 3, "fine": 6}


def test_a_first_peak_is_coarse_or_the_default_where_later_ones_are_far_worse():
    near = np.array([0.80, 0.60, 0.70, 0.78, 0.60])
    assert choose_levels(near, 0.01) == {"coarse": 0, "medium": 3}
    far = np.array([0.95, 0.60, 0.70, 0.78, 0.60])
    assert choose_levels(far, 0.01) == {"medium": 0, "fine": 3}
