"""Divisions of a graph into every number of groups: communities from coarse to fine, merged where one is missing.

Does not judge them: see evidence.py.
"""

from dataclasses import dataclass
from itertools import groupby

import numpy as np
from scipy import sparse

from lookalike.clustering.communities import communities
from lookalike.clustering.linkage import cut, group_means, weighted_linkage
from lookalike.core.arrays import distances_between

__all__ = ["Divisions", "divide"]

LOWEST_RESOLUTION, HIGHEST_RESOLUTION = 0.05, 1e5


@dataclass(frozen=True)
class Divisions:
    """Divisions of one graph: rising resolutions (r,), the number of groups at each int (r,), labels by number."""

    resolutions: np.ndarray
    counts: np.ndarray
    labels: dict[int, np.ndarray]

    def at(self, rows: np.ndarray, counts: np.ndarray) -> list[np.ndarray]:
        """Return labels int (n,) of exactly each number of counts (m,), rising.

        Where no resolution gave the number, the groups of the next finer division are merged by Ward linkage of their
        means in rows (n, d), so that pieces of a graph that hang together by nothing are merged, too. Beyond the
        finest division, that is taken.
        """
        known, found = sorted(self.labels), []

        def next_finer(count: int) -> int:
            return known[min(np.searchsorted(known, count), len(known) - 1)]

        for finer, served in groupby(counts.tolist(), next_finer):
            labels, wanted = self.labels[finer], list(served)
            if wanted[0] < finer:
                means, sizes = group_means(labels, rows)
                tree = weighted_linkage(distances_between(means), sizes, n_clusters=wanted[0])
            found += [cut(tree, finer, count)[labels] if count < finer else labels for count in wanted]
        return found

    def resolutions_near(self, counts: np.ndarray, width: float) -> np.ndarray:
        """Return how many resolutions, on a log scale, gave about each number of counts (m,): float64 (m,).

        width: of the Gaussian kernel, in the logarithm of the number.
        """
        step = np.log(self.resolutions[-1] / self.resolutions[0]) / max(len(self.resolutions) - 1, 1)
        distances = (np.log(counts)[:, None] - np.log(self.counts)) / width
        return step * np.exp(-(distances**2) / 2).sum(axis=1)


def divide(graph: sparse.csr_matrix, *, top: int, ratio: float, seed: int) -> Divisions:
    """Divide a graph (n, n) at resolutions that rise by a ratio, until there are clearly more than `top` groups."""
    # Each graph starts within a step of its own, so that what the steps miss differs from graph to graph.
    resolution = LOWEST_RESOLUTION * ratio ** np.random.default_rng(seed).uniform(-0.5, 0.5)
    resolutions, counts, labels = [], [], {}
    while resolution < HIGHEST_RESOLUTION and (not counts or counts[-1] <= 1.2 * top):
        found = communities(graph, resolution, seed=seed)
        resolutions.append(resolution)
        counts.append(int(found.max()) + 1)
        labels.setdefault(counts[-1], found)
        resolution *= ratio
    return Divisions(np.array(resolutions), np.array(counts), labels)
