"""k-means: the nearest of n_clusters means, by the same map-reduce step as the map; mini-batch above a size."""

from operator import itemgetter

import numpy as np

from lookalike.clustering.assignment import assign, distances_to_own
from lookalike.clustering.scaling import sample_rows
from lookalike.core.arrays import mean_by_label
from lookalike.core.progress import progress

__all__ = ["best_start", "by_mini_batches", "landmarks", "lloyd", "mini_batches", "starting_means"]

SEEDING_ROWS = 20_000  # of a table larger than that, means are drawn from a sample of this size,
SEEDING_ROWS_A_CLUSTER = 20  # or of this many rows a cluster
BATCH_ROWS = 16_384
BATCH_ROWS_A_CLUSTER = 8  # a batch smaller than this starves its means
BATCHES = 60


def best_start(
    features: np.ndarray, n_clusters: int, *, n_init: int, max_iter: int, seed: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Run k-means from n_init greedy k-means++ starts; return labels, means and inertia of the best."""
    starts = (starting_means(features, n_clusters, seed=seed + i) for i in range(n_init))
    return min((lloyd(features, start, max_iter) for start in starts), key=itemgetter(2))


def by_mini_batches(
    features: np.ndarray, n_clusters: int, *, n_init: int, max_iter: int, seed: int
) -> tuple[np.ndarray, float]:
    """Go on with mini-batches of all rows from the best start on a sample; return labels and inertia."""
    sample = sample_rows(features, seed=seed, n_bytes=seeding_bytes(features, n_clusters))
    _, means, _ = best_start(sample, n_clusters, n_init=n_init, max_iter=max_iter, seed=seed)
    labels, _, inertia = lloyd(features, mini_batches(features, means, seed=seed), 1)
    return labels, inertia


def landmarks(features: np.ndarray, n_landmarks: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the means float32 (m, d) of at most n_landmarks parts of the rows, and each row's part int (n,)."""
    start = starting_means(features, n_landmarks, seed=seed)
    _, owner = np.unique(assign(features, mini_batches(features, start, seed=seed))[0], return_inverse=True)
    return mean_by_label(features, owner, owner.max() + 1)[0], owner


def seeding_bytes(features: np.ndarray, n_clusters: int) -> int:
    """Return how much of the rows suffices to draw starting means from."""
    return 4 * features.shape[1] * max(SEEDING_ROWS, SEEDING_ROWS_A_CLUSTER * n_clusters)


def starting_means(features: np.ndarray, n_clusters: int, *, seed: int) -> np.ndarray:
    """Draw n_clusters rows far from each other, from all rows or a sample: float32 (n_clusters, d).

    Greedy k-means++ (D. Arthur and S. Vassilvitskii, 2007): of a few rows drawn by squared distance to the means so
    far, the one that lowers the sum of those distances most.
    """
    sample = sample_rows(features, seed=seed, n_bytes=seeding_bytes(features, n_clusters)).astype(np.float32)
    squares = np.einsum("ij,ij->i", sample, sample)
    rng = np.random.default_rng(seed)
    chosen = [int(rng.integers(len(sample)))]
    closest = np.maximum(squares + squares[chosen[0]] - 2 * sample @ sample[chosen[0]], 0)
    for _ in range(n_clusters - 1):
        drawn = draw(closest, 2 + int(np.log(n_clusters)), rng)
        distances = squares[:, None] + squares[drawn] - 2 * sample @ sample[drawn].T
        distances = np.clip(distances, 0, closest[:, None])
        best = int(distances.sum(axis=0).argmin())
        chosen.append(int(drawn[best]))
        closest = distances[:, best]
    return sample[chosen]


def draw(weights: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw n row numbers with probability in proportion to weights, evenly where all are zero."""
    total = np.cumsum(weights, dtype=np.float64)
    if total[-1] <= 0:
        return rng.integers(len(weights), size=n)
    return np.minimum(np.searchsorted(total, rng.random(n) * total[-1], side="right"), len(weights) - 1)


def lloyd(features: np.ndarray, means: np.ndarray, max_iter: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Alternate assignment and averaging until no row moves (Lloyd, 1982): labels int64 (n,), means and inertia.

    A mean that loses all its rows stays where it was.
    """
    labels, sums, counts = assign(features, means)
    for _ in range(max_iter - 1):
        means = averages(means, sums, counts)
        moved, sums, counts = assign(features, means)
        if (moved == labels).all():
            break
        labels = moved
    squares = distances_to_own(features, means, labels) ** 2
    return labels, means, float(squares.sum(dtype=np.float64))


def mini_batches(features: np.ndarray, means: np.ndarray, *, seed: int) -> np.ndarray:
    """Move the means by random batches of rows, each mean by the share of its rows that are new (Sculley, 2010)."""
    rng = np.random.default_rng(seed)
    size = min(len(features), max(BATCH_ROWS, BATCH_ROWS_A_CLUSTER * len(means)))
    seen = np.zeros(len(means))
    with progress("train the means", BATCHES * size, "rows") as advance:
        for _ in range(BATCHES):
            rows = np.sort(rng.choice(len(features), size, replace=False))
            _, sums, counts = assign(features[rows], means)
            seen += counts
            share = (counts / np.maximum(seen, 1))[:, None]
            means = ((1 - share) * means + share * averages(means, sums, counts)).astype(np.float32)
            advance(size)
    return means


def averages(means: np.ndarray, sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Divide sums (k, d) by counts (k,), keeping the old mean where there is no row."""
    return np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], means).astype(np.float32)
