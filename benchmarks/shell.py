"""A query from the shell, from a cold start, beside rclip's for the same photos.
Run: python benchmarks/shell.py FOLDER --dataset D [--rclip PYTHON] [--repeat 9]

FOLDER: where run_all.py ran on the dataset, whose photos are in FOLDER/raw_img/D; 10,000 of them make it

    python run_all.py --dataset D --extract.weights FILE --search.enabled true

PYTHON: one with rclip and onnx (python -m venv V && V/bin/pip install rclip onnx). Its weights are random, see
rclip_index.py, so its answers are none; what is timed is its program, with and without looking for new photos. All
are asked in turn for a photo of the dataset that was encoded anew; files are in the system's cache, processes new.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[1]


def timed(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> tuple[float, float]:
    """Run a command and return its seconds, by the clock and of the processor. Raises where it fails."""
    before, started = os.times(), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=os.environ | environment, capture_output=True)
    passed, after = time.perf_counter() - started, os.times()
    if done.returncode or not done.stdout:
        raise RuntimeError(done.stderr.decode()[-2_000:])
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return passed, spent


def ways(folder: Path, dataset: str, query: Path, rclip: str, data: Path) -> dict[str, tuple]:
    """Return what is run, by name: the command, its folder, its environment."""
    photos, given = folder / "raw_img" / dataset, {"PYTHONPATH": str(ROOT)}
    found = [sys.executable, str(ROOT / "07_search.py"), "--dataset", dataset, "--query", str(query), "--top", "10"]
    asked = {"07_search.py --query": (found, folder, given)}
    if rclip:
        own = {"RCLIP_DATADIR": str(data), "HF_HUB_OFFLINE": "1"}
        subprocess.run([rclip, str(ROOT / "benchmarks" / "rclip_index.py"), photos], check=True, env=os.environ | own)
        command = [rclip, "-m", "rclip", "--top", "10", str(query)]
        asked["rclip --no-indexing"] = ([*command, "--no-indexing"], photos, own)
        asked["rclip"] = (command, photos, own)
    return asked


def main() -> None:
    """Print a Markdown table: a row a program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--rclip", default="")
    parser.add_argument("--repeat", type=int, default=9)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        query = Path(place) / "query.jpg"
        photo = next((asked.folder / "raw_img" / asked.dataset).rglob("*.jpg"))
        cv2.imwrite(str(query), cv2.imread(str(photo)), [cv2.IMWRITE_JPEG_QUALITY, 80])
        programs = ways(asked.folder.resolve(), asked.dataset, query, asked.rclip, Path(place) / "rclip")
        rounds = [[timed(*program) for program in programs.values()] for _ in range(asked.repeat + 1)][1:]
    middle = np.median(np.array(rounds), axis=0)
    print(f"| program, median of {asked.repeat} | seconds | of the processor | ours, of it |\n|---|---|---|---|")
    for name, (passed, spent) in zip(programs, middle, strict=True):
        print(f"| {name} | {passed:.2f} | {spent:.2f} | {middle[0, 0] / passed:.2f} |")


if __name__ == "__main__":
    main()
