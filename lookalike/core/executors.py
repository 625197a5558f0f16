"""Where the jobs of a stage are worked on: in this process, in others, or on the nodes of a Ray cluster.

A task is opened once a worker, where it may load a network, and maps jobs to results, which come in the order of the
jobs; it stays open for further jobs. A worker that dies costs its job one attempt; a job whose workers die again and
again is halved until the one item is found that they die of.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Protocol

from lookalike.core.errors import UserError

__all__ = [
    "ATTEMPTS",
    "EXECUTORS",
    "Job",
    "Piece",
    "Run",
    "Task",
    "Work",
    "Worker",
    "employ",
    "execute",
    "local",
    "schedule",
    "shard_slices",
]

EXECUTORS = {
    "local": "lookalike.core.executors:local",
    "processes": "lookalike.core.processes:processes",
    "ray": "lookalike.core.ray_cluster:ray_cluster",
}
ATTEMPTS = 3  # of a job whose workers die; of its halves one each, but of a single item as many again
MOST_DEATHS = 25  # of workers one after another with no job done between: it is not the photos
WAIT = 0.2  # seconds between looks at how far workers are

Advance = Callable[[int], None]


class Run(Protocol):
    """How to run: threads in all, the executor, photos a shard, and where a cluster is."""

    workers: int
    executor: str
    shard_size: int
    ray_address: str
    on_failure: str


class Job(Protocol):
    """Work that can be sent to a worker, and halved where it has more than one item."""

    def __len__(self) -> int: ...

    def halves(self) -> tuple["Job", "Job"]: ...


class Task(Protocol):
    """What is done with jobs; it can be pickled."""

    def open(self, workers: int) -> Callable[[Job, Advance], object]:
        """Return a pure function of a job that uses so many threads."""


@dataclass(frozen=True)
class Piece:
    """A job or a part of one, its result, and whether its workers died of it, so that there is no result."""

    job: Job
    result: object = None
    died: bool = False


class Worker(Protocol):
    """A worker elsewhere, which has the task opened and does one job at a time."""

    def submit(self, job: Job) -> Future: ...

    def stop(self) -> None: ...


Work = Callable[[Sequence[Job]], Iterator[list[Piece]]]  # jobs -> the pieces of each, in order


def execute(task: Task, jobs: Sequence[Job], run: Run, advance: Advance) -> Iterator[list[Piece]]:
    """Yield the pieces of each job, in order, by the executor that is asked for. Raises UserError."""
    if jobs:
        with employ(task, run, advance, len(jobs)) as work:
            yield from work(jobs)


def employ(task: Task, run: Run, advance: Advance, most: int) -> AbstractContextManager[Work]:
    """Return a context whose workers, at most so many, do jobs of a task until it ends. Raises UserError."""
    return resolve_name(EXECUTORS[run.executor])(task, run, advance, most)


@contextmanager
def local(task: Task, run: Run, advance: Advance, most: int) -> Iterator[Work]:
    """Work on one job after another in this process, each by all threads."""
    compute = task.open(run.workers)
    yield lambda jobs: ([Piece(job, compute(job, advance))] for job in jobs)


@dataclass(frozen=True)
class _Try:
    """A piece of a job to be done: the job's number, the place of its first item there, attempts that are left."""

    number: int
    place: int
    job: Job
    left: int = ATTEMPTS

    def after_death(self) -> list["_Try"]:
        """Return what to try after the worker of this one died; nothing where it is a single item that is lost."""
        if self.left > 1:
            return [_Try(self.number, self.place, self.job, self.left - 1)]
        if len(self.job) == 1:
            return []
        tries, place = [], self.place
        for half in self.job.halves():
            tries.append(_Try(self.number, place, half, ATTEMPTS if len(half) == 1 else 1))
            place += len(half)
        return tries


@contextmanager
def schedule(
    start: Callable[[], Worker],
    size: int,
    lost: tuple[type[Exception], ...],
    look: Callable[[], None] = lambda: None,
) -> Iterator[Work]:
    """Have jobs done by up to `size` workers, which live until the context ends.

    start: starts a worker. lost: what its futures raise when it has died. look: called now and then. The work raises
    what a job raises, and UserError where workers die whatever they do.
    """
    idle: list[Worker] = []
    try:
        yield lambda jobs: _through(jobs, idle, start, size, lost, look)
    finally:
        for worker in idle:
            worker.stop()


def _through(
    jobs: Sequence[Job],
    idle: list[Worker],
    start: Callable[[], Worker],
    size: int,
    lost: tuple[type[Exception], ...],
    look: Callable[[], None],
) -> Iterator[list[Piece]]:
    """Yield the pieces of each job in order; workers that are free at the end are left in `idle`."""
    queue, left = deque(_Try(number, 0, job) for number, job in enumerate(jobs)), [1] * len(jobs)
    pieces: dict[int, list[tuple[int, Piece]]] = defaultdict(list)
    running: dict[Future, tuple[Worker, _Try]] = {}
    deaths = following = 0
    try:
        while following < len(jobs):
            while queue and len(running) < size:
                _submit(queue.popleft(), idle, start, lost, running)
            finished = wait(running, WAIT, FIRST_COMPLETED).done
            look()
            for future in finished:
                worker, one = running.pop(future)
                piece, again = _outcome(future, one, lost)
                deaths = 0 if piece and not piece.died else deaths + 1
                if piece is None or piece.died:
                    worker.stop()
                else:
                    idle.append(worker)
                queue.extendleft(reversed(again))
                left[one.number] += len(again) - 1
                if piece:
                    pieces[one.number].append((one.place, piece))
            if deaths > MOST_DEATHS:
                raise UserError(f"expected workers that live, found {deaths} dead one after another: see run.workers")
            while following < len(jobs) and not left[following]:
                yield [piece for _, piece in sorted(pieces.pop(following), key=lambda each: each[0])]
                following += 1
    finally:
        for worker, _ in running.values():
            worker.stop()


def _submit(
    one: _Try, idle: list[Worker], start: Callable[[], Worker], lost: tuple[type[Exception], ...], running: dict
) -> None:
    """Give a piece to a worker that is free, or to a new one."""
    while idle:
        worker = idle.pop()
        try:
            running[worker.submit(one.job)] = (worker, one)
            return
        except lost:  # it died while it was idle, which is no job's fault
            worker.stop()
    worker = start()
    running[worker.submit(one.job)] = (worker, one)


def _outcome(future: Future, one: _Try, lost: tuple[type[Exception], ...]) -> tuple[Piece | None, list[_Try]]:
    """Return the piece that is finished, if it is, and what is to be tried next. Raises what the job raised."""
    try:
        return Piece(one.job, future.result()), []
    except lost:
        again = one.after_death()
        return (None if again else Piece(one.job, died=True)), again


def shard_slices(rows: int, size: int) -> list[slice]:
    """Return the slices that cut `rows` rows into shards of `size` (the last may be shorter)."""
    return [slice(start, min(start + size, rows)) for start in range(0, rows, size)]
