"""Stability of a way to group: does it find the same groups in other samples of the same photos?

After Ben-Hur, Elisseeff and Guyon (2002): group overlapping subsamples, compare them on the images they share.
"""

from collections.abc import Callable
from itertools import combinations

import numpy as np
from sklearn.metrics import adjusted_rand_score

__all__ = ["NAMES", "Regroup", "stability"]

NAMES = ("stability", "stability_low", "stability_high")
Regroup = Callable[[np.ndarray, int], np.ndarray]  # (rows int (m,), seed) -> their labels int (m,), -1 for noise
ABSENT = -2  # label of a row outside a sample


def stability(
    regroup: Regroup,
    n_rows: int,
    *,
    given: np.ndarray | None = None,
    runs: int = 5,
    share: float = 0.8,
    max_rows: int = 5_000,
    seed: int,
) -> tuple[dict[str, float | None], list[str]]:
    """Group `runs` random subsamples of n_rows images; return how well each two of them agree, and approximations.

    given: int (n_rows,), a grouping of all to compare with, too. Noise counts as one more group. A subsample has
    `share` of the rows, at most `max_rows`. The scores are the mean (`stability`), smallest and largest adjusted Rand
    index of all pairs on their common rows; None when no two share two rows.
    """
    rng = np.random.default_rng(seed)
    pool, notes = np.arange(n_rows), []
    if share * n_rows > max_rows:
        # All runs draw from one pool, so that two of them still have `share` of their rows in common.
        pool = np.sort(rng.choice(pool, int(max_rows / share), replace=False))
        notes = [f"stability from {runs} samples of {max_rows:,} of {n_rows:,} images"]
    size = max(1, round(share * len(pool)))
    labels = [] if given is None else [np.asarray(given)]
    for _ in range(runs):
        rows = np.sort(rng.choice(pool, size, replace=False))
        labels.append(np.full(n_rows, ABSENT))
        labels[-1][rows] = regroup(rows, int(rng.integers(2**24)))
    return _summary([_agreement(*pair) for pair in combinations(labels, 2)]), notes


def _summary(agreement: list[float | None]) -> dict[str, float | None]:
    found = [value for value in agreement if value is not None]
    values = (float(np.mean(found)), min(found), max(found)) if found else (None,) * 3
    return dict(zip(NAMES, values, strict=True))


def _agreement(first: np.ndarray, second: np.ndarray) -> float | None:
    both = (first != ABSENT) & (second != ABSENT)
    return float(adjusted_rand_score(first[both], second[both])) if both.sum() > 1 else None
