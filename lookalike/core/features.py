"""Feature vectors on disk: row-aligned shards `<name>_00000.npy`, and features.parquet, which names their photos."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute

from lookalike.core.arrays import unit_rows
from lookalike.core.artifacts import Manifest, damage, read_manifest
from lookalike.core.crew import Crew, Place
from lookalike.core.errors import UserError
from lookalike.core.shards import Part
from lookalike.core.tables import read_table, write_table

__all__ = [
    "FILE_ROWS",
    "FOREGROUND",
    "INDEX",
    "MAIN",
    "WHOLE",
    "Features",
    "known_parts",
    "load",
    "names",
    "of_files",
    "shard_file",
    "unjoined",
    "write",
]

FILE_ROWS = 32_768  # rows of a file
INDEX = "features.parquet"  # columns: path, key (digest of the prepared photo), shard, row

MAIN = "features"  # the matrix that stages read
FIRST = "_00000.npy"  # how the name of a matrix's first file ends
WHOLE = "backbone"  # what principal components are made of: kept, but not compared by
FOREGROUND = "foreground"  # of an eye that saw photos without background


class Features:
    """Rows of feature vectors (n, d) spread over files that stay memory-mapped; float32 whatever is stored.

    Slices and lists of rows are read when asked for: `rows[10:20]`, `rows[[3, 5]]`, `np.asarray(rows)`.
    """

    ndim = 2
    dtype = np.dtype(np.float32)
    crew: Crew | None = None  # the workers that share passes over them

    def __init__(self, shards: Sequence[np.ndarray], shard: np.ndarray, row: np.ndarray, *, unit: bool = False) -> None:
        self._shards, self._shard, self._row, self._unit = list(shards), shard, row, unit
        self.shape = (len(row), shards[0].shape[1])

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def size(self) -> int:
        """Numbers in all."""
        return self.shape[0] * self.shape[1]

    @property
    def itemsize(self) -> int:
        """Bytes a number."""
        return self.dtype.itemsize

    def __getitem__(self, rows: int | slice | Sequence[int] | np.ndarray) -> np.ndarray:
        shard, row = self._shard[rows], self._row[rows]
        if np.ndim(row) == 0:
            return self[np.array([rows])][0]
        found = np.empty((len(row), self.shape[1]), np.float32)
        for number in np.unique(shard):
            here = np.flatnonzero(shard == number)
            found[here] = self._shards[number][row[here]]
        return unit_rows(found) if self._unit else found

    def places(self, part: slice) -> tuple[Place, ...]:
        """Return where rows lie: runs of rows of a file, in order. Raises ValueError where they are not as stored."""
        if self._unit:
            raise ValueError("expected rows as they are stored, found them scaled to length 1")
        shard, row = self._shard[part], self._row[part]
        follows = (np.diff(shard) == 0) & (np.diff(row) == 1)
        runs = pairwise([0, *(np.flatnonzero(~follows) + 1).tolist(), len(row)])
        return tuple((str(self._shards[shard[a]].filename), int(row[a]), int(row[b - 1]) + 1) for a, b in runs)

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        return self[:].astype(dtype or np.float32, copy=False)


def of_files(files: Sequence[Path]) -> Features:
    """Return the rows of files (n_i, d) one after another."""
    shards = [np.load(file, mmap_mode="r") for file in files]
    counts = [len(shard) for shard in shards]
    return Features(shards, np.repeat(np.arange(len(shards)), counts), np.concatenate([np.arange(n) for n in counts]))


def load(
    folder: Path | str, paths: Sequence[str] | None = None, *, name: str = "features", unit: bool = False
) -> tuple[list[str], Features]:
    """Return (paths, rows) of a published `03_extract` folder.

    paths: names relative to the photos' folder to select, in this order; by default all n, sorted. rows: float32
    (n, d) on disk, row i belongs to paths[i]. name: the matrix to read, one of `names`. unit: scale rows to
    length 1 (zeros stay). Raises UserError where there is none, or a path has no row.
    """
    folder = Path(folder)
    try:
        index = read_table(folder / INDEX)
        files = [shard_file(folder, name, shard) for shard in range(_last(index["shard"]) + 1)]
        shards = [np.load(file, mmap_mode="r") for file in files]
    except (OSError, ValueError, pa.ArrowException):
        raise UserError(f"expected {name} in {folder}, found none that are whole: run python 03_extract.py") from None
    names, shard, row = index["path"].to_pylist(), index["shard"].to_numpy(), index["row"].to_numpy()
    if any(row[shard == number].max(initial=-1) >= len(rows) for number, rows in enumerate(shards)):
        raise UserError(f"expected {INDEX} and {name} of one run in {folder}, found others: run python 03_extract.py")
    if paths is not None:
        places = {path: place for place, path in enumerate(names)}
        missing = [path for path in paths if path not in places]
        if missing:
            raise UserError(f"expected a vector of {missing[0]} in {folder}, found none: run python 03_extract.py")
        chosen = np.array([places[path] for path in paths], int)
        names, shard, row = list(paths), shard[chosen], row[chosen]
    return names, Features(shards, shard, row, unit=unit)


def names(folder: Path) -> list[str]:
    """Return the matrices of a published folder that photos can be compared by."""
    manifest = read_manifest(folder)  # which knows files of yours from the stage's own
    found = {file.removesuffix(FIRST) for file in manifest.matching(f"*{FIRST}")} if manifest else set()
    return [MAIN, *sorted(found - {MAIN, WHOLE})]


def unjoined(folder: Path) -> list[str]:
    """Return the matrices of a published folder as networks made them of whole photos, neither joined nor reduced."""
    of_eyes = [name for name in names(folder)[1:] if name != FOREGROUND]
    return of_eyes or [WHOLE if shard_file(folder, WHOLE, 0).exists() else MAIN]


def shard_file(folder: Path, name: str, shard: int) -> Path:
    """Return where a shard of the matrix `name` lies."""
    return folder / f"{name}_{shard:05d}.npy"


def known_parts(folder: Path, manifest: Manifest, names: Sequence[str]) -> list[Part]:
    """Return the shards of these matrices of a published result as parts, those that are damaged left out."""
    broken = {phrase.split(" ", 1)[0] for phrase in damage(folder, manifest, digests=True)}
    if INDEX in broken:
        return []
    index = read_table(folder / INDEX)
    parts = []
    for shard in range(_last(index["shard"]) + 1):
        files = {name: shard_file(folder, name, shard) for name in names}
        if not broken & {file.name for file in files.values()}:
            rows = index.filter(pa.compute.equal(index["shard"], shard)).select(["path", "key"]).to_pylist()
            arrays = {name: np.load(file, mmap_mode="r") for name, file in files.items()}
            parts.append(Part([row | {"reusable": True, "error": None} for row in rows], arrays))
    return parts


def write(draft: Path, parts: Sequence[Part], *, file_rows: int = FILE_ROWS) -> pa.Table:
    """Write the rows of all parts that have a vector, and their index, which is returned.

    How the rows were cut into parts leaves no trace: a file holds `file_rows` rows, the last one maybe fewer.
    """
    rows = [row for part in parts for row in part.rows if not row["error"]]
    numbers = np.arange(len(rows))
    index = pa.table(
        {
            "path": pa.array([row["path"] for row in rows], pa.string()),
            "key": pa.array([row["key"] for row in rows], pa.string()),
            "shard": pa.array(numbers // file_rows, pa.int32()),
            "row": pa.array(numbers % file_rows, pa.int32()),
        }
    )
    for name, array in parts[0].arrays.items():
        _write_matrix(draft, name, parts, (len(rows), *array.shape[1:]), array.dtype, file_rows)
    write_table(draft / INDEX, index)
    return index


def _write_matrix(
    draft: Path, name: str, parts: Sequence[Part], shape: tuple[int, ...], dtype: np.dtype, file_rows: int
) -> None:
    """Write one matrix of all parts, file after file, a part in memory at a time.

    Not by a memory map: on a full disk that ends the process, where a write is an error.
    """
    blocks = _blocks(parts, name, file_rows)
    for shard, start in enumerate(range(0, shape[0], file_rows)):
        left = min(file_rows, shape[0] - start)
        header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": (left, *shape[1:])}
        with shard_file(draft, name, shard).open("wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
            while left:
                block = next(blocks)
                file.write(np.ascontiguousarray(block).data)
                left -= len(block)


def _blocks(parts: Sequence[Part], name: str, file_rows: int) -> Iterator[np.ndarray]:
    """Yield the rows of a matrix that have a vector, in blocks of which none lies in two files."""
    done = 0
    for part in parts:
        rows = part.arrays[name][[number for number, row in enumerate(part.rows) if not row["error"]]]
        while len(rows):
            block = rows[: file_rows - done % file_rows]
            yield block
            rows, done = rows[len(block) :], done + len(block)


def _last(shards: pa.ChunkedArray) -> int:
    return pa.compute.max(shards).as_py() if len(shards) else -1
