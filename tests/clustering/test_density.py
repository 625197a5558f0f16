"""DBSCAN, and what it says when its eps does not suit the features."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    clusters = np.repeat(40 * rng.standard_normal((3, 10)), 30, axis=0) + rng.standard_normal((90, 10))
    return np.concatenate([clusters, 200 * rng.standard_normal((5, 10))]).astype(np.float32)


def test_defaults_find_regions_and_leave_the_far_rows_as_noise(group, rows):
    found = group("dbscan", rows, None, seed=0)
    assert found.n_clusters == 3 and (found.labels[90:] == -1).all() and not found.approximations and not found.notes


@pytest.mark.parametrize(("eps", "what"), [(0.01, "only noise"), (1e4, "one cluster")])
def test_an_eps_that_divides_nothing_is_said_with_one_that_might(group, rows, eps, what):
    advice = group("dbscan", rows, None, seed=0, eps=eps).notes[-1]
    assert advice.startswith(f"{what} at eps {eps:g}")
    typical = float(advice.split("within ")[1].split(",")[0])
    assert group("dbscan", rows, None, seed=0, eps=typical).n_clusters >= 3
