"""The steps of grouping in their order: number of groups, method, refinement, description."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from lookalike.clustering.count import Count
from lookalike.clustering.describe import describe
from lookalike.clustering.entrance import cluster
from lookalike.clustering.methods.options import MethodOptions
from lookalike.clustering.near_duplicates import kept_rows, with_copies
from lookalike.clustering.number import decide
from lookalike.clustering.refine import refine
from lookalike.clustering.result import ROW_ARRAYS, Clustering, renumber
from lookalike.clustering.space import Space

__all__ = ["group"]


class Options(Protocol):
    """What the user sets about the groups; besides, the options of each method and estimator by its name."""

    method: str
    n_clusters: int
    estimator: str
    level: str
    drop_near_duplicates: bool

    def options(self) -> MethodOptions:
        """Return the options of the method."""

    def refinement(self) -> dict:
        """Return the settings of what follows the method."""


def group(
    space: Space, copies: Sequence[np.ndarray], options: Options
) -> tuple[Clustering, dict[str, np.ndarray], int | None, Count | None]:
    """Group a space by the options: the clustering, its description, the number asked for and the estimate, if any.

    copies: groups of rows that are near copies, the one to keep first, of which maybe only that is grouped.
    """
    dropped = bool(options.drop_near_duplicates and copies)
    kept = kept_rows(copies if dropped else (), len(space))
    grouped = space.chosen(kept) if dropped else space
    count, estimate = decide(grouped, options)
    result = cluster(options.method, grouped, count, options.options())
    result = refine(grouped, result, **options.refinement())
    if dropped:
        result = _of_all_rows(result, kept, copies, len(space))
    description = describe(space, result.labels)
    told = [*(estimate.approximations if estimate else []), *space.approximations, *result.approximations]
    return replace(result, approximations=list(dict.fromkeys(told))), description, count, estimate


def _of_all_rows(result: Clustering, kept: np.ndarray, copies: Sequence[np.ndarray], n_rows: int) -> Clustering:
    """Give the copies that were left out the label of their keeper, and its row in what the method learnt of rows."""
    arrays = {
        name: with_copies(array, kept, copies, n_rows) if name in ROW_ARRAYS else array
        for name, array in result.arrays.items()
    }
    return replace(result, labels=renumber(with_copies(result.labels, kept, copies, n_rows)), arrays=arrays)
