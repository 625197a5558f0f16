"""Compare ways to group on the same features: one table on disk and on the terminal, and a recommendation."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from lookalike.core.files import write_json
from lookalike.core.tables import write_csv
from lookalike.evaluation.comparison import Ranking, Way, compare, rank, table

__all__ = ["sweep", "tried_numbers"]

STABILITY_ROWS = 2_000  # of a subsample


def tried_numbers(given: int, levels: Iterable[Mapping[str, object]]) -> dict[int, str]:
    """Return the numbers of groups to try, each with where it comes from, in words.

    given: the number set by the user, below 1 where the levels of the estimate, as in count.json, are taken.
    """
    if given > 0:
        return {given: "as set"}
    found: dict[int, str] = {}
    for level in levels:
        number = int(level["n_clusters"])
        found[number] = f"{found[number]}, {level['level']}" if number in found else f"estimated, {level['level']}"
    return found


def sweep(
    folder: Path,
    ways: Mapping[str, Way],
    features: np.ndarray,
    true: Sequence[str],
    *,
    numbers: Mapping[int, str],
    seed: int,
) -> Ranking:
    """Compare ways on features (n, d); write sweep.csv and recommendation.json, print the table.

    numbers: those of groups that were tried, with where they come from. true: n names, "" where unlabelled.
    """
    ranking = rank(compare(ways, features, true, max_rows=STABILITY_ROWS, seed=seed))
    columns = table(ranking, labelled=any(true))
    write_csv(folder / "sweep.csv", columns)
    told = {str(number): source for number, source in numbers.items()}
    record = {"method": ranking.candidates[0].name, "tied": ranking.recommended, "reason": ranking.reason}
    write_json(folder / "recommendation.json", record | {"numbers": told})
    print(_text(columns))
    print("numbers of groups tried: " + ", ".join(f"{number} ({source})" for number, source in told.items()))
    return ranking


def _text(columns: Mapping[str, Sequence]) -> str:
    rows = [list(columns), *zip(*columns.values(), strict=True)]
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows, strict=True)]
    lines = ("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
