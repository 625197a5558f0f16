"""What became of corrections, as one phrase, lines and JSON."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from lookalike.edits.apply import Report
from lookalike.edits.rows import Row, digest

__all__ = ["NAME", "as_json", "history", "lines", "phrase"]

NAME = "corrections.json"  # in the folder of a grouping
SHOWN_LINES = 20


def phrase(report: Report) -> str:
    """Return how many rows held, were in conflict, undone and without photos, such as "5 edits held, 1 undone"."""
    held, overruled = len(report.held), len({id(conflict.older) for conflict in report.conflicts})
    others = {"in conflict": overruled, "undone": len(report.undone), "without photos": len(report.gone)}
    told = [f"{count:,} {words}" for words, count in others.items() if count]
    return ", ".join([f"{held:,} edit{'' if held == 1 else 's'} held", *told])


def lines(
    report: Report, faults: Sequence[str], advice: Mapping[str, str] | None = None, command: str = ""
) -> list[str]:
    """Return a line on each conflict, row without photos and row that cannot be applied, but not on more than 20.

    Also one of what `confirmed.advice` says, with the command that takes its flags.
    """
    said = [
        f"{_named(one.newer)} contradicts {_named(one.older)}: the newer holds, on {one.photos:,} photos"
        for one in report.conflicts
    ]
    said += [f"{_named(row)} has none of its photos here: kept, without effect" for row in report.gone]
    said = [*faults, *said]
    more = len(said) - SHOWN_LINES
    cut = [f"... and {more:,} more in {NAME}"] if more > 0 else []
    advised = [f"{advice['reason']}: {command} {advice['flags']}"] if advice else []
    return [*said[:SHOWN_LINES], *cut, *advised]


def as_json(report: Report, faults: Sequence[str], advice: Mapping[str, str] | None = None) -> dict:
    """Return what corrections.json holds."""
    return {
        "summary": phrase(report),
        "held": list(map(_facts, report.held)),
        "conflicts": [
            {"older": _facts(one.older), "newer": _facts(one.newer), "photos": one.photos} for one in report.conflicts
        ],
        "undone": list(map(_facts, report.undone)),
        "without_photos": list(map(_facts, report.gone)),
        "not_applied": list(faults),
        "advice": dict(advice or {}),
    }


def history(clustered: Path) -> list[dict]:
    """Return the rows that a published grouping has taken in, in the order of time, with `state`, "" where it holds."""
    file = clustered / NAME
    told = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    states = {"held": "", "undone": "undone", "without_photos": "without photos"}
    rows = [row | {"state": state} for kind, state in states.items() for row in told.get(kind, ())]
    older = {one["older"]["row"]: one["older"] | {"state": "contradicted"} for one in told.get("conflicts", ())}
    return sorted([*rows, *older.values()], key=lambda row: (row["time"], row["row"]))


def _facts(row: Row) -> dict:
    return {"row": digest(row), "op": row["op"], "photos": len(row["photos"]), "time": row["time"]}


def _named(row: Row) -> str:
    return f"{row['op']} of {len(row['photos']):,} photos ({row['time']})"
