"""Stability: clear groups are found again in every subsample, arbitrary ones are not."""

import numpy as np
from sklearn.cluster import KMeans

from lookalike.evaluation.stability import stability


def kmeans(features):
    return lambda rows, seed: KMeans(3, n_init=1, random_state=seed).fit_predict(features[rows])


def score(regroup, n, **options):
    return stability(regroup, n, **options)[0]["stability"]


def test_clear_groups_are_stable_and_random_ones_are_not():
    rng = np.random.default_rng(0)
    features = rng.normal(0, 0.1, (90, 2)) + np.repeat([[0, 0], [9, 0], [0, 9]], 30, axis=0)
    clear = (features[:, 0] > 4) + 2 * (features[:, 1] > 4)
    assert score(lambda rows, seed: clear[rows], 90, seed=0) == 1
    shuffled, _ = stability(lambda rows, seed: np.random.default_rng(seed).integers(0, 3, len(rows)), 90, seed=0)
    assert abs(shuffled["stability"]) < 0.1
    assert shuffled["stability_low"] <= shuffled["stability"] <= shuffled["stability_high"]


def test_the_same_seed_gives_the_same_result():
    features = np.random.default_rng(0).normal(size=(60, 4))
    assert stability(kmeans(features), 60, seed=3) == stability(kmeans(features), 60, seed=3)
    assert stability(kmeans(features), 60, seed=3) != stability(kmeans(features), 60, seed=4)


def test_large_tables_are_sampled_and_runs_still_overlap():
    sizes, groups = [], np.random.default_rng(0).integers(0, 3, 5000)

    def regroup(rows, seed):
        sizes.append(len(rows))
        return groups[rows]

    scores, notes = stability(regroup, 5000, runs=3, max_rows=100, seed=0)
    assert scores["stability"] == 1
    assert notes == ["stability from 3 samples of 100 of 5,000 images"]
    assert sizes == [100] * 3


def test_a_grouping_of_all_is_compared_with_each_sample():
    clear = np.arange(40) % 2
    scores, _ = stability(lambda rows, seed: clear[rows], 40, given=clear, runs=1, share=0.5, seed=0)
    assert scores["stability"] == 1
    scores, _ = stability(lambda rows, seed: clear[rows], 40, given=np.arange(40) // 20, runs=2, share=0.5, seed=0)
    assert scores["stability_low"] < 0.2
    assert scores["stability_high"] == 1  # the two samples agree with each other


def test_one_image_has_no_stability():
    assert stability(lambda rows, seed: np.zeros(len(rows), int), 1, seed=0) == (
        {"stability": None, "stability_low": None, "stability_high": None},
        [],
    )
