"""A dataset that is served: opened for search, its corrections, and work on it in the background.

What is opened is replaced whole when results change; whoever began with the old one ends with it.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from lookalike.core.errors import UserError
from lookalike.edits import log
from lookalike.edits.rows import Row, fault
from lookalike.search.opened import Opened

__all__ = ["Job", "Session"]

SHOWN_LINES = 200


@dataclass
class Job:
    """Work in the background: its name, the lines it has printed, and, once done, what changed or why it failed."""

    name: str
    lines: list[str] = field(default_factory=list)
    done: bool = False
    error: str = ""
    changed: dict[str, int] = field(default_factory=dict)


class Session:
    """A served dataset; every method may be called from several threads.

    open_matrix: opens the results by the name of a matrix. edits: the log of corrections. work: brings all results up
    to date, takes a function for each line that it prints, and runs in a process of its own.
    """

    def __init__(
        self, open_matrix: Callable[[str], Opened], edits: Path, work: Callable, matrices: Sequence[str]
    ) -> None:
        self._open, self._edits, self._work = open_matrix, edits, work
        self._lock = threading.Lock()
        self.matrices = list(matrices)
        self._opened: dict[str, Opened] = {self.matrices[0]: open_matrix(self.matrices[0])}
        self.job: Job | None = None

    def opened(self, matrix: str = "") -> Opened:
        """Return the dataset opened by a matrix, by default the first. Raises UserError where there is none."""
        matrix = matrix or self.matrices[0]
        if matrix not in self.matrices:
            raise UserError(f"expected vectors of {', '.join(self.matrices)}, found {matrix!r}")
        opened = self._opened.get(matrix)
        if opened is None:
            with self._lock:
                opened = self._opened.get(matrix) or self._open(matrix)
                self._opened[matrix] = opened
        return opened

    def rows(self, after: int = 0) -> tuple[list[Row], int]:
        """Return the corrections in the log, without its first `after` bytes, and where the next ones will begin."""
        return log.read_after(self._edits, after)

    def append(self, rows: Sequence[object]) -> int:
        """Append corrections to the log, synced to disk; return how many were new. Raises UserError."""
        wrong = next(filter(None, map(fault, rows)), None)
        if wrong:
            raise UserError(wrong)
        self._edits.parent.mkdir(parents=True, exist_ok=True)
        return log.append(self._edits, rows)

    def start(self, name: str) -> Job:
        """Bring all results up to date in the background, and open them anew. Raises UserError while that goes on."""
        with self._lock:
            if self.job and not self.job.done:
                raise UserError(f"expected no work in the background, found {self.job.name}: wait for it to end")
            self.job = Job(name)
        threading.Thread(target=self._run, args=(self.job,), name=name, daemon=True).start()
        return self.job

    def _run(self, job: Job) -> None:
        before = self.opened()
        try:
            for line in _lines_of(self._work):
                job.lines = [*job.lines, line][-SHOWN_LINES:]
            after = self._open(self.matrices[0])
            job.changed = _changes(before, after)
            with self._lock:
                self._opened = {self.matrices[0]: after}
        except UserError as error:
            job.error = str(error)
        except Exception as error:  # a thread has nobody else to tell
            job.error = f"{type(error).__name__}: {error}"
        finally:
            job.done = True


def _lines_of(work: Callable):
    """Yield the lines that work prints in a process of its own. Raises UserError with its last line where it fails."""
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(sender,), daemon=True)
    process.start()
    sender.close()
    last = ""
    while True:
        try:
            last = receiver.recv()
        except EOFError:
            break
        yield last
    process.join()
    if process.exitcode:
        raise UserError(last or f"the work ended with status {process.exitcode}")


def _changes(before: Opened, after: Opened) -> Mapping[str, int]:
    """Count the photos that came, went and changed groups, and the groups before and after."""
    was, now = (dict(zip(one.paths, one.labels.tolist(), strict=True)) for one in (before, after))
    both = was.keys() & now.keys()
    return {
        "photos added": len(now.keys() - was.keys()),
        "photos gone": len(was.keys() - now.keys()),
        "photos in another group": sum(was[path] != now[path] for path in both),
        "groups before": len(set(was.values()) - {-1}),
        "groups after": len(set(now.values()) - {-1}),
    }
