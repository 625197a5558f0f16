"""Groups of photos that share local features in one geometry; the rest is noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from lookalike.clustering.methods.options import MethodOptions

if TYPE_CHECKING:
    from lookalike.clustering.result import Clustering
    from lookalike.clustering.space import Space

__all__ = ["LIMIT", "Options", "cluster"]

LIMIT = 300


class Options(MethodOptions):
    """Options of the comparison of two photos."""

    min_inliers: int = Field(15, ge=1)
    """More local features than this in one geometry make a match."""
    residual: float = Field(20.0, gt=0)
    """Pixels that a feature may lie off."""
    trials: int = Field(1_000, ge=1)
    """Trials of RANSAC."""
    shortlist: int = Field(30, ge=1)
    """Nearest photos compared, where comparing all pairs is too much; the estimator compares 200 at least."""


def cluster(space: Space, n_clusters: None, options: Options) -> Clustering:
    """Group the space's photos greedily: a photo takes all that share more than min_inliers features with it.

    Photos that match none are noise. Above the limit a photo is compared with the `shortlist` photos of the nearest
    feature vectors. Scores: matching_pairs, compared_pairs.
    """
    from lookalike.clustering import local_match
    from lookalike.clustering.result import Clustering

    pairs, approximations = local_match.candidates(space, LIMIT, options.shortlist)
    keypoints = local_match.keypoints(space.photos)
    matching = local_match.matching_pairs(keypoints, pairs, options)
    empty = sum(len(points) == 0 for points, _ in keypoints)
    notes = [f"{empty:,} photos without local features are noise"] if empty else []
    scores = {"matching_pairs": float(len(matching)), "compared_pairs": float(len(pairs))}
    labels = local_match.greedy_groups(matching, len(space.photos))
    return Clustering(labels, {}, scores, approximations, notes)
