"""How likely each number of groups is by the evidence, and the levels that are read from it.

A conditional logit (McFadden, 1974): each number of groups competes with the others by a weighted sum of its evidence.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import minimize

from lookalike.clustering.divisions import Divisions
from lookalike.clustering.evidence import COLUMNS, Evidence

__all__ = ["WEIGHTS", "choose_levels", "exact", "interval", "learn", "likelihood"]

# Learnt on random choices of classes of eight labelled sets: python benchmarks/unseen_sets.py --learn
WEIGHTS = {"persistence": 6.73, "bend": 117.3, "separation": -6.28, "merging": -5.89, "parting": 0.624}
AROUND_DEFAULT, AROUND_LEVEL = 0.15, 0.1  # widths of what counts as about a number, in its logarithm
LEVEL_RATIO = 1.2  # of the numbers of groups of two levels, at least
LEAST = 0.01  # likelihood around a level
SAME = 0.15  # relative difference up to which the default moves to the number that most resolutions gave
SHARP = 0.03
HALF = 0.5
TRUE_WIDTH, PENALTY = 0.13, 0.003


def likelihood(evidence: Evidence, weights: Mapping[str, float] = WEIGHTS) -> np.ndarray:
    """Return the likelihood of each number of groups, float64 (m,) of sum 1."""
    heights = sum(weights[name] * evidence.columns[name] for name in COLUMNS)
    heights = np.exp(heights - heights.max())
    return heights / heights.sum()


def choose_levels(counts: np.ndarray, likely: np.ndarray) -> dict[str, int]:
    """Choose positions of likelihoods (m,) of counts (m,) by level: "medium", "coarse" and "fine" where there are any.

    The medium level, the default, is the number around which the likelihood is highest, the others the numbers with
    clearly fewer and clearly more groups around which most of the rest lies.
    """
    apart = np.log(counts)[:, None] - np.log(counts)
    medium = int((_kernel(apart, AROUND_DEFAULT) @ likely).argmax())
    around = _kernel(apart, AROUND_LEVEL)
    rest = around @ (likely * (1 - around[medium]))
    chosen = {"medium": medium}
    for name, side in (("coarse", -apart[:, medium]), ("fine", apart[:, medium])):
        heights = np.where(side >= np.log(LEVEL_RATIO), rest, 0)
        if heights.max() > LEAST:
            chosen[name] = int(heights.argmax())
    return {name: chosen[name] for name in ("coarse", "medium", "fine") if name in chosen}


def _kernel(distances: np.ndarray, width: float) -> np.ndarray:
    return np.exp(-((distances / width) ** 2) / 2)


def exact(found: Sequence[Divisions], count: int) -> int:
    """Return the number of groups within 15 % of count that the resolutions of the divisions gave most often."""
    given = np.concatenate([each.counts for each in found])
    near = np.unique(given[(np.abs(given - count) <= SAME * count) & (given > 1)])
    if not len(near):
        return count
    often = sum(each.resolutions_near(near, SHARP) for each in found)
    return int(near[(often * _kernel(np.log(near / count), AROUND_DEFAULT)).argmax()])


def interval(likely: np.ndarray, at: int) -> tuple[int, int]:
    """Return the positions around `at` whose likelihood is at least half of that there, the first and the last."""
    less = np.flatnonzero(likely < HALF * likely[at])
    low, high = less[less < at], less[less > at]
    return int(low[-1]) + 1 if len(low) else 0, int(high[0]) - 1 if len(high) else len(likely) - 1


def learn(evidence: Sequence[Evidence], true: Sequence[int], share: Sequence[float]) -> dict[str, float]:
    """Learn weights under which the true numbers of groups are likely; share: how much each of the cases counts.

    Maximises the mean log of the likelihood around the true number, with a small penalty on large weights.
    """
    columns = [np.column_stack([each.columns[name] for name in COLUMNS]) for each in evidence]
    scale = np.concatenate(columns).std(axis=0)
    near = [_kernel(np.log(each.counts / k), TRUE_WIDTH) for each, k in zip(evidence, true, strict=True)]

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = PENALTY * float(weights @ weights), 2 * PENALTY * weights
        for table, around, part in zip(columns, near, share, strict=True):
            scaled = table / scale
            heights = np.exp((scaled @ weights) - (scaled @ weights).max())
            likely = heights / heights.sum()
            mass = float(likely @ around)
            total -= part * np.log(mass + 1e-4)
            slope = slope - part * scaled.T @ (likely * (around - mass)) / (mass + 1e-4)
        return total, slope

    found = minimize(loss, np.zeros(len(COLUMNS)), jac=True, method="L-BFGS-B")
    return dict(zip(COLUMNS, (found.x / scale).tolist(), strict=True))
