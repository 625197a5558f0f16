"""Time and peak memory of the graph methods, and of the estimate of the number of groups, on many rows.

Each run is in a process of its own.
Run: python benchmarks/graph.py [--runs graph:100000 recommended:100000:500 estimate:100000 graph:1000000]"""

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np

from lookalike.clustering.entrance import cluster
from lookalike.clustering.number import estimate
from lookalike.clustering.space import Space

DIMENSIONS, DRAWN_GROUPS, SPREAD = 128, 500, 1.0


def drawn(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return n rows float32 (n, 128) around 500 centres, and the centre of each."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(DRAWN_GROUPS, DIMENSIONS)).astype(np.float32)
    true = rng.integers(0, DRAWN_GROUPS, n)
    rows = centres[true]
    for start in range(0, n, 100_000):  # in parts, so that drawing does not set the peak of memory
        part = slice(start, min(start + 100_000, n))
        rows[part] += SPREAD * rng.normal(size=rows[part].shape).astype(np.float32)
    return rows, true


def measured(method: str, n: int, n_clusters: int | None) -> dict:
    """Return seconds, peak memory in GiB and number of groups of one run."""
    rows, _ = drawn(n)
    started = time.perf_counter()
    space = Space(rows, seed=0)
    found = estimate(space, "combined") if method == "estimate" else cluster(method, space, n_clusters)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"seconds": seconds, "gib": peak, "groups": found.n_clusters, "notes": "; ".join(found.approximations)}


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = ["graph:100000", "recommended:100000:500", "estimate:100000", "graph:1000000"]
    parser.add_argument(
        "--runs", nargs="+", default=default, help="method:rows or method:rows:groups; method estimate counts them"
    )
    parser.add_argument("--one", help="measure this run alone, in this process")
    chosen = parser.parse_args()
    if chosen.one:
        method, n, *count = chosen.one.split(":")
        print(json.dumps(measured(method, int(n), int(count[0]) if count else None)))
        return
    print("| method | rows x 128 | groups | seconds | peak memory, GiB | approximations |\n|---|---|---|---|---|---|")
    for run in chosen.runs:
        done = subprocess.run([sys.executable, __file__, "--one", run], stdout=subprocess.PIPE, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        method, n = run.split(":")[:2]
        counts = [f"{int(n):,}", f"{found['groups']:,}", f"{found['seconds']:.0f}", f"{found['gib']:.1f}"]
        cells = [method, *counts, found["notes"]]
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
