"""How well divisions of the same photos agree, by their number of groups; the evidence that count.py reads.

The agreement of two divisions is the adjusted mutual information (Vinh, Epps and Bailey, 2010): 1 for the same, 0 for
what chance gives.
"""

from itertools import combinations

import numpy as np
from scipy import sparse

from lookalike.clustering.communities import communities
from lookalike.core.information import sampled_adjusted_information

__all__ = ["agreement_curve", "count_grid", "nearest_division", "profile", "smoothed"]

LOWEST_RESOLUTION, HIGHEST_RESOLUTION, STEPS = 0.15, 60.0, 25
FEWEST_A_GROUP = 8  # images, on average; finer divisions follow single pairs
MOST_GROUPS = 1_000
GRID = 32
COMPARED_ROWS = 5_000
SAME_COUNT = 0.15


def count_grid(n: int) -> np.ndarray:
    """Return the numbers of groups compared for n rows: int (m,), rising by equal ratios from 2."""
    top = min(MOST_GROUPS, max(n // FEWEST_A_GROUP, min(8, n // 2), 2))
    return np.unique(np.round(np.geomspace(2, top, GRID)).astype(int))


def profile(graph: sparse.csr_matrix, *, seed: int, steps: int = STEPS) -> list[np.ndarray]:
    """Divide a graph at resolutions from coarse to fine: a list of labels (n,), one for each number of groups met.

    steps: resolutions tried, by equal ratios.
    """
    top = 1.2 * count_grid(graph.shape[0])[-1]
    resolutions = np.geomspace(LOWEST_RESOLUTION, HIGHEST_RESOLUTION, steps)
    # Each profile starts within a step of its own, so that what the steps miss differs from profile to profile.
    resolutions *= (resolutions[1] / resolutions[0]) ** np.random.default_rng(seed).uniform(-0.5, 0.5)
    found = {}
    for resolution in resolutions:
        labels = communities(graph, float(resolution), seed=seed)
        count = int(labels.max()) + 1
        if count > top:
            break
        found[count] = labels
    return [found[count] for count in sorted(found)]


def nearest_division(divisions: list[np.ndarray], count: int, *, tolerance: float = SAME_COUNT) -> np.ndarray | None:
    """Return the division whose number of groups is nearest to count, None if all are further off than tolerance.

    tolerance: relative difference; infinity takes the nearest whatever it is.
    """
    if not divisions:
        return None
    found = min(divisions, key=lambda labels: abs(np.log((labels.max() + 1) / count)))
    return found if abs(np.log((found.max() + 1) / count)) <= np.log1p(tolerance) else None


def agreement_curve(
    profiles: list[list[np.ndarray]], *, seed: int, tolerance: float = SAME_COUNT
) -> tuple[np.ndarray, np.ndarray]:
    """Compare profiles of the same rows, each with each; label -1 marks rows that a division leaves out.

    tolerance: relative difference up to which two divisions count as of one number.
    Returns the numbers of groups int (m,) that all profiles reach, and the mean agreement of their pairs float64 (m,).
    """
    n = len(profiles[0][0]) if profiles[0] else 0
    generator = np.random.default_rng(seed)
    rows = np.sort(generator.permutation(n)[:COMPARED_ROWS])
    counts, agreement = [], []
    for count in count_grid(max(n, 2)):
        divisions = [nearest_division(divisions, count, tolerance=tolerance) for divisions in profiles]
        if any(labels is None for labels in divisions):
            continue
        # The number that the divisions have, not the one looked for: several of those may find the same divisions.
        actual = round(float(np.median([labels.max() + 1 for labels in divisions])))
        if not counts or actual > counts[-1]:
            counts.append(actual)
            agreement.append(np.mean([_agree(a[rows], b[rows], generator) for a, b in combinations(divisions, 2)]))
    return np.array(counts, int), np.array(agreement, float)


def _agree(first: np.ndarray, second: np.ndarray, generator: np.random.Generator) -> float:
    shared = (first >= 0) & (second >= 0)
    return sampled_adjusted_information(first[shared], second[shared], generator)


def smoothed(counts: np.ndarray, values: np.ndarray, at: np.ndarray, *, width: float) -> np.ndarray:
    """Return the values (m,) of numbers of groups counts (m,), averaged at other numbers (p,): float64 (p,).

    width: standard deviation of the weights in the logarithm of the number of groups. Beyond the ends the last values
    go on.
    """
    squares = ((np.log(at)[:, None] - np.log(counts)) / width) ** 2 / 2
    weights = np.exp(squares.min(axis=1, keepdims=True) - squares)
    return weights @ values / weights.sum(axis=1)
