"""Workers in processes of their own on this machine: one that dies takes nothing with it."""

import os
import signal
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from multiprocessing import connection, get_context, parent_process
from multiprocessing.sharedctypes import RawValue

from lookalike.core.executors import Advance, Job, Run, Task, Work, schedule

__all__ = ["processes"]


def processes(task: Task, run: Run, advance: Advance, most: int) -> AbstractContextManager[Work]:
    """Work on as many jobs at a time as there are threads, each in a process of its own."""
    size = min(run.workers, most)
    counters: list = []

    def start() -> _Process:
        counters.append(RawValue("q"))
        return _Process(task, run.workers // size, counters[-1])

    told = 0

    def look() -> None:
        nonlocal told
        done = sum(counter.value for counter in counters)
        advance(done - told)
        told = done

    return schedule(start, size, (BrokenProcessPool,), look)


class _Process:
    """A pool of one process, so that it is known which job its death interrupted."""

    def __init__(self, task: Task, threads: int, counter: object) -> None:
        given = {"initializer": _begin, "initargs": (task, threads, counter)}
        self._pool = ProcessPoolExecutor(1, get_context("spawn"), **given)

    def submit(self, job: Job) -> Future:
        return self._pool.submit(_work, job)

    def stop(self) -> None:
        processes = list((self._pool._processes or {}).values())  # there is no public way to end what is running
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()


_here: dict = {}  # of a worker's process: the task, its threads and counter, and its function once it is open


def _begin(task: Task, threads: int, counter: object) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the driver, which ends its workers
    threading.Thread(target=_end_with_driver, daemon=True).start()
    _here.update(task=task, threads=threads, counter=counter, lock=threading.Lock())


def _end_with_driver() -> None:
    connection.wait([parent_process().sentinel])
    os._exit(1)


def _work(job: Job) -> object:
    if "compute" not in _here:  # not when the process begins, where an error would count as its death
        _here["compute"] = _here["task"].open(_here["threads"])
    return _here["compute"](job, _advance)


def _advance(n: int = 1) -> None:
    with _here["lock"]:
        _here["counter"].value += n
