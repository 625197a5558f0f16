"""Feature vectors on disk: row-aligned shards `<name>_00000.npy` with an index that names each row's photo."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from lookalike.core.errors import UserError
from lookalike.core.executors import EXECUTORS, shard_slices
from lookalike.core.tables import Columns, read_table, write_table

__all__ = ["Known", "finish_index", "known_rows", "load", "read_index", "shard_file", "write_shards"]

KEPT = ".kept"  # shards of interrupted runs, inside a draft
INDEX = "index.parquet"  # columns: path, key (digest of the image), shard, row
Known = dict[str, tuple[Path, int, int]]  # key -> folder, shard, row of a vector that need not be computed again
Compute = Callable[[Sequence[int]], tuple[Mapping[str, np.ndarray], Sequence[str | None]]]


def load(folder: Path | str, name: str = "features", *, unit: bool = False) -> tuple[list[str], np.ndarray]:
    """Return (paths, matrix) of a published `03_extract` folder.

    paths: n names relative to the photos' folder, sorted. matrix: float32 (n, d), row i belongs to paths[i]; stored
    float16 is widened. name: the matrix to read, "features" or "base". unit: scale rows to length 1 (zeros stay).
    Raises UserError where there is none.
    """
    index = read_index(Path(folder))
    shards = sorted(set(index["shard"]))
    files = [shard_file(Path(folder), name, shard) for shard in shards]
    if not files or not files[0].exists():
        raise UserError(f"expected {name} in {folder}, found none: run python 03_extract.py")
    parts = [np.load(file, mmap_mode="r") for file in files]
    matrix = parts[0] if len(parts) == 1 else np.concatenate(parts)
    matrix = matrix.astype(np.float32, copy=False)
    if unit:
        norms = np.linalg.norm(matrix, axis=1, keepdims=True)
        matrix = matrix / np.where(norms > 0, norms, 1)
    return index["path"], matrix


def read_index(folder: Path) -> Columns:
    """Return the index of a published folder of features."""
    try:
        return read_table(folder / INDEX).to_pydict()
    except OSError:
        raise UserError(f"expected features in {folder}, found none: run python 03_extract.py") from None


def shard_file(folder: Path, name: str, shard: int) -> Path:
    """Return where a shard of the matrix `name` lies."""
    return folder / f"{name}_{shard:05d}.npy"


def known_rows(published: Path | None, draft: Path) -> Known:
    """Return the rows that a published result and an unfinished draft hold; the draft's shards are set aside first.

    published is None where its rows were made with other parameters.
    """
    known: Known = {}
    if published is not None and (published / INDEX).exists():
        index = read_table(published / INDEX).to_pydict()
        known |= {
            key: (published, *place) for key, *place in zip(index["key"], index["shard"], index["row"], strict=True)
        }
    for folder in _set_aside(draft):
        for file in sorted(folder.glob("shard_*.parquet")):
            shard = int(file.stem.removeprefix("shard_"))
            known |= {key: (folder, shard, row) for row, key in enumerate(read_table(file).to_pydict()["key"])}
    return known


def write_shards(
    draft: Path,
    paths: Sequence[str],
    keys: Sequence[str],
    known: Known,
    compute: Compute,
    *,
    shard_size: int,
    executor: Callable = EXECUTORS["local"],
) -> Iterator[tuple[int, int, dict[str, str]]]:
    """Write the vectors of all rows shard by shard, computing only those not known.

    compute: takes row numbers (maybe none), returns matrices by name, one row each, and an error or None for each.
    Yields for each finished shard: its rows, how many were computed, errors by path. Rows with an error are left out.
    """

    def work(part: slice) -> tuple[int, int, dict[str, str]]:
        rows = range(part.start, part.stop)
        new = [row for row in rows if keys[row] not in known]
        matrices, errors = compute(new)
        bad = {row: error for row, error in zip(new, errors, strict=True) if error is not None}
        good = [row for row in rows if row not in bad]
        shard = part.start // shard_size
        for name, matrix in matrices.items():
            vectors = dict(zip(new, matrix, strict=True))
            vectors |= {row: _known_vector(known[keys[row]], name) for row in good if row not in vectors}
            _save(shard_file(draft, name, shard), _stacked([vectors[row] for row in good], like=matrix))
        # Written last: a shard counts as finished once its list of rows is there.
        listed = {"path": [paths[row] for row in good], "key": [keys[row] for row in good]}
        write_table(draft / f"shard_{shard:05d}.parquet", listed)
        return len(rows), len(new), {paths[row]: error for row, error in bad.items()}

    return executor(work, shard_slices(len(paths), shard_size))


def finish_index(draft: Path) -> Columns:
    """Join the row lists of a draft's shards into its index and return it."""
    tables = []
    for file in sorted(draft.glob("shard_*.parquet")):
        table = read_table(file).to_pydict()
        shard = int(file.stem.removeprefix("shard_"))
        tables.append(table | {"shard": [shard] * len(table["path"]), "row": list(range(len(table["path"])))})
        file.unlink()
    shutil.rmtree(draft / KEPT, ignore_errors=True)
    index = {name: [value for table in tables for value in table[name]] for name in tables[0]}
    write_table(draft / INDEX, index)
    return index


def _set_aside(draft: Path) -> list[Path]:
    """Move the shards of an interrupted run out of the way of new ones; return all folders of such shards."""
    kept = draft / KEPT
    shards = sorted(draft.glob("shard_*.parquet"))
    if shards:
        place = kept / f"{len(list(kept.glob('*'))):05d}"
        place.mkdir(parents=True)
        for file in [*draft.glob("*_[0-9]*.npy"), *shards]:  # lists last: without its list a shard is not finished
            file.rename(place / file.name)
    return sorted(kept.glob("*"))


def _known_vector(place: tuple[Path, int, int], name: str) -> np.ndarray:
    folder, shard, row = place
    return _mapped(shard_file(folder, name, shard))[row]


@lru_cache(maxsize=256)
def _mapped(file: Path) -> np.ndarray:
    return np.load(file, mmap_mode="r")


def _stacked(vectors: list[np.ndarray], like: np.ndarray) -> np.ndarray:
    return np.stack(vectors) if vectors else np.empty((0, like.shape[1]), like.dtype)


def _save(file: Path, array: np.ndarray) -> None:
    aside = file.with_name(f".{file.name}")
    np.save(aside, array, allow_pickle=False)
    aside.replace(file)
