"""Gaussian mixture: the likeliest of n_clusters parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from lookalike.clustering.methods.options import Scaled

if TYPE_CHECKING:
    from lookalike.clustering.result import Clustering
    from lookalike.clustering.space import Space

__all__ = ["LIMIT", "Options", "cluster"]

LIMIT = 100_000


class Options(Scaled):
    """Options of the mixture."""

    components: int = Field(50, ge=0)
    """Principal axes kept; 0: all. Few of them keep the covariances well determined."""
    covariance_type: Literal["full", "tied", "diag", "spherical"] = "diag"
    """Shape of a part of the mixture."""
    max_iter: int = Field(100, ge=1)
    """Steps of expectation and maximisation at most."""


def cluster(space: Space, n_clusters: int, options: Options) -> Clustering:
    """Cluster rows by the likeliest part of a mixture of n_clusters Gaussians (EM, Dempster, 1977).

    Above the limit the mixture is fitted to a sample. Arrays: membership float32 (n,), the probability of the row's
    own part. Scores: bic of the rows fitted to.
    """
    import numpy as np

    from lookalike.clustering import mixture
    from lookalike.clustering.result import Clustering
    from lookalike.clustering.scaling import sample_rows

    rows = space.rows(options.scaling, options.components)
    sample = sample_rows(rows, seed=space.seed, n_bytes=4 * LIMIT * rows.shape[1])
    notes = [f"mixture fitted to {len(sample):,} of {len(rows):,} rows"] if len(sample) < len(rows) else []
    kind = {"covariance_type": options.covariance_type, "max_iter": options.max_iter}
    model = mixture.fit(np.asarray(sample, dtype=np.float64), n_clusters, **kind, seed=space.seed)
    if not model.converged_:
        notes.append(f"mixture still moving after {options.max_iter} iterations")
    labels, membership = mixture.likeliest(model, rows)
    scores = {"bic": float(model.bic(np.asarray(sample, dtype=np.float64)))}
    return Clustering(labels, {"membership": membership}, scores, notes)
