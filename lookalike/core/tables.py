"""Tables on disk: Parquet for programs, CSV and label lists for people, which no program reads back."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lookalike.core.files import write_aside

__all__ = ["Columns", "read_table", "write_csv", "write_labels", "write_table"]

Columns = Mapping[str, Sequence]  # of equal length, by name


def read_table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Return a Parquet file's table, or the columns named of it. Raises OSError where it is missing or damaged."""
    names = None if columns is None else list(columns)
    return pq.read_table(path, columns=names, page_checksum_verification=True)


def write_table(path: Path, table: pa.Table | Columns) -> None:
    """Write a table, or columns of equal length, as Parquet, aside first, then in place."""
    if not isinstance(table, pa.Table):
        table = pa.table({name: pa.array(list(values)) for name, values in table.items()})
    with write_aside(path) as aside:
        pq.write_table(table, aside, write_page_checksum=True)


def write_csv(path: Path, table: pa.Table | Columns) -> None:
    """Write a table as UTF-8 CSV with a header; names keep their quotes, commas and newlines."""
    columns = table.to_pydict() if isinstance(table, pa.Table) else table
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def write_labels(stem: Path, labels: Sequence[str] | np.ndarray) -> None:
    """Write one label a row as `<stem>.npy`, `.tsv` and `.txt`; in the texts a line break or tab becomes a space."""
    array = np.asarray(labels)
    if array.dtype.kind not in "iu":
        array = array.astype(str)
    np.save(stem.with_suffix(".npy"), array, allow_pickle=False)
    lines = "".join(" ".join(str(label).split()) + "\n" for label in array.tolist())
    for suffix in (".tsv", ".txt"):
        stem.with_suffix(suffix).write_text(lines, encoding="utf-8")
