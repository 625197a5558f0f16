"""Small pictures of what preparing did, kept while it is done, for a sheet of samples and of masks not trusted."""

import hashlib
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from lookalike.preprocess.crop import cap
from lookalike.preprocess.photo import Prepared

__all__ = ["FALLBACKS", "SAMPLES", "SIDE", "Tile", "Tiles", "tile_of"]

SAMPLES, FALLBACKS = 12, 48  # most photos shown of each kind
SIDE = 150  # pixels


class Tile(NamedTuple):
    """A photo before and after, uint8 (h, w, 3) RGB, and its mask, uint8 (h, w), of at most SIDE pixels a side."""

    path: str
    original: np.ndarray
    mask: np.ndarray | None
    result: np.ndarray
    outcome: str  # "removed", "kept", or why the mask was not trusted


def tile_of(path: str, done: Prepared) -> Tile:
    """Return the tile of a prepared photo."""
    outcome = done.fallback or ("removed" if done.removed else "kept")
    mask = None if done.mask is None else cap(done.mask, SIDE)
    return Tile(path, cap(done.photo, SIDE), mask, cap(done.image, SIDE), outcome)


class Tiles:
    """The tiles of a run. Which photos are shown depends on their names alone, so that a run that was interrupted
    shows those of one that was not; tiles that it lacks are made again."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._likely = frozenset(sorted(paths, key=_rank)[: 2 * SAMPLES])
        self._kept: dict[str, Tile] = {}

    def wants(self, path: str) -> bool:
        """Say whether a photo is likely to be among the samples."""
        return path in self._likely

    def may_show(self, path: str, done: Prepared, others: int) -> bool:
        """Say whether a photo just prepared may be shown, besides so many others."""
        return path in self._likely or bool(done.fallback and others < FALLBACKS + 2 * SAMPLES)

    def keep(self, tiles: Iterable[Tile]) -> None:
        """Keep tiles that may be shown."""
        self._kept |= {tile.path: tile for tile in tiles}

    def shown(
        self, rows: Sequence[Mapping], changed: Container[str], make: Callable[[Mapping], Tile | None]
    ) -> tuple[list[Tile], list[Tile]]:
        """Return the tiles of samples of changed photos and of the fallbacks among the rows of a finished table.

        changed: the paths of changed photos. make: prepares a photo for its tile once more, None where it cannot.
        """
        good = [row for row in rows if row["status"] == "ok"]
        ranked = sorted((row for row in good if row["path"] in changed), key=lambda row: _rank(row["path"]))
        samples = sorted(ranked[:SAMPLES], key=lambda row: row["path"])
        fallbacks = [row for row in good if row["fallback"]][:FALLBACKS]
        return self._tiles(samples, make), self._tiles(fallbacks, make)

    def _tiles(self, rows: Sequence[Mapping], make: Callable[[Mapping], Tile | None]) -> list[Tile]:
        tiles = (self._kept.get(row["path"]) or make(row) for row in rows)
        return [tile for tile in tiles if tile is not None]


def _rank(path: str) -> bytes:
    return hashlib.sha256(path.encode()).digest()
