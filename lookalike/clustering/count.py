"""How many groups there are, at up to three levels from coarse to fine, with an interval and the evidence.

The same photos can have several true numbers. Groups that are there are found again when they are looked for another
way; where groups are split or mixed at random, two ways disagree. Does not cluster: see recommended.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.signal import find_peaks
from sklearn.metrics import silhouette_score

from lookalike.clustering.agreement import (
    agreement_curve,
    jackknife_error,
    nearest_division,
    profile,
    smoothed,
    without,
)
from lookalike.clustering.communities import communities
from lookalike.clustering.neighbours import connect, nearest_neighbours, reduced

__all__ = ["ESTIMATORS", "Count", "Level", "estimate"]

SCALES = (8, 10, 12, 15, 20)  # neighbours of the graphs compared
NEIGHBOURS = 15
SUBSAMPLES, SUBSAMPLE_SHARE = 5, 0.8
SILHOUETTE_ROWS = 1_000
MUCH_WORSE = 2.0  # a finer level of this many times the disagreement is not the default
LEAST_AGREEMENT = 0.6  # below it everywhere, there is one group


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
    rows, notes = reduced(features, components=components, seed=seed)
    similarities, indices, approximate = nearest_neighbours(rows, max(SCALES), seed=seed)
    found = ESTIMATORS[method](rows, similarities, indices, seed)
    return Count(found.n_clusters, found.levels, found.curve, [*notes, *approximate])


def _single(n_clusters: int, evidence: dict, low: int | None = None, high: int | None = None, curve=None) -> Count:
    low, high = n_clusters if low is None else low, n_clusters if high is None else high
    return Count(n_clusters, [Level("medium", n_clusters, int(low), int(high), evidence)], curve or {})


def by_agreement(rows: np.ndarray, similarities: np.ndarray, indices: np.ndarray, seed: int) -> Count:
    """Compare the divisions of graphs of several numbers of neighbours."""
    profiles = [profile(connect(similarities[:, :k], indices[:, :k]), seed=seed + k) for k in SCALES]
    return _from_profiles(rows, profiles, seed)


def by_stability(rows: np.ndarray, similarities: np.ndarray, indices: np.ndarray, seed: int) -> Count:
    """Compare the divisions of random subsamples (Ben-Hur, Elisseeff and Guyon, 2002)."""
    generator = np.random.default_rng(seed)
    profiles = []
    for _ in range(SUBSAMPLES):
        kept = np.sort(generator.permutation(len(rows))[: max(2, int(SUBSAMPLE_SHARE * len(rows)))])
        found = nearest_neighbours(rows[kept], NEIGHBOURS, seed=seed)
        profiles.append([_spread(labels, kept, len(rows)) for labels in profile(connect(*found[:2]), seed=seed)])
    return _from_profiles(rows, profiles, seed)


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


def _from_profiles(rows: np.ndarray, profiles: list[list[np.ndarray]], seed: int) -> Count:
    counts, agreement = agreement_curve(profiles, seed=seed)
    if not len(counts):
        return _single(1, {})
    error = jackknife_error(agreement, len(profiles))
    curve = smoothed(counts, agreement)
    drawn = {"n_clusters": counts.tolist(), "agreement": curve.tolist()}
    if curve.max() < LEAST_AGREEMENT:
        return _single(1, {"agreement": float(curve.max())}, curve=drawn)
    chosen = choose_levels(curve, error)
    others = [
        choose_levels(smoothed(counts, without(agreement, i, len(profiles))), error) for i in range(len(profiles))
    ]
    levels = []
    for name, at in chosen.items():
        around = [counts[other[name]] for other in others if name in other] + [counts[at]]
        division = nearest_division(profiles[len(profiles) // 2], counts[at], tolerance=np.inf)
        evidence = {
            "agreement": float(curve[at]),
            "standard_error": error,
            "silhouette": _silhouette(rows, division, seed),
            "images_per_cluster": len(rows) / counts[at],
        }
        levels.append(Level(name, int(counts[at]), int(min(around)), int(max(around)), evidence))
    return Count(int(counts[chosen["medium"]]), levels, drawn)


def choose_levels(curve: np.ndarray, error: float) -> dict[str, int]:
    """Choose positions of an agreement curve (m,) by level: "medium", the default, and "coarse" and "fine" if any.

    Peaks stand out by at least half the standard error. Where the curve rises to a plateau, the medium
    level is the fewest groups within one standard error of its top (the rule of Breiman et al., 1984) and the fine
    level is the top; a first peak before that is the coarse level; where the later peaks are
    far worse it is the default, and the best of them the fine level.
    """
    padded = np.concatenate([[curve.min() - 1], curve, [curve.min() - 1]])
    peaks = find_peaks(padded, prominence=max(error / 2, 1e-9))[0] - 1
    first = int(peaks[0])
    later = peaks[1:]
    if not len(later):
        return _plateau(curve, 0, first, error)
    top = int(later[curve[later].argmax()])
    if 1 - curve[top] > MUCH_WORSE * (1 - curve[first]):
        return {"medium": first, "fine": top}
    trough = first + int(curve[first : top + 1].argmin())
    return {"coarse": first} | _plateau(curve, trough, top, error)


def _plateau(curve: np.ndarray, start: int, top: int, error: float) -> dict[str, int]:
    reached = start + int(np.argmax(curve[start : top + 1] >= curve[top] - error))
    return {"medium": reached} | ({"fine": top} if top > reached + 1 else {})
