"""Several ways to group the same features, side by side: scores without labels, stability, time, a recommendation.

True labels, where there are some, are shown in the table and play no part in the recommendation.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.stats import rankdata
from sklearn.metrics import adjusted_mutual_info_score

from lookalike.core.errors import UserError
from lookalike.core.progress import progress
from lookalike.evaluation.internal import internal_scores
from lookalike.evaluation.scores import count, external_scores
from lookalike.evaluation.stability import stability

__all__ = ["CRITERIA", "Candidate", "Way", "compare", "recommend", "table"]

CRITERIA = ("agreement", "stability", "silhouette")  # what the recommendation ranks by
TRUE_SCORES = ("normalized_mutual_info", "adjusted_rand_index", "accuracy")
RUNS = 3  # subsamples that stability compares
Way = Callable[[np.ndarray, int], np.ndarray]  # (features (n, d), seed) -> int labels (n,)


@dataclass
class Candidate:
    """One way to group, its labels int (n,), and what was measured of it."""

    name: str
    labels: np.ndarray
    scores: dict[str, float | None] = field(default_factory=dict)


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
    for one in candidates:
        others = [adjusted_mutual_info_score(one.labels, other.labels) for other in candidates if other is not one]
        one.scores["agreement"] = float(np.mean(others)) if others else None
    return candidates


def recommend(candidates: Sequence[Candidate]) -> tuple[list[Candidate], str]:
    """Return the candidates from best to worst by their mean rank over CRITERIA, and the reason for the first.

    A candidate without a score, or with a single group, ranks last.
    """
    values = np.array([[_value(one, name) for name in CRITERIA] for one in candidates])
    ranks = rankdata(-values, axis=0).mean(axis=1)
    order = np.argsort(ranks, kind="stable")
    best = candidates[order[0]]
    evidence = ", ".join(f"{name} {_shown(best.scores.get(name))}" for name in CRITERIA)
    return [
        candidates[i] for i in order
    ], f"{best.name}: best mean rank {ranks[order[0]]:.1f} of {len(ranks)} ({evidence})"


def table(candidates: Sequence[Candidate], *, labelled: bool) -> dict[str, list]:
    """Return the columns of the comparison, a row a candidate."""
    names = ["n_clusters", "noise_share", *CRITERIA, "seconds", *(TRUE_SCORES if labelled else ())]
    scores = {name: [_shown(one.scores.get(name)) for one in candidates] for name in names}
    return {"method": [one.name for one in candidates]} | scores


def _measure(name: str, way: Way, features: np.ndarray, true: Sequence[str], *, max_rows: int, seed: int) -> Candidate:
    started = time.perf_counter()
    labels = way(features, seed)
    scores: dict[str, float | None] = {"seconds": time.perf_counter() - started}
    scores |= count(true, labels) | external_scores(true, labels) | internal_scores(features, labels, seed=seed)[0]
    scores |= stability(way, features, runs=RUNS, max_rows=max_rows, seed=seed)
    return Candidate(name, labels, scores)


def _value(one: Candidate, name: str) -> float:
    """Return a score, the lowest where there is none: one group for all is found again anywhere and says nothing."""
    value = one.scores.get(name)
    return -np.inf if value is None or one.scores["n_clusters"] < 2 else value


def _shown(value: float | None) -> object:
    return "" if value is None else value if isinstance(value, int) else f"{value:.3f}"
