"""The published result of clustering: clusters.parquet with a row a photo, labels, and the method's own arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa

from lookalike.clustering.choices import ESTIMATORS
from lookalike.clustering.methods import METHODS
from lookalike.clustering.result import Clustering
from lookalike.core.artifacts import read_manifest
from lookalike.core.errors import UserError
from lookalike.core.files import link_or_copy, write_json
from lookalike.core.tables import read_table, write_csv, write_labels, write_table

__all__ = [
    "PERSON",
    "Groups",
    "Name",
    "group_name",
    "needs",
    "read",
    "read_found",
    "spread",
    "summary",
    "write",
    "write_found",
]

TABLE = "clusters.parquet"
PERSON = "person"  # who named a group, beside the keys of NAMERS


class Options(Protocol):
    """What of the settings decides which inputs a method reads."""

    method: str
    n_clusters: int
    estimator: str
    drop_near_duplicates: bool


class Name(NamedTuple):
    """What a group is called, and who says so: a person, or the key of NAMERS that it was found by."""

    text: str
    by: str


def group_name(group: int, called: Mapping[int, str]) -> str:
    """Return what a group is called wherever it is shown: by its name where it has one, else by its number."""
    return "in no group" if group < 0 else called.get(group) or f"group {group}"


def needs(options: Options) -> set[str]:
    """Return what is needed beside the features: "photos", "timestamps", "copies"."""
    estimated = options.n_clusters < 1 and METHODS[options.method].n_clusters == "required"
    of_estimator = ESTIMATORS[options.estimator].needs if estimated else ()
    return {*METHODS[options.method].needs, *of_estimator, *(["copies"] if options.drop_near_duplicates else [])}


def write_found(
    folder: Path, paths: Sequence[str], clustering: Clustering, description: Mapping[str, np.ndarray]
) -> None:
    """Write a grouping as it was found: clusters.parquet (path, cluster and the description), scores and arrays.

    method_scores.json and <name>.npy hold what the method learnt.
    """
    columns = {"path": list(paths), "cluster": clustering.labels.astype(np.int32)} | dict(description)
    write_table(folder / TABLE, pa.table(columns))
    write_json(folder / "method_scores.json", clustering.scores)
    for name, array in clustering.arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)


def read_found(folder: Path) -> tuple[list[str], np.ndarray, dict[str, np.ndarray]]:
    """Return the paths, labels and description of a grouping as it was found."""
    table = read_table(folder / TABLE)
    columns = {name: table[name].to_numpy() for name in table.column_names if name != "path"}
    return table["path"].to_pylist(), columns.pop("cluster"), columns


def write(
    folder: Path,
    found: Path,
    labels: np.ndarray,
    names: Mapping[int, Name],
    description: Mapping[str, np.ndarray],
    all_paths: Sequence[str],
) -> None:
    """Write a corrected grouping: clusters.parquet and clusters.csv, labels, and all else that is in `found`.

    labels, description: of the rows of `found`, the folder of the grouping as it was found. names: of groups that have
    one. all_paths: all usable photos, a row each of labels_pred.*, -1 for those not grouped.
    """
    paths = read_table(found / TABLE, ["path"])["path"].to_pylist()
    called = [names.get(label, Name("", "")) for label in labels.tolist()]
    named = {"name": [name.text for name in called], "named_by": [name.by for name in called]}
    columns = {"path": paths, "cluster": labels.astype(np.int32)} | dict(description) | named
    write_table(folder / TABLE, pa.table(columns))
    write_csv(folder / "clusters.csv", {name: _for_people(column) for name, column in columns.items()})
    write_labels(folder / "labels_pred", spread(paths, labels, all_paths))
    for name in read_manifest(found).files:
        if name != TABLE:
            link_or_copy(found / name, folder / name)


def spread(paths: Sequence[str], labels: np.ndarray, all_paths: Sequence[str]) -> np.ndarray:
    """Return the label of each of all paths, int32, -1 for those that are not among `paths`."""
    known = dict(zip(paths, labels.tolist(), strict=True))
    return np.array([known.get(path, -1) for path in all_paths], np.int32)


@dataclass(frozen=True)
class Groups:
    """A published clustering: n paths, labels int32 (n,) with -1 for noise, distances float32 (n,) to the own cluster.

    confidence float32 (n,) from 0 to 1; is_exemplar bool (n,) marks the medoid of each cluster. names: n texts, what
    the cluster is called, "" where it has no name; named_by: n texts, who says so, see `Name`.
    """

    paths: list[str]
    labels: np.ndarray
    distances: np.ndarray
    confidence: np.ndarray
    is_exemplar: np.ndarray
    names: list[str]
    named_by: list[str]

    @property
    def named(self) -> dict[int, Name]:
        """The name of each group that has one, and who says so."""
        each = zip(self.labels.tolist(), self.names, self.named_by, strict=True)
        return {label: Name(text, by) for label, text, by in each if text}

    @property
    def called(self) -> dict[int, str]:
        """The name of each group that has one."""
        return {label: name.text for label, name in self.named.items()}

    @property
    def said(self) -> dict[int, str]:
        """The name of each group that a person named."""
        return {label: name.text for label, name in self.named.items() if name.by == PERSON}


def read(folder: Path) -> Groups:
    """Return the clustering published in a folder. Raises UserError where its table is missing or damaged."""
    try:
        table = read_table(folder / TABLE)
        names = ("cluster", "distance", "confidence", "is_exemplar")
        columns = (table[name].to_numpy() for name in names)
        texts = (table[name].to_pylist() for name in ("name", "named_by"))
        return Groups(table["path"].to_pylist(), *columns, *texts)
    except (OSError, KeyError, pa.ArrowException) as error:
        why = " ".join(str(error).split())[:100]
        raise UserError(f"expected groups in {folder / TABLE}, found {why}: run python 04_cluster.py") from None


def summary(labels: np.ndarray) -> str:
    """Return how many photos are in how many groups."""
    noise, n_groups = int((labels < 0).sum()), len(np.unique(labels[labels >= 0]))
    return f"{len(labels):,} photos in {n_groups:,} groups" + (f", {noise:,} in none" if noise else "")


def _for_people(column: Sequence) -> list:
    values = column.tolist() if isinstance(column, np.ndarray) else column
    return [("" if value != value else f"{value:.6g}") if isinstance(value, float) else value for value in values]
