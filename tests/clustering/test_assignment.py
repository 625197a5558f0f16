"""The map-reduce step against the plain formula, across block borders."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from lookalike.clustering import assignment
from lookalike.core.arrays import mean_by_label

ROOT = Path(__file__).resolve().parents[2]


def table(n, d=6, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)


def test_nearest_and_second_are_the_two_smallest_distances():
    rows, prototypes = table(300), table(40, seed=1)
    distances = ((rows[:, None] - prototypes) ** 2).sum(axis=2)
    assert np.array_equal(assignment.nearest(rows, prototypes, second=True), distances.argsort(axis=1)[:, :2])


def test_assign_sums_over_all_blocks(monkeypatch):
    monkeypatch.setattr(assignment, "CACHED_SCORES", 5 * 64)
    rows, prototypes = table(40_000), table(5, seed=1)
    labels, sums, counts = assignment.assign(rows, prototypes)
    assert np.array_equal(labels, ((rows[:, None] - prototypes) ** 2).sum(axis=2).argmin(axis=1))
    assert np.array_equal(counts, np.bincount(labels, minlength=5))
    assert np.allclose(sums[2], rows[labels == 2].sum(axis=0, dtype=np.float64), atol=1e-2)


def test_means_leave_noise_out():
    labels = np.array([0, 0, 2, -1])
    means, counts = mean_by_label(np.array([[1.0], [3], [5], [100]], np.float32), labels, 3)
    assert means.ravel().tolist() == [2, 0, 5] and counts.tolist() == [2, 0, 1]


def test_distances_to_own_are_euclidean():
    rows, prototypes, labels = table(20), table(3, seed=1), np.arange(20) % 3
    expected = np.linalg.norm(rows - prototypes[labels], axis=1)
    assert np.allclose(assignment.distances_to_own(rows, prototypes, labels), expected, atol=1e-6)


def test_half_precision_rows_are_read_as_float32():
    rows = table(30).astype(np.float16)
    assert assignment.assign(rows, table(3, seed=1))[1].dtype == np.float64


def test_a_blas_that_is_loaded_late_is_kept_to_one_thread_too():
    code = (
        "import numpy\n"
        "from threadpoolctl import threadpool_info\n"
        "from lookalike.core.arrays import one_blas_thread\n"
        "with one_blas_thread(): pass\n"
        "import faiss, scipy.linalg\n"
        "with one_blas_thread(): print([i['num_threads'] for i in threadpool_info() if i['user_api'] == 'blas'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    threads = json.loads(done.stdout)
    assert len(threads) > 1 and set(threads) == {1}
