import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import adjusted_rand_score

from lookalike.clustering import consensus, within
from lookalike.clustering.consensus import agreement_graph


def test_edges_weigh_by_the_share_of_votes_that_keep_them():
    chain = sparse.csr_matrix(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], dtype=float))
    votes = [np.array([0, 0, 1]), np.array([0, 0, 0]), np.array([0, 0, 1]), np.array([0, 0, 1])]
    weights = agreement_graph(votes, chain).toarray()
    np.testing.assert_allclose(weights, [[0, 1, 0], [1, 0, 0.25], [0, 0.25, 0]], atol=1e-5)


def test_consensus_is_at_least_as_good_as_one_graph_on_blurred_groups(group):
    generator = np.random.default_rng(1)
    true = np.repeat(np.arange(8), 50)
    rows = (generator.normal(size=(8, 12))[true] + generator.normal(size=(400, 12))).astype(np.float32)
    together = np.mean([adjusted_rand_score(true, group("recommended", rows, 8, seed=s).labels) for s in range(3)])
    single = np.mean([adjusted_rand_score(true, group("graph", rows, 8, seed=s).labels) for s in range(3)])
    assert together > single - 0.03


@pytest.fixture
def contracted(monkeypatch):
    seen = []
    monkeypatch.setattr(consensus, "MANY_NODES", 10)
    monkeypatch.setattr(
        consensus, "contract", lambda graph, least, real=consensus.contract: seen.append(real(graph, least)) or seen[-1]
    )
    return seen


def test_a_large_graph_is_divided_where_votes_differ_and_as_well(group, contracted, monkeypatch):
    generator = np.random.default_rng(1)
    true = np.repeat(np.arange(8), 50)
    rows = (generator.normal(size=(8, 24))[true] + 0.8 * generator.normal(size=(400, 24))).astype(np.float32)
    small = [group("recommended", rows, 8, seed=seed) for seed in range(3)]
    assert all(found.approximations == ["rows that all votes keep together: divided as one"] for found in small)
    assert contracted and all(owner.max() < 200 for _, owner in contracted)
    monkeypatch.setattr(consensus, "MANY_NODES", 1_000)
    large = [group("recommended", rows, 8, seed=seed) for seed in range(3)]
    scores = [np.mean([adjusted_rand_score(true, each.labels) for each in found]) for found in (small, large)]
    assert scores[0] > scores[1] - 0.02 > 0.8
    assert all(found.n_clusters == 8 for found in small)


def test_more_groups_than_votes_tell_apart_are_found_in_the_whole_graph(group, contracted):
    rows = np.repeat(9 * np.eye(4, 8), 20, axis=0) + 0.1 * np.random.default_rng(0).normal(size=(80, 8))
    assert group("recommended", rows.astype(np.float32), 60, coarseness=(0.1,)).n_clusters == 60
    assert contracted[0][1].max() + 1 < 60


def test_all_rounds_show_one_progress(group, monkeypatch, capsys):
    monkeypatch.setattr("lookalike.core.progress._mode", "lines")
    monkeypatch.setattr("lookalike.core.progress.PLAIN_EVERY", 0)
    group("recommended", np.random.default_rng(0).normal(size=(80, 6)).astype(np.float32), 4)
    assert "find groups: 1 of 15 graphs" in capsys.readouterr().err


def test_rounds_that_would_find_the_same_are_left_out(group, monkeypatch):
    rows = np.repeat(9 * np.eye(4, 8), 20, axis=0) + 0.1 * np.random.default_rng(0).normal(size=(80, 8))
    seen = []
    monkeypatch.setattr(
        within, "eigh", lambda covariance, eigh=within.eigh: seen.append(0) or eigh(covariance)
    )  # called once a round after the first
    found = group("recommended", rows.astype(np.float32), 4, rounds=10)
    assert len(seen) == 1 and found.n_clusters == 4
