"""One seed, one result: the same bits whatever number of cores matrix products may be divided over."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = """
import hashlib
import numpy as np
from lookalike.clustering.count import by_evidence
from lookalike.clustering.describe import describe
from lookalike.clustering.entrance import cluster
from lookalike.clustering.space import Space
from lookalike.visual import layouts

rng = np.random.default_rng(0)
kinds = np.repeat(rng.standard_normal((12, 300)), 90, axis=0)
rows = (kinds + 1.5 * rng.standard_normal(kinds.shape)).astype(np.float32)

def show(what, *arrays):
    print(what, hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest())

for method in ("recommended", "graph", "kmeans", "som", "hierarchical", "gmm", "spectral"):
    found = cluster(method, Space(rows, seed=0), 12)
    show(method, found.labels, *(found.arrays[name] for name in sorted(found.arrays)))
space = Space(rows, seed=0)
show("describe", *describe(space, found.labels).values())
count = by_evidence(space)
show("count", *(np.array(values) for values in count.curve.values()))
axes = layouts.principal_axes(rows, seed=0)
show("axes", axes)
show("tsne", layouts.tsne(axes[:200], seed=0))
"""


def results(threads):
    environment = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    command = [sys.executable, "-c", RESULTS]
    return subprocess.run(
        command,
        cwd=ROOT,
        env={"PATH": "", "LOOKALIKE_RUN__PROGRESS": "off", **environment},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()


def test_results_are_the_same_bits_for_each_number_of_threads():
    one, three = results(1), results(3)
    assert len(one) == 11
    assert one == three
