"""Compare ways to group on the same features: one table, a recommendation, contact sheets of the best three."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from lookalike.catalog import catalog
from lookalike.clustering import METHODS
from lookalike.clustering.entrance import cluster
from lookalike.clustering.methods.options import MethodOptions
from lookalike.clustering.number import estimate
from lookalike.clustering.result import renumber
from lookalike.clustering.space import Space
from lookalike.core import features
from lookalike.core.artifacts import write_json
from lookalike.core.stage import Stage
from lookalike.core.tables import write_csv
from lookalike.evaluation.comparison import Candidate, Way, compare, recommend, table
from lookalike.preprocess import prepared
from lookalike.visual.sheet import draw_sheet
from lookalike.visual.thumbnails import Reader

__all__ = ["run", "sweep", "ways"]

INPUTS = ["00_make_labels", "01_preprocess", "03_extract"]

SHEETS = 3
STABILITY_ROWS = 2_000


def ways(methods: Sequence[str], numbers: Sequence[int], options: Callable[[str], MethodOptions]) -> dict[str, Way]:
    """Return the ways to compare by name: each method, with each number of groups where it takes one.

    options: returns a method's settings. A method that needs the photos themselves cannot be tried on subsamples of
    the features and is left out.
    """
    found = {}
    for name in methods:
        if "photos" in METHODS[name].needs:
            continue
        counts = [None] if METHODS[name].n_clusters == "unused" else numbers
        for count in counts:
            title = name if count is None else f"{name}, {count} groups"
            found[title] = partial(_labels, name, count, options(name))
    return found


def run(settings) -> None:
    """Compare the methods of cluster.swept on the features of a dataset; publish output/<dataset>/04_sweep.

    Each is tried with the number of groups given, or with those of the estimate's levels.
    """
    options = settings.cluster
    with Stage(settings, "04_sweep", inputs=INPUTS) as stage:
        paths, matrix = features.load(stage.path_of("03_extract"))
        paths, matrix = paths[: options.first], matrix[: options.first]
        true = catalog.read_labels(stage.path_of("00_make_labels"), paths)
        numbers = [options.n_clusters]
        if options.n_clusters < 1:
            found = estimate(Space(matrix, seed=options.seed), "combined")
            numbers = sorted({level.n_clusters for level in found.levels})
        tried = ways(options.swept, numbers, options.options)
        read = prepared.reader(settings)
        ranked, reason = sweep(stage.draft, tried, matrix, paths, true, read, seed=options.seed)
        stage.publish(f"recommended: {reason}", images=len(paths), counts={"ways": len(ranked)})


def sweep(
    folder: Path,
    found: Mapping[str, Way],
    matrix: np.ndarray,
    paths: Sequence[str],
    true: Sequence[str],
    read: Reader,
    *,
    seed: int,
) -> tuple[list[Candidate], str]:
    """Compare ways on features `matrix` (n, d); write sweep.csv, recommendation.json and three contact sheets.

    Prints the table. Returns the candidates from best to worst and the reason for the first.
    """
    ranked, reason = recommend(compare(found, matrix, true, max_rows=STABILITY_ROWS, seed=seed))
    columns = table(ranked, labelled=any(true))
    write_csv(folder / "sweep.csv", columns)
    write_json(folder / "recommendation.json", {"method": ranked[0].name, "reason": reason})
    print(_text(columns))
    for place, one in enumerate(ranked[:SHEETS], 1):
        draw_sheet(folder / f"sheet_{place}.png", renumber(one.labels), paths, read, title=f"{place}: {one.name}")
    return ranked, reason


def _labels(method: str, count: int | None, options: MethodOptions, rows: np.ndarray, seed: int) -> np.ndarray:
    count = None if count is None else min(count, len(rows))
    return cluster(method, Space(rows, seed=seed), count, options).labels


def _text(columns: Mapping[str, Sequence]) -> str:
    rows = [list(columns), *zip(*columns.values(), strict=True)]
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows, strict=True)]
    lines = ("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
