"""Several ways to group the same features, side by side: scores without labels, stability, time, a recommendation.

True labels, where there are some, are shown in the table and play no part in the recommendation.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from scipy.stats import rankdata

from lookalike.core.errors import UserError
from lookalike.core.information import information_scores
from lookalike.core.progress import progress
from lookalike.evaluation.internal import internal_scores
from lookalike.evaluation.scores import contingency, count, external_scores
from lookalike.evaluation.stability import stability

__all__ = ["CRITERIA", "Candidate", "Ranking", "Way", "compare", "rank", "table"]

CRITERIA = ("agreement", "stability", "silhouette")  # what the ranking stands on
TRUE_SCORES = ("normalized_mutual_info", "adjusted_rand_index", "accuracy")
RUNS = 3  # subsamples that stability compares
NOISE = 0.01  # smaller differences of a criterion come and go with the seed
ROUNDED = 9  # digits that equal groups have alike, however they are numbered
Way = Callable[[np.ndarray, int], np.ndarray]  # (features (n, d), seed) -> int labels (n,)


@dataclass
class Candidate:
    """One way to group, its labels int (n,), and what was measured of it."""

    name: str
    labels: np.ndarray
    scores: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Ranking:
    """Candidates from best to worst, how many of the first are alike within noise, and the evidence in a sentence."""

    candidates: list[Candidate]
    n_tied: int
    reason: str

    @property
    def recommended(self) -> list[str]:
        """Names of the best way and of those that tie with it."""
        return [one.name for one in self.candidates[: self.n_tied]]


def compare(
    ways: Mapping[str, Way], features: np.ndarray, true: Sequence[str], *, max_rows: int, seed: int
) -> list[Candidate]:
    """Group features (n, d) in each way and measure it; a way that cannot is left out and said so.

    true: n names, "" for unlabelled. max_rows: of a subsample for stability. Scores of a candidate: seconds,
    n_clusters, noise_share, agreement (mean adjusted mutual information with the other candidates), stability,
    silhouette, and the external scores. Raises UserError where no way is left.
    """
    candidates = []
    with progress("comparing", len(ways), "ways") as advance:
        for name, way in ways.items():
            try:
                candidates.append(_measure(name, way, features, true, max_rows=max_rows, seed=seed))
            except UserError as error:
                print(f"sweep: {name} left out: {error}")
            advance(1)
    if not candidates:
        raise UserError("expected at least one method that can group these photos, found none: change cluster.swept")
    for one, agreement in zip(candidates, _agreements([one.labels for one in candidates]), strict=True):
        one.scores["agreement"] = agreement
    return candidates


def rank(candidates: Sequence[Candidate]) -> Ranking:
    """Order candidates by their mean rank over CRITERIA, those that tie with the best before the others.

    Two ways tie where no criterion sets them apart by more than chance: NOISE or, of the stability, half the range
    that either shows between its subsamples. A candidate without a score, or with a single group, ranks last.
    """
    values = np.array([[_value(one, name) for name in CRITERIA] for one in candidates])
    ranks = rankdata(-values.round(ROUNDED), axis=0).mean(axis=1)
    order = np.argsort(ranks, kind="stable")
    best = candidates[order[0]]
    tied = [i for i in order if _tie(best, candidates[i])]
    ordered = [candidates[i] for i in [*tied, *(i for i in order if i not in tied)]]
    evidence = ", ".join(f"{name} {_shown(best.scores.get(name))}" for name in CRITERIA)
    reason = f"{best.name}: best mean rank {ranks[order[0]]:.1f} of {len(ranks)} ({evidence})"
    if len(tied) > 1:
        names = "; ".join(candidates[i].name for i in tied)
        reason = f"{len(tied)} ways tie, alike within noise: {names}. {reason}"
    return Ranking(ordered, len(tied), reason)


def table(ranking: Ranking, *, labelled: bool) -> dict[str, list]:
    """Return the columns of the comparison, a row a candidate; `best` marks those that tie for the first place."""
    names = ["n_clusters", "noise_share", *CRITERIA, "seconds", *(TRUE_SCORES if labelled else ())]
    scores = {name: [_shown(one.scores.get(name)) for one in ranking.candidates] for name in names}
    best = ["yes" if place < ranking.n_tied else "" for place in range(len(ranking.candidates))]
    return {"method": [one.name for one in ranking.candidates], "best": best} | scores


def _measure(name: str, way: Way, features: np.ndarray, true: Sequence[str], *, max_rows: int, seed: int) -> Candidate:
    started = time.perf_counter()
    labels = way(features, seed)
    scores: dict[str, float | None] = {"seconds": time.perf_counter() - started}
    scores |= count(true, labels) | external_scores(true, labels) | internal_scores(features, labels, seed=seed)[0]
    bounds = {"runs": RUNS, "max_rows": max_rows, "seed": seed}
    scores |= stability(lambda rows, seed: way(features[rows], seed), len(features), **bounds)[0]
    return Candidate(name, labels, scores)


def _agreements(labels: Sequence[np.ndarray]) -> list[float | None]:
    """Return each labelling's mean adjusted mutual information with the others; noise is one more group."""
    codes = [np.unique(each, return_inverse=True)[1] for each in labels]
    pairs = np.zeros((len(codes), len(codes)))
    for i, j in combinations(range(len(codes)), 2):
        pairs[i, j] = pairs[j, i] = information_scores(contingency(codes[i], codes[j]))["adjusted_mutual_info"]
    return (pairs.sum(axis=1) / (len(codes) - 1)).tolist() if len(codes) > 1 else [None]


def _tie(best: Candidate, other: Candidate) -> bool:
    if best is other:
        return True
    noise = dict.fromkeys(CRITERIA, NOISE) | {"stability": max(NOISE, _half_range(best), _half_range(other))}
    pairs = [(_value(best, name), _value(other, name), noise[name]) for name in CRITERIA]
    return all(first == second or abs(first - second) <= apart for first, second, apart in pairs)


def _half_range(one: Candidate) -> float:
    low, high = one.scores.get("stability_low"), one.scores.get("stability_high")
    return 0.0 if low is None or high is None else (high - low) / 2


def _value(one: Candidate, name: str) -> float:
    """Return a score, the lowest where there is none: one group for all is found again anywhere and says nothing."""
    value = one.scores.get(name)
    return -np.inf if value is None or one.scores["n_clusters"] < 2 else value


def _shown(value: float | None) -> object:
    return "" if value is None else value if isinstance(value, int) else f"{value:.3f}"
