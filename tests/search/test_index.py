"""The nearest photos, exactly: among all, among few or many that pass, however many are asked for."""

import numpy as np
import pytest

from lookalike.search import index
from lookalike.search.index import VectorIndex, build


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    middles = rng.normal(size=(30, 20))
    return ((middles[rng.integers(0, 30, 3000)] + rng.normal(size=(3000, 20))) @ rng.normal(size=(20, 300))).astype(
        "f4"
    )


def expected(rows, query, k, passing=None):
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = unit @ (query / np.linalg.norm(query))
    if passing is not None:
        cosines[~passing] = -np.inf
    found = np.argsort(-cosines, kind="stable")[:k]
    return found[np.isfinite(cosines[found])]


@pytest.mark.parametrize("share", [None, 0.002, 0.3, 1.0])
@pytest.mark.parametrize("exact_rows", [10_000, 100])
def test_the_nearest_are_found_whatever_passes(rows, tmp_path, monkeypatch, share, exact_rows):
    monkeypatch.setattr(index, "EXACT_ROWS", exact_rows)
    notes = build(tmp_path, rows, seed=0)
    assert bool(notes) == (exact_rows == 100)
    opened = VectorIndex(tmp_path, rows)
    passing = None if share is None else np.random.default_rng(1).random(len(rows)) < share
    recalls = []
    for row in range(0, 3000, 150):
        found, cosines = opened.nearest(rows[row], 20, passing)
        wanted = expected(rows, rows[row], 20, passing)
        recalls.append(len(set(found) & set(wanted)) / len(wanted))
        assert (np.diff(cosines) <= 1e-6).all()
        assert passing is None or passing[found].all()
        assert len(found) == len(wanted)
    assert np.mean(recalls) >= 0.98


@pytest.mark.parametrize("exact_rows", [10_000, 100])
def test_as_many_as_are_asked_for_are_found(rows, tmp_path, monkeypatch, exact_rows):
    monkeypatch.setattr(index, "EXACT_ROWS", exact_rows)
    build(tmp_path, rows, seed=0)
    opened = VectorIndex(tmp_path, rows)
    assert len(set(opened.nearest(rows[0], 2_500)[0])) == 2_500
    assert len(opened.nearest(rows[0], 10_000)[0]) == 3_000
    assert len(opened.nearest(rows[0], 10, np.zeros(3000, bool))[0]) == 0


def test_scores_are_exact_cosines(rows, tmp_path):
    build(tmp_path, rows, seed=0)
    found, cosines = VectorIndex(tmp_path, rows).nearest(rows[7], 5)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    assert found[0] == 7
    assert np.allclose(cosines, unit[found] @ unit[7], atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 4), (2, 600), (40, 4), (300, 1280)])
def test_few_rows_or_dimensions(tmp_path, shape):
    rows = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    build(tmp_path, rows, seed=0)
    found, _ = VectorIndex(tmp_path, rows).nearest(rows[0], 3)
    assert found[0] == 0
    assert found.tolist() == expected(rows, rows[0], 3).tolist()


def test_rows_of_zeros_are_like_nothing(tmp_path):
    rows = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)
    build(tmp_path, rows, seed=0)
    found, cosines = VectorIndex(tmp_path, rows).nearest(np.array([1.0, 0, 0]), 3)
    assert found.tolist() == [1, 0, 2]
    assert cosines.tolist() == [1, 0, 0]


def test_equal_rows_make_equal_files(rows, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        build(tmp_path / name, rows, seed=0)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()
