"""Rows worked on shard by shard, keeping what is finished: the one way in which stages go on after an interruption.

A finished shard is a table with the columns `path`, `key` (digest of what the row was made from) and `reusable`, and
arrays with a row each. Its file is named by the digest of its paths and keys, so that shards of other photos do not
collide; rows of an older shard or result serve again wherever their key is wanted.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa

from lookalike.core.errors import UserError
from lookalike.core.executors import ATTEMPTS, Advance, Piece, Run, execute, shard_slices
from lookalike.core.files import digest_of, file_digest, write_aside
from lookalike.core.tables import read_table, write_table

__all__ = ["Compute", "Part", "Row", "RowTask", "work_through"]

Row = dict[str, object]
Adopt = Callable[[str, Row], Row | None]  # (path wanted, row of the same key) -> its row, None: compute it
ARRAYS = b"arrays"  # metadata of a shard's table: the digests of its arrays
DIED = f"its worker died {ATTEMPTS} times"


@dataclass(frozen=True)
class Part:
    """Rows that are finished: a list of rows with `path`, `key` and `reusable`, and arrays (n, ...) by name.

    computed: how many of the rows this run computed. beside: what is no part of the result, such as tiles of a sheet.
    """

    rows: list[Row]
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    computed: int = 0
    beside: Sequence[object] = ()


Compute = Callable[[list, Advance], Part]  # items -> their rows and arrays, in this order


class RowTask(Protocol):
    """How a stage makes rows of items, such as photos; it can be pickled, and opened anywhere."""

    def open(self, workers: int) -> Compute:
        """Return a pure function of items that uses so many threads."""

    def refused(self, items: list, reason: str) -> Part:
        """Return the rows of items that cannot be worked on."""


@dataclass(frozen=True)
class _Job:
    """Rows of a shard to be computed, with their paths and keys, and the folder that takes them when they are."""

    folder: Path
    wanted: list[tuple[str, str]]
    items: list

    @property
    def stem(self) -> Path:
        """The file that is the finished job, without its suffix."""
        return _stem(self.folder, self.wanted)

    def __len__(self) -> int:
        return len(self.items)

    def halves(self) -> tuple["_Job", "_Job"]:
        middle = len(self) // 2
        parts = (slice(None, middle), slice(middle, None))
        return tuple(_Job(self.folder, self.wanted[part], self.items[part]) for part in parts)


@dataclass(frozen=True)
class _ShardTask:
    """Writes the rows of a job where they are computed; only what stands beside them goes back."""

    task: RowTask

    def open(self, workers: int) -> Callable[[_Job, Advance], Sequence[object]]:
        compute = self.task.open(workers)

        def work(job: _Job, advance: Advance) -> Sequence[object]:
            part = compute(job.items, advance)
            _write_shard(job.stem, part)
            return part.beside

        return work


def work_through(
    folder: Path,
    paths: Sequence[str],
    keys: Sequence[str],
    items: Sequence,
    task: RowTask,
    *,
    known: Iterable[Part] = (),
    adopt: Adopt = lambda path, row: row | {"path": path},
    run: Run,
    advance: Advance = lambda n: None,
) -> Iterator[Part]:
    """Yield the parts that make up all rows, in order; rows that are known are taken, the others computed.

    folder: keeps finished shards until the stage is published. keys: what each row's result depends on. items: what
    the task makes each row of. known: parts of the published result. adopt: makes a known row serve a path, or refuses
    it. advance: called with the number of rows computed. Raises UserError where workers die of an item, if so set.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = _read_shards(folder)
    places: dict[str, tuple[Part, int]] = {}
    for part in [*known, *kept.values()]:
        places |= {row["key"]: (part, number) for number, row in enumerate(part.rows) if row["reusable"]}
    wanted = list(zip(paths, keys, strict=True))
    shards = shard_slices(len(wanted), run.shard_size)
    taken = [_take(places.get(key), path, adopt) for path, key in wanted]
    new = [[row for row in range(shard.start, shard.stop) if taken[row] is None] for shard in shards]
    jobs = [_Job(folder, [wanted[row] for row in rows], [items[row] for row in rows]) for rows in new if rows]
    done = execute(_ShardTask(task), jobs, run, advance)
    for shard, rows in zip(shards, new, strict=True):
        stem = _stem(folder, wanted[shard])
        pieces = next(done) if rows else []
        fresh = _joined([_finished(piece, task, run.on_failure) for piece in pieces])
        if not rows and stem.name in kept:
            yield kept[stem.name]
        elif [piece.job.stem for piece in pieces] == [stem] and not pieces[0].died:
            yield fresh
        else:
            part = _assemble(taken[shard], fresh)
            _write_shard(stem, part)
            yield part


def _finished(piece: Piece, task: RowTask, on_failure: str) -> Part:
    """Return the rows of a piece, read from where its worker wrote them, or refused where that died of them."""
    if not piece.died:
        part = _read_shard(piece.job.stem.with_name(f"{piece.job.stem.name}.parquet"))
        return replace(part, computed=len(piece.job), beside=piece.result)
    if on_failure == "stop":
        path = piece.job.wanted[0][0]
        raise UserError(f"expected {path} to be worked on, found that {DIED}: leave it out, or see run.on_failure")
    return replace(task.refused(piece.job.items, DIED), computed=len(piece.job))


def _joined(parts: Sequence[Part]) -> Part:
    """Return the rows of parts one after another."""
    if len(parts) == 1:
        return parts[0]
    arrays = {name: np.concatenate([part.arrays[name] for part in parts]) for name in parts[0].arrays} if parts else {}
    rows, beside = [row for part in parts for row in part.rows], [each for part in parts for each in part.beside]
    return Part(rows, arrays, sum(part.computed for part in parts), beside)


def _stem(folder: Path, wanted: Sequence[tuple[str, str]]) -> Path:
    return folder / digest_of(wanted)[:32]


def _take(place: tuple[Part, int] | None, path: str, adopt: Adopt) -> tuple[Row, Part, int] | None:
    if place is None:
        return None
    part, number = place
    row = adopt(path, part.rows[number])
    return None if row is None else (row, part, number)


def _assemble(taken: Sequence[tuple[Row, Part, int] | None], fresh: Part) -> Part:
    """Put rows taken and rows computed in order."""
    rest = iter(range(len(fresh.rows)))
    sources = []
    for place in taken:
        if place is None:
            number = next(rest)
            sources.append((fresh.rows[number], fresh, number))
        else:
            sources.append(place)
    names = sources[0][1].arrays if sources else fresh.arrays
    arrays = {name: np.stack([part.arrays[name][number] for _, part, number in sources]) for name in names}
    return Part([row for row, _, _ in sources], arrays, fresh.computed, fresh.beside)


def _write_shard(stem: Path, part: Part) -> None:
    """Write a shard's arrays, then its table, which makes it a finished one."""
    digests = {}
    for name, array in part.arrays.items():
        with write_aside(_array_file(stem, name)) as aside, aside.open("wb") as file:
            np.save(file, array, allow_pickle=False)
        digests[name] = file_digest(_array_file(stem, name))
    table = pa.Table.from_pylist(part.rows).replace_schema_metadata({ARRAYS: json.dumps(digests)})
    write_table(stem.with_name(f"{stem.name}.parquet"), table)


def _read_shards(folder: Path) -> dict[str, Part]:
    """Return the finished shards of a folder by stem; what is damaged is left out, to be done again."""
    found = {}
    for file in sorted(folder.glob("*.parquet")):
        try:
            found[file.stem] = _read_shard(file)
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
            file.unlink()
    return found


def _read_shard(file: Path) -> Part:
    table = read_table(file)
    arrays = {}
    for name, digest in json.loads(table.schema.metadata[ARRAYS]).items():
        array = _array_file(file.with_suffix(""), name)
        if file_digest(array) != digest:
            raise ValueError(f"{array} is damaged")
        arrays[name] = np.load(array, mmap_mode="r")
    return Part(table.to_pylist(), arrays)


def _array_file(stem: Path, name: str) -> Path:
    return stem.with_name(f"{stem.name}.{name}.npy")
