"""The report of a grouping: scores.json, groups.csv, contingency.csv, confusions.csv and report.md in one folder."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from lookalike.core.files import write_json
from lookalike.core.tables import Columns, write_csv
from lookalike.evaluation import SCORES
from lookalike.evaluation.internal import internal_scores
from lookalike.evaluation.options import Options
from lookalike.evaluation.scores import count, external_scores
from lookalike.evaluation.stability import stability
from lookalike.evaluation.tables import Confusion, contingency_columns, group_table, worst_confusions

__all__ = ["escape", "evaluate", "markdown", "write_report"]

SHOWN_GROUPS = 200  # rows of the group table in report.md; groups.csv has all


def evaluate(
    true: list[str],
    pred: np.ndarray,
    features: np.ndarray,
    options: Options,
    regroup: Callable[[np.ndarray, int, int], np.ndarray] | None = None,
) -> tuple[dict[str, int | float | None], list[str]]:
    """Count and score a grouping with and without labels: the content of scores.json, and the approximations made.

    true: n names, "" for unlabelled. pred: int (n,), -1 for noise. features: float (n, d), may be a memory map.
    regroup: (rows, n_groups, seed) -> labels, by the same method. Where nothing is labelled, halves are grouped again
    into as many groups as pred has among them, and how well all agree is a score.
    """
    internal, notes = internal_scores(features, pred, silhouette_rows=options.silhouette_rows, seed=options.seed)
    scores = count(true, pred) | external_scores(true, pred) | internal
    if regroup is None or not options.stability_runs or any(true):
        return scores, notes

    def again(rows: np.ndarray, seed: int) -> np.ndarray:
        found = pred[rows]
        return regroup(rows, max(1, len(np.unique(found[found >= 0]))), seed)

    # Halves, so that two of them take no longer than the grouping did.
    bounds = {"share": 0.5, "runs": options.stability_runs, "max_rows": options.stability_rows, "seed": options.seed}
    stable, sampled = stability(again, len(pred), given=pred, **bounds)
    return scores | stable, notes + sampled


def write_report(
    folder: Path,
    true: list[str],
    pred: np.ndarray,
    paths: Sequence[str],
    features: np.ndarray,
    scores: Mapping[str, int | float | None],
    called: Mapping[int, str],
    *,
    title: str,
    facts: Mapping[str, object] | None = None,
    advice: tuple[str, str] | None = None,
    approximations: Sequence[str] = (),
    n_confusions: int = 10,
) -> list[Confusion]:
    """Write the report's files into a folder and return the worst confusions, for a picture of them.

    called: names of groups. facts: lines for the head of the report, such as the method and its settings.
    advice: what to do next, why and how.
    """
    groups = group_table(true, pred, features, called)
    confusions = worst_confusions(true, pred, features, n_confusions=n_confusions)
    write_json(folder / "scores.json", dict(scores))
    write_csv(folder / "groups.csv", _blank_none(groups))
    write_csv(folder / "contingency.csv", contingency_columns(true, pred))
    write_csv(folder / "confusions.csv", _confusion_columns(confusions, paths))
    text = markdown(title, facts or {}, scores, groups, confusions, paths, approximations, advice)
    (folder / "report.md").write_text(text, encoding="utf-8")
    return confusions


def markdown(
    title: str,
    facts: Mapping[str, object],
    scores: Mapping[str, int | float | None],
    groups: Columns,
    confusions: Sequence[Confusion],
    paths: Sequence[str],
    approximations: Sequence[str],
    advice: tuple[str, str] | None = None,
) -> str:
    """Return the report as Markdown; names of files and classes are escaped."""
    parts = [f"# {escape(title)}", _counts_line(scores)]
    parts += [_table(["", ""], [[escape(key), escape(value)] for key, value in facts.items()])] if facts else []
    parts += [f"{escape(advice[0])}:\n\n    {advice[1]}"] if advice else []
    parts += ["## Scores", _score_table(scores), _noise_note(scores)]
    parts += ["Approximations: " + "; ".join(map(escape, approximations)) + "."] if approximations else []
    parts += ["## Groups", _group_rows(groups)]
    parts += ["## Worst confusions", _confusion_rows(confusions, paths)]
    return "\n\n".join(part for part in parts if part) + "\n"


def escape(value: object) -> str:
    """Escape text for a cell of a Markdown table: markup shows as typed, line breaks become spaces."""
    text = " ".join(str(value).split())
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]()#+!|~$])", r"\\\1", text)


def _counts_line(scores: Mapping) -> str:
    line = f"{scores['n_images']:,} images in {scores['n_clusters']:,} groups"
    if scores["n_noise"]:
        line += f", {scores['n_noise']:,} ({scores['noise_share']:.1%}) in none"
    if scores["n_labelled"]:
        return f"{line}; {scores['n_labelled']:,} of them have a true label, of {scores['n_true']:,} classes."
    return f"{line}; no true labels, so only scores that need none are defined."


def _noise_note(scores: Mapping) -> str:
    return "Images in no group count as one more group in the scores that use labels." if scores["n_noise"] else ""


def _score_table(scores: Mapping) -> str:
    rows = [
        [score.title, _number(scores[name]), score.meaning]
        for name, score in SCORES.items()
        if scores.get(name) is not None
    ]
    return _table(["score", "value", "says"], rows) if rows else "No score is defined for this grouping."


def _group_rows(groups: Columns) -> str:
    header = ["group", "name", "size", "main class", "purity", "classes", "cohesion"]
    keys = ("group", "name", "size", "main_class", "purity", "classes", "cohesion")
    rows = [list(row) for row in zip(*(groups[key] for key in keys), strict=True)]
    shown = [
        ["none" if number < 0 else number, escape(name), size, escape(main), _number(purity), classes, _number(similar)]
        for number, name, size, main, purity, classes, similar in rows[:SHOWN_GROUPS]
    ]
    more = len(rows) - len(shown)
    return _table(header, shown) + (f"\n\n... and {more:,} more in groups.csv." if more else "")


def _confusion_rows(confusions: Sequence[Confusion], paths: Sequence[str]) -> str:
    if not confusions:
        return "No two classes share a group."
    rows = [
        [
            escape(item.first),
            escape(item.second),
            f"{item.pairs:,}",
            f"{item.share:.1%}",
            item.group,
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
        "group": [item.group for item in confusions],
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
