"""The number of groups a method is asked for: given, estimated, or left to the method; with its evidence on disk."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from lookalike.clustering import METHODS
from lookalike.clustering.count import Count, Level, estimate
from lookalike.clustering.local_match import count_matches
from lookalike.core.artifacts import write_json
from lookalike.core.errors import UserError

__all__ = ["by_matches", "decide", "lines", "pick", "write_count"]

BOOTSTRAPS = 200
INTERVAL = (5, 95)  # percentiles


class Options(Protocol):
    """What the user sets about the number of groups."""

    method: str
    n_clusters: int
    estimator: str
    level: str
    images_per_cluster: int
    seed: int


def decide(features: np.ndarray, options: Options, photos: Sequence[Path] | None) -> tuple[int | None, Count | None]:
    """Return the number to ask the method for, None where it finds it itself, and the estimate where one was made.

    photos: n image files, needed by the estimator "local_match".
    """
    if options.n_clusters > 0:
        return options.n_clusters, None
    if METHODS[options.method].n_clusters != "required":
        return None, None
    if options.estimator == "local_match":
        found = by_matches(features, photos, seed=options.seed)
    else:
        size = options.images_per_cluster
        found = estimate(features, seed=options.seed, method=options.estimator, images_per_cluster=size)
    return pick(found, options.level), found


def pick(found: Count, level: str) -> int:
    """Return the estimate's number at a level. Raises UserError where the photos show no such level."""
    if level == "default":
        return found.n_clusters
    numbers = {one.level: one.n_clusters for one in found.levels}
    if level not in numbers:
        there = ", ".join(f"{name} ({number})" for name, number in numbers.items())
        raise UserError(f"cluster.level: expected a level that was found, {there}; found {level}: choose another")
    return numbers[level]


def by_matches(features: np.ndarray, photos: Sequence[Path], *, seed: int, queries: int = 20) -> Count:
    """Estimate the number of groups as the mean over query photos of n / (photos that match the query).

    The sum of 1 / (size of its group) over all photos is the number of groups, and a random query samples it. The
    interval is a bootstrap's over the queries (Efron, 1979).
    """
    matches = count_matches(features, photos, seed=seed, queries=queries)
    shares = 1 / matches
    resampled = np.random.default_rng(seed).choice(shares, (BOOTSTRAPS, len(shares))).mean(axis=1)
    low, high = np.percentile(resampled, INTERVAL)
    n = len(photos)
    number, low, high = (max(1, round(n * share)) for share in (shares.mean(), low, high))
    evidence = {"queries": len(matches), "median_matches": float(np.median(matches))}
    return Count(number, [Level("medium", number, low, high, evidence)])


def write_count(folder: Path, found: Count, chosen: int) -> None:
    """Write count.json: `n_clusters`, as chosen, `levels` with their intervals and evidence, and the curve."""
    levels = [
        {"level": one.level, "n_clusters": one.n_clusters, "low": one.low, "high": one.high} for one in found.levels
    ]
    evidence = {one.level: one.evidence for one in found.levels}
    record = {"n_clusters": chosen, "levels": levels, "evidence": evidence, "curve": found.curve}
    write_json(folder / "count.json", record)


def lines(found: Count, chosen: int) -> Iterator[str]:
    """Yield the estimate in words: a line a level, with its interval, its evidence, and which was taken."""
    for one in found.levels:
        evidence = ", ".join(f"{name.replace('_', ' ')} {value:.3g}" for name, value in one.evidence.items())
        taken = "  <- taken" if one.n_clusters == chosen else ""
        yield f"{one.level}: {one.n_clusters} groups ({one.low}-{one.high}); {evidence}{taken}"
