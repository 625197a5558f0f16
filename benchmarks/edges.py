"""Time background removal by `edges`: reduced copies on threads against full size, one photo after another.
Run: python benchmarks/edges.py ../shared/data/clothing [--photos 160] [--rounds 3] [--threads 2]"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

from lookalike.catalog import images
from lookalike.preprocess.background import edges, edges_full_size, overlap

Mask = Callable[[np.ndarray], np.ndarray]


def textbook(rgb: np.ndarray) -> np.ndarray:
    """Mask as the algorithm is commonly written, in floats and all channels at once; same mask as `edges_full_size`."""
    blurred = cv2.medianBlur(rgb, 9)
    x, y = cv2.Sobel(blurred, cv2.CV_32F, 1, 0), cv2.Sobel(blurred, cv2.CV_32F, 0, 1)
    strength = np.minimum(np.hypot(x, y), 255).max(axis=2)
    strength[strength <= strength.mean()] = 0
    contours, _ = cv2.findContours((strength > 0).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    large = [contour for contour in contours if cv2.contourArea(contour) > 0.05 * strength.size]
    return cv2.drawContours(np.zeros(strength.shape, np.uint8), large, -1, 255, cv2.FILLED)


def timed(mask: Mask, paths: Sequence[Path], threads: int) -> float:
    """Return the seconds to read and mask the photos."""
    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(lambda path: mask(images.read(path)), paths):
            pass
    return time.perf_counter() - started


def main() -> None:
    """Print a Markdown table of rates and ratios, each round pairing all ways on the same photos."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=160)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    cv2.setNumThreads(1)
    found = sorted(path for path in options.folder.rglob("*") if path.suffix.lower() in images.SUFFIXES)
    paths = found[:: max(1, len(found) // options.photos)][: options.photos]
    ways = {
        f"edges, {options.threads} threads": (edges, options.threads),
        "edges, 1 thread": (edges, 1),
        "full size, one after another": (edges_full_size, 1),
        "full size, textbook code, one after another": (textbook, 1),
    }
    rounds = [
        {name: timed(mask, paths, threads) for name, (mask, threads) in ways.items()} for _ in range(options.rounds)
    ]
    first = next(iter(ways))
    print("| way, with reading | photos/s | slower than the first, median of rounds (range) |\n|---|---|---|")
    for name in ways:
        ratios = sorted(times[name] / times[first] for times in rounds)
        rate = len(paths) / statistics.median(times[name] for times in rounds)
        print(f"| {name} | {rate:.1f} | {statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f}) |")
    agreement = [overlap(edges(rgb), edges_full_size(rgb)) for rgb in map(images.read, paths)]
    print(f"\n{len(paths)} photos, intersection over union with the full-size mask: mean {np.mean(agreement):.3f}.")


if __name__ == "__main__":
    main()
