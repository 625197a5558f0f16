"""Hits ranked anew by local features: photos of the same thing from the same side share many in one geometry."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

from lookalike.clustering.local_match import Keypoints, features_in, inliers
from lookalike.core.cores import cpu_count
from lookalike.search.ranking import Hit

__all__ = ["LocalFeatures", "rerank"]

LEAST = 8  # shared local features from which they count: by chance photos share a few
MOST = 40  # beyond these, more say no more
GAIN = 0.15  # of cosine, for as many
RESIDUAL, TRIALS = 12.0, 500  # of the geometry, see `inliers`
KEPT = 2_000  # photos whose local features stay in memory: 70 kB each at most


class LocalFeatures:
    """The local features of prepared photos, of which those asked for last stay in memory; may be used by threads."""

    def __init__(self, images: Sequence[Path], *, kept: int = KEPT) -> None:
        """images: the prepared photo of each row. kept: photos that stay in memory."""
        self._of_row = lru_cache(kept)(lambda row: features_in(images[row]))
        self.pool = ThreadPoolExecutor(cpu_count(), "compare")

    def of(self, photo: int | bytes) -> Keypoints:
        """Return those of a row, or of the bytes of a prepared photo."""
        return features_in(photo) if isinstance(photo, bytes) else self._of_row(photo)


def rerank(hits: Sequence[Hit], queries: Sequence[int | bytes], local: LocalFeatures) -> list[Hit]:
    """Return the hits in the order of cosine plus a gain for local features shared with one of the queries.

    queries: rows, or bytes of prepared photos. The scores stay cosines.
    """
    asked = list(local.pool.map(local.of, queries))

    def gain(hit: Hit) -> float:
        found = local.of(hit.row)
        shared = max(inliers(one, found, residual=RESIDUAL, trials=TRIALS) for one in asked)
        return GAIN * max(0, min(shared, MOST) - LEAST) / (MOST - LEAST)

    worth = [hit.score + more for hit, more in zip(hits, local.pool.map(gain, hits), strict=True)]
    order = sorted(range(len(hits)), key=lambda place: (-worth[place], place))
    return [hits[place] for place in order]
