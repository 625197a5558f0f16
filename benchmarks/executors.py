"""Stages 00, 01 and 03 by each executor: seconds beside those of threads in one process, and whether files are equal.

    python benchmarks/executors.py ../shared/data/clothing --weights WEIGHTS [--copies 4] [--rounds 3]

Every round runs each executor from nothing, in turn; a ratio is the time of threads by that of the executor in one
round, so that above 1 the executor is faster. Times are of whole commands, starting up included, but for what Ray's own
start takes by itself. Ray is left out where it is not installed.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("00_make_labels", "01_preprocess", "03_extract")
START = "import ray; ray.init(num_cpus=2, include_dashboard=False, object_store_memory=10**8); ray.shutdown()"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--copies", type=int, default=4, help="times that each photo is there, by other names")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shard_size", default="400")
    given = parser.parse_args()
    executors = ["local", "processes", *(["ray"] if find_spec("ray") else [])]
    with tempfile.TemporaryDirectory(prefix="lookalike-") as place:
        photos = copied(given.photos, Path(place) / "photos", given.copies)
        rounds = [one_round(Path(place), photos, executors, given) for _ in range(given.rounds)]
    print_table(rounds, executors)
    return 0


def copied(source: Path, folder: Path, copies: int) -> Path:
    """Link the photos of a folder under several names: more of them to work on, as large as they are."""
    for number in range(copies):
        for file in sorted(path for path in source.rglob("*") if path.is_file()):
            link = folder / str(number) / file.relative_to(source)
            link.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, link)
            with link.open("ab") as tail:  # another photo to the pipeline, with the same pixels
                tail.write(bytes([number]))
    return folder


def one_round(place: Path, photos: Path, executors: list[str], given: argparse.Namespace) -> dict[str, dict]:
    """Return the seconds of each stage by executor. Raises AssertionError where their files differ."""
    seconds, manifests = {}, {}
    for executor in executors:
        results = place / executor
        shutil.rmtree(results, ignore_errors=True)
        flags = ["--dataset", "many", "--photos", photos, "--output", results / "output", "--img", results / "img"]
        flags += ["--run.executor", executor, "--run.shard_size", given.shard_size, "--run.progress", "off"]
        seconds[executor] = {stage: timed(stage, flags, given.weights) for stage in STAGES}
        manifests[executor] = [(results / "output" / "many" / stage / "manifest.json").read_bytes() for stage in STAGES]
    assert all(found == manifests["local"] for found in manifests.values()), "the files differ"
    if "ray" in executors:
        seconds["ray"]["start"] = clocked([sys.executable, "-c", START])
    return seconds


def timed(stage: str, flags: list, weights: str) -> float:
    """Return the seconds of a stage's command."""
    own = ["--extract.weights", weights, "--extract.views", "whole"] if stage == "03_extract" else []
    shared = flags if stage == "00_make_labels" else [flag for flag in flags if flag not in flags[2:4]]
    return clocked([sys.executable, str(ROOT / f"{stage}.py"), *map(str, shared), *own])


def clocked(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def print_table(rounds: list[dict], executors: list[str]) -> None:
    print("| stage | executor | seconds | as fast as threads (lowest - highest) |\n|---|---|---|---|")
    for stage in STAGES:
        for executor in executors:
            own = [one[executor][stage] - one[executor].get("start", 0) for one in rounds]
            ratios = [one["local"][stage] / spent for one, spent in zip(rounds, own, strict=True)]
            spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} - {max(ratios):.2f})"
            print(f"| {stage} | {executor} | {statistics.median(own):.1f} | {spread} |")
    print("Equal manifests, with the sha256 of every file, from all executors in every round.")


if __name__ == "__main__":
    sys.exit(main())
