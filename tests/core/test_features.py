"""Feature vectors are read by name from shards that stay on disk, whatever the shards."""

import numpy as np
import pytest

from lookalike.core import features
from lookalike.core.artifacts import write_manifest
from lookalike.core.errors import UserError
from lookalike.core.shards import Part

NAMES = list("abcdefg")


def vector(name):
    return np.float32([3, ord(name), 4])


def part(names, bad="", dtype=np.float32):
    rows = [{"path": f"{name}.jpg", "key": name, "error": "unreadable" if name in bad else None} for name in names]
    return Part(rows, {"features": np.stack([vector(name) for name in names]).astype(dtype)})


def write(folder, shard_size=3, file_rows=3, names=NAMES, **options):
    folder.mkdir()
    cuts = [names[start : start + shard_size] for start in range(0, len(names), shard_size)]
    features.write(folder, [part(cut, **options) for cut in cuts], file_rows=file_rows)
    return folder


@pytest.mark.parametrize("file_rows", [1, 2, 3, 100])
@pytest.mark.parametrize("shard_size", [1, 3, 100])
def test_any_cut_gives_the_same_rows(tmp_path, shard_size, file_rows):
    paths, rows = features.load(write(tmp_path / "03", shard_size, file_rows))
    assert paths == [f"{name}.jpg" for name in NAMES]
    np.testing.assert_array_equal(np.asarray(rows), [vector(name) for name in NAMES])
    np.testing.assert_array_equal(rows[2:5], [vector(name) for name in "cde"])
    np.testing.assert_array_equal(rows[[6, 0]], [vector(name) for name in "ga"])
    np.testing.assert_array_equal(rows[4], vector("e"))
    assert rows.shape == (7, 3)
    assert len(rows) == 7


def test_how_the_work_was_cut_leaves_no_trace(tmp_path):
    first, second = write(tmp_path / "a", shard_size=2, bad="c"), write(tmp_path / "b", shard_size=5, bad="c")
    files = {path.name: path.read_bytes() for path in first.iterdir()}
    assert files == {path.name: path.read_bytes() for path in second.iterdir()}
    assert len(files) == 3


def test_rows_are_selected_by_name(tmp_path):
    paths, rows = features.load(write(tmp_path / "03"), ["f.jpg", "b.jpg"])
    assert paths == ["f.jpg", "b.jpg"]
    np.testing.assert_array_equal(rows[:], [vector("f"), vector("b")])
    with pytest.raises(UserError, match=r"expected a vector of z\.jpg"):
        features.load(tmp_path / "03", ["a.jpg", "z.jpg"])


def test_a_row_with_an_error_is_left_out(tmp_path):
    paths, rows = features.load(write(tmp_path / "03", bad="bg"))
    assert paths == [f"{name}.jpg" for name in "acdef"]
    np.testing.assert_array_equal(rows[:], [vector(name) for name in "acdef"])


def test_half_precision_is_widened_and_rows_can_have_length_1(tmp_path):
    _, rows = features.load(write(tmp_path / "03", dtype=np.float16), unit=True)
    assert rows[:].dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows[1:4], axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("harm", ["no folder", "no matrix", "no index", "cut matrix", "cut index", "other index"])
def test_missing_and_damaged_features_say_what_to_run(tmp_path, harm):
    folder = tmp_path / "03"
    if harm != "no folder":
        write(folder)
    if harm == "cut matrix":
        file = features.shard_file(folder, "features", 1)
        file.write_bytes(file.read_bytes()[:-4])
    elif harm == "cut index":
        (folder / features.INDEX).write_bytes((folder / features.INDEX).read_bytes()[:-30])
    elif harm == "no index":
        (folder / features.INDEX).unlink()
    elif harm == "other index":
        other = write(tmp_path / "other", file_rows=7)
        (other / features.INDEX).replace(folder / features.INDEX)
    name = "base" if harm == "no matrix" else "features"
    with pytest.raises(UserError, match=r"run python 03_extract\.py"):
        features.load(folder, name=name)


def test_the_rows_of_a_published_result_are_known_but_for_damaged_shards(tmp_path):
    folder = write(tmp_path / "03")
    manifest = write_manifest(folder, "03_extract", {}, {}, counts={}, approximations=[])
    file = features.shard_file(folder, "features", 1)
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    known = features.known_parts(folder, manifest, ["features"])
    assert [row["key"] for each in known for row in each.rows] == list("abcg")
    np.testing.assert_array_equal(known[1].arrays["features"], [vector("g")])
