"""Time the batch map against XPySom and MiniSom on the same rows, and the methods that take a million rows.
Run: python benchmarks/som.py [--xpysom .venv-bench/bin/python] [--rounds 3] [--rows 100000] [--large 1000000]"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from minisom import MiniSom

from lookalike.clustering.batch_som import train_batch
from lookalike.clustering.map_quality import best_and_second, quantization_error
from lookalike.core.progress import set_progress

SIDE, EPOCHS, DIMENSIONS = 20, 10, 128

XPYSOM = """
import sys, time, numpy as np
from xpysom import XPySom
rows = np.load(sys.argv[1])
som = XPySom({side}, {side}, rows.shape[1], random_seed=0)
started, core = time.perf_counter(), time.process_time()
som.train(rows, {epochs})
seconds, core = time.perf_counter() - started, time.process_time() - core
np.save(sys.argv[2], som.get_weights())
print()
print(seconds, core)
"""

LARGE = """
import json, resource, sys, time, numpy as np
from lookalike.clustering.batch_som import train_batch
from lookalike.clustering.entrance import cluster
from lookalike.clustering.space import Space
from lookalike.core.progress import set_progress
set_progress("off")
path, method, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
rows = np.load(path, mmap_mode="r")[:n]
started = time.perf_counter()
if method == "map":
    train_batch(rows, 30, 30, epochs=10, final_radius=0.3, seed=0)
else:
    cluster(method, Space(rows, seed=0), 200)
seconds = time.perf_counter() - started
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20]))
"""


def write_rows(path: Path, n: int, *, seed: int = 0) -> None:
    """Write n rows of 200 clusters that lie in 30 of the dimensions, with noise in all."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((200, 30)) @ rng.standard_normal((30, DIMENSIONS)) / np.sqrt(30)
    out = np.lib.format.open_memmap(path, "w+", np.float32, (n, DIMENSIONS))
    for start in range(0, n, 50_000):
        size = min(50_000, n - start)
        noise = 0.5 * rng.standard_normal((size, DIMENSIONS), dtype=np.float32)
        out[start : start + size] = centres[rng.integers(0, 200, size)] + noise


def time_ours(path: Path) -> tuple[float, float, np.ndarray]:
    """Return the seconds of training, the core seconds, and the map of the project's own engine."""
    rows = np.load(path)
    started, core = time.perf_counter(), time.process_time()
    weights = train_batch(rows, SIDE, SIDE, epochs=EPOCHS, final_radius=0.3, seed=0)
    return time.perf_counter() - started, time.process_time() - core, weights


def time_minisom(path: Path, steps: int) -> tuple[float, float, np.ndarray]:
    """Return seconds and core seconds of all epochs of MiniSom, extrapolated from `steps` rows, and their map."""
    rows = np.load(path)
    som = MiniSom(SIDE, SIDE, DIMENSIONS, sigma=SIDE / 2, random_seed=0)
    som.random_weights_init(rows)
    started, core = time.perf_counter(), time.process_time()
    som.train(rows, steps, random_order=True)
    times = EPOCHS * len(rows) / steps
    return (time.perf_counter() - started) * times, (time.process_time() - core) * times, som.get_weights()


def time_xpysom(path: Path, python: str) -> tuple[float, float, np.ndarray]:
    """Return the seconds of training, the core seconds, and the map of XPySom, run by a Python that has it."""
    weights = path.with_name("xpysom.npy")
    script = XPYSOM.format(side=SIDE, epochs=EPOCHS)
    done = subprocess.run([python, "-c", script, path, weights], check=True, capture_output=True, text=True)
    seconds, core = map(float, done.stdout.split()[-2:])
    return seconds, core, np.load(weights)


def error_of(path: Path, weights: np.ndarray) -> float:
    """Return the mean distance of the rows to their unit, computed alike for every engine."""
    rows, weights = np.load(path), np.asarray(weights, np.float32)
    return quantization_error(rows, weights, best_and_second(rows, weights)[:, 0])


def compare(folder: Path, options: argparse.Namespace) -> None:
    """Print the table of engines; each round runs them all, one after another."""
    path = folder / "rows.npy"
    write_rows(path, options.rows)
    ways = {"batch": lambda: time_ours(path), "MiniSom": lambda: time_minisom(path, options.minisom_steps)}
    if options.xpysom:
        ways["XPySom"] = lambda: time_xpysom(path, options.xpysom)
    rounds = [{name: way() for name, way in ways.items()} for _ in range(options.rounds)]
    print(f"{options.rows:,} x {DIMENSIONS}, map {SIDE} x {SIDE}, {EPOCHS} epochs, {options.rounds} rounds\n")
    print("| engine | seconds | slower than batch, median (range) | in core seconds | quantization error |")
    print("|---|---|---|---|---|")
    for name in ways:
        seconds = statistics.median(found[name][0] for found in rounds)
        wall, core = (ratios(rounds, name, column) for column in (0, 1))
        print(f"| {name} | {seconds:.2f} | {wall} | {core} | {error_of(path, rounds[0][name][2]):.3f} |")
    print(f"\nMiniSom: time extrapolated from {options.minisom_steps:,} steps, error after those steps.\n")


def ratios(rounds: list[dict], name: str, column: int) -> str:
    """Return how much slower a way was than batch in the same round: median (smallest-largest)."""
    found = sorted(times[name][column] / times["batch"][column] for times in rounds)
    return f"{statistics.median(found):.1f} ({found[0]:.1f}-{found[-1]:.1f})"


def scale(folder: Path, options: argparse.Namespace) -> None:
    """Print the table of time and memory on a memory map of up to `large` rows, each run in a process of its own."""
    path = folder / "large.npy"
    write_rows(path, options.large)
    runs = [("map", options.large // part) for part in (4, 2, 1)]
    runs += [("som", options.large), ("kmeans", options.large)]
    print("| on a memory map | rows | seconds | core seconds | core seconds a million rows | peak memory, GiB |")
    print("|---|---|---|---|---|---|")
    names = {"map": "batch map 30 x 30, 10 epochs", "som": "som to 200 groups", "kmeans": "kmeans to 200 groups"}
    for method, n in runs:
        done = subprocess.run(
            [sys.executable, "-c", LARGE, path, method, str(n)], check=True, capture_output=True, text=True
        )
        seconds, core, memory = json.loads(done.stdout)
        print(f"| {names[method]} | {n:,} | {seconds:.1f} | {core:.1f} | {core / n * 1e6:.1f} | {memory:.2f} |")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--xpysom", help="a Python that has XPySom 1.0.7; without it XPySom is left out")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--large", type=int, default=1_000_000, help="0: leave the second table out")
    parser.add_argument("--minisom-steps", type=int, default=20_000)
    options = parser.parse_args()
    set_progress("off")
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), options)
        if options.large:
            scale(Path(folder), options)


if __name__ == "__main__":
    main()
