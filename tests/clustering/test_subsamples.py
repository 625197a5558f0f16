import numpy as np

from lookalike.clustering.subsamples import choose_levels

NUMBERS = np.array([2, 4, 6, 8, 12, 18, 27, 40])


def test_the_default_is_the_fewest_groups_as_good_as_the_best():
    assert choose_levels(NUMBERS, np.array([0.9, 0.8, 0.7, 0.504, 0.52, 0.51, 0.5, 0.6])) == {"medium": 3, "fine": 6}
    assert choose_levels(NUMBERS, np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2])) == {"medium": 7}


def test_the_nearest_dips_are_the_other_levels():
    disagreement = np.array([0.6, 0.55, 0.6, 0.7, 0.5, 0.7, 0.6, 0.65])
    assert choose_levels(NUMBERS, disagreement) == {"coarse": 1, "medium": 4, "fine": 6}


def test_the_fewest_groups_that_are_hardly_worse_are_the_coarse_level():
    assert choose_levels(NUMBERS, np.array([0.6, 0.7, 0.52, 0.515, 0.51, 0.5, 0.6, 0.65])) == {"coarse": 2, "medium": 5}


def test_a_far_worse_dip_is_no_level():
    assert choose_levels(NUMBERS, np.array([0.0, 0.8, 0.7, 0.6, 0.5, 0.6, 0.7, 0.8])) == {"medium": 0}


def test_a_dip_of_nearly_as_many_groups_is_no_level():
    disagreement = np.array([0.9, 0.9, 0.5, 0.8, 0.6, 0.9, 0.9, 0.9])
    assert choose_levels(np.array([2, 4, 10, 11, 12, 20, 27, 40]), disagreement) == {"medium": 2}
