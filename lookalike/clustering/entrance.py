"""The one entrance to every clustering method: checks what goes in, numbers what comes out, says what was not done.

Does not choose a method or a number of clusters.
"""

import warnings
from dataclasses import replace

import numpy as np

from lookalike.clustering.methods import METHODS
from lookalike.clustering.methods.options import MethodOptions
from lookalike.clustering.result import Clustering, renumber
from lookalike.clustering.space import Space
from lookalike.core.arrays import one_blas_thread
from lookalike.core.errors import UserError

__all__ = ["cluster"]


@one_blas_thread()
def cluster(method: str, space: Space, n_clusters: int | None, options: MethodOptions | None = None) -> Clustering:
    """Cluster the rows of a space by a method of METHODS and number the clusters by size.

    n_clusters: None where the method finds it itself. options: by default the method's. Identical rows, and one row,
    are one cluster whatever the method. The approximations are those of the space and of the method. Raises
    ValueError on an unknown method or a table without rows, UserError on rows that are not finite and where there are
    fewer rows than clusters.
    """
    if method not in METHODS:
        raise ValueError(f"expected a method of {', '.join(METHODS)}, found {method!r}")
    row = METHODS[method]
    check_rows(space)
    asked = None if row.n_clusters == "unused" else n_clusters
    if asked is not None:
        check_count(asked, len(space))
    if space.is_constant():
        reason = "all feature vectors are identical: one group" if len(space) > 1 else "one photo: one group"
        return Clustering(np.zeros(len(space), np.int32), notes=[reason])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries: what a user should know of is a note or an approximation
        result = row.cluster(space, asked, options or row.options())
    notes = [*result.notes, *differences(method, n_clusters, asked, result.n_clusters)]
    approximations = [*space.approximations, *result.approximations]
    return replace(result, labels=renumber(result.labels), approximations=approximations, notes=notes)


def differences(method: str, n_clusters: int | None, asked: int | None, made: int) -> list[str]:
    """Say where the number of groups was not used, or not met."""
    if n_clusters is not None and asked is None:
        return [f"n_clusters {n_clusters} is not used: {method} finds the number of groups itself"]
    if asked is not None and made != asked:
        return [f"{made} groups came out by {method}, of the {asked} asked for"]
    return []


def check_rows(space: Space) -> None:
    """Raise ValueError unless the features are a table with at least one row, UserError unless they are finite."""
    if space.features.ndim != 2 or not space.features.size:
        raise ValueError(f"expected features of shape (photos, dimensions), found {space.features.shape}")
    space.require_finite()


def check_count(n_clusters: int, n_rows: int) -> None:
    """Raise UserError unless 1 <= n_clusters <= n_rows."""
    if not 1 <= n_clusters <= n_rows:
        raise UserError(
            f"expected a number of clusters from 1 to {n_rows} (the images), found {n_clusters}: "
            "set cluster.n_clusters in that range, or -1 to have it estimated"
        )
