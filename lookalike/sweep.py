"""Stage 04 with --sweep: compare ways to group the features of a dataset, with contact sheets of the best three."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from lookalike.catalog import catalog
from lookalike.clustering import METHODS
from lookalike.clustering.count import estimate
from lookalike.clustering.grouping import group, renumber
from lookalike.core import features
from lookalike.core.options import Options
from lookalike.core.stage import Stage
from lookalike.evaluation.comparison import Way
from lookalike.evaluation.sweep import sweep, tried_numbers
from lookalike.preprocess import prepared
from lookalike.visual.sheet import draw_sheet

__all__ = ["run", "ways"]

INPUTS = ["00_make_labels", "01_preprocess", "03_extract"]
SHEETS = 3


def run(settings) -> None:
    """Compare the ways of cluster.swept on the features of a dataset; publish output/<dataset>/04_sweep.

    Each is tried with the number of groups given, or with those of all levels of one estimate.
    """
    options = settings.cluster
    with Stage(settings, "04_sweep", inputs=INPUTS) as stage:
        paths, matrix = features.load(stage.path_of("03_extract"))
        paths, matrix = paths[: options.first], matrix[: options.first]
        true = catalog.read_labels(stage.path_of("00_make_labels"), paths)
        found = [] if options.n_clusters > 0 else estimate(matrix, seed=options.seed).levels
        numbers = tried_numbers(options.n_clusters, map(vars, found))
        ranking = sweep(stage.draft, ways(options.ways(), numbers), matrix, true, numbers=numbers, seed=options.seed)
        read = prepared.reader(settings)
        for place, one in enumerate(ranking.candidates[:SHEETS], 1):
            file = stage.draft / f"sheet_{place}.png"
            draw_sheet(file, renumber(one.labels), paths, read, title=f"{place}: {one.name}")
        counts = {"ways": len(ranking.candidates), "tied": ranking.n_tied}
        stage.publish(f"recommended: {ranking.reason}", images=len(paths), counts=counts)


def ways(swept: Mapping[str, tuple[str, Options]], numbers: Mapping[int, str]) -> dict[str, Way]:
    """Return the functions to compare by name: each way, with each number of groups where its method takes one.

    swept: (method, settings) by name. A method that needs the photos themselves cannot be tried on subsamples of the
    features and is left out.
    """
    found = {}
    for name, (method, options) in swept.items():
        if "photos" in METHODS[method].needs:
            continue
        for count in [None] if METHODS[method].n_clusters == "unused" else numbers:
            title = name if count is None else f"{name}, {count} groups"
            found[title] = partial(_labels, method, count, options.model_dump())
    return found


def _labels(method: str, count: int | None, options: dict, rows: np.ndarray, seed: int) -> np.ndarray:
    count = None if count is None else min(count, len(rows))
    return group(method, rows, count, seed=seed, **options).labels
