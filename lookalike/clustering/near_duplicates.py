"""Photos so alike that they may be copies: resized, re-encoded, retouched. Reports them; removes no file.

The nearest photos by feature vector are compared as pictures: by a perceptual hash, the signs of their lowest spatial
frequencies (C. Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010), and by their colours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pyarrow as pa

from lookalike.core.cores import cpu_count
from lookalike.core.progress import progress
from lookalike.core.tables import read_table, write_csv, write_table

if TYPE_CHECKING:
    from lookalike.clustering.space import Space

__all__ = ["Reader", "columns", "find", "kept_rows", "read", "signature", "with_copies", "write"]

NEIGHBOURS = 10  # copies beyond these are reached through one another
SIDE, FREQUENCIES = 128, 32  # of the grey thumbnail, and those of its cosine transform that are kept, down and across
CLEAR = 8.0  # of a frequency's amplitude; below, the noise of JPEG decides its sign
LEAST_SHARED = 0.5  # of the clear frequencies
MOST_OPPOSED = 0.05  # of those clear in both
COLOUR_SIDE = 8
MOST_COLOUR = 8  # by which a cell of the colour thumbnail differs in copies, of 255
PAIRS_AT_ONCE = 20_000
PHOTOS_AT_ONCE = 64  # by a thread, for which one small photo is hardly longer than being told of it
TABLE = "near_duplicates.parquet"
SCHEMA = pa.schema([("group", pa.int64()), ("path", pa.string()), ("similarity", pa.string()), ("keep", pa.bool_())])
Reader = Callable[[str, int], np.ndarray]  # (path, least side in pixels) -> uint8 (h, w, 3) RGB


def find(
    space: Space, paths: Sequence[str], read: Reader, sizes: Sequence[tuple[int, int]], similarity: float
) -> list[np.ndarray]:
    """Return groups of rows that are copies of each other, each with the photo to keep first.

    paths and sizes (pixels, bytes): of the n photos. Pairs of nearest photos are compared as pictures from a cosine of
    `similarity`. Kept is the photo of most pixels, then of most bytes, then the first.
    """
    from scipy import sparse  # late: a search reads the table alone, and starts sooner
    from scipy.sparse.csgraph import connected_components

    if len(space) < 2:
        return []
    first, second = candidates(space, similarity)
    compared = np.zeros(len(space), bool)
    compared[first] = compared[second] = True
    same = are_copies(first, second, *signatures(paths, np.flatnonzero(compared), read))
    edges = (np.ones(int(same.sum())), (first[same], second[same]))
    labels = connected_components(sparse.coo_matrix(edges, shape=(len(space), len(space))), directed=False)[1]
    order = np.argsort(labels, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
    largest_first = [sorted(group.tolist(), key=lambda row: (sizes[row], -row), reverse=True) for group in groups]
    return [np.array(group) for group in largest_first if len(group) > 1]


def columns(space: Space, paths: Sequence[str], groups: Sequence[np.ndarray]) -> dict[str, list]:
    """Return groups as columns: the group's number, the photo, its cosine to the keeper, whether it is that."""
    table: dict[str, list] = {"group": [], "path": [], "similarity": [], "keep": []}
    unit = space.unit().features
    for number, group in enumerate(groups, 1):
        table["group"] += [number] * len(group)
        table["path"] += [paths[row] for row in group]
        table["similarity"] += [f"{value:.4f}" for value in unit[group] @ unit[group[0]]]
        table["keep"] += [place == 0 for place in range(len(group))]
    return table


def write(folder: Path, space: Space, paths: Sequence[str], groups: Sequence[np.ndarray]) -> None:
    """Write groups as near_duplicates.parquet and, for people, near_duplicates.csv."""
    table = columns(space, paths, groups)
    write_table(folder / TABLE, pa.table(table, schema=SCHEMA))
    write_csv(folder / "near_duplicates.csv", table)


def read(folder: Path, paths: Sequence[str]) -> list[np.ndarray]:
    """Return published groups as row numbers of `paths`, the one to keep first."""
    rows, table = {path: row for row, path in enumerate(paths)}, read_table(folder / TABLE).to_pylist()
    groups = {}
    for row in table:
        groups.setdefault(row["group"], []).append(rows[row["path"]])
    return [np.array(group) for group in groups.values()]


def kept_rows(groups: Sequence[np.ndarray], n: int) -> np.ndarray:
    """Return the numbers of the n rows without the copies that are not kept, rising."""
    copies = [group[1:] for group in groups]
    return np.setdiff1d(np.arange(n), np.concatenate(copies) if copies else [])


def with_copies(labels: np.ndarray, kept: np.ndarray, groups: Sequence[np.ndarray], n: int) -> np.ndarray:
    """Return labels (n, ...) of all rows from those of the kept rows: a copy has the label of its keeper."""
    everywhere = np.full((n, *labels.shape[1:]), -1, labels.dtype)
    everywhere[kept] = labels
    for group in groups:
        everywhere[group] = everywhere[group[0]]
    return everywhere


def candidates(space: Space, similarity: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of rows i < j, two arrays of int, of which one is among the nearest of the other."""
    cosines, indices = space.unit().neighbours(NEIGHBOURS)
    rows, places = np.nonzero(cosines >= similarity)
    others = indices[rows, places]
    pairs = np.sort(np.minimum(rows, others) * len(space) + np.maximum(rows, others))  # one number each
    first, second = np.divmod(pairs[np.diff(pairs, prepend=-1) > 0], len(space))  # np.unique takes 40 times as long
    return first[first < second], second[first < second]


def signatures(paths: Sequence[str], rows: np.ndarray, read: Reader) -> tuple[np.ndarray, np.ndarray]:
    """Return the signs uint8 (n, 2, 128) and colours uint8 (n, 192) of the photos of these rows, zeros elsewhere."""
    signs = np.zeros((len(paths), 2, FREQUENCIES**2 // 8), np.uint8)
    colours = np.zeros((len(paths), 3 * COLOUR_SIDE**2), np.uint8)
    blocks = np.split(rows, range(PHOTOS_AT_ONCE, len(rows), PHOTOS_AT_ONCE))

    def of_block(block: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        return [signature(read(paths[row], SIDE)) for row in block]

    pool, shown = ThreadPoolExecutor(cpu_count()), progress("compare photos", len(rows))
    with pool, shown as advance, closing(pool.map(of_block, blocks)) as found:
        for block, ones in zip(blocks, found, strict=True):
            for row, one in zip(block, ones, strict=True):
                signs[row], colours[row] = one
            advance(len(block))
    return signs, colours


def signature(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what copies of a photo, uint8 (h, w, 3), share: signs and colours.

    signs, uint8 (2, 128): a bit a frequency, set where it is clearly positive and where clearly negative. colours,
    uint8 (192,): a thumbnail of 8 x 8.
    """
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    low = cv2.dct(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA))[:FREQUENCIES, :FREQUENCIES].ravel()
    low[0] = 0  # brightness
    colours = cv2.resize(rgb, (COLOUR_SIDE, COLOUR_SIDE), interpolation=cv2.INTER_AREA)
    return np.packbits([low > CLEAR, low < -CLEAR], axis=1), colours.ravel()


def are_copies(first: np.ndarray, second: np.ndarray, signs: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Say of each pair of rows whether their signatures are of copies: bool (pairs,).

    Most frequencies that are clear in one are clear in the other and of the same sign there, and colours are alike.
    """
    same = np.zeros(len(first), bool)
    for start in range(0, len(first), PAIRS_AT_ONCE):
        part = slice(start, start + PAIRS_AT_ONCE)
        one, two = signs[first[part]], signs[second[part]]
        clear = [_count(pair[:, 0] | pair[:, 1]) for pair in (one, two)]
        both = _count((one[:, 0] | one[:, 1]) & (two[:, 0] | two[:, 1]))
        opposed = _count((one[:, 0] & two[:, 1]) | (one[:, 1] & two[:, 0]))
        shift = np.abs(colours[first[part]].astype(np.int16) - colours[second[part]]).max(axis=1)
        alike = (both >= LEAST_SHARED * np.maximum(*clear)) & (opposed <= MOST_OPPOSED * both)
        same[part] = alike & (shift <= MOST_COLOUR)
    return same


def _count(bits: np.ndarray) -> np.ndarray:
    return np.bitwise_count(bits).sum(axis=1, dtype=np.int64)
