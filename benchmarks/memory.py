"""Peak memory of extraction for few and for many photos: it must not grow with their number.
Each count runs in a process of its own, on drawn photos and a small network, shard by shard as 03_extract does.

    python benchmarks/memory.py --counts 1000 50000
"""

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
DRAWN = 500  # files that the photos of a run are taken from, again and again
SHARD = 2000


def draw_photos(folder: Path) -> list[Path]:
    """Draw the files once: noise of 96 x 72 pixels, seeded."""
    import cv2
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    paths = [folder / f"{number:03d}.jpg" for number in range(DRAWN)]
    for path in paths:
        pixels = rng.integers(0, 256, (72, 96, 3), dtype=np.uint8)
        if not path.exists():
            cv2.imwrite(str(path), pixels)
    return paths


def peak_mib(count: int, work: Path) -> float:
    """Extract `count` photos and return the peak of resident memory in MiB."""
    import numpy as np

    from lookalike.networks.engines import open_extractor
    from lookalike.networks.extraction import extract_rows
    from lookalike.networks.graph import write_description
    from lookalike.networks.options import Options
    from lookalike.networks.squares import Photo

    drawn = draw_photos(work / "drawn")
    extractor = open_extractor(Options(backbone="mobilenet_v2_0.35", weights="random", size=32), work)
    write_description(work, {"features": extractor.description})
    for start in range(0, count, SHARD):
        photos = [Photo(drawn[number % DRAWN]) for number in range(start, min(start + SHARD, count))]
        rows, _ = extract_rows(photos, extractor)
        np.save(work / "shard.npy", rows)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure every count and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=int, nargs="+", default=[1000, 50_000])
    parser.add_argument("--work", type=Path, default=HERE / "work" / "memory")
    parser.add_argument("--one", type=int, help="measure this count alone, in this process")
    chosen = parser.parse_args()
    work = chosen.work.resolve()
    if chosen.one:
        sys.path.insert(0, str(HERE.parent))
        print(json.dumps(peak_mib(chosen.one, work)))
        return
    _run(chosen.counts[0], work)  # makes the photos and the network, which takes TensorFlow
    print("| photos | peak memory, MiB |\n|---|---|", flush=True)
    for count in chosen.counts:
        print(f"| {count:,} | {_run(count, work):.0f} |", flush=True)


def _run(count: int, work: Path) -> float:
    command = [sys.executable, __file__, "--one", str(count), "--work", str(work)]
    return float(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


if __name__ == "__main__":
    main()
