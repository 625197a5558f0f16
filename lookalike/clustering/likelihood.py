"""How likely each number of groups is by the evidence, and the levels that are read from it.

A conditional logit (McFadden, 1974): each number of groups competes with the others by a weighted sum of its evidence.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from lookalike.clustering.choices import LEVELS
from lookalike.clustering.divisions import Divisions
from lookalike.clustering.evidence import COLUMNS, Evidence

__all__ = ["WEIGHTS", "choose_levels", "exact", "interval", "learn", "likelihood", "most_likely"]

# Learnt on random choices of classes of eight labelled sets: python benchmarks/unseen_sets.py --learn
WEIGHTS = {"persistence": 6.09, "bend": 74.9, "separation": -4.45, "merging": -1.96}
AROUND = 0.15  # width of what counts as about a number, in its logarithm
CLOSE = 0.95  # of the highest likelihood, from which a finer number is preferred
SAME = 0.15  # relative difference up to which a level answers a number, and the default moves
ERROR = 0.35  # how far true numbers lie from the default on labelled sets, in the logarithm
LEAST = 0.05  # of what is likely, that a level adds
A_SIDE = 2  # levels, at most, with fewer and with more groups than the default
SHARP = 0.03
HALF = 0.5
TRUE_WIDTH, PENALTY = 0.13, 0.003


def likelihood(evidence: Evidence, weights: Mapping[str, float] = WEIGHTS) -> np.ndarray:
    """Return the likelihood of each number of groups, float64 (m,) of sum 1."""
    heights = sum(weights[name] * evidence.columns[name] for name in COLUMNS)
    heights = np.exp(heights - heights.max())
    return heights / heights.sum()


def most_likely(counts: np.ndarray, likely: np.ndarray) -> int:
    """Return the position of the number of counts (m,) around which the likelihood (m,) is highest.

    Of close calls the finest: what is divided too much is seen and merged, what is mixed is not seen.
    """
    around = _kernel(np.log(counts)[:, None] - np.log(counts), AROUND) @ likely
    return int(np.flatnonzero(around >= CLOSE * around.max())[-1])


def choose_levels(counts: np.ndarray, likely: np.ndarray, default: int) -> dict[str, int]:
    """Choose the other levels than the default: positions of likelihoods (m,) of counts (m,) by name, coarsest first.

    Each answers, to 15 %, the most of what is likely and that the default and the levels before it leave, up to two
    with fewer and two with more groups. Half of what is likely is said by the evidence, half by how far true numbers
    lie from the default.
    """
    answers = np.abs(counts[:, None] - counts) <= SAME * counts  # does a level of this count, for each true number
    widths = np.gradient(np.log([*counts, counts[-1] + 1]))[:-1]  # counts stand for the numbers around them, too
    usual = _kernel(np.log(counts / default), ERROR) * widths
    left = (likely + usual / usual.sum()) * (np.abs(default - counts) > SAME * counts) / 2
    side, chosen = np.sign(counts - default), []
    while True:
        full = [one for one in (-1, 1) if (side[chosen] == one).sum() == A_SIDE]
        added = np.where(np.isin(side, [0, *full]), 0, answers @ left)
        best = int(added.argmax())
        if added[best] < LEAST:
            break
        chosen.append(best)
        left = left * ~answers[best]
    coarser, finer = ([at for at in sorted(chosen) if side[at] == one] for one in (-1, 1))
    middle = LEVELS.index("medium")
    names = (*LEVELS[middle - len(coarser) : middle], *LEVELS[middle + 1 :])
    return dict(zip(names, coarser + finer, strict=False))


def _kernel(distances: np.ndarray, width: float) -> np.ndarray:
    return np.exp(-((distances / width) ** 2) / 2)


def exact(found: Sequence[Divisions], count: int) -> int:
    """Return the number of groups within 15 % of count that the resolutions of the divisions gave most often."""
    given = np.concatenate([each.counts for each in found])
    near = np.unique(given[(np.abs(given - count) <= SAME * count) & (given > 1)])
    if not len(near):
        return count
    often = sum(each.resolutions_near(near, SHARP) for each in found)
    return int(near[(often * _kernel(np.log(near / count), AROUND)).argmax()])


def interval(likely: np.ndarray, at: int) -> tuple[int, int]:
    """Return the positions around `at` whose likelihood is at least half of that there, the first and the last."""
    less = np.flatnonzero(likely < HALF * likely[at])
    low, high = less[less < at], less[less > at]
    return int(low[-1]) + 1 if len(low) else 0, int(high[0]) - 1 if len(high) else len(likely) - 1


def learn(evidence: Sequence[Evidence], true: Sequence[int], share: Sequence[float]) -> dict[str, float]:
    """Learn weights under which the true numbers of groups are likely; share: how much each of the cases counts.

    Maximises the mean log of the likelihood around the true number, with a small penalty on large weights.
    """
    from scipy.optimize import minimize  # late: a run has its weights

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
