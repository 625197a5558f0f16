import numpy as np
import pytest

from lookalike.clustering.agreement import (
    agreement_curve,
    count_grid,
    nearest_division,
    smoothed,
)


@pytest.mark.parametrize(("n", "last"), [(4, 2), (20, 8), (800, 100), (10**6, 1000)])
def test_the_grid_rises_from_two(n, last):
    grid = count_grid(n)
    assert (grid[0], grid[-1]) == (2, last)
    assert (np.diff(grid) > 0).all()


def test_a_division_far_from_the_number_is_none():
    divisions = [np.arange(10) % 4, np.arange(10) % 9]
    assert nearest_division(divisions, 4) is divisions[0]
    assert nearest_division(divisions, 6) is None


def test_same_profiles_agree_wholly_and_rows_left_out_are_ignored():
    labels = np.arange(80) % 4
    partly = np.where(np.arange(80) < 10, -1, labels)
    counts, agreement = agreement_curve([[labels], [partly]], seed=0)
    assert counts.tolist() == [4]
    assert agreement == pytest.approx(1)


def test_a_flat_curve_stays_flat_and_goes_on_beyond_its_ends():
    counts = np.arange(4, 9)
    np.testing.assert_allclose(smoothed(counts, np.full(5, 0.7), np.array([2, 6, 500]), width=0.1), 0.7)
    risen = smoothed(counts, np.array([0.0, 0, 0, 0, 1]), np.array([2, 8, 500]), width=0.1)
    assert risen[0] == pytest.approx(0, abs=1e-6)
    assert 0.5 < risen[1] < risen[2] == pytest.approx(1)


def test_the_nearest_division_may_be_far_off_where_that_is_allowed():
    divisions = [np.arange(100) % count for count in (3, 40)]
    assert nearest_division(divisions, 10) is None
    assert nearest_division(divisions, 10, tolerance=np.inf) is divisions[0]
