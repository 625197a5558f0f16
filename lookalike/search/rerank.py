"""Hits ranked anew by local features: photos of the same thing from the same side share many in one geometry."""

from collections.abc import Sequence
from pathlib import Path

from lookalike.clustering.local_match import features_in, in_threads, inliers
from lookalike.search.ranking import Hit

__all__ = ["rerank"]

LEAST = 8  # shared local features from which they count: by chance photos share a few
MOST = 40  # beyond these, more say no more
GAIN = 0.15  # of cosine, for as many
RESIDUAL, TRIALS = 12.0, 500  # of the geometry, see `inliers`


def rerank(hits: Sequence[Hit], queries: Sequence[Path | bytes], images: Sequence[Path]) -> list[Hit]:
    """Return the hits in the order of cosine plus a gain for local features shared with one of the queries.

    queries: files, or bytes, of prepared photos; images: the prepared photo of each row. The scores stay cosines.
    """
    asked = [features_in(query) for query in queries]

    def gain(hit: Hit) -> float:
        found = features_in(images[hit.row])
        shared = max(inliers(one, found, residual=RESIDUAL, trials=TRIALS) for one in asked)
        return GAIN * max(0, min(shared, MOST) - LEAST) / (MOST - LEAST)

    worth = [hit.score + more for hit, more in zip(hits, in_threads("compare photos", gain, hits), strict=True)]
    order = sorted(range(len(hits)), key=lambda place: (-worth[place], place))
    return [hits[place] for place in order]
