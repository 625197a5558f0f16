import numpy as np
import pytest

from lookalike.clustering.choices import LEVELS
from lookalike.clustering.divisions import Divisions
from lookalike.clustering.evidence import COLUMNS, Evidence
from lookalike.clustering.likelihood import choose_levels, exact, interval, learn, likelihood, most_likely

COUNTS = np.array([2, 3, 4, 5, 6, 8, 10, 12, 15, 20])


def evidence(peak=None, seed=0):
    generator = np.random.default_rng(seed)
    columns = {name: generator.normal(size=len(COUNTS)) for name in COLUMNS}
    if peak:
        columns["bend"] = -np.abs(np.log(COUNTS / peak))
    return Evidence(COUNTS, columns, 1.0, [], np.empty((0, 0)))


def test_likelihoods_sum_to_one_and_follow_the_weights():
    weights = dict.fromkeys(COLUMNS, 0.0) | {"bend": 100.0}
    likely = likelihood(evidence(peak=8), weights)
    assert likely.sum() == pytest.approx(1)
    assert COUNTS[likely.argmax()] == 8


def test_weights_are_learnt_from_what_tells_the_true_number():
    true = [3, 4, 5, 8, 12, 15, 20, 3, 6, 10]
    cases = [evidence(peak=k, seed=seed) for seed, k in enumerate(true)]
    weights = learn(cases, true, [1 / len(true)] * len(true))
    met = [COUNTS[likelihood(case, weights).argmax()] == k for case, k in zip(cases, true, strict=True)]
    assert np.mean(met) >= 0.9


def likely(**masses):
    values = np.zeros(len(COUNTS))
    for name, mass in masses.items():
        values[COUNTS.tolist().index(int(name[1:]))] = mass
    return values


def levels(default, **masses):
    return {name: int(COUNTS[at]) for name, at in choose_levels(COUNTS, likely(**masses), default).items()}


def test_the_default_is_where_most_of_the_likelihood_is():
    assert COUNTS[most_likely(COUNTS, likely(n3=0.35, n10=0.33, n12=0.32))] in (10, 12)


def test_of_close_calls_the_finer_number_is_taken():
    assert COUNTS[most_likely(COUNTS, likely(n3=0.51, n12=0.49))] == 12
    assert COUNTS[most_likely(COUNTS, likely(n3=0.60, n12=0.40))] == 3


def test_levels_are_where_the_likelihood_is():
    found = levels(8, n3=0.2, n8=0.5, n20=0.3)
    assert found["coarsest"] == 3 and found["finest"] == 20


def test_usual_errors_say_the_levels_where_the_evidence_says_no_other_number():
    assert levels(8, n8=1) == {"coarse": 6, "fine": 10, "finest": 12}


def test_there_are_at_most_two_levels_on_each_side():
    found = levels(8, n2=0.1, n3=0.1, n4=0.1, n5=0.1, n8=0.1, n12=0.2, n15=0.2, n20=0.1)
    assert list(found) == [name for name in LEVELS if name != "medium"]
    assert list(found.values()) == sorted(found.values())
    assert sum(number < 8 for number in found.values()) == 2


def test_few_photos_have_one_number_to_choose_from():
    assert choose_levels(np.array([2]), np.ones(1), 2) == {}


def test_the_default_moves_to_the_number_that_most_resolutions_gave():
    found = Divisions(np.geomspace(1, 64, 7), np.array([3, 9, 12, 12, 12, 13, 40]), {})
    assert exact([found], 13) == 12
    assert exact([found], 6) == 6


def test_the_interval_is_what_is_at_least_half_as_likely():
    values = np.array([0.1, 0.3, 0.5, 0.3, 0.2, 0.0])
    assert interval(values, 2) == (1, 3)
    assert interval(values[:3], 2) == (1, 2)
