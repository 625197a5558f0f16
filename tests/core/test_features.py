"""Feature shards: one answer however they are cut, and only rows that are not known are computed."""

import numpy as np
import pytest

from lookalike.core import features
from lookalike.core.errors import UserError


def vector(key):
    return np.float32([len(key), sum(map(ord, key))])


def write(draft, keys, *, published=None, shard_size=2, bad=(), stop_after=None):
    draft.mkdir(exist_ok=True)
    computed = []

    def compute(rows):
        computed.extend(keys[row] for row in rows)
        matrix = np.stack([vector(keys[row]) for row in rows]) if rows else np.empty((0, 2), np.float32)
        return {"features": matrix}, ["cannot be read" if keys[row] in bad else None for row in rows]

    known = features.known_rows(published, draft)
    paths = [f"{key}.jpg" for key in keys]
    for number, _ in enumerate(features.write_shards(draft, paths, keys, known, compute, shard_size=shard_size), 1):
        if number == stop_after:
            return computed
    features.finish_index(draft)
    return computed


@pytest.mark.parametrize("shard_size", [1, 2, 3, 100])
def test_any_cut_gives_the_same_rows(tmp_path, shard_size):
    keys = list("abcdefg")
    write(tmp_path / "draft", keys, shard_size=shard_size)
    paths, matrix = features.load(tmp_path / "draft")
    assert paths == [f"{key}.jpg" for key in keys]
    np.testing.assert_array_equal(matrix, [vector(key) for key in keys])
    assert matrix.dtype == np.float32


def test_an_interrupted_run_continues(tmp_path):
    draft, keys = tmp_path / "draft", list("abcdefg")
    assert write(draft, keys, stop_after=2) == list("abcd")
    assert write(draft, keys, stop_after=1) == []
    assert write(draft, keys) == list("efg")
    np.testing.assert_array_equal(features.load(draft)[1], [vector(key) for key in keys])
    assert not list(draft.glob(".kept"))


def test_an_interrupted_run_continues_with_other_photos(tmp_path):
    draft = tmp_path / "draft"
    write(draft, list("abcdefg"), stop_after=3)
    assert write(draft, list("xacefgz")) == list("xgz")
    np.testing.assert_array_equal(features.load(draft)[1], [vector(key) for key in "xacefgz"])


def test_after_add_change_and_delete_only_those_are_computed(tmp_path):
    write(tmp_path / "old", list("abcde"))
    assert write(tmp_path / "new", list("acBdf"), published=tmp_path / "old") == list("Bf")
    np.testing.assert_array_equal(features.load(tmp_path / "new")[1], [vector(key) for key in "acBdf"])


def test_a_row_with_an_error_is_left_out(tmp_path):
    write(tmp_path / "draft", list("abc"), bad="b")
    paths, matrix = features.load(tmp_path / "draft")
    assert paths == ["a.jpg", "c.jpg"]
    np.testing.assert_array_equal(matrix, [vector("a"), vector("c")])


def test_half_precision_on_disk_is_widened(tmp_path):
    write(tmp_path / "draft", list("ab"))
    file = features.shard_file(tmp_path / "draft", "features", 0)
    np.save(file, np.load(file).astype(np.float16))
    assert features.load(tmp_path / "draft")[1].dtype == np.float32


@pytest.mark.parametrize("name", ["features", "base"])
def test_missing_features_say_what_to_run(tmp_path, name):
    if name == "base":
        write(tmp_path / "draft", list("ab"))
    with pytest.raises(UserError, match=r"03_extract\.py"):
        features.load(tmp_path / "draft", name)
