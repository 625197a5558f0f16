"""Rows worked on shard by shard, keeping what is finished: the one way in which stages go on after an interruption.

A finished shard is a table with the columns `path`, `key` (digest of what the row was made from) and `reusable`, and
arrays with a row each. Its file is named by the digest of its paths and keys, so that shards of other photos do not
collide; rows of an older shard or result serve again wherever their key is wanted.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from lookalike.core.executors import EXECUTORS, shard_slices
from lookalike.core.files import digest_of, file_digest, write_aside
from lookalike.core.tables import read_table, write_table

__all__ = ["Part", "Row", "work_through"]

Row = dict[str, object]
Compute = Callable[[list[int]], "Part"]  # row numbers -> their rows and arrays, in this order
Adopt = Callable[[str, Row], Row | None]  # (path wanted, row of the same key) -> its row, None: compute it
ARRAYS = b"arrays"  # metadata of a shard's table: the digests of its arrays


@dataclass(frozen=True)
class Part:
    """Rows that are finished: a list of rows with `path`, `key` and `reusable`, and arrays (n, ...) by name."""

    rows: list[Row]
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    computed: int = 0  # how many of the rows this run computed


def work_through(
    folder: Path,
    paths: Sequence[str],
    keys: Sequence[str],
    compute: Compute,
    *,
    known: Iterable[Part] = (),
    adopt: Adopt = lambda path, row: row | {"path": path},
    shard_size: int,
    executor: str = "local",
) -> Iterator[Part]:
    """Yield the parts that make up all rows, in order; rows that are known are taken, the others computed.

    folder: keeps finished shards until the stage is published. keys: what each row's result depends on. known: parts
    of the published result. adopt: makes a known row serve a path, or refuses it.
    """
    kept = _read_shards(folder)
    places: dict[str, tuple[Part, int]] = {}
    for part in [*known, *kept.values()]:
        places |= {row["key"]: (part, number) for number, row in enumerate(part.rows) if row["reusable"]}

    def work(shard: slice) -> Part:
        wanted = list(zip(paths[shard], keys[shard], strict=True))
        taken = [_take(places.get(key), path, adopt) for path, key in wanted]
        new = [shard.start + number for number, place in enumerate(taken) if place is None]
        stem = digest_of(wanted)[:32]
        if not new and stem in kept:
            return kept[stem]
        part = _assemble(taken, compute(new) if new else Part([]))
        _write_shard(folder / stem, part)
        return part

    folder.mkdir(parents=True, exist_ok=True)
    return EXECUTORS[executor](work, shard_slices(len(paths), shard_size))


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
    return Part([row for row, _, _ in sources], arrays, len(fresh.rows))


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
