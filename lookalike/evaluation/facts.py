"""What a scored grouping was made of, and its scores in one line."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lookalike.core.artifacts import read_manifest
from lookalike.evaluation.scores import count, external_scores

__all__ = ["advice", "corrections", "facts", "page_facts", "read_facts", "summary"]


def facts(
    grouping: Mapping, extractors: Mapping[str, Mapping], views: Sequence[str], count: Mapping | None
) -> dict[str, object]:
    """Return the settings behind a grouping, for the head of a report and a row of the history.

    grouping: the settings of 04 that made it. extractors: 03's description.json, each matrix's backbone, weights, size
    and engine as they were opened, whatever the settings say. views: of a photo. count: 04's count.json, whose levels
    are told, or None where the number was not estimated.
    """
    method = grouping["method"]
    return {
        "method": method,
        "method_settings": json.dumps(grouping.get(method, {}), sort_keys=True),
        "clusters_asked": grouping["n_clusters"] if grouping["n_clusters"] > 0 else _estimate(count),
        "seed": grouping["seed"],
        "backbone": " + ".join(dict.fromkeys(_backbone(one) for one in extractors.values())),
        "weights": _of_each(extractors, "weights"),
        "size": _of_each(extractors, "size"),
        "engine": _of_each(extractors, "engine"),
        "views": " ".join(views),
    }


def read_facts(found: Path, extracted: Path) -> dict[str, object]:
    """Return the facts of a published grouping, as it was found, and the features that it was made of."""
    grouping, extraction = (read_manifest(folder).parameters for folder in (found, extracted))
    count = found / "count.json"
    counted = json.loads(count.read_text(encoding="utf-8")) if count.exists() else None
    extractors = json.loads((extracted / "description.json").read_text(encoding="utf-8"))
    return facts(grouping, extractors, extraction["views"], counted)


def corrections(clustered: Path) -> dict[str, str]:
    """Return what became of the corrections of a published grouping; nothing where there are none."""
    said = _said(clustered)
    return {"corrections": said["summary"]} if said else {}


def advice(clustered: Path, command: str) -> tuple[str, str] | None:
    """Return why the corrections of a published grouping ask for more, and the command, which takes its flags."""
    found = _said(clustered).get("advice")
    return (found["reason"], f"{command} {found['flags']}") if found else None


def _said(clustered: Path) -> dict:
    file = clustered / "corrections.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def page_facts(found: Path, extracted: Path, clustered: Path, true: list[str], pred: np.ndarray) -> dict[str, str]:
    """Return what made a published grouping and how it scores, in the words of the foot of the page.

    true: n names, "" for unlabelled. pred: int (n,), as corrected, -1 for noise.
    """
    made = read_facts(found, extracted)
    told = {
        "method": f"{made['method']} {made['method_settings']}",
        "groups asked": str(made["clusters_asked"]),
        "backbone": ", ".join(filter(None, (made["backbone"], made["weights"], f"{made['size']} px", made["views"]))),
        "seed": str(made["seed"]),
        "scores": summary(count(true, pred) | external_scores(true, pred)),
    }
    return told | corrections(clustered)


def _of_each(extractors: Mapping[str, Mapping], name: str) -> str:
    """Join what the matrices have, told once where they agree."""
    return " + ".join(filter(None, dict.fromkeys(str(one.get(name, "unknown")) for one in extractors.values())))


def _backbone(extractor: Mapping) -> str:
    """Return the name of an eye's backbone after its weight in the joined vector, where that is not 1."""
    weight = extractor.get("weight", 1)
    return f"{'' if weight == 1 else f'{weight:g} '}{extractor.get('backbone', 'unknown')}"


def _estimate(count: Mapping | None) -> str:
    if count is None:
        return "found by the method"
    told = (f"{one['level']} {one['n_clusters']} ({one['low']}-{one['high']})" for one in count["levels"])
    return f"estimated: {', '.join(told)}"


def summary(scores: Mapping[str, int | float | None]) -> str:
    """Return counts and main scores in one line."""
    words = f"{scores['n_clusters']:,} groups"
    if not scores["n_labelled"]:
        found = {name: scores.get(name) for name in ("silhouette", "stability")}
        told = [f", {name} {value:.3f}" for name, value in found.items() if value is not None]
        return f"{words}, no true labels{''.join(told)}"
    return (
        f"{words} of {scores['n_true']:,} classes, NMI {scores['normalized_mutual_info']:.3f}, "
        f"ARI {scores['adjusted_rand_index']:.3f}, accuracy {scores['accuracy']:.3f}"
    )
