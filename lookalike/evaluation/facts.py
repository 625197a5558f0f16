"""What a scored grouping was made of, and its scores in one line."""

import json
from collections.abc import Mapping
from pathlib import Path

from lookalike.core.artifacts import Manifest

__all__ = ["facts", "summary"]


def facts(cluster: Manifest, extract: Manifest, count: Path) -> dict[str, object]:
    """Return the settings behind a grouping, for the head of a report and a row of the history.

    count: count.json of the grouping, whose levels are told where it exists.
    """
    chosen, method = cluster.parameters, cluster.parameters["method"]
    return {
        "method": method,
        "method_settings": json.dumps(chosen.get(method, {}), sort_keys=True),
        "clusters_asked": chosen["n_clusters"] if chosen["n_clusters"] > 0 else _estimate(count),
        "seed": chosen["seed"],
        "backbone": extract.parameters["backbone"],
        "weights": extract.parameters["weights"],
        "views": " ".join(extract.parameters["views"]),
    }


def _estimate(count: Path) -> str:
    if not count.exists():
        return "found by the method"
    levels = json.loads(count.read_text(encoding="utf-8"))["levels"]
    told = (f"{one['level']} {one['n_clusters']} ({one['low']}-{one['high']})" for one in levels)
    return f"estimated: {', '.join(told)}"


def summary(scores: Mapping[str, int | float | None]) -> str:
    """Return counts and main scores in one line."""
    words = f"{scores['n_clusters']:,} groups"
    if not scores["n_labelled"]:
        silhouette = scores["silhouette"]
        return f"{words}, no true labels" + ("" if silhouette is None else f", silhouette {silhouette:.3f}")
    return (
        f"{words} of {scores['n_true']:,} classes, NMI {scores['normalized_mutual_info']:.3f}, "
        f"ARI {scores['adjusted_rand_index']:.3f}, accuracy {scores['accuracy']:.3f}"
    )
