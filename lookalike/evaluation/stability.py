"""Stability of a way to group: does it find the same groups in other samples of the same photos?

After Ben-Hur, Elisseeff and Guyon (2002): cluster overlapping subsamples, compare them on the images they share.
"""

from collections.abc import Callable
from itertools import combinations

import numpy as np
from sklearn.metrics import adjusted_rand_score

__all__ = ["stability"]


def stability(
    cluster: Callable[[np.ndarray, int], np.ndarray],
    features: np.ndarray,
    *,
    runs: int = 5,
    share: float = 0.8,
    max_rows: int = 5_000,
    seed: int,
) -> dict[str, float | None]:
    """Group `runs` random subsamples and return how well each two of them agree.

    cluster: a function of (features (m, d), seed) that returns int labels (m,), -1 for noise, which counts as one
    more group. Each subsample has `share` of the rows, at most `max_rows`. Returns the mean (`stability`), smallest
    and largest adjusted Rand index of all pairs on their common rows; all None when no two runs share two rows.
    Raises ValueError for fewer than 2 runs or a share outside (0, 1].
    """
    if runs < 2 or not 0 < share <= 1:
        raise ValueError(f"expected at least 2 runs and a share in (0, 1], found {runs} and {share}")
    rng = np.random.default_rng(seed)
    pool = np.arange(len(features))
    if share * len(pool) > max_rows:
        # All runs draw from one pool, so that two of them still have `share` of their rows in common.
        pool = np.sort(rng.choice(pool, int(max_rows / share), replace=False))
    size = max(1, round(share * len(pool)))
    labels = np.full((runs, len(features)), -2)
    for run in range(runs):
        rows = np.sort(rng.choice(pool, size, replace=False))
        labels[run, rows] = cluster(features[rows], int(rng.integers(2**24)))
    agreement = [_agreement(first, second) for first, second in combinations(labels, 2)]
    found = [value for value in agreement if value is not None]
    if not found:
        return {"stability": None, "stability_low": None, "stability_high": None}
    return {"stability": float(np.mean(found)), "stability_low": min(found), "stability_high": max(found)}


def _agreement(first: np.ndarray, second: np.ndarray) -> float | None:
    both = (first > -2) & (second > -2)
    return float(adjusted_rand_score(first[both], second[both])) if both.sum() > 1 else None
