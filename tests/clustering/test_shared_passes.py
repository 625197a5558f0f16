"""Passes over rows that workers share: the same bytes as in this process."""

import numpy as np
import pytest

from config import Run
from lookalike.clustering.entrance import cluster
from lookalike.clustering.methods import METHODS
from lookalike.clustering.space import Space
from lookalike.core import crew, features
from lookalike.core.crew import Crew

ROWS, GROUPS = 40_000, 9


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(GROUPS, 12))[rng.integers(GROUPS, size=ROWS)] + 0.3 * rng.normal(size=(ROWS, 12))
    file = tmp_path_factory.mktemp("rows") / "rows.npy"
    np.save(file, rows.astype(np.float16))
    return file


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    """Two processes for all tests."""
    with (
        pytest.MonkeyPatch.context() as patched,
        Crew(Run(executor="processes", workers=2), tmp_path_factory.mktemp("work")) as group,
    ):
        patched.setattr(crew, "LEAST_ROWS", 30_000)
        yield group


@pytest.fixture
def both(file, workers):
    """The same rows, those of this process and those that workers share."""
    return features.of_files([file]), workers.share(features.of_files([file]))


def assert_equal(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        assert np.asarray(one).tobytes() == np.asarray(other).tobytes()


def passes(monkeypatch):
    """Count what is shared from here on."""
    found, share = [], Crew.map
    monkeypatch.setattr(
        Crew, "map", lambda self, step, *more: found.append(step.func.__name__) or share(self, step, *more)
    )
    return found


@pytest.mark.parametrize("scaling", ["l2", "none"])
def test_a_map_is_the_same(both, monkeypatch, scaling):
    counted = passes(monkeypatch)
    options = METHODS["som"].options(side=6, epochs=3, scaling=scaling)
    ours, theirs = (cluster("som", Space(rows, seed=0), GROUPS, options) for rows in both)
    assert_equal([ours.labels, *ours.arrays.values()], [theirs.labels, *theirs.arrays.values()])
    assert ours.scores == theirs.scores
    assert counted == [*["_assign"] * 3, "_nearest", "_distances", "_sum_known"]
