"""Every method of the table meets the same awkward inputs: a defined result or one clear line."""

import cv2
import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from lookalike.clustering import METHODS
from lookalike.clustering import methods as methods_folder
from lookalike.core.errors import UserError

FIND = {"dbscan": {"eps": 3.0, "min_samples": 3}, "hierarchical": {"sim": 0.7}}  # options that suit drawn rows


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    paths = [folder / f"{i}.png" for i in range(40)]
    rng = np.random.default_rng(0)
    for i, path in enumerate(paths):
        if i % 10 == 0:
            picture = rng.integers(0, 255, (12, 12, 3), np.uint8).repeat(12, axis=0).repeat(12, axis=1)
        cv2.imwrite(str(path), picture)
    return paths


def inputs(method, n, photos):
    """Return what the method needs beside features."""
    row = METHODS[method]
    given = {"photos": photos[:n]} if "photos" in row.needs else {}
    return given | FIND.get(method, {})


def drawn(n, k=4, d=16):
    """Return n rows, ten a cluster in order."""
    rng = np.random.default_rng(0)
    return (5 * rng.standard_normal((k, d))[np.arange(n) // 10 % k] + 0.3 * rng.standard_normal((n, d))).astype("f4")


@pytest.mark.parametrize("method", METHODS)
def test_clear_groups_are_found_and_the_result_repeats(group, method, photos):
    n = 20 if "photos" in METHODS[method].needs else 40
    features = drawn(n)
    before = features.copy()
    one, two = (group(method, features, n // 10, seed=5, **inputs(method, n, photos)) for _ in range(2))
    assert np.array_equal(one.labels, two.labels) and one.labels.dtype == np.int32
    assert adjusted_rand_score(np.arange(n) // 10, one.labels) == 1
    assert np.array_equal(features, before)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("method", METHODS)
def test_very_few_rows_have_a_defined_result(group, method, n, photos):
    for k in range(1, n + 1):
        labels = group(method, drawn(40)[::15][:n], k, seed=0, **inputs(method, n, photos)).labels
        assert labels.shape == (n,) and labels.min() >= -1 and labels.max() < n


@pytest.mark.parametrize("method", METHODS)
def test_one_cluster_asked_for_is_one_cluster(group, method, photos):
    if METHODS[method].n_clusters == "unused":
        pytest.skip("finds its own number")
    assert not group(method, drawn(40), 1, seed=0, **inputs(method, 40, photos)).labels.any()


@pytest.mark.parametrize("method", METHODS)
def test_rows_all_equal_are_one_cluster(group, method, photos):
    found = group(method, np.ones((20, 8), np.float32), 4, seed=0, **inputs(method, 20, photos))
    assert not found.labels.any() and "identical" in found.notes[0] and not found.approximations


@pytest.mark.parametrize("method", METHODS)
def test_rows_in_equal_pairs_are_grouped(group, method, photos):
    features = np.repeat(drawn(40)[::10], 5, axis=0)
    labels = group(method, features, 4, seed=0, **inputs(method, 20, photos)).labels
    assert labels.shape == (20,) and labels.max() < 20


@pytest.mark.parametrize("method", METHODS)
def test_rows_that_are_not_finite_are_named(group, method, photos):
    features = drawn(40)
    features[7, 2] = np.nan
    with pytest.raises(UserError, match="1 rows with NaN or infinity: 7"):
        group(method, features, 4, seed=0, **inputs(method, 40, photos))


@pytest.mark.parametrize("method", [name for name, row in METHODS.items() if row.n_clusters != "unused"])
def test_more_clusters_than_images_is_one_line(group, method, photos):
    with pytest.raises(UserError, match="from 1 to 5") as error:
        group(method, drawn(5), 6, seed=0, **inputs(method, 5, photos))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("method", METHODS)
def test_a_read_only_memory_map_will_do(group, method, photos, tmp_path):
    n = 20 if "photos" in METHODS[method].needs else 40
    np.save(tmp_path / "features.npy", drawn(n))
    mapped = np.load(tmp_path / "features.npy", mmap_mode="r")
    labels = group(method, mapped, n // 10, seed=5, **inputs(method, n, photos)).labels
    assert adjusted_rand_score(np.arange(n) // 10, labels) == 1


# Neighbours are approximate above a limit of their own, see test_neighbours.
LIMITED = [name for name, row in METHODS.items() if row.limit and not row.needs and "neighbours" not in row.above]


@pytest.mark.parametrize("method", [*LIMITED, "hierarchical"])
def test_above_its_limit_a_method_says_what_it_did(group, method, monkeypatch, photos):
    monkeypatch.setattr(methods_folder.__dict__[method], "LIMIT", 100)
    features = drawn(400)
    found = group(method, features, 4, seed=0, **inputs(method, 400, photos))
    assert adjusted_rand_score(np.arange(400) // 10 % 4, found.labels) > 0.95
    assert any("100" in note or "400" in note for note in found.approximations)
