"""Build every network of the table with random weights, freeze it and compute with it once on OpenVINO.
Each runs in a process of its own; prints a Markdown table, and ends in 1 where one fails or has another dimension.

    python benchmarks/backbones.py [NAME ...] > docs/backbones.md
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
HEADER = """# Every network, run once

Random weights, frozen, on OpenVINO in float32 with one stream (`python benchmarks/backbones.py`). Difference: the
largest between OpenVINO and Keras, as a share of the largest value.

| network | dimension | graph, MB | build, freeze, open, s | a photo, s | difference |
|---|---|---|---|---|---|"""
AGREEMENT = 1e-3  # largest difference to Keras, as a share of the largest value


def measure(name: str) -> dict:
    """Return dimension, size of the graph in MB, seconds, and how far the vectors are from those of Keras."""
    import numpy as np

    from lookalike.networks import BACKBONES
    from lookalike.networks.backbones import build_extractor
    from lookalike.networks.engines import open_extractor
    from lookalike.networks.options import Options

    row = BACKBONES[name]
    images = np.random.default_rng(0).integers(0, 256, (2, row.size, row.size, 3), dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        extractor = open_extractor(Options(backbone=name, weights="random", engine="openvino"), Path(folder), workers=1)
        opened = time.perf_counter()
        found = extractor(images)
        computed = time.perf_counter()
        size = (Path(folder) / "extractor.pb").stat().st_size / 1e6
    expected = np.asarray(build_extractor(row, "random")(images.astype(np.float32), training=False))
    return {
        "dimension": found.shape[1],
        "MB": size,
        "open": opened - started,
        "photo": (computed - opened) / extractor.batch,
        "difference": float(np.abs(found - expected).max() / np.abs(expected).max()),
    }


def main() -> int:
    """Print a row a network."""
    from lookalike.networks import BACKBONES

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=[name for name, row in BACKBONES.items() if row.builder])
    parser.add_argument("--one", help="measure this network alone, in this process")
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(measure(chosen.one)))
        return 0
    print(HEADER, flush=True)
    return max([_print_row(name, BACKBONES[name].dimension) for name in chosen.names], default=0)


def _print_row(name: str, dimension: int) -> int:
    done = subprocess.run([sys.executable, __file__, "--one", name], capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        print(f"| `{name}` | fails: {reason} | | | | |", flush=True)
        return 1
    row = json.loads(done.stdout.splitlines()[-1])
    print(
        f"| `{name}` | {row['dimension']:,} | {row['MB']:.0f} | {row['open']:.0f} | {row['photo']:.3f} | "
        f"{row['difference']:.0e} |",
        flush=True,
    )
    return int(row["dimension"] != dimension or not row["difference"] < AGREEMENT)


if __name__ == "__main__":
    raise SystemExit(main())
