"""The number of groups that are found again in random subsamples (Ben-Hur, Elisseeff and Guyon, 2002).

Where groups are split or mixed at random, two subsamples disagree. How much they disagree by chance, at each number,
is measured on shuffled features, which have no groups. Does not weigh other evidence: see evidence.py.
"""

from collections.abc import Callable

import numpy as np
from scipy.signal import find_peaks

from lookalike.clustering.agreement import agreement_curve, nearest_division, profile, smoothed
from lookalike.clustering.chance import on_axes, shuffled
from lookalike.clustering.count import NEIGHBOURS, Count, Level, counted, mean_silhouette, single
from lookalike.clustering.neighbours import connect
from lookalike.clustering.space import Space
from lookalike.core.progress import progress

__all__ = ["by_stability", "choose_levels"]

SHUFFLES = 4
ROUGHLY = {"steps": 14}  # how shuffled rows are divided: chance varies slowly
ROUGHLY_SAME = 0.35
SUBSAMPLES, SUBSAMPLE_SHARE = 5, 0.8
WIDTH, CHANCE_WIDTH = 0.1, 0.35  # of smoothing, in the logarithm of the number of groups
AS_GOOD, NEARLY = 0.01, 0.05  # more disagreement, relatively, that counts as no worse, or as hardly worse
LEVEL_RATIO = 1.4  # of the numbers of groups of two levels, at least
MUCH_WORSE = 2.0  # a coarser or finer number of this many times the disagreement is no level
MOST_DISAGREEMENT = 0.9  # of that by chance; above it at every number, there is one group


def by_stability(space: Space) -> Count:
    """Compare the divisions of random subsamples."""
    return counted(space, _compare_subsamples)


def _compare_subsamples(space: Space) -> Count:
    with progress("count the groups", SUBSAMPLES * (1 + SHUFFLES), "graphs") as advance:
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
        evidence["silhouette"] = mean_silhouette(space.features, division, space.seed)
        low, high = _interval(disagreement, at)
        levels.append(Level(name, int(counts[at]), int(counts[low]), int(counts[high]), evidence))
    medium = next(level for level in levels if level.level == "medium")
    return Count(medium.n_clusters, levels, drawn)


def _by_chance(space: Space, of_shuffled: Callable, counts: np.ndarray) -> np.ndarray:
    # The mean agreement over several shuffles, since each has chance structure of its own.
    curves = []
    axes = on_axes(space.features, min(space.features.shape), seed=space.seed)
    for number, rows in enumerate(shuffled(axes, SHUFFLES, seed=space.seed)):
        profiles = of_shuffled(space.of(rows), space.seed + number)
        found = agreement_curve(profiles, seed=space.seed, tolerance=ROUGHLY_SAME)
        if len(found[0]):
            curves.append(smoothed(*found, counts, width=CHANCE_WIDTH))
    return np.mean(curves, axis=0) if curves else np.zeros(len(counts))


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
