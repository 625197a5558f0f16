from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from scipy import sparse

from lookalike.clustering.communities import communities, find_communities, merge_to, near_count
from lookalike.clustering.neighbours import connect, nearest_neighbours


@pytest.fixture(scope="module")
def blobs():
    generator = np.random.default_rng(0)
    true = np.repeat(np.arange(6), 40)
    rows = (generator.normal(size=(6, 20)) * 2)[true] + 0.5 * generator.normal(size=(240, 20))
    return rows.astype(np.float32), true


@pytest.fixture(scope="module")
def graph(blobs):
    return connect(*nearest_neighbours(blobs[0], 10, seed=0)[:2])


@pytest.mark.parametrize("n_clusters", [1, 2, 5, 6, 7, 40, 239, 240])
def test_the_number_asked_for_is_met(graph, blobs, n_clusters):
    labels, _ = find_communities(partial(communities, graph, seed=0), blobs[0], n_clusters)
    assert sorted(set(labels.tolist())) == list(range(n_clusters))


@pytest.mark.parametrize("known", [{}, {1e-2: 2, 1e-1: 3}, {500.0: 200, 900.0: 230}])
def test_the_number_is_met_whatever_profile_the_search_begins_with(graph, blobs, known):
    labels, profile = find_communities(partial(communities, graph, seed=0), blobs[0], 6, known)
    assert (labels == find_communities(partial(communities, graph, seed=0), blobs[0], 6)[0]).all()
    assert 6 in profile.values()


def test_known_groups_are_found(graph, blobs):
    labels, _ = find_communities(partial(communities, graph, seed=0), blobs[0], 6)
    assert len(set(zip(labels.tolist(), blobs[1].tolist(), strict=True))) == 6


def test_a_higher_resolution_divides_more(graph):
    assert communities(graph, 30.0, seed=0).max() > communities(graph, 1.0, seed=0).max()


def test_merging_joins_the_nearest_means():
    rows = np.array([[0.0], [0.1], [5.0], [9.0], [9.2]])
    merged = merge_to(np.arange(5), rows, 3)
    assert merged[0] == merged[1] and merged[3] == merged[4]
    assert len(set(merged.tolist())) == 3


def test_divisions_come_near_the_counts(graph):
    found, profile = near_count(graph, [6, 20, 40], seed=0)
    counts = [len(set(labels.tolist())) for labels in found]
    assert np.all(np.abs(np.log(np.array(counts) / [6, 20, 40])) < 0.3)
    assert set(counts) <= set(profile.values())


def test_many_nodes_are_divided_less_often(graph, monkeypatch):
    wanted = [20, 20, 21]
    many = near_count(graph, wanted, seed=0)[1]
    monkeypatch.setattr("lookalike.clustering.communities.MANY_NODES", 10)
    found, profile = near_count(graph, wanted, seed=0)
    assert len(profile) < len(many)
    counts = [len(set(labels.tolist())) for labels in found]
    assert all(abs(count - asked) <= 0.3 * asked for count, asked in zip(counts, wanted, strict=True))


def test_a_pool_tries_the_same(graph):
    with ThreadPoolExecutor(2) as pool:
        found, profile = near_count(graph, [6, 20], seed=0, each=pool.map)
    alone, also = near_count(graph, [6, 20], seed=0)
    assert profile == also
    assert all((one == other).all() for one, other in zip(found, alone, strict=True))


def test_the_profile_of_a_like_graph_saves_divisions(graph, blobs):
    wanted = [6, 20, 40]
    _, profile = near_count(graph, wanted, seed=0)
    other = connect(*nearest_neighbours(blobs[0] + 0.01, 12, seed=0)[:2])
    found, tried = near_count(other, wanted, seed=0, like=profile)
    assert len(tried) < len(profile) and len(tried) <= 4
    assert np.all(np.abs(np.log([len(set(labels.tolist())) for labels in found]) - np.log(wanted)) < 0.4)


def test_a_count_below_the_communities_at_resolution_one_is_sought_lower(graph):
    profile = near_count(graph, [2, 3], seed=0)[1]
    assert min(profile) < 0.3


def test_threads_do_not_change_a_division(graph):
    alone = communities(graph, 3.0, seed=5)
    with ThreadPoolExecutor(4) as pool:
        for labels in pool.map(lambda _: communities(graph, 3.0, seed=5), range(8)):
            assert (labels == alone).all()


def test_rows_without_an_edge_are_communities_of_their_own():
    pairs = sparse.csr_matrix((np.ones(2), ([0, 3], [3, 0])), shape=(5, 5))
    labels = communities(pairs, 1.0, seed=0)
    assert labels[0] == labels[3] and len(set(labels.tolist())) == 4 and labels.max() == 3
