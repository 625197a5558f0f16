"""Workers on the nodes of a Ray cluster: one that runs already, or one that is started on this machine.

Only jobs, which hold paths, and short answers go through Ray; photos and vectors lie in folders that all nodes see.
"""

import logging
import os
import socket
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path

from lookalike.core.errors import UserError
from lookalike.core.executors import Advance, Job, Run, Task, Work, schedule

__all__ = ["ray_cluster"]

ANSWER = 10.0  # seconds that a cluster may take to answer
STORE = 100 * 2**20  # bytes of Ray's object store, in which nothing large is ever put


@contextmanager
def ray_cluster(task: Task, run: Run, advance: Advance, most: int) -> Iterator[Work]:
    """Work on as many jobs at a time as the cluster has processors. Raises UserError where there is no cluster."""
    ray = _connected(run)
    size = max(1, min(int(ray.cluster_resources().get("CPU", 1)), most))
    actor = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(_Actor)

    def start() -> _RayWorker:
        return _RayWorker(ray, actor.remote(task, str(Path.cwd())), advance)

    lost = (ray.exceptions.RayActorError, ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError)
    try:
        with schedule(start, size, lost) as work:
            yield work
    finally:
        ray.shutdown()


def _connected(run: Run):
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nothing is sent anywhere
    try:
        import ray
    except ImportError:
        found = "found it not installed: pip install ray==2.60.0, or take run.executor processes"
        raise UserError(f"expected Ray for run.executor ray, {found}") from None
    _require_answer(run.ray_address)
    # "local": without it Ray joins a cluster that someone has started on this machine, and then refuses the rest.
    own = {"address": "local", "num_cpus": run.workers, "object_store_memory": STORE, "include_dashboard": False}
    given = {"address": run.ray_address} if run.ray_address else own
    try:
        ray.init(**given, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, TimeoutError, RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        place = run.ray_address or "this machine"
        raise UserError(f"expected a Ray cluster at {place}, found none that answers: {reason}") from None
    with suppress(AttributeError):  # a kilobyte of advice a dead worker, which no public setting leaves out
        ray._private.worker.print_to_stdstream = lambda *data, **options: None
    return ray


def _require_answer(address: str) -> None:
    """Raise UserError where nobody listens at an address host:port: Ray itself would ask for minutes."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not port.isdigit():
        return  # such as "auto": Ray looks for the cluster of this machine
    try:
        socket.create_connection((host, int(port)), timeout=ANSWER).close()
    except OSError as error:
        raise UserError(f"expected a Ray cluster at {address}, found none that answers: {error.strerror}") from None


class _RayWorker:
    """An actor: one job at a time."""

    def __init__(self, ray: object, actor: object, advance: Advance) -> None:
        self._ray, self._actor, self._advance = ray, actor, advance

    def submit(self, job: Job) -> Future:
        asked, told = self._actor.work.remote(job).future(), Future()
        told.set_running_or_notify_cancel()

        def tell(done: Future) -> None:
            error = done.exception()
            if error is None:
                count, result = done.result()
                self._advance(count)
                told.set_result(result)
            else:  # what the task raised comes wrapped, with a traceback in its message
                told.set_exception(getattr(error, "cause", None) or error)

        asked.add_done_callback(tell)
        return told

    def stop(self) -> None:
        if self._ray.is_initialized():  # when a process ends, Ray may go first
            self._ray.kill(self._actor, no_restart=True)


class _Actor:
    """What runs on a node: the task, opened with the first job."""

    def __init__(self, task: Task, folder: str) -> None:
        self._task, self._folder, self._compute = task, folder, None

    def work(self, job: Job) -> tuple[int, object]:
        """Return how far the job advanced, and its result."""
        if self._compute is None:
            if not Path(self._folder).is_dir():
                found = "found none: all nodes must see the same folders"
                raise UserError(f"expected {self._folder} on the node {socket.gethostname()}, {found}")
            os.chdir(self._folder)
            self._compute = self._task.open(1)
        steps: list[int] = []
        result = self._compute(job, steps.append)
        return sum(steps), result
