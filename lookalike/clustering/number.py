"""The number of groups a method is asked for: given, estimated, or left to the method; with its evidence on disk."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from lookalike.clustering.choices import ESTIMATORS
from lookalike.clustering.count import Count, Level, single
from lookalike.clustering.local_match import count_matches
from lookalike.clustering.methods import METHODS
from lookalike.clustering.methods.local_match import Options as MatchOptions
from lookalike.clustering.space import Space
from lookalike.core.errors import UserError
from lookalike.core.files import write_json

__all__ = ["by_matches", "by_size", "decide", "estimate", "lines", "pick", "write_count"]

QUERIES = 20
BOOTSTRAPS = 200
INTERVAL = (5, 95)  # percentiles


class Options(Protocol):
    """What the user sets about the number of groups; the inputs of the estimators stand beside."""

    method: str
    n_clusters: int
    estimator: str
    level: str


def decide(space: Space, options: Options) -> tuple[int | None, Count | None]:
    """Return the number to ask the method for, None where it finds it itself, and the estimate where one was made."""
    if options.n_clusters > 0:
        return options.n_clusters, None
    if METHODS[options.method].n_clusters != "required":
        return None, None
    inputs = [getattr(options, name) for name in ESTIMATORS[options.estimator].inputs]
    found = estimate(space, options.estimator, *inputs)
    return pick(found, options.level), found


def estimate(space: Space, estimator: str, *inputs: object) -> Count:
    """Estimate the number of groups in a space by an estimator of ESTIMATORS, with the inputs that it takes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries
        return ESTIMATORS[estimator].load()(space, *inputs)


def pick(found: Count, level: str) -> int:
    """Return the estimate's number at a level. Raises UserError where the photos show no such level."""
    if level == "default":
        return found.n_clusters
    numbers = {one.level: one.n_clusters for one in found.levels}
    if level not in numbers:
        there = ", ".join(f"{name} ({number})" for name, number in numbers.items())
        raise UserError(f"cluster.level: expected a level that was found, {there}; found {level}: choose another")
    return numbers[level]


def by_size(space: Space, images_per_cluster: int) -> Count:
    """Divide the number of photos by the photos a group."""
    return single(max(1, round(len(space) / images_per_cluster)), {"images_per_cluster": images_per_cluster})


def by_matches(space: Space, options: MatchOptions) -> Count:
    """Estimate the number of groups as the mean over query photos of n / (photos that match the query).

    The sum of 1 / (size of its group) over all photos is the number of groups, and a random query samples it. The
    interval is a bootstrap's over the queries (Efron, 1979).
    """
    matches = count_matches(space, options, queries=QUERIES)
    shares = 1 / matches
    resampled = np.random.default_rng(space.seed).choice(shares, (BOOTSTRAPS, len(shares))).mean(axis=1)
    low, high = np.percentile(resampled, INTERVAL)
    number, low, high = (max(1, round(len(space) * share)) for share in (shares.mean(), low, high))
    evidence = {"queries": len(matches), "median_matches": float(np.median(matches))}
    return Count(number, [Level("medium", number, low, high, evidence)])


def write_count(folder: Path, found: Count | None, chosen: int | None) -> None:
    """Write count.json, where there is an estimate: `n_clusters`, as chosen, levels with their evidence, the curve."""
    if found is None:
        return
    levels = [
        {"level": one.level, "n_clusters": one.n_clusters, "low": one.low, "high": one.high} for one in found.levels
    ]
    evidence = {one.level: one.evidence for one in found.levels}
    record = {"n_clusters": chosen, "levels": levels, "evidence": evidence, "curve": found.curve}
    write_json(folder / "count.json", record)


def lines(found: Count | None, chosen: int | None) -> Iterator[str]:
    """Yield the estimate in words: a line a level, with its interval, its evidence, and which was taken."""
    for one in found.levels if found else ():
        evidence = ", ".join(f"{name.replace('_', ' ')} {value:.3g}" for name, value in one.evidence.items())
        taken = "  <- taken" if one.n_clusters == chosen else ""
        yield f"{one.level}: {one.n_clusters} groups ({one.low}-{one.high}); {evidence}{taken}"
