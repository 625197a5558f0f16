"""The report of a grouping: scores.json, clusters.csv, contingency.csv, confusions.csv and report.md in one folder."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lookalike.core.artifacts import write_json
from lookalike.core.tables import Columns, write_csv
from lookalike.evaluation import SCORES
from lookalike.evaluation.internal import SILHOUETTE_ROWS, internal_scores
from lookalike.evaluation.scores import count, external_scores
from lookalike.evaluation.tables import Confusion, cluster_table, contingency_columns, worst_confusions

__all__ = ["escape", "evaluate", "markdown", "write_report"]

SHOWN_CLUSTERS = 200  # rows of the cluster table in report.md; clusters.csv has all


def evaluate(
    true: list[str], pred: np.ndarray, features: np.ndarray, *, silhouette_rows: int = SILHOUETTE_ROWS, seed: int
) -> tuple[dict[str, int | float | None], list[str]]:
    """Count and score a grouping with and without labels: the content of scores.json, and the approximations made.

    true: n names, "" for unlabelled. pred: int (n,), -1 for noise. features: float (n, d), may be a memory map.
    """
    internal, approximations = internal_scores(features, pred, silhouette_rows=silhouette_rows, seed=seed)
    return count(true, pred) | external_scores(true, pred) | internal, approximations


def write_report(
    folder: Path,
    true: list[str],
    pred: np.ndarray,
    paths: Sequence[str],
    features: np.ndarray,
    scores: Mapping[str, int | float | None],
    *,
    title: str,
    facts: Mapping[str, object] | None = None,
    approximations: Sequence[str] = (),
    n_confusions: int = 10,
) -> list[Confusion]:
    """Write the report's files into a folder and return the worst confusions, for a picture of them.

    facts: lines for the head of the report, such as the method and its settings.
    """
    clusters = cluster_table(true, pred, features)
    confusions = worst_confusions(true, pred, features, n_confusions=n_confusions)
    write_json(folder / "scores.json", dict(scores))
    write_csv(folder / "clusters.csv", _blank_none(clusters))
    write_csv(folder / "contingency.csv", contingency_columns(true, pred))
    write_csv(folder / "confusions.csv", _confusion_columns(confusions, paths))
    text = markdown(title, facts or {}, scores, clusters, confusions, paths, approximations)
    (folder / "report.md").write_text(text, encoding="utf-8")
    return confusions


def markdown(
    title: str,
    facts: Mapping[str, object],
    scores: Mapping[str, int | float | None],
    clusters: Columns,
    confusions: Sequence[Confusion],
    paths: Sequence[str],
    approximations: Sequence[str],
) -> str:
    """Return the report as Markdown; names of files and classes are escaped."""
    parts = [f"# {escape(title)}", _counts_line(scores)]
    parts += [_table(["", ""], [[escape(key), escape(value)] for key, value in facts.items()])] if facts else []
    parts += ["## Scores", _score_table(scores), _noise_note(scores)]
    parts += ["Approximations: " + "; ".join(map(escape, approximations)) + "."] if approximations else []
    parts += ["## Clusters", _cluster_rows(clusters)]
    parts += ["## Worst confusions", _confusion_rows(confusions, paths)]
    return "\n\n".join(part for part in parts if part) + "\n"


def escape(value: object) -> str:
    """Escape text for a cell of a Markdown table: markup shows as typed, line breaks become spaces."""
    text = " ".join(str(value).split())
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]()#+!|~$])", r"\\\1", text)


def _counts_line(scores: Mapping) -> str:
    line = f"{scores['n_images']:,} images in {scores['n_clusters']:,} clusters"
    if scores["n_noise"]:
        line += f", {scores['n_noise']:,} ({scores['noise_share']:.1%}) in none"
    if scores["n_labelled"]:
        return f"{line}; {scores['n_labelled']:,} of them have a true label, of {scores['n_true']:,} classes."
    return f"{line}; no true labels, so only scores that need none are defined."


def _noise_note(scores: Mapping) -> str:
    return "Images in no cluster count as one more group in the scores that use labels." if scores["n_noise"] else ""


def _score_table(scores: Mapping) -> str:
    rows = [
        [score.title, _number(scores[name]), score.meaning]
        for name, score in SCORES.items()
        if scores.get(name) is not None
    ]
    return _table(["score", "value", "says"], rows) if rows else "No score is defined for this grouping."


def _cluster_rows(clusters: Columns) -> str:
    header = ["cluster", "size", "main class", "purity", "classes", "cohesion"]
    keys = ("cluster", "size", "main_class", "purity", "classes", "cohesion")
    rows = [list(row) for row in zip(*(clusters[key] for key in keys), strict=True)]
    shown = [
        ["none" if number < 0 else number, size, escape(name), _number(purity), classes, _number(similar)]
        for number, size, name, purity, classes, similar in rows[:SHOWN_CLUSTERS]
    ]
    more = len(rows) - len(shown)
    return _table(header, shown) + (f"\n\n... and {more:,} more in clusters.csv." if more else "")


def _confusion_rows(confusions: Sequence[Confusion], paths: Sequence[str]) -> str:
    if not confusions:
        return "No two classes share a cluster."
    rows = [
        [
            escape(item.first),
            escape(item.second),
            f"{item.pairs:,}",
            f"{item.share:.1%}",
            item.cluster,
            escape(paths[item.first_rows[0]]),
            escape(paths[item.second_rows[0]]),
        ]
        for item in confusions
    ]
    return _table(["class", "and class", "pairs together", "of all their pairs", "mostly in", "such as", "and"], rows)


def _confusion_columns(confusions: Sequence[Confusion], paths: Sequence[str]) -> Columns:
    return {
        "first": [item.first for item in confusions],
        "second": [item.second for item in confusions],
        "pairs": [item.pairs for item in confusions],
        "share": [item.share for item in confusions],
        "cluster": [item.cluster for item in confusions],
        "first_example": [paths[item.first_rows[0]] for item in confusions],
        "second_example": [paths[item.second_rows[0]] for item in confusions],
    }


def _blank_none(table: Columns) -> Columns:
    return {name: ["" if value is None else value for value in column] for name, column in table.items()}


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}" if abs(value) < 100 else f"{value:,.0f}"


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
