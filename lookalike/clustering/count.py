"""How many groups there are, at up to three levels from coarse to fine, with an interval and the evidence.

The same photos can have several true numbers. Groups that are there are found again when they are looked for another
way; where groups are split or mixed at random, two ways disagree. How much they disagree by chance, at each number, is
measured on shuffled features, which have no groups, as the gap statistic does (Tibshirani, Walther and Hastie, 2001).
Does not cluster: see recommended.py.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.signal import find_peaks
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score

from lookalike.clustering.agreement import agreement_curve, nearest_division, profile, smoothed
from lookalike.clustering.communities import communities, rough_communities
from lookalike.clustering.neighbours import connect, nearest_neighbours, reduced
from lookalike.clustering.scaling import solver

__all__ = ["ESTIMATORS", "Count", "Level", "choose_levels", "estimate", "shuffled"]

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


def estimate(
    features: np.ndarray, *, seed: int, method: str = "combined", images_per_cluster: int = 70, components: int = 0
) -> Count:
    """Estimate the number of groups in features (n, d) by a method of ESTIMATORS.

    images_per_cluster: the size that the method of that name divides by. Up to three rows, and rows that are all
    equal, are one group. Raises ValueError on another method.
    """
    if method not in ESTIMATORS:
        raise ValueError(f"expected a method of {', '.join(ESTIMATORS)}, found {method!r}")
    if method == "images_per_cluster":
        return _single(max(1, round(len(features) / images_per_cluster)), {"images_per_cluster": images_per_cluster})
    if len(features) < 4 or (features == features[0]).all():
        return _single(1, {})
    n, notes = len(features), []
    if n > ROWS:
        notes.append(f"the number of groups is estimated from {ROWS:,} of {n:,} rows")
        features = features[np.sort(np.random.default_rng(seed).permutation(n)[:ROWS])]
    rows, of_axes = reduced(features, components=components, seed=seed)
    similarities, indices, approximate = nearest_neighbours(rows, max(SCALES), seed=seed)
    found = ESTIMATORS[method](rows, similarities, indices, seed)
    levels = [replace(one, evidence=one.evidence | {"images_per_cluster": n / one.n_clusters}) for one in found.levels]
    return Count(found.n_clusters, levels, found.curve, [*notes, *of_axes, *approximate])


def _single(n_clusters: int, evidence: dict, low: int | None = None, high: int | None = None, curve=None) -> Count:
    low, high = n_clusters if low is None else low, n_clusters if high is None else high
    return Count(n_clusters, [Level("medium", n_clusters, int(low), int(high), evidence)], curve or {})


def by_agreement(rows: np.ndarray, similarities: np.ndarray, indices: np.ndarray, seed: int) -> Count:
    """Compare the divisions of graphs of several numbers of neighbours."""

    def of_shuffled(rows: np.ndarray, seed: int) -> list[list[np.ndarray]]:
        found = nearest_neighbours(rows, max(SHUFFLED_SCALES), seed=seed)
        return _scale_profiles(*found[:2], SHUFFLED_SCALES, seed, **ROUGHLY)

    return _from_profiles(rows, _scale_profiles(similarities, indices, SCALES * REPEATS, seed), of_shuffled, seed)


def _scale_profiles(
    similarities: np.ndarray, indices: np.ndarray, scales: tuple[int, ...], seed: int, **how
) -> list[list[np.ndarray]]:
    graphs = (connect(similarities[:, :k], indices[:, :k]) for k in scales)
    return [profile(graph, seed=(seed * 997 + number) % 2**32, **how) for number, graph in enumerate(graphs)]


def by_stability(rows: np.ndarray, similarities: np.ndarray, indices: np.ndarray, seed: int) -> Count:
    """Compare the divisions of random subsamples (Ben-Hur, Elisseeff and Guyon, 2002)."""

    def of_shuffled(rows: np.ndarray, seed: int) -> list[list[np.ndarray]]:
        return _subsample_profiles(rows, seed, **ROUGHLY)

    return _from_profiles(rows, _subsample_profiles(rows, seed), of_shuffled, seed)


def _subsample_profiles(rows: np.ndarray, seed: int, **how) -> list[list[np.ndarray]]:
    generator = np.random.default_rng(seed)
    profiles = []
    for _ in range(SUBSAMPLES):
        kept = np.sort(generator.permutation(len(rows))[: max(2, int(SUBSAMPLE_SHARE * len(rows)))])
        found = nearest_neighbours(rows[kept], NEIGHBOURS, seed=seed)
        divisions = profile(connect(*found[:2]), seed=seed, **how)
        profiles.append([_spread(labels, kept, len(rows)) for labels in divisions])
    return profiles


def _spread(labels: np.ndarray, kept: np.ndarray, n: int) -> np.ndarray:
    everywhere = np.full(n, -1)
    everywhere[kept] = labels
    return everywhere


def by_graph(rows: np.ndarray, similarities: np.ndarray, indices: np.ndarray, seed: int) -> Count:
    """Count the Leiden communities at resolution 1: the median over graphs of several numbers of neighbours."""
    counts = [int(communities(connect(similarities[:, :k], indices[:, :k]), 1.0, seed=seed).max()) + 1 for k in SCALES]
    return _single(round(float(np.median(counts))), {"resolution": 1.0}, min(counts), max(counts))


def by_silhouette(rows: np.ndarray, similarities: np.ndarray, indices: np.ndarray, seed: int) -> Count:
    """Take the graph's division of the highest mean silhouette (Rousseeuw, 1987), by cosine, in samples."""
    graph = connect(similarities[:, :NEIGHBOURS], indices[:, :NEIGHBOURS])
    divisions = [labels for labels in profile(graph, seed=seed) if labels.max()]
    if not divisions:
        return _single(1, {})
    samples = [np.array([_silhouette(rows, labels, seed + i) for labels in divisions]) for i in range(3)]
    counts = [int(labels.max()) + 1 for labels in divisions]
    mean = np.mean(samples, axis=0)
    best, bests = int(mean.argmax()), [counts[int(sample.argmax())] for sample in samples]
    curve = {"n_clusters": counts, "silhouette": mean.tolist()}
    evidence = {"silhouette": float(mean[best])}
    return _single(counts[best], evidence, min(*bests, counts[best]), max(*bests, counts[best]), curve)


ESTIMATORS: dict[str, Callable | None] = {
    "combined": by_agreement,
    "graph": by_graph,
    "silhouette": by_silhouette,
    "stability": by_stability,
    "images_per_cluster": None,
}


def _silhouette(rows: np.ndarray, labels: np.ndarray, seed: int) -> float:
    known = np.flatnonzero(labels >= 0)
    chosen = np.sort(np.random.default_rng(seed).permutation(known)[:SILHOUETTE_ROWS])
    groups = len(np.unique(labels[chosen]))
    if not 1 < groups < len(chosen):
        return 0.0
    return float(silhouette_score(rows[chosen], labels[chosen], metric="cosine"))


def _from_profiles(rows: np.ndarray, profiles: list[list[np.ndarray]], of_shuffled: Callable, seed: int) -> Count:
    counts, agreement = agreement_curve(profiles, seed=seed)
    if not len(counts):
        return _single(1, {})
    agreement = smoothed(counts, agreement, counts, width=WIDTH)
    chance = _by_chance(rows, of_shuffled, counts, seed)
    disagreement = (1 - agreement) / np.maximum(1 - chance, 1e-3)
    curve = {"disagreement": disagreement, "agreement": agreement, "agreement_by_chance": chance}
    drawn = {"n_clusters": counts.tolist()} | {name: values.tolist() for name, values in curve.items()}
    if disagreement.min() > MOST_DISAGREEMENT:
        return _single(1, {"disagreement": float(disagreement.min())}, curve=drawn)
    levels = []
    for name, at in choose_levels(counts, disagreement).items():
        division = nearest_division(profiles[len(profiles) // 2], counts[at], tolerance=np.inf)
        evidence = {column: float(values[at]) for column, values in curve.items()}
        evidence["silhouette"] = _silhouette(rows, division, seed)
        low, high = _interval(disagreement, at)
        levels.append(Level(name, int(counts[at]), int(counts[low]), int(counts[high]), evidence))
    medium = next(level for level in levels if level.level == "medium")
    return Count(medium.n_clusters, levels, drawn)


def _by_chance(rows: np.ndarray, of_shuffled: Callable, counts: np.ndarray, seed: int) -> np.ndarray:
    # The mean agreement over several shuffles, since each has chance structure of its own.
    curves = []
    for number, without_groups in enumerate(shuffled(rows, SHUFFLES, seed=seed)):
        found = agreement_curve(of_shuffled(without_groups, seed + number), seed=seed, tolerance=ROUGHLY_SAME)
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
