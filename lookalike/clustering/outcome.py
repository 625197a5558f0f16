"""The published result of clustering: clusters.parquet with a row a photo, labels, and the method's own arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa

from lookalike.clustering.choices import ESTIMATORS
from lookalike.clustering.methods import METHODS
from lookalike.clustering.result import Clustering
from lookalike.core.errors import UserError
from lookalike.core.files import write_json
from lookalike.core.tables import read_table, write_csv, write_labels, write_table

__all__ = ["Groups", "needs", "read", "spread", "summary", "write"]

TABLE = "clusters.parquet"


class Options(Protocol):
    """What of the settings decides which inputs a method reads."""

    method: str
    n_clusters: int
    estimator: str
    drop_near_duplicates: bool


def needs(options: Options) -> set[str]:
    """Return what is needed beside the features: "photos", "timestamps", "copies"."""
    estimated = options.n_clusters < 1 and METHODS[options.method].n_clusters == "required"
    of_estimator = ESTIMATORS[options.estimator].needs if estimated else ()
    return {*METHODS[options.method].needs, *of_estimator, *(["copies"] if options.drop_near_duplicates else [])}


def write(
    folder: Path,
    paths: Sequence[str],
    clustering: Clustering,
    description: Mapping[str, np.ndarray],
    all_paths: Sequence[str],
) -> None:
    """Write clusters.parquet and clusters.csv (path, cluster and the description), labels, scores and arrays.

    paths: the n photos grouped. all_paths: all usable photos, a row each of labels_pred.*, -1 for those not grouped.
    method_scores.json and <name>.npy hold what the method learnt.
    """
    columns = {"path": list(paths), "cluster": clustering.labels.astype(np.int32)} | dict(description)
    write_table(folder / TABLE, pa.table(columns))
    write_csv(folder / "clusters.csv", {name: _for_people(column) for name, column in columns.items()})
    write_labels(folder / "labels_pred", spread(paths, clustering.labels, all_paths))
    write_json(folder / "method_scores.json", clustering.scores)
    for name, array in clustering.arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)


def spread(paths: Sequence[str], labels: np.ndarray, all_paths: Sequence[str]) -> np.ndarray:
    """Return the label of each of all paths, int32, -1 for those that are not among `paths`."""
    known = dict(zip(paths, labels.tolist(), strict=True))
    return np.array([known.get(path, -1) for path in all_paths], np.int32)


@dataclass(frozen=True)
class Groups:
    """A published clustering: n paths, labels int32 (n,) with -1 for noise, distances float32 (n,) to the own cluster.

    confidence float32 (n,) from 0 to 1; is_exemplar bool (n,) marks the medoid of each cluster.
    """

    paths: list[str]
    labels: np.ndarray
    distances: np.ndarray
    confidence: np.ndarray
    is_exemplar: np.ndarray


def read(folder: Path) -> Groups:
    """Return the clustering published in a folder. Raises UserError where its table is missing or damaged."""
    try:
        table = read_table(folder / TABLE)
        names = ("cluster", "distance", "confidence", "is_exemplar")
        return Groups(table["path"].to_pylist(), *(table[name].to_numpy() for name in names))
    except (OSError, KeyError, pa.ArrowException) as error:
        why = " ".join(str(error).split())[:100]
        raise UserError(f"expected groups in {folder / TABLE}, found {why}: run python 04_cluster.py") from None


def summary(clustering: Clustering, method: str) -> str:
    """Return the closing words of the stage."""
    noise = int((clustering.labels < 0).sum())
    words = f"{len(clustering.labels):,} photos in {clustering.n_clusters:,} groups by {method}"
    return words + (f", {noise:,} in none" if noise else "")


def _for_people(column: Sequence) -> list:
    values = column.tolist() if isinstance(column, np.ndarray) else column
    return [("" if value != value else f"{value:.6g}") if isinstance(value, float) else value for value in values]
