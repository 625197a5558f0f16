"""Passes over many rows by the workers of an executor: a pure function of a block of rows, for every block of a table.

Only paths and numbers of rows go to a worker, and a path comes back: the rows, the function with its small arrays and
the answers are files in folders that all workers see. Blocks are as large as in this process, and their answers come
in their order, so that sums of them have the same bits whoever works.
"""

import os
import pickle
import shutil
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import TypeVar

import numpy as np

from lookalike.core.arrays import one_blas_thread
from lookalike.core.errors import UserError
from lookalike.core.executors import ATTEMPTS, Advance, Run, Work, employ

__all__ = ["LEAST_ROWS", "Crew", "Place"]

LEAST_ROWS = 100_000  # of fewer, starting workers may cost more than they save
OPEN_FILES = 64  # that a worker keeps mapped

Place = tuple[str, int, int]  # an .npy file, its first row that is meant, and the one after the last
Table = TypeVar("Table")
_crews = count()


class Crew:
    """Workers that share the passes over rows of a stage: they start with the first pass, and end with the crew.

    run: how to run; with the executor "local" every pass is left to this process. folder: this process's alone, holds
    what workers read and write in a folder that goes with the crew; what another process left there goes now. Passes of
    several threads follow each other.
    """

    def __init__(self, run: Run, folder: Path) -> None:
        own = f"{os.getpid()}-"
        for other in folder.glob("*"):
            if not other.name.startswith(own):
                shutil.rmtree(other, ignore_errors=True)
        self._run, self._folder = run, folder / f"{own}{next(_crews)}"
        self._lock, self._stack, self._numbers = threading.Lock(), ExitStack(), count()
        self._work: Work | None = None
        self.close = weakref.finalize(self, _end, self._stack, self._folder)  # which also happens when the process ends

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def takes(self, n: int) -> bool:
        """Say whether passes over n rows are shared: where there are workers, and rows enough for them."""
        return self._run.executor != "local" and n >= LEAST_ROWS

    def share(self, rows: Table) -> Table:
        """Return rows that lie in files, as a memory map or `Features`: from now on shared, where they are enough."""
        if self.takes(len(rows)):
            rows.crew = self
        return rows

    def new_file(self, suffix: str) -> Path:
        """Return where a file for the workers may be written, which goes with the crew at the latest."""
        return self._made_folder() / f"{next(self._numbers)}{suffix}"

    def table(self, n: int, columns: int) -> np.memmap:
        """Make a shared table float32 (n, columns) to be filled, whose file goes when nobody holds it any more."""
        file = self.new_file(".npy")
        table = np.lib.format.open_memmap(file, "w+", np.float32, (n, columns))
        if hasattr(os, "posix_fallocate"):  # on a full disk an error, where writing to the map would end the process
            with file.open("r+b") as opened:
                os.posix_fallocate(opened.fileno(), 0, file.stat().st_size)
        weakref.finalize(table, file.unlink, missing_ok=True)
        return self.share(table)

    def map(self, step: Callable, rows: object, beside: Sequence[np.ndarray], size: int) -> Iterator:
        """Yield step(block, start, *parts) as `arrays.map_rows` does. Raises UserError where workers die of a block."""
        with self._lock, tempfile.TemporaryDirectory(dir=self._made_folder()) as place:
            folder = Path(place)
            (folder / "step").write_bytes(pickle.dumps(step))
            tables = [rows, *(_saved(part, folder / f"{number}.npy") for number, part in enumerate(beside))]
            starts = [slice(start, min(start + size, len(rows))) for start in range(0, len(rows), size)]
            jobs = [_Block(place, part.start, tuple(_places(table, part) for table in tables)) for part in starts]
            for job, (piece,) in zip(jobs, self._workers()(jobs), strict=True):
                if piece.died:
                    found = f"found that their worker died {ATTEMPTS} times: see run.workers"
                    raise UserError(f"expected rows {job.start:,} and on of {len(rows):,} to be worked on, {found}")
                answer = Path(piece.result)
                yield pickle.loads(answer.read_bytes())
                answer.unlink()

    def _workers(self) -> Work:
        if self._work is None:
            self._work = self._stack.enter_context(employ(_Pass(), self._run, lambda n: None, sys.maxsize))
        return self._work

    def _made_folder(self) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder


@dataclass(frozen=True)
class _Block:
    """Rows of a pass: the pass's folder, the number of the first, and where the rows of each of its tables lie."""

    folder: str
    start: int
    tables: tuple[tuple[Place, ...], ...]

    def __len__(self) -> int:
        return 1

    def halves(self) -> tuple["_Block", "_Block"]:
        return self, self  # nobody asks: sums of halves would have other bits


class _Pass:
    """The task of all passes: which one it is stands in the job."""

    def open(self, workers: int) -> Callable[[_Block, Advance], str]:
        return _answered


def _answered(job: _Block, advance: Advance) -> str:
    """Write the answer of a block into the folder of its pass and return the file."""
    step = _step(job.folder)
    block, *parts = (_read(places) for places in job.tables)
    with one_blas_thread():
        answer = step(np.asarray(block, dtype=np.float32), job.start, *parts)
    file = Path(job.folder) / f"{job.start}.answer"
    aside = file.with_suffix(f".{os.getpid()}")  # of a block tried twice at once, as where a node was only thought dead
    aside.write_bytes(pickle.dumps(answer))
    aside.replace(file)
    return str(file)


@lru_cache(1)
def _step(folder: str) -> Callable:
    _mapped.cache_clear()  # a file of an earlier pass that is held takes room on disk, though it is removed
    return pickle.loads((Path(folder) / "step").read_bytes())


def _read(places: Sequence[Place]) -> np.ndarray:
    parts = [_mapped(file)[start:stop] for file, start, stop in places]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


@lru_cache(OPEN_FILES)
def _mapped(file: str) -> np.ndarray:
    return np.load(file, mmap_mode="r")


def _places(table: object, part: slice) -> tuple[Place, ...]:
    return table.places(part) if hasattr(table, "places") else ((str(table.filename), part.start, part.stop),)


def _saved(array: np.ndarray, file: Path) -> np.memmap:
    np.save(file, array)
    return np.load(file, mmap_mode="r")


def _end(stack: ExitStack, folder: Path) -> None:
    with suppress(OSError):
        stack.close()
    shutil.rmtree(folder, ignore_errors=True)
