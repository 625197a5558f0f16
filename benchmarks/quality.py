"""Score every grouping method on labelled photos, the number of groups given and estimated, over several seeds.
Run: python benchmarks/quality.py [--photos FOLDER ... --labels folder|FILE.csv ...] [--weights FILE] [--seeds 5]

--foreground METHOD: of original and foreground, two eyes weighed as 03 does.
"""

import argparse
import csv
import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from lookalike.clustering import METHODS
from lookalike.clustering.count import Count
from lookalike.clustering.entrance import cluster
from lookalike.clustering.number import estimate
from lookalike.clustering.space import Space
from lookalike.core.progress import progress
from lookalike.evaluation.scores import external_scores
from lookalike.networks.fusion import eyes_in_words, learn_fusion
from lookalike.preprocess import BACKGROUNDS

SHARED = Path("../shared")
SETS = {"clothing": "folder", "grocery": "grocery.csv", "fruits360_views": "fruits360_views.csv"}
SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif"}
SCORES = ("normalized_mutual_info", "adjusted_rand_index", "accuracy")


def labelled(folder: Path, labels: str) -> tuple[list[Path], list[str]]:
    """Return the photos of a folder and their labels: their sub-folder, or the rows `path,label` of a CSV file."""
    if labels == "folder":
        paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
        return paths, [path.parent.name for path in paths]
    with Path(labels).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [folder / row["path"] for row in rows], [row["label"] for row in rows]


def features(
    paths: Sequence[Path], backbone: str, weights: str, views: Sequence[str], work: Path, background: str = "none"
) -> np.ndarray:
    """Return the feature vectors of photos, float32 (n, d), kept in the work folder."""
    how = [backbone, weights, *views, *([] if background == "none" else [background])]
    key = hashlib.sha256("\n".join([*how, *map(str, paths)]).encode()).hexdigest()[:16]
    kept = work / f"features_{key}.npy"
    if not kept.exists():
        from lookalike.networks.engines import open_extractor
        from lookalike.networks.extraction import extract_rows
        from lookalike.networks.options import Options
        from lookalike.networks.squares import Photo

        extractor = open_extractor(Options(backbone=backbone, weights=weights), work).on_foreground(background)
        with progress("extract", len(paths)) as advance:
            rows, _ = extract_rows([Photo(path) for path in paths], extractor, views=views, advance=advance)
        np.save(kept, rows)
    return np.load(kept)


def with_foreground(original: np.ndarray, foreground: np.ndarray) -> np.ndarray:
    """Return the rows of two eyes joined, and print with which weights."""
    eyes = {"original": original, "foreground": foreground}
    fusion = learn_fusion(eyes)
    print(f"\n{eyes_in_words(fusion.eyes)}")
    return fusion.join(eyes)


def scored(run: Callable[[int], np.ndarray], true: list[str], seeds: int) -> str:
    """Return a table row's cells: mean and spread of each score over the seeds, and the seconds of a run."""
    started = time.perf_counter()
    found = [external_scores(true, run(seed)) for seed in range(seeds)]
    seconds = (time.perf_counter() - started) / seeds
    table = np.array([[scores[name] for name in SCORES] for scores in found], dtype=float)
    cells = [f"{mean:.3f} ± {spread:.3f}" for mean, spread in zip(table.mean(axis=0), table.std(axis=0), strict=True)]
    return " | ".join([*cells, f"{seconds:.1f}"])


def labels(method: str, rows: np.ndarray, n_clusters: int | None, seed: int) -> np.ndarray:
    """Return the labels of rows by a method with its usual options."""
    return cluster(method, Space(rows, seed=seed), n_clusters).labels


def levels(found: Count) -> str:
    """Return the levels of an estimate in words."""
    return ", ".join(f"{one.level} {one.n_clusters} ({one.low}-{one.high})" for one in found.levels)


def report(name: str, rows: np.ndarray, true: list[str], methods: Sequence[str], seeds: int) -> None:
    """Print the tables of one set of photos."""
    given = len(set(true))
    started = time.perf_counter()
    estimates = [estimate(Space(rows, seed=seed), "combined") for seed in range(seeds)]
    seconds = (time.perf_counter() - started) / seeds
    counts = {"given": [given] * seeds, "estimated": [found.n_clusters for found in estimates]}
    print(f"\n### {name}: {len(rows):,} photos, {given} true groups\n")
    print(f"| method | groups | {' | '.join(SCORES)} | seconds |\n|---|---|{'---|' * (len(SCORES) + 1)}")
    for method in methods:
        finds_it = METHODS[method].n_clusters == "unused"
        for how, numbers in {"its own": [None] * seeds}.items() if finds_it else counts.items():
            cells = scored(lambda seed, m=method, k=numbers: labels(m, rows, k[seed], seed), true, seeds)
            print(f"| {method} | {how} | {cells} |", flush=True)
    print(f"\nThe number of groups, estimated in {seconds:.1f} seconds:")
    print("\n| seed | true | default | levels |\n|---|---|---|---|")
    for seed, found in enumerate(estimates):
        print(f"| {seed} | {given} | {found.n_clusters} | {levels(found)} |")


def settings() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    choices = [method for method in METHODS if "photos" not in METHODS[method].needs]
    parser.add_argument("--photos", type=Path, nargs="+", default=[SHARED / "data" / name for name in SETS])
    parser.add_argument("--labels", nargs="+", help="one for each folder: folder (default), or a CSV of path,label")
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--weights", default=str(SHARED / "weights" / "mobilenet_v2_imagenet_notop.weights.h5"))
    parser.add_argument("--views", nargs="+", default=["whole", "mirror", "crop"])
    parser.add_argument("--foreground", choices=BACKGROUNDS, default="none")
    parser.add_argument("--methods", nargs="+", choices=choices, default=choices)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--work", type=Path, default=Path("output/benchmark_quality"), help="keeps the features")
    return parser.parse_args()


def main() -> None:
    """Print the tables of every set."""
    chosen = settings()
    shared = {SHARED / "data" / name: labels for name, labels in SETS.items()}
    known = [shared.get(folder, "folder") for folder in chosen.photos]
    known = [labels if labels == "folder" else str(SHARED / "data" / labels) for labels in known]
    chosen.work.mkdir(parents=True, exist_ok=True)
    for folder, labels in zip(chosen.photos, chosen.labels or known, strict=True):
        paths, true = labelled(folder, labels)
        how = (paths, chosen.backbone, chosen.weights, chosen.views, chosen.work)
        rows = features(*how)
        if chosen.foreground != "none":
            rows = with_foreground(rows, features(*how, chosen.foreground))
        report(folder.name, rows, true, chosen.methods, chosen.seeds)


if __name__ == "__main__":
    main()
