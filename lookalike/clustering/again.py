"""Group some of the rows, or all, again in given ways: for the stability of a grouping, and for a sweep."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from lookalike.clustering.entrance import cluster
from lookalike.clustering.methods import METHODS
from lookalike.clustering.methods.options import MethodOptions
from lookalike.clustering.refine import refine
from lookalike.clustering.space import Space

__all__ = ["regrouper", "ways"]


def regrouper(features: np.ndarray, how: Mapping) -> Callable[[np.ndarray, int, int], np.ndarray] | None:
    """Return a function (rows, n_groups, seed) -> labels that groups rows of features (n, d) by the settings `how`.

    None where the method needs the photos themselves, or their times.
    """
    row = METHODS[how["method"]]
    options = row.options(**how[how["method"]])
    if "photos" in row.needs or getattr(options, "alpha", 0):
        return None
    asked = how["n_clusters"] > 0 or row.n_clusters == "required"
    refinement = {name: how[name] for name in ("merge_similarity", "noise")} | {"neighbours": how["noise_neighbours"]}

    def regroup(rows: np.ndarray, n_groups: int, seed: int) -> np.ndarray:
        space = Space(features[rows], seed=seed)
        result = cluster(how["method"], space, n_groups if asked else None, options)
        return refine(space, result, **refinement).labels

    return regroup


def ways(swept: Mapping[str, tuple[str, MethodOptions]], numbers: Mapping[int, str]) -> dict[str, Callable]:
    """Return functions (rows (n, d), seed) -> labels by name: each way, with each number of groups that it takes.

    swept: (method, options) by name. A method that needs the photos themselves cannot be tried on subsamples of the
    features and is left out.
    """
    found = {}
    for name, (method, options) in swept.items():
        if "photos" in METHODS[method].needs:
            continue
        for count in [None] if METHODS[method].n_clusters == "unused" else numbers:
            title = name if count is None else f"{name}, {count} groups"
            found[title] = partial(_labels, method, count, options)
    return found


def _labels(method: str, count: int | None, options: MethodOptions, rows: np.ndarray, seed: int) -> np.ndarray:
    count = None if count is None else min(count, len(rows))
    return cluster(method, Space(rows, seed=seed), count, options).labels
