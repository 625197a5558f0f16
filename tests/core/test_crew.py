"""Passes shared by workers: the numbers of this process, whoever works and whoever dies."""

import gc
import os
import signal
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lookalike.core import crew
from lookalike.core.arrays import map_rows, mean_by_label
from lookalike.core.errors import UserError

ROWS = np.random.default_rng(0).standard_normal((1000, 3)).astype(np.float32)
BESIDE = np.arange(1000)


def weighed(factor, block, start, part, mark=None, deadly=()):
    """Say which rows a block is of, and sum them; the worker dies of deadly ones, where `mark` is given only once."""
    if start in deadly and not (mark and mark.exists()):
        if mark:
            mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return start, part[0], factor * block.sum(axis=0), os.getpid()


def passed(rows, **how):
    return list(map_rows(partial(weighed, np.float32(2), **how), rows, BESIDE, size=130))


def assert_equal(found, expected):
    for one, other in zip(found, expected, strict=True):
        assert one[:2] == other[:2] and one[2].tobytes() == other[2].tobytes()


@pytest.fixture(autouse=True)
def few_rows_are_enough(monkeypatch):
    monkeypatch.setattr(crew, "LEAST_ROWS", 500)


def employed(folder, workers=2, executor="processes"):
    run = SimpleNamespace(executor=executor, workers=workers, ray_address="")
    return crew.Crew(run, folder / "work")


def table(workers):
    rows = workers.table(*ROWS.shape)
    rows[:] = ROWS
    return rows


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_any_number_of_workers_finds_what_this_process_finds(tmp_path, workers):
    with employed(tmp_path, workers) as group:
        rows = table(group)
        first, second = passed(rows), passed(rows)
        assert_equal(first, passed(ROWS))
        assert_equal(second, passed(ROWS))
        ids = {one[3] for one in first}
        assert os.getpid() not in ids and len(ids) <= workers
        assert {one[3] for one in second} <= ids or workers > 1  # they live on
        assert {file.suffix for file in tmp_path.rglob("*") if file.is_file()} == {".npy"}
    assert not any(file.is_file() for file in tmp_path.rglob("*"))


def test_a_cluster_finds_what_this_process_finds(tmp_path):
    pytest.importorskip("ray", reason="needs the extra `ray`")
    with employed(tmp_path, 2, "ray") as group:
        assert_equal(passed(table(group)), passed(ROWS))
        assert_equal(passed(table(group), mark=tmp_path / "mark", deadly=(390,)), passed(ROWS))


def test_a_worker_that_dies_costs_a_block_one_attempt_of_three(tmp_path):
    with employed(tmp_path) as group:
        rows = table(group)
        assert_equal(passed(rows, mark=tmp_path / "mark", deadly=(390,)), passed(ROWS))
        with pytest.raises(UserError, match=r"expected rows 390 and on of 1,000 .* died 3 times"):
            passed(rows, deadly=(390,))
        assert_equal(passed(rows), passed(ROWS))


def test_rows_of_many_files_are_read_where_they_lie(tmp_path):
    from lookalike.core import features  # late, as workers import this file

    files = []
    for number, start in enumerate(range(0, 1000, 300)):
        files.append(tmp_path / f"{number}.npy")
        np.save(files[-1], ROWS[start : start + 300].astype(np.float16))
    stored = features.of_files(files)
    assert stored.places(slice(200, 700)) == (
        (str(files[0]), 200, 300),
        (str(files[1]), 0, 300),
        (str(files[2]), 0, 100),
    )
    expected, means = passed(stored), mean_by_label(stored, BESIDE % 7 - 1, 6)
    with employed(tmp_path) as group:
        assert_equal(passed(group.share(stored)), expected)
        shared = mean_by_label(stored, BESIDE % 7 - 1, 6)
        assert all(one.tobytes() == other.tobytes() for one, other in zip(shared, means, strict=True))


def test_few_rows_and_threads_need_no_worker(tmp_path, monkeypatch):
    monkeypatch.setattr(crew, "employ", None)
    assert not employed(tmp_path, executor="local").takes(10**9)
    group = employed(tmp_path)
    assert group.takes(500) and not group.takes(499)
    few = np.memmap(tmp_path / "few", np.float32, "w+", shape=(499, 3))
    assert getattr(group.share(few), "crew", None) is None


def test_nothing_is_left_behind_and_nothing_of_a_crashed_run(tmp_path):
    left = tmp_path / "work" / "1-0" / "0.npy"
    left.parent.mkdir(parents=True)
    left.touch()
    group = employed(tmp_path)
    rows, files = table(group), list((tmp_path / "work").rglob("*.npy"))
    assert not left.exists() and len(files) == 1
    part = rows[5:]
    del rows
    gc.collect()
    assert files[0].exists() and part[0, 0] == ROWS[5, 0]
    del part
    gc.collect()
    assert not files[0].exists()
    folder = Path(group.table(2, 2).filename).parent
    del group
    gc.collect()
    assert not folder.exists()
