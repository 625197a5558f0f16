import numpy as np
import pytest

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
    labels = find_communities(graph, blobs[0], n_clusters, seed=0)
    assert sorted(set(labels.tolist())) == list(range(n_clusters))


def test_known_groups_are_found(graph, blobs):
    labels = find_communities(graph, blobs[0], 6, seed=0)
    assert len(set(zip(labels.tolist(), blobs[1].tolist(), strict=True))) == 6


def test_a_higher_resolution_divides_more(graph):
    assert communities(graph, 30.0, seed=0).max() > communities(graph, 1.0, seed=0).max()


def test_merging_joins_the_nearest_means():
    rows = np.array([[0.0], [0.1], [5.0], [9.0], [9.2]])
    merged = merge_to(np.arange(5), rows, 3)
    assert merged[0] == merged[1] and merged[3] == merged[4]
    assert len(set(merged.tolist())) == 3


def test_divisions_come_near_the_counts(graph):
    counts = [len(set(labels.tolist())) for labels in near_count(graph, [6, 20, 40], seed=0)]
    assert np.all(np.abs(np.log(np.array(counts) / [6, 20, 40])) < 0.3)
