"""Graph methods beyond the rows whose graph is made."""

import numpy as np
import pytest

from lookalike.clustering import micro_clusters
from lookalike.clustering.entrance import cluster
from lookalike.clustering.space import Space


@pytest.mark.parametrize(("method", "asked"), [("recommended", 6), ("graph", 6), ("graph", None)])
def test_groups_of_micro_clusters_are_those_of_the_rows(monkeypatch, method, asked):
    rng = np.random.default_rng(0)
    true = rng.choice(6, 3_000, p=[0.25, 0.2, 0.2, 0.15, 0.1, 0.1])
    rows = (3 * rng.normal(size=(6, 16))[true] + rng.normal(size=(3_000, 16))).astype(np.float32)
    exact = cluster(method, Space(rows, seed=0), asked)
    monkeypatch.setattr(micro_clusters, "MOST_ROWS", 2_999)
    monkeypatch.setattr(micro_clusters, "MICRO_CLUSTERS", 600)
    found = cluster(method, Space(rows, seed=0), asked)
    assert any("micro-clusters: 3,000 rows are above 2,999" in line for line in found.approximations)
    assert not any("micro-clusters" in line for line in exact.approximations)
    assert len(found.labels) == 3_000
    assert found.n_clusters == (asked or found.n_clusters)
    for group in range(6):  # each kind lies nearly whole in one group
        assert np.unique(found.labels[true == group], return_counts=True)[1].max() > 0.9 * (true == group).sum()
    again = cluster(method, Space(rows, seed=0), asked)
    assert (again.labels == found.labels).all()
