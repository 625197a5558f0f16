"""How many groups there are, at up to five levels from coarse to fine, with an interval and the evidence.

The same photos can have several true numbers: the levels are those that the evidence makes likeliest. Does not gather
it: see evidence.py; does not cluster: see recommended.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from lookalike.clustering.agreement import profile
from lookalike.clustering.choices import LEVELS
from lookalike.clustering.communities import communities
from lookalike.clustering.evidence import GRAPHS, Evidence, gather
from lookalike.clustering.likelihood import WEIGHTS, choose_levels, exact, interval, likelihood, most_likely
from lookalike.clustering.neighbours import connect
from lookalike.clustering.space import Space
from lookalike.core.arrays import one_blas_thread
from lookalike.core.progress import progress

__all__ = [
    "Count",
    "Level",
    "by_evidence",
    "by_graph",
    "by_silhouette",
    "counted",
    "from_evidence",
    "mean_silhouette",
    "single",
]

SCALES = (8, 10, 12, 15, 20, 25, 30)  # neighbours of the graphs whose communities are counted
NEIGHBOURS = 15
ROWS = 10_000  # above it, as many random ones are counted
SILHOUETTE_ROWS = 1_000
LEAST_CLEAR = 0.25  # logits by which nearest photos share a group more often than by chance; below it, one group


@dataclass(frozen=True)
class Level:
    """One answer: its name, of LEVELS, number of groups, interval and evidence by name."""

    level: str
    n_clusters: int
    low: int
    high: int
    evidence: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Count:
    """The estimate: the default number (that of level "medium"), the levels from coarse to fine and the curve.

    curve: columns of equal length by name, "n_clusters" and what was measured; empty where nothing was.
    """

    n_clusters: int
    levels: list[Level]
    curve: dict[str, list[float]] = field(default_factory=dict)
    approximations: list[str] = field(default_factory=list)


def by_evidence(space: Space) -> Count:
    """Weigh what speaks for each number of groups; see evidence.py."""
    return counted(space, _weigh_evidence)


def by_graph(space: Space) -> Count:
    """Count the Leiden communities at resolution 1: the median over graphs of several numbers of neighbours."""
    return counted(space, _communities)


def by_silhouette(space: Space) -> Count:
    """Take the graph's division of the highest mean silhouette (Rousseeuw, 1987), by cosine, in samples."""
    return counted(space, _best_silhouette)


@one_blas_thread()
def counted(space: Space, count: Callable[[Space], Count]) -> Count:
    """Return count(space of unit rows), above 10,000 rows of a sample of them, with the photos a group as evidence.

    Up to three rows, and rows that are all equal, are one group.
    """
    if len(space) < 4 or space.is_constant():
        return single(1, {})
    n, approximations = len(space), []
    if n > ROWS:
        approximations.append(f"the number of groups is estimated from {ROWS:,} of {n:,} rows")
        space = space.chosen(np.sort(np.random.default_rng(space.seed).permutation(n)[:ROWS]))
    found = count(space.unit())
    levels = [replace(one, evidence=one.evidence | {"images_per_cluster": n / one.n_clusters}) for one in found.levels]
    return Count(found.n_clusters, levels, found.curve, approximations)


def single(n_clusters: int, evidence: dict, low: int | None = None, high: int | None = None, curve=None) -> Count:
    """Return an estimate of one level, whose interval is by default the number itself."""
    low, high = n_clusters if low is None else low, n_clusters if high is None else high
    return Count(n_clusters, [Level("medium", n_clusters, int(low), int(high), evidence)], curve or {})


def _weigh_evidence(space: Space) -> Count:
    with progress("count the groups", GRAPHS, "graphs") as advance:
        return from_evidence(space, gather(space, advance))


def from_evidence(space: Space, evidence: Evidence, weights: Mapping[str, float] = WEIGHTS) -> Count:
    """Read the estimate off the evidence that was gathered in a space, by the weights of its columns."""
    counts, likely = evidence.counts, likelihood(evidence, weights)
    curve = {"n_clusters": counts.tolist(), "likelihood": likely.tolist()}
    curve |= {name: values.tolist() for name, values in evidence.columns.items()}
    if evidence.clear < LEAST_CLEAR:
        return single(1, {"clear": evidence.clear}, curve=curve)
    middle = most_likely(counts, likely)
    default = exact(evidence.found, int(counts[middle]))
    places = choose_levels(counts, likely, default) | {"medium": middle}
    names = [name for name in LEVELS if name in places]
    numbers = [default if name == "medium" else int(counts[places[name]]) for name in names]
    levels = []
    for name, number, fewer, more in zip(names, numbers, [0, *numbers], [*numbers[1:], len(space)], strict=False):
        at = places[name]
        low, high = (int(counts[end]) for end in interval(likely, at))
        low, high = min(max(low, fewer + 1), number), max(min(high, more - 1), number)
        seen = _seen(space, evidence, at, number) | {"likelihood": float(likely[at])}
        levels.append(Level(name, number, low, high, seen))
    return Count(default, levels, curve)


def _seen(space: Space, evidence: Evidence, at: int, number: int) -> dict[str, float]:
    middle = evidence.found[len(evidence.found) // 2]
    division = middle.at(evidence.rows, np.array([number]))[0]
    columns = {name: float(values[at]) for name, values in evidence.columns.items()}
    return columns | {"silhouette": mean_silhouette(space.features, division, space.seed)}


def _communities(space: Space) -> Count:
    similarities, indices = space.neighbours(max(SCALES))
    graphs = (connect(similarities[:, :k], indices[:, :k]) for k in SCALES)
    counts = [int(communities(graph, 1.0, seed=space.seed).max()) + 1 for graph in graphs]
    return single(round(float(np.median(counts))), {"resolution": 1.0}, min(counts), max(counts))


def _best_silhouette(space: Space) -> Count:
    divisions = profile(connect(*space.neighbours(NEIGHBOURS)), seed=space.seed)
    divisions = [labels for labels in divisions if labels.max()]
    if not divisions:
        return single(1, {})
    samples = [[mean_silhouette(space.features, labels, space.seed + i) for labels in divisions] for i in range(3)]
    counts = [int(labels.max()) + 1 for labels in divisions]
    mean = np.mean(samples, axis=0)
    best, bests = int(mean.argmax()), [counts[int(np.argmax(sample))] for sample in samples]
    curve = {"n_clusters": counts, "silhouette": mean.tolist()}
    evidence = {"silhouette": float(mean[best])}
    return single(counts[best], evidence, min(*bests, counts[best]), max(*bests, counts[best]), curve)


def mean_silhouette(rows: np.ndarray, labels: np.ndarray, seed: int) -> float:
    """Return the mean silhouette by cosine (Rousseeuw, 1987) of a sample of rows (n, d); label -1 is left out."""
    from sklearn.metrics import silhouette_score  # late: its import takes most of a second

    known = np.flatnonzero(labels >= 0)
    chosen = np.sort(np.random.default_rng(seed).permutation(known)[:SILHOUETTE_ROWS])
    groups = len(np.unique(labels[chosen]))
    if not 1 < groups < len(chosen):
        return 0.0
    return float(silhouette_score(rows[chosen], labels[chosen], metric="cosine"))
