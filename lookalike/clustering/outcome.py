"""The published result of clustering: labels, clusters.csv with a row a photo, and the method's own arrays."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from lookalike.clustering import METHODS
from lookalike.clustering.grouping import Grouping
from lookalike.core.artifacts import write_json
from lookalike.core.errors import UserError
from lookalike.core.tables import write_csv, write_labels

__all__ = ["Groups", "given", "inputs", "needs", "read", "require_finite", "summary", "write"]


class Options(Protocol):
    """What of the settings decides which inputs a method reads."""

    method: str
    n_clusters: int
    estimator: str


def needs(options: Options) -> set[str]:
    """Return what is needed beside the features: "photos", "timestamps"."""
    estimated = options.n_clusters < 1 and METHODS[options.method].n_clusters == "required"
    by_photos = estimated and options.estimator == "local_match"
    return set(METHODS[options.method].needs) | ({"photos"} if by_photos else set())


def inputs(options: Options) -> list[str]:
    """Return the stages that a run with these settings reads."""
    stages = {"photos": "01_preprocess", "timestamps": "00_make_labels"}
    return sorted(["03_extract", *(stages[need] for need in needs(options))])


def given(method: str, **inputs: object) -> dict[str, object]:
    """Return those of the inputs that the method takes."""
    return {name: value for name, value in inputs.items() if name in METHODS[method].needs}


def require_finite(features: np.ndarray, paths: Sequence[str]) -> None:
    """Raise UserError naming the photos whose vector holds NaN or infinity."""
    bad = [paths[row] for row in np.flatnonzero(~np.isfinite(features).all(axis=1))]
    if bad:
        named = ", ".join(bad[:5]) + (", ..." if len(bad) > 5 else "")
        raise UserError(f"expected finite features, found NaN in {len(bad)} rows: {named}; run 03_extract.py")


def write(folder: Path, paths: Sequence[str], found: Grouping, columns: Mapping[str, Sequence]) -> None:
    """Write labels_pred.*, clusters.csv (path, cluster and `columns`), scores and arrays of a grouping."""
    write_labels(folder / "labels_pred", found.labels)
    table = {name: ["" if value != value else _plain(value) for value in column] for name, column in columns.items()}
    write_csv(folder / "clusters.csv", {"path": paths, "cluster": found.labels.tolist()} | table)
    write_json(folder / "method_scores.json", found.scores)
    for name, array in found.arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)


@dataclass(frozen=True)
class Groups:
    """A published grouping: n paths, labels int32 (n,) with -1 for noise, distances float64 (n,) to the own cluster."""

    paths: list[str]
    labels: np.ndarray
    distances: np.ndarray


def read(folder: Path) -> Groups:
    """Return the grouping published in a folder."""
    with (folder / "clusters.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    distances = np.array([float(row["distance"] or "nan") for row in rows])
    return Groups([row["path"] for row in rows], np.load(folder / "labels_pred.npy"), distances)


def _plain(value: object) -> object:
    return f"{value:.6g}" if isinstance(value, float | np.floating) else value


def summary(found: Grouping, method: str) -> str:
    """Return the closing words of the stage."""
    noise = int((found.labels < 0).sum())
    words = f"{len(found.labels):,} photos in {found.n_clusters:,} groups by {method}"
    return words + (f", {noise:,} in none" if noise else "")
