import numpy as np
import pytest

from lookalike.clustering.evidence import COLUMNS, GRAPHS, count_grid, gather
from lookalike.clustering.space import Space


def blobs(groups, n, spread=0.5):
    generator = np.random.default_rng(1)
    true = np.arange(n) % groups
    return (generator.normal(size=(groups, 24))[true] + spread * generator.normal(size=(n, 24))).astype(np.float32)


def gathered(rows):
    return gather(Space(rows, seed=0).unit(), lambda graphs: None)


def test_the_evidence_speaks_for_the_true_number():
    evidence = gathered(blobs(6, 240))
    assert set(evidence.columns) == set(COLUMNS)
    at = {name: int(evidence.counts[values.argmax()]) for name, values in evidence.columns.items()}
    assert abs(at["persistence"] - 6) <= 1
    assert at["bend"] == 6
    separation = dict(zip(evidence.counts.tolist(), evidence.columns["separation"], strict=True))
    assert separation[6] > separation[9]


def test_rows_without_groups_are_not_clear():
    assert gathered(blobs(1, 300, 1.0)).clear < 0.2 < gathered(blobs(3, 300)).clear


def test_there_is_a_step_of_progress_for_every_graph():
    steps = []
    gather(Space(blobs(3, 60), seed=0).unit(), steps.append)
    assert steps == [1] * GRAPHS


@pytest.mark.parametrize("n", [4, 5, 9, 17])
def test_few_rows_give_finite_evidence(n):
    evidence = gathered(blobs(2, n))
    assert all(np.isfinite(values).all() for values in evidence.columns.values())


def test_rows_most_of_which_are_equal_give_finite_evidence():
    rows = np.ones((300, 24), np.float32)
    rows[:6] = blobs(2, 6)
    evidence = gathered(rows)
    assert all(np.isfinite(values).all() for values in evidence.columns.values())


@pytest.mark.parametrize(("photos", "groups"), [(600, 200), (1_000, 300), (3_000, 600), (100_000, 1_000)])
def test_the_grid_rises_and_reaches_down_to_few_photos_a_group(photos, groups):
    counts = count_grid(photos)
    assert counts[0] == 2 and counts[-1] == groups and (np.diff(counts) > 0).all()
    assert count_grid(4).tolist() == [2]
