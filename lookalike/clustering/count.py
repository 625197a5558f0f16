"""How many groups there are, at up to three levels from coarse to fine, with an interval and the evidence.

The same photos can have several true numbers. Groups that are there are found again when they are looked for another
way; where groups are split or mixed at random, two ways disagree. How much they disagree by chance, at each number, is
measured on shuffled features, which have no groups, as the gap statistic does (Tibshirani, Walther and Hastie, 2001).
Does not cluster: see recommended.py.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.signal import find_peaks
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score

from lookalike.clustering.agreement import agreement_curve, nearest_division, profile, smoothed
from lookalike.clustering.communities import communities, rough_communities
from lookalike.clustering.neighbours import connect
from lookalike.clustering.scaling import solver
from lookalike.clustering.space import Space
from lookalike.core.progress import progress

__all__ = [
    "Count",
    "Level",
    "by_agreement",
    "by_graph",
    "by_silhouette",
    "by_stability",
    "choose_levels",
    "counted",
    "shuffled",
    "single",
]

SCALES = (8, 10, 12, 15, 20, 25, 30)  # neighbours of the graphs compared
REPEATS = 2  # divisions of each
SHUFFLES, SHUFFLED_SCALES = 4, (8, 12, 20)
ROUGHLY = {"steps": 14, "divide": rough_communities}  # how shuffled rows are divided: chance varies slowly
ROUGHLY_SAME = 0.35
NEIGHBOURS = 15
SUBSAMPLES, SUBSAMPLE_SHARE = 5, 0.8
ROWS = 10_000  # above it, as many random ones are counted
SILHOUETTE_ROWS = 1_000
WIDTH, CHANCE_WIDTH = 0.1, 0.35  # of smoothing, in the logarithm of the number of groups
AS_GOOD, NEARLY = 0.01, 0.05  # more disagreement, relatively, that counts as no worse, or as hardly worse
LEVEL_RATIO = 1.4  # of the numbers of groups of two levels, at least
MUCH_WORSE = 2.0  # a coarser or finer number of this many times the disagreement is no level
MOST_DISAGREEMENT = 0.9  # of that by chance; above it at every number, there is one group


@dataclass(frozen=True)
class Level:
    """One answer: its name (coarse, medium or fine), number of groups, interval and evidence by name."""

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


def by_agreement(space: Space) -> Count:
    """Compare the divisions of graphs of several numbers of neighbours."""
    return counted(space, _compare_scales)


def by_stability(space: Space) -> Count:
    """Compare the divisions of random subsamples (Ben-Hur, Elisseeff and Guyon, 2002)."""
    return counted(space, _compare_subsamples)


def by_graph(space: Space) -> Count:
    """Count the Leiden communities at resolution 1: the median over graphs of several numbers of neighbours."""
    return counted(space, _communities)


def by_silhouette(space: Space) -> Count:
    """Take the graph's division of the highest mean silhouette (Rousseeuw, 1987), by cosine, in samples."""
    return counted(space, _best_silhouette)


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


def _compare_scales(space: Space) -> Count:
    with _graphs(len(SCALES) * REPEATS + SHUFFLES * len(SHUFFLED_SCALES)) as advance:
        profiles = _scale_profiles(space, SCALES * REPEATS, space.seed, advance)

        def of_shuffled(other: Space, seed: int) -> list[list[np.ndarray]]:
            return _scale_profiles(other, SHUFFLED_SCALES, seed, advance, **ROUGHLY)

        return _from_profiles(space, profiles, of_shuffled)


def _scale_profiles(
    space: Space, scales: tuple[int, ...], seed: int, advance: Callable, **how
) -> list[list[np.ndarray]]:
    similarities, indices = space.neighbours(max(scales))
    profiles = []
    for number, k in enumerate(scales):
        graph = connect(similarities[:, :k], indices[:, :k])
        profiles.append(profile(graph, seed=(seed * 997 + number) % 2**32, **how))
        advance(1)
    return profiles


def _compare_subsamples(space: Space) -> Count:
    with _graphs(SUBSAMPLES * (1 + SHUFFLES)) as advance:
        profiles = _subsample_profiles(space, space.seed, advance)

        def of_shuffled(other: Space, seed: int) -> list[list[np.ndarray]]:
            return _subsample_profiles(other, seed, advance, **ROUGHLY)

        return _from_profiles(space, profiles, of_shuffled)


def _subsample_profiles(space: Space, seed: int, advance: Callable, **how) -> list[list[np.ndarray]]:
    generator = np.random.default_rng(seed)
    profiles = []
    for _ in range(SUBSAMPLES):
        kept = np.sort(generator.permutation(len(space))[: max(2, int(SUBSAMPLE_SHARE * len(space)))])
        divisions = profile(connect(*space.chosen(kept).neighbours(NEIGHBOURS)), seed=seed, **how)
        profiles.append([_spread(labels, kept, len(space)) for labels in divisions])
        advance(1)
    return profiles


def _spread(labels: np.ndarray, kept: np.ndarray, n: int) -> np.ndarray:
    everywhere = np.full(n, -1)
    everywhere[kept] = labels
    return everywhere


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
    samples = [[_silhouette(space.features, labels, space.seed + i) for labels in divisions] for i in range(3)]
    counts = [int(labels.max()) + 1 for labels in divisions]
    mean = np.mean(samples, axis=0)
    best, bests = int(mean.argmax()), [counts[int(np.argmax(sample))] for sample in samples]
    curve = {"n_clusters": counts, "silhouette": mean.tolist()}
    evidence = {"silhouette": float(mean[best])}
    return single(counts[best], evidence, min(*bests, counts[best]), max(*bests, counts[best]), curve)


def _graphs(total: int) -> AbstractContextManager[Callable]:
    return progress("count the groups", total, "graphs")


def _silhouette(rows: np.ndarray, labels: np.ndarray, seed: int) -> float:
    known = np.flatnonzero(labels >= 0)
    chosen = np.sort(np.random.default_rng(seed).permutation(known)[:SILHOUETTE_ROWS])
    groups = len(np.unique(labels[chosen]))
    if not 1 < groups < len(chosen):
        return 0.0
    return float(silhouette_score(rows[chosen], labels[chosen], metric="cosine"))


def _from_profiles(space: Space, profiles: list[list[np.ndarray]], of_shuffled: Callable) -> Count:
    counts, agreement = agreement_curve(profiles, seed=space.seed)
    if not len(counts):
        return single(1, {})
    agreement = smoothed(counts, agreement, counts, width=WIDTH)
    chance = _by_chance(space, of_shuffled, counts)
    disagreement = (1 - agreement) / np.maximum(1 - chance, 1e-3)
    curve = {"disagreement": disagreement, "agreement": agreement, "agreement_by_chance": chance}
    drawn = {"n_clusters": counts.tolist()} | {name: values.tolist() for name, values in curve.items()}
    if disagreement.min() > MOST_DISAGREEMENT:
        return single(1, {"disagreement": float(disagreement.min())}, curve=drawn)
    levels = []
    for name, at in choose_levels(counts, disagreement).items():
        division = nearest_division(profiles[len(profiles) // 2], counts[at], tolerance=np.inf)
        evidence = {column: float(values[at]) for column, values in curve.items()}
        evidence["silhouette"] = _silhouette(space.features, division, space.seed)
        low, high = _interval(disagreement, at)
        levels.append(Level(name, int(counts[at]), int(counts[low]), int(counts[high]), evidence))
    medium = next(level for level in levels if level.level == "medium")
    return Count(medium.n_clusters, levels, drawn)


def _by_chance(space: Space, of_shuffled: Callable, counts: np.ndarray) -> np.ndarray:
    # The mean agreement over several shuffles, since each has chance structure of its own.
    curves = []
    for number, rows in enumerate(shuffled(space.features, SHUFFLES, seed=space.seed)):
        profiles = of_shuffled(space.of(rows), space.seed + number)
        found = agreement_curve(profiles, seed=space.seed, tolerance=ROUGHLY_SAME)
        if len(found[0]):
            curves.append(smoothed(*found, counts, width=CHANCE_WIDTH))
    return np.mean(curves, axis=0) if curves else np.zeros(len(counts))


def shuffled(rows: np.ndarray, times: int, *, seed: int) -> Iterator[np.ndarray]:
    """Yield rows (n, d) with each principal axis shuffled on its own, float32: the same spread, but no groups.

    The reference of parallel analysis by permutation (Buja and Eyuboglu, 1992).
    """
    axes = PCA(svd_solver=solver(rows.shape[1]), random_state=seed).fit(rows)
    scores = axes.transform(rows)
    generator = np.random.default_rng(seed)
    for _ in range(times):
        yield axes.inverse_transform(generator.permuted(scores, axis=0)).astype(np.float32)


def choose_levels(counts: np.ndarray, disagreement: np.ndarray) -> dict[str, int]:
    """Choose positions of a curve of disagreement (m,) over counts (m,) by level: "medium", "coarse" and "fine" if any.

    The medium level, the default, is the fewest groups whose disagreement is within 1 % of the least. The others have
    clearly fewer and more groups: the nearest dips of the curve that are not far worse, or for the coarse level the
    fewest groups within 5 % of the default, whichever is nearer.
    """
    as_good = disagreement <= disagreement.min() * (1 + AS_GOOD) + 1e-9
    medium = int(np.argmax(as_good))
    start = [disagreement.max() + 1]
    # A curve that still falls at its end has no dip there.
    dips = find_peaks(-np.concatenate([start, disagreement]))[0] - 1
    dips = dips[disagreement[dips] <= MUCH_WORSE * disagreement[medium] + AS_GOOD]
    nearly = np.flatnonzero(disagreement <= disagreement[medium] * (1 + NEARLY))[:1]
    coarser = sorted(at for at in (*dips, *nearly) if counts[at] * LEVEL_RATIO <= counts[medium])
    finer = dips[counts[dips] >= counts[medium] * LEVEL_RATIO]
    chosen = {"coarse": coarser[-1:], "medium": [medium], "fine": finer[:1]}
    return {name: int(at[0]) for name, at in chosen.items() if len(at)}


def _interval(disagreement: np.ndarray, at: int) -> tuple[int, int]:
    # The positions around `at` whose disagreement is hardly more.
    more = np.flatnonzero(disagreement > disagreement[at] * (1 + NEARLY) + 1e-9)
    low, high = more[more < at], more[more > at]
    return int(low[-1]) + 1 if len(low) else 0, int(high[0]) - 1 if len(high) else len(disagreement) - 1
