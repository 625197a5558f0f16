"""Chance by one permutation against the exact expectation."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from lookalike.core.information import sampled_adjusted_information


@pytest.mark.parametrize("groups", [3, 20, 80])
def test_agreement_is_near_the_exact_sampled_adjusted_information(groups):
    generator = np.random.default_rng(0)
    first = generator.integers(groups, size=2000)
    second = np.where(generator.random(2000) < 0.6, first, generator.integers(groups, size=2000))
    exact = adjusted_mutual_info_score(first, second)
    assert sampled_adjusted_information(first, second, generator) == pytest.approx(exact, abs=0.02)


def test_one_group_agrees_with_itself():
    one = np.zeros(10, int)
    assert sampled_adjusted_information(one, one, np.random.default_rng(0)) == 1
