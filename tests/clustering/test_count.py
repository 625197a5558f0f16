from itertools import pairwise

import numpy as np
import pytest

from lookalike.clustering import count
from lookalike.clustering.choices import ESTIMATORS
from lookalike.clustering.number import estimate
from lookalike.clustering.space import Space

OF_FEATURES = [name for name, row in ESTIMATORS.items() if not row.inputs]


def estimated(rows, method="combined", *inputs, seed=0):
    return estimate(Space(rows, seed=seed), method, *inputs)


def blobs(groups, n, spread=0.7, seed=1):
    generator = np.random.default_rng(seed)
    true = generator.integers(groups, size=n)
    return (generator.normal(size=(groups, 32))[true] + spread * generator.normal(size=(n, 32))).astype(np.float32)


@pytest.mark.parametrize("groups", [2, 5, 9, 12])
@pytest.mark.parametrize("method", ["combined", "stability", "silhouette"])
def test_clear_groups_are_counted(method, groups):
    assert estimated(blobs(groups, 40 * groups), method).n_clusters == groups


@pytest.mark.parametrize(("n", "spread"), [(80, 0.3), (400, 0.1), (300, 1.0)])
def test_two_groups_far_apart_are_two(n, spread):
    assert estimated(blobs(2, n, spread)).n_clusters == 2


@pytest.mark.parametrize("method", OF_FEATURES)
def test_every_estimator_gives_a_default_within_its_interval(method):
    found = estimated(blobs(8, 200, spread=1.2), method)
    default = next(level for level in found.levels if level.level == "medium")
    assert found.n_clusters == default.n_clusters
    assert 1 <= len(found.levels) <= 5
    assert all(level.low <= level.n_clusters <= level.high for level in found.levels)
    assert len({len(column) for column in found.curve.values()}) <= 1


def test_levels_rise_from_coarse_to_fine():
    found = estimated(blobs(8, 200, spread=1.6))
    counts = [level.n_clusters for level in found.levels]
    assert counts == sorted(set(counts))
    assert all(one.high < other.n_clusters and one.n_clusters < other.low for one, other in pairwise(found.levels))


def test_images_per_cluster_divides():
    assert estimated(np.eye(140), "images_per_cluster", 70).n_clusters == 2
    assert estimated(np.eye(140), "images_per_cluster", 10).n_clusters == 14
    assert estimated(np.eye(3), "images_per_cluster", 70).n_clusters == 1


@pytest.mark.parametrize("method", OF_FEATURES)
@pytest.mark.parametrize("rows", [np.ones((1, 4)), np.eye(3), np.ones((30, 4))], ids=["one", "three", "identical"])
def test_few_or_identical_rows_are_one_group(rows, method):
    assert estimated(rows.astype(np.float32), method).n_clusters == 1


def test_rows_without_structure_are_one_group():
    assert estimated(blobs(1, 300, spread=1)).n_clusters == 1


@pytest.mark.parametrize("method", OF_FEATURES)
def test_an_estimate_shows_its_progress(method, monkeypatch, capsys):
    monkeypatch.setattr("lookalike.core.progress.PLAIN_EVERY", 0)
    estimated(blobs(4, 100), method)
    shown = "of 5 graphs" if method == "combined" else "of 25 graphs" if method == "stability" else ""
    assert shown in capsys.readouterr().err


def test_same_seed_same_estimate():
    rows = blobs(6, 200, spread=1.5)
    assert estimated(rows, seed=4) == estimated(rows, seed=4)


def test_many_rows_are_counted_from_a_sample_and_it_says_so(monkeypatch):
    monkeypatch.setattr(count, "ROWS", 300)
    found = estimated(blobs(5, 900))
    assert found.n_clusters == 5
    assert found.approximations == ["the number of groups is estimated from 300 of 900 rows"]
    assert {one.n_clusters: one.evidence["images_per_cluster"] for one in found.levels}[5] == 180


def test_groups_of_groups_are_counted_at_their_finest():
    generator = np.random.default_rng(2)
    kinds = 2 * generator.normal(size=(4, 32))
    things = np.repeat(kinds, 6, axis=0) + 0.8 * generator.normal(size=(24, 32))
    rows = things[np.arange(1200) % 24] + 0.3 * generator.normal(size=(1200, 32))
    assert estimated(rows.astype(np.float32)).n_clusters == 24
