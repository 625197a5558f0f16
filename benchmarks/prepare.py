"""Time 00 and 01 together against what decoding alone takes, on all cores, paired and repeated.
Run: python benchmarks/prepare.py ../shared/data/clothing ../shared/data/grocery [--rounds 5] [--photos 400]

The bound reads every photo and decodes it wholly, as 00 must, and once more at 01's size; the third way also scales and
encodes what 01 has to, and writes the files. Two more ways read the same photos from a tar, and write what they prepare
into tars. Each round times all ways on the same photos, in turn; the ratio is of the times of one round.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from config import Run
from lookalike.catalog import images
from lookalike.catalog.examine import examine
from lookalike.catalog.find import File, Files, find_files
from lookalike.core.progress import set_progress
from lookalike.core.tars import write_tar
from lookalike.preprocess import crop, preparation
from lookalike.preprocess.prepare_file import Preparation
from lookalike.preprocess.tiles import Tiles

LONGEST = 512


def decode(path: Path) -> np.ndarray:
    """Read and decode a file as OpenCV does, and no more."""
    return cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)


def prepared_bytes(path: Path) -> bytes | memoryview:
    """Decode a file, and scale and encode it where it is larger than 01 leaves it."""
    rgb = decode(path)
    if max(rgb.shape) <= LONGEST:
        return path.read_bytes()
    return cv2.imencode(".jpg", crop.cap(rgb, LONGEST), [cv2.IMWRITE_JPEG_QUALITY, 90])[1].data


def decode_and_write(paths: Sequence[Path]) -> None:
    """Decode all files, and once more to write them as 01 leaves them."""
    with tempfile.TemporaryDirectory(prefix="lookalike-") as place:
        numbers = {path: number for number, path in enumerate(paths)}
        on_all_cores(decode, lambda path: Path(place, f"{numbers[path]}.jpg").write_bytes(prepared_bytes(path)), paths)


def on_all_cores(first: Callable, second: Callable, paths: Sequence[Path]) -> None:
    """Run one function after the other over all files."""
    for function in (first, second):
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for _ in pool.map(function, paths):
                pass


def stages(root: Path, paths: Sequence[Path] | None = None, form: str = "jpg") -> None:
    """Do what 00 and 01 do with these photos, by default all below a folder, tables of the manifest left out."""
    run = Run(workers=os.cpu_count(), executor="local", shard_size=2_000, decode_mb=2_048)
    place = Path(tempfile.mkdtemp(prefix="lookalike-"))
    try:
        rows, _ = examine(root, listed(root, paths), place / "00", [], run=run)
        tiles = Tiles(row["path"] for row in rows)
        how = Preparation(root, place / "img", form, options={"longest": LONGEST})
        table, _ = preparation.prepare_all(rows, how, place / "01", run=run, tiles=tiles)
        preparation.tiles_shown(tiles, table, rows, how)
    finally:
        shutil.rmtree(place)


def listed(root: Path, paths: Sequence[Path] | None) -> Files:
    """Return photos as 00 lists them."""
    if paths is None:
        return find_files(root).files
    stats = {path: path.stat() for path in paths}
    return {path.relative_to(root).as_posix(): File(s.st_size, s.st_mtime_ns) for path, s in stats.items()}


def seconds(function: Callable, *arguments: object) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - started


def measure(root: Path, packed: Path, n_photos: int, rounds: int) -> list[str]:
    """Return rows of a Markdown table for a folder of photos. packed: an empty folder for a tar of them."""
    found = sorted(path for path in root.rglob("*") if path.suffix.lower() in images.SUFFIXES)
    paths = found[:: max(1, len(found) // n_photos)][:n_photos]
    write_tar(packed / "photos.tar", ((path.relative_to(root).as_posix(), path.read_bytes()) for path in paths))
    ways = {
        "00 + 01": (stages, root, paths),
        "00 + 01 from a tar": (stages, packed),
        "00 + 01 from a tar into tars": (stages, packed, None, "tar"),
        "bound: decode twice": (on_all_cores, decode, decode, paths),
        "decode twice, scale, encode, write": (decode_and_write, paths),
    }
    stages(root, paths)  # once before, so that all files are in memory
    times = [{name: seconds(*way) for name, way in ways.items()} for _ in range(rounds)]
    lines = []
    for name in ways:
        ratios = sorted(row[name] / row["00 + 01"] for row in times)
        rate = len(paths) / statistics.median(row[name] for row in times)
        lines.append(
            f"| {root.name} | {name} | {rate:.0f} |"
            f" {statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f}) |"
        )
    return lines


def main() -> None:
    """Print a Markdown table of rates and of the share of each way's rate that 00 and 01 reach together."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--photos", type=int, default=400)
    options = parser.parse_args()
    set_progress("off")
    cv2.setNumThreads(1)
    print("| photos | way | photos/s | 00 + 01 reach of it, median of rounds (range) |\n|---|---|---|---|")
    for folder in options.folders:
        with tempfile.TemporaryDirectory(prefix="lookalike-") as packed:
            print("\n".join(measure(folder.resolve(), Path(packed), options.photos, options.rounds)))


if __name__ == "__main__":
    main()
