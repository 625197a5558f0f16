"""The map as a user meets it: groups that are found, an artifact that is the same from both engines."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from lookalike.clustering import scaling, som
from lookalike.core.errors import UserError


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 6, 400)
    return (rng.standard_normal((6, 40))[truth] + 0.3 * rng.standard_normal((400, 40))).astype(np.float32), truth


@pytest.mark.parametrize("engine", som.ENGINES)
def test_both_engines_find_the_groups_and_write_the_same_artifact(group, blobs, engine):
    features, truth = blobs
    found = group("som", features, 6, seed=0, engine=engine, side=8, epochs=5, components=10)
    assert adjusted_rand_score(truth, found.labels) > 0.9
    assert {name: (array.shape, array.dtype.name) for name, array in found.arrays.items()} == {
        "som_weights": ((8, 8, 10), "float32"),
        "best_matching_units": ((400, 2), "int32"),
        "u_matrix": ((8, 8), "float32"),
        "unit_distances": ((400,), "float32"),
    }
    assert 0 < found.scores["quantization_error"] < 1
    assert 0 <= found.scores["topographic_error"] <= 1


def test_one_unit_a_cluster_labels_rows_by_their_unit(group, blobs):
    features, _ = blobs
    found = group("som", features, None, seed=0, groups="units", scaling="minmax")
    assert found.arrays["som_weights"].shape[:2] == (3, 3)  # round(sqrt(2 * 400 / 70))
    assert f"each of the {found.n_clusters} units with photos, of 3 x 3, is a group" in found.notes
    units = found.arrays["best_matching_units"] @ [3, 1]
    assert adjusted_rand_score(units, found.labels) == 1


def test_merged_groups_are_whole_units(group, blobs):
    found = group("som", blobs[0], 6, seed=0)
    units = found.arrays["best_matching_units"] @ [found.arrays["u_matrix"].shape[1], 1]
    assert found.n_clusters == 6
    assert all(len(set(found.labels[units == unit])) == 1 for unit in set(units))


def test_same_seed_same_map(group, blobs):
    one, two = (group("som", blobs[0], 6, seed=3, epochs=3) for _ in range(2))
    assert np.array_equal(one.arrays["som_weights"], two.arrays["som_weights"])


def test_fewer_full_units_than_clusters_is_said(group, blobs):
    found = group("som", blobs[0], 50, seed=0, side=3)
    assert found.n_clusters <= 9
    assert "of the 50 asked for" in found.notes[0]


def test_more_clusters_than_the_largest_map_carries_is_one_line():
    with pytest.raises(UserError, match="at most 3333 clusters"):
        som.map_side(1_000_000, 14_285, "merged")


def test_a_number_that_only_sizes_the_map_is_said(group, blobs):
    assert any("n_clusters only sizes the map" in note for note in group("som", blobs[0], 2, groups="units").notes)


def test_minisom_sees_a_sample_of_a_large_table_and_says_so(group, blobs, monkeypatch):
    monkeypatch.setattr(scaling.sample_rows, "__kwdefaults__", {"n_bytes": 4 * 40 * 100})
    found = group("som", blobs[0], 6, engine="minisom", side=4, epochs=2, components=0)
    assert "MiniSom trained on 100 of 400 rows" in found.approximations


def test_merging_weighs_units_by_their_rows():
    means = np.array([[0.0], [1.0], [2.2]])
    light, heavy = (som.merge_units(means, np.array(hits), 2)[0] for hits in ([5, 5, 5], [200, 5, 5]))
    assert light[0] == light[1] != light[2]
    assert heavy[1] == heavy[2] != heavy[0]


def test_units_without_rows_join_no_group():
    labels, _ = som.merge_units(np.arange(4.0)[:, None], np.array([3, 0, 2, 2]), 2)
    assert labels[1] == -1 and set(labels[[0, 2, 3]]) == {0, 1}
