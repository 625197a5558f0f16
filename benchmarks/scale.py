"""Time and memory of every stage and method as the number of photos grows, and the exponents of both.

    python benchmarks/scale.py [--photos 10000 100000 1000000] [--kills 0] [--place FOLDER] [--weights WEIGHTS]
        [-- --cluster.method som]
    python benchmarks/scale.py --photos --shards 763 7630
    python benchmarks/scale.py --photos --rows 10000 100000 1000000 [--methods recommended estimate] [--vectors FILE]

Photos: small JPEGs of 500 kinds of unequal number, drawn once into tars, through all stages, each in a process of its
own, by a small network with random weights, or by MobileNetV2 with the weights of a file; what follows "--" is given to
every stage. --kills: times that 03 is killed on the way. Shards: files of a result, here of a few bytes each: what its
manifest costs to write, to read, and to compare with the files. Rows: of 256 numbers, drawn in 500 groups of unequal
size, or those of FILE (an .npz with "features") repeated with noise. An exponent is the slope of the logarithms: 1 is
as many times the cost as photos.
"""

import argparse
import io
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("00_make_labels", "01_preprocess", "03_extract", "04_cluster", "05_evaluate", "06_visualize")
METHODS = ("kmeans", "som", "graph", "recommended", "estimate")
KINDS, SIDE, TAR_PHOTOS = 500, 96, 10_000
DIMENSIONS, SPREAD, NOISE = 256, 1.0, 0.5
OWN = {
    "01_preprocess": ["--preprocess.format", "tar"],
    "03_extract": [
        *("--extract.backbone", "mobilenet_v2_0.35", "--extract.weights", "random", "--extract.size", "96"),
        *("--extract.views", "whole", "--extract.pca", "256", "--extract.dtype", "float16"),
    ],
}


def main() -> None:
    """Print a Markdown table of the stages, and one of the methods where rows are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--place", type=Path, help="where photos and results are kept; else they are thrown away")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--shards", type=int, nargs="*", default=[])
    parser.add_argument("--rows", type=int, nargs="*", default=[])
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--one", help=argparse.SUPPRESS)  # method:rows, measured in this process
    parser.add_argument("given", nargs="*", help="settings of all stages, after --")
    asked = parser.parse_args()
    if asked.weights:
        OWN["03_extract"] += ["--extract.backbone", "mobilenet_v2", "--extract.weights", str(asked.weights)]
    if asked.one:
        method, n = asked.one.split(":")
        print(json.dumps(one_method(method, int(n), asked.vectors)))
        return
    with tempfile.TemporaryDirectory(prefix="lookalike-") as place:
        costs = {n: stages(asked.place or Path(place), n, asked.kills, asked.given) for n in asked.photos}
        of_shards = {n: shards(Path(place) / f"shards_{n}", n) for n in asked.shards}
    if costs:
        tell("stage", costs)
    if of_shards:
        tell("manifest of shards", of_shards)
    if asked.rows:
        tell("method", {n: methods(n, asked.methods, asked.vectors) for n in asked.rows})


# Stages


def stages(place: Path, n: int, kills: int, given: list[str]) -> dict[str, tuple[float, float]]:
    """Run all stages over n photos and return seconds and GiB of each."""
    photos = place / f"photos_{n}"
    started = time.perf_counter()
    draw_photos(photos, n)
    print(f"{n:,} photos drawn in {time.perf_counter() - started:.0f} s", flush=True)
    places = {name: str(place / name) for name in ("output", "img", "edits")}
    settings = {"dataset": f"drawn_{n}", **places, "run.progress": "off"}
    flags = [*(part for name, value in settings.items() for part in (f"--{name}", value)), *given]
    costs = {}
    for stage in STAGES:
        own = [*flags, *OWN.get(stage, []), *(["--photos", str(photos)] if stage == STAGES[0] else [])]
        if stage == "03_extract" and kills:
            kill(stage, own, kills)
        costs[stage] = run(stage, own)
    everything = [flag for own in OWN.values() for flag in own]
    costs["run_all, nothing to do"] = run("run_all", [*flags, *everything, "--photos", str(photos)])
    return costs


def run(stage: str, flags: list[str]) -> tuple[float, float]:
    """Run a stage in a process of its own, its lines shown, and return seconds and peak memory in GiB."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, str(ROOT / f"{stage}.py"), *flags])
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{stage} ended with status {status}")
    return time.perf_counter() - started, usage.ru_maxrss / 2**20


def kill(stage: str, flags: list[str], times: int) -> None:
    """Start a stage and kill it, again and again, at random instants."""
    draw = random.Random(0)
    for number in range(times):
        process = subprocess.Popen([sys.executable, str(ROOT / f"{stage}.py"), *flags], stdout=subprocess.DEVNULL)
        wait = draw.uniform(20, 90)
        try:
            process.wait(wait)
            print(f"{stage} was done before kill {number + 1}", flush=True)
            return
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        print(f"{stage} killed after {wait:.0f} s", flush=True)


def draw_photos(folder: Path, n: int) -> None:
    """Draw n photos into tars, in a folder for each kind; a folder that is there is taken as it is."""
    if folder.exists():
        return
    aside = folder.with_name(f"{folder.name}.draft")
    aside.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor() as pool:
        starts = range(0, n, TAR_PHOTOS)
        list(pool.map(draw_tar, [aside] * len(starts), starts, [min(start + TAR_PHOTOS, n) for start in starts]))
    aside.rename(folder)


def draw_tar(folder: Path, start: int, stop: int) -> None:
    """Draw the photos of these numbers into one tar."""
    kinds = kinds_of(stop)
    with tarfile.open(folder / f"photos-{start // TAR_PHOTOS:05d}.tar", "w") as tar:
        for number in range(start, stop):
            data = draw_photo(number, int(kinds[number])).tobytes()
            member = tarfile.TarInfo(f"kind {kinds[number]:03d}/{number:08d}.jpg")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


def kinds_of(n: int) -> np.ndarray:
    """Return the kinds of photos, int (n,): of the k-th there are in proportion to 1 / (k + 10)."""
    share = 1 / (np.arange(KINDS) + 10)
    return np.random.default_rng(0).choice(KINDS, n, p=share / share.sum())


def draw_photo(number: int, kind: int) -> np.ndarray:
    """Draw a photo: shapes that are a kind's own, somewhat moved, in somewhat other light: a JPEG file's bytes."""
    own, other = np.random.default_rng(kind), np.random.default_rng(number + KINDS)
    photo = np.empty((SIDE, SIDE, 3), np.uint8)
    photo[:] = own.integers(60, 256, 3)
    for _ in range(4):
        at = (own.integers(15, SIDE - 15, 2) + other.integers(-6, 7, 2)).tolist()
        size = int(own.integers(6, 26)) + int(other.integers(-2, 3))
        colour = own.integers(0, 256, 3).tolist()
        if own.integers(2):
            cv2.circle(photo, at, size, colour, -1, cv2.LINE_AA)
        else:
            cv2.rectangle(photo, at, (at[0] + size, at[1] + size // 2), colour, -1)
    light = other.uniform(0.75, 1.1)
    grain = other.integers(0, 24, (SIDE // 4, SIDE // 4, 3), np.uint8)
    photo = cv2.add(cv2.convertScaleAbs(photo, alpha=light), cv2.resize(grain, (SIDE, SIDE)))
    return cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, 80])[1]


# Shards


def shards(folder: Path, n: int) -> dict[str, tuple[float, float]]:
    """Write a manifest of n small files, read it, and compare it with the files: seconds, and GiB of this process."""
    from lookalike.core.artifacts import damage, read_manifest, write_manifest
    from lookalike.core.features import MAIN, shard_file

    folder.mkdir(parents=True)
    for number in range(n):
        shard_file(folder, MAIN, number).write_bytes(number.to_bytes(8, "little") * 16)
    steps = {
        "write": lambda: write_manifest(folder, "03_extract", {}, {}, counts={}, approximations=[]),
        "read": lambda: read_manifest(folder),
        "compare sizes": lambda: list(damage(folder, read_manifest(folder))),
        "compare bytes": lambda: list(damage(folder, read_manifest(folder), digests=True)),
    }
    return {name: clocked(step) for name, step in steps.items()}


def clocked(step: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds that a step takes, and the peak of memory so far in GiB."""
    started = time.perf_counter()
    step()
    return time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


# Methods


def methods(n: int, names: list[str], vectors: Path | None) -> dict[str, tuple[float, float]]:
    """Measure methods on n rows, each in a process of its own: seconds and GiB."""
    costs = {}
    for name in names:
        command = [sys.executable, __file__, "--one", f"{name}:{n}", *(["--vectors", str(vectors)] if vectors else [])]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment())
        found = json.loads(done.stdout.splitlines()[-1])
        costs[name] = found["seconds"], found["gib"]
        print(f"{name}, {n:,} rows: {found['groups']:,} groups, NMI {found['nmi']:.3f}; {found['notes']}", flush=True)
    return costs


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)}


def one_method(method: str, n: int, vectors: Path | None) -> dict:
    """Return seconds, peak memory in GiB, the groups found, NMI with the true ones and the approximations."""
    from sklearn.metrics import normalized_mutual_info_score

    from lookalike.clustering.entrance import cluster
    from lookalike.clustering.number import estimate
    from lookalike.clustering.space import Space
    from lookalike.core.progress import set_progress

    set_progress("off")
    rows, true = repeated(vectors, n) if vectors else drawn(n)
    space = Space(rows, seed=0)
    wanted = None if method == "graph" else min(KINDS, len(np.unique(true)))
    started = time.perf_counter()
    found = estimate(space, "combined") if method == "estimate" else cluster(method, space, wanted)
    seconds = time.perf_counter() - started
    nmi = float("nan") if method == "estimate" else normalized_mutual_info_score(true, found.labels)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    notes = "; ".join(found.approximations)
    return {"seconds": seconds, "gib": peak, "groups": found.n_clusters, "nmi": float(nmi), "notes": notes}


def drawn(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return n rows float32 (n, 256) around 500 centres, and the centre of each, of unequal numbers."""
    rng = np.random.default_rng(0)
    centres, true = rng.normal(size=(KINDS, DIMENSIONS)).astype(np.float32), kinds_of(n)
    rows = centres[true]
    for part in parts(n):
        rows[part] += SPREAD * rng.normal(size=rows[part].shape).astype(np.float32)
    return rows, true


def repeated(file: Path, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return n rows of a file's on 256 principal axes, each repeated with noise of half a row's spread, and labels."""
    from sklearn.decomposition import PCA

    with np.load(file) as stored:
        rows, labels = stored["features"].astype(np.float32), stored["labels"]
    rows = PCA(min(DIMENSIONS, *rows.shape), random_state=0).fit_transform(rows).astype(np.float32)
    rng, scale = np.random.default_rng(0), NOISE * rows.std(axis=0)
    chosen = rng.integers(0, len(rows), n)
    many = rows[chosen]
    for part in parts(n):
        many[part] += scale * rng.normal(size=many[part].shape).astype(np.float32)
    return many, labels[chosen]


def parts(n: int) -> list[slice]:
    """Cut n rows, so that what is drawn does not set the peak of memory."""
    return [slice(start, min(start + 50_000, n)) for start in range(0, n, 50_000)]


# Tables


def tell(what: str, costs: dict[int, dict[str, tuple[float, float]]]) -> None:
    """Print seconds and memory by number of photos, and their exponents."""
    numbers = sorted(costs)
    heads = [f"{n:,}" for n in numbers]
    print(
        f"| {what} | {' | '.join(f'{n} s' for n in heads)} | exponent | {' | '.join(f'{n} GiB' for n in heads)} |",
        end="",
    )
    print(" exponent |\n|---" + "|---" * (2 * len(numbers) + 2) + "|")
    for name in costs[numbers[0]]:
        seconds, memory = zip(*(costs[n][name] for n in numbers), strict=True)
        cells = [*(f"{each:,.2f}" if each < 10 else f"{each:,.0f}" for each in seconds), exponent(numbers, seconds)]
        cells += [*(f"{each:.2f}" for each in memory), exponent(numbers, memory)]
        print(f"| {name} | {' | '.join(cells)} |")


def exponent(numbers: list[int], costs: tuple[float, ...]) -> str:
    """Return the slope of the logarithms of costs over those of numbers."""
    return f"{np.polyfit(np.log(numbers), np.log(costs), 1)[0]:.2f}" if len(numbers) > 1 else ""


if __name__ == "__main__":
    main()
