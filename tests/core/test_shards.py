"""Shards: one answer however they are cut or interrupted, and only rows that are not known are computed."""

import numpy as np
import pytest

from config import Run
from lookalike.core.shards import Part, work_through


class Worker:
    """Computes a row's vector from its key; refuses, as unreadable, the keys in `bad`; stops after some shards."""

    def __init__(self, folder, keys, *, bad=(), shard_size=2, **options):
        self.folder, self.keys, self.bad, self.computed = folder, keys, set(bad), []
        self.options = {"run": Run(shard_size=shard_size)} | options

    def open(self, workers):
        return self.compute

    def compute(self, keys, advance):
        self.computed += keys
        advance(len(keys))
        made = [{"path": f"{key}.jpg", "key": key, "reusable": key not in self.bad} for key in keys]
        return Part(made, {"features": np.stack([vector(key) for key in keys])})

    def refused(self, keys, reason):
        raise AssertionError("nothing dies here")

    def run(self, stop_after=None):
        paths = [f"{key}.jpg" for key in self.keys]
        parts = []
        for part in work_through(self.folder, paths, self.keys, self.keys, self, **self.options):
            parts.append(part)
            if len(parts) == stop_after:
                break
        return parts


def vector(key):
    return np.float32([len(key), sum(map(ord, key))])


def rows_of(parts):
    return [row["path"] for part in parts for row in part.rows], np.concatenate(
        [part.arrays["features"] for part in parts]
    )


def assert_rows(parts, keys):
    paths, matrix = rows_of(parts)
    assert paths == [f"{key}.jpg" for key in keys]
    np.testing.assert_array_equal(matrix, [vector(key) for key in keys])


@pytest.mark.parametrize("shard_size", [1, 2, 3, 100])
def test_any_cut_gives_the_same_rows(tmp_path, shard_size):
    assert_rows(Worker(tmp_path, list("abcdefg"), shard_size=shard_size).run(), "abcdefg")


def test_an_interrupted_run_continues(tmp_path):
    Worker(tmp_path, list("abcdefg")).run(stop_after=2)
    worker = Worker(tmp_path, list("abcdefg"))
    assert_rows(worker.run(), "abcdefg")
    assert worker.computed == list("efg")


def test_an_interrupted_run_continues_with_other_photos(tmp_path):
    Worker(tmp_path, list("abcdefg")).run(stop_after=3)
    worker = Worker(tmp_path, list("xacefgz"))
    assert_rows(worker.run(), "xacefgz")
    assert worker.computed == list("xgz")


def test_many_interruptions_with_changes_between_give_what_one_run_gives(tmp_path):
    for keys, stop in (("abcdef", 1), ("bcdefg", 2), ("axcdefg", 1), ("cdefgxy", 3)):
        Worker(tmp_path, list(keys), shard_size=2).run(stop_after=stop)
    assert_rows(Worker(tmp_path, list("zcdefgxy")).run(), "zcdefgxy")


def test_rows_of_a_published_result_are_taken(tmp_path):
    published = Worker(tmp_path / "old", list("abcde")).run()
    worker = Worker(tmp_path / "new", list("acBdf"), known=published)
    assert_rows(worker.run(), "acBdf")
    assert worker.computed == list("Bf")


def test_a_row_that_failed_is_tried_again(tmp_path):
    Worker(tmp_path, list("abcd"), bad="b").run()
    worker = Worker(tmp_path, list("abcd"))
    parts = worker.run()
    assert worker.computed == ["b"]
    assert all(row["reusable"] for part in parts for row in part.rows)


def test_a_row_that_is_refused_is_computed_again(tmp_path):
    Worker(tmp_path, list("abcd")).run()
    worker = Worker(tmp_path, list("abcd"), adopt=lambda path, row: None if path == "c.jpg" else row)
    assert_rows(worker.run(), "abcd")
    assert worker.computed == ["c"]


@pytest.mark.parametrize("damage", ["cut", "bit", "deleted", "foreign"])
@pytest.mark.parametrize("suffix", [".npy", ".parquet"])
def test_a_damaged_shard_is_done_again(tmp_path, damage, suffix):
    Worker(tmp_path, list("abcd")).run()
    file, other = sorted(tmp_path.glob(f"*{suffix}"))
    data = bytearray(file.read_bytes())
    if damage == "cut":
        file.write_bytes(data[: len(data) // 2])
    elif damage == "bit":
        data[-5] ^= 4
        file.write_bytes(data)
    elif damage == "deleted":
        file.unlink()
    elif suffix == ".npy":
        file.write_bytes(other.read_bytes())
    assert_rows(Worker(tmp_path, list("abcd")).run(), "abcd")


def test_a_photo_with_two_names_is_computed_once_a_shard_set(tmp_path):
    worker = Worker(tmp_path, ["a", "b"])
    worker.run()
    renamed = work_through(tmp_path, ["new.jpg", "b.jpg"], ["a", "b"], ["a", "b"], worker, run=Run(shard_size=2))
    assert [row["path"] for part in renamed for row in part.rows] == ["new.jpg", "b.jpg"]
    assert worker.computed == ["a", "b"]
