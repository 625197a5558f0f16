"""What the tests of methods share."""

import pytest

from lookalike.clustering import METHODS
from lookalike.clustering.entrance import cluster
from lookalike.clustering.space import Space


@pytest.fixture(scope="session")
def group():
    """Return a function that clusters features by a method with the options named."""

    def grouped(method, features, n_clusters, *, seed=0, photos=None, timestamps=None, **options):
        space = Space(features, seed=seed, photos=photos, timestamps=timestamps)
        return cluster(method, space, n_clusters, METHODS[method].options(**options))

    return grouped
