"""Executors: one answer whoever works; a worker that dies loses nothing, an item that kills its workers is found."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from config import Run
from lookalike.core import executors
from lookalike.core.errors import UserError
from lookalike.core.shards import Part, work_through

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = f"""
import sys
from pathlib import Path
import {Path(__file__).stem} as tests
if __name__ == "__main__":
    folder = Path(sys.argv[1])
    tests.run(folder, tests.Doubled(folder, seconds=0.1), 40)
"""


@dataclass(frozen=True)
class Doubled:
    """Doubles numbers; a worker dies of those in `deadly`, and of those in `once` when it meets them first."""

    folder: Path
    deadly: tuple = ()
    once: tuple = ()
    wrong: tuple = ()
    seconds: float = 0

    def open(self, workers):
        (self.folder / f"opened {os.getpid()}").touch()
        return self.compute

    def compute(self, items, advance):
        for item in items:
            time.sleep(self.seconds)
            mark = self.folder / f"died of {item}"
            if item in self.deadly or (item in self.once and not mark.exists()):
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            if item in self.wrong:
                raise UserError(f"expected a good number, found {item}")
            (self.folder / f"did {item} {time.monotonic_ns()}").touch()
            advance(1)
        rows = [{"path": f"{item}.jpg", "key": str(item), "reusable": True, "error": None} for item in items]
        return Part(rows, {"features": 2 * np.float32(items)[:, None]}, beside=[min(items)])

    def refused(self, items, reason):
        rows = [{"path": f"{item}.jpg", "key": str(item), "reusable": False, "error": reason} for item in items]
        return Part(rows, {"features": np.zeros((len(items), 1), np.float32)})


def run(folder, task, count=20, *, shard_size=4, executor="processes", on_failure="quarantine", told=None, address=""):
    how = {
        "workers": 2,
        "executor": executor,
        "shard_size": shard_size,
        "ray_address": address,
        "on_failure": on_failure,
    }
    numbers = list(range(count))
    paths, keys = [f"{number}.jpg" for number in numbers], [str(number) for number in numbers]
    advance = told.append if told is not None else lambda n: None
    given = {"run": Run(**how), "advance": advance}
    return list(work_through(folder / "shards", paths, keys, numbers, task, **given))


def values(parts):
    return np.concatenate([part.arrays["features"] for part in parts]).ravel().tolist()


def files(folder):
    return {file.name: file.read_bytes() for file in (folder / "shards").iterdir()}


@pytest.mark.parametrize("shard_size", [1, 4, 100])
def test_processes_make_what_this_process_makes(tmp_path, shard_size):
    made = {}
    for executor in ("local", "processes"):
        folder = tmp_path / executor
        folder.mkdir()
        told = []
        parts = run(folder, Doubled(folder), executor=executor, shard_size=shard_size, told=told)
        assert values(parts) == [2 * number for number in range(20)]
        assert sum(part.computed for part in parts) == 20
        assert [part.beside for part in parts] == [[start] for start in range(0, 20, shard_size)]
        assert sum(told) == 20
        made[executor] = files(folder)
    assert made["local"] == made["processes"]
    assert len(list((tmp_path / "processes").glob("opened *"))) == min(2, len(parts))
    assert not (tmp_path / "processes" / f"opened {os.getpid()}").exists()


def test_a_worker_that_dies_costs_nothing_but_time(tmp_path):
    parts = run(tmp_path, Doubled(tmp_path, once=(5, 13)))
    assert values(parts) == [2 * number for number in range(20)]
    assert all(row["reusable"] for part in parts for row in part.rows)


def test_the_item_that_kills_its_workers_is_found_and_left_out(tmp_path):
    parts = run(tmp_path, Doubled(tmp_path, deadly=(6,)))
    bad = [row for part in parts for row in part.rows if not row["reusable"]]
    assert [(row["path"], row["error"]) for row in bad] == [("6.jpg", "its worker died 3 times")]
    assert values(parts) == [0 if number == 6 else 2 * number for number in range(20)]
    again = run(tmp_path, Doubled(tmp_path))  # it is tried again, and nothing else
    assert values(again) == [2 * number for number in range(20)]
    assert sum(part.computed for part in again) == 1


def test_the_run_stops_at_such_an_item_if_so_set(tmp_path):
    with pytest.raises(UserError, match=r"expected 6\.jpg to be worked on, found that its worker died 3 times"):
        run(tmp_path, Doubled(tmp_path, deadly=(6,)), on_failure="stop")


def test_workers_that_die_of_everything_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(executors, "MOST_DEATHS", 4)
    with pytest.raises(UserError, match="expected workers that live, found 5 dead"):
        run(tmp_path, Doubled(tmp_path, deadly=tuple(range(20))))


def test_a_fault_of_the_user_arrives_as_it_is(tmp_path):
    with pytest.raises(UserError, match="expected a good number, found 7"):
        run(tmp_path, Doubled(tmp_path, wrong=(7,)))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_the_run_that_started_them_and_the_next_goes_on(tmp_path, how):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    paths = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    command = [sys.executable, str(script), str(tmp_path)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": paths})
    end = time.monotonic() + 60
    while len(list((tmp_path / "shards").glob("*.parquet"))) < 3 and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(how)
    process.wait(20)
    workers = [int(file.name.split()[1]) for file in tmp_path.glob("opened *")]
    assert workers
    for worker in workers:
        while is_alive(worker) and time.monotonic() < end:
            time.sleep(0.05)
        assert not is_alive(worker)
    finished = len(list((tmp_path / "shards").glob("*.parquet")))
    parts = run(tmp_path, Doubled(tmp_path), 40)
    assert values(parts) == [2 * number for number in range(40)]
    assert sum(part.computed for part in parts) == 40 - 4 * finished


def is_alive(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_no_item_needs_no_worker(tmp_path):
    assert run(tmp_path, Doubled(tmp_path), 0) == []
    run(tmp_path, Doubled(tmp_path), 8)
    before = len(list(tmp_path.glob("opened *")))
    run(tmp_path, Doubled(tmp_path), 8)
    assert len(list(tmp_path.glob("opened *"))) == before


@pytest.fixture(scope="module")
def cluster():
    ray = pytest.importorskip("ray", reason="needs the extra `ray`")
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    cluster.add_node(num_cpus=1)
    yield cluster
    cluster.shutdown()
    ray.shutdown()


def test_a_cluster_of_two_nodes_makes_what_this_process_makes(cluster, tmp_path, capfd):
    folders = {name: tmp_path / name for name in ("local", "ray", "other")}
    for folder in folders.values():
        folder.mkdir()
    local = run(folders["local"], Doubled(folders["local"]), executor="local")
    told = []
    parts = run(folders["ray"], Doubled(folders["ray"], once=(5,)), executor="ray", address=cluster.address, told=told)
    assert sum(told) == 20
    assert values(parts) == values(local)
    assert files(folders["ray"]) == files(folders["local"])
    assert "raylet" not in capfd.readouterr().err
    with pytest.raises(UserError, match=r"^expected a good number, found 7$"):
        run(folders["other"], Doubled(folders["other"], wrong=(7,)), executor="ray", address=cluster.address)


def test_a_cluster_finds_the_item_that_kills_its_workers(cluster, tmp_path):
    parts = run(tmp_path, Doubled(tmp_path, deadly=(6,)), executor="ray", address=cluster.address)
    assert [row["path"] for part in parts for row in part.rows if row["error"]] == ["6.jpg"]


def test_a_node_that_goes_in_the_middle_loses_nothing(cluster, tmp_path):
    node = cluster.add_node(num_cpus=1)
    timer = threading.Timer(3, lambda: cluster.remove_node(node, allow_graceful=False))
    timer.start()
    parts = run(tmp_path, Doubled(tmp_path, seconds=0.1), 60, executor="ray", address=cluster.address)
    timer.join()
    assert values(parts) == [2 * number for number in range(60)]


def test_a_cluster_that_runs_here_is_not_taken_unasked(cluster, tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", cluster.address)  # as `ray start` leaves a note, and Ray joins it
    parts = run(tmp_path, Doubled(tmp_path), 8, executor="ray")
    assert values(parts) == [2 * number for number in range(8)]


def test_a_cluster_that_is_not_there_is_one_line(tmp_path):
    line = "expected Ray for run.executor ray, found it not installed"
    line = "expected a Ray cluster at 127.0.0.1:9, found none" if find_spec("ray") else line
    with pytest.raises(UserError, match=line):
        run(tmp_path, Doubled(tmp_path), executor="ray", address="127.0.0.1:9")
