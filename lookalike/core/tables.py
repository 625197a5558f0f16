"""Tables on disk: Parquet for programs, CSV and label lists for people. A table is a dict from column name to list."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["Table", "concatenate", "read_table", "table_rows", "write_csv", "write_labels", "write_table"]

Table = dict[str, list]


def read_table(path: Path) -> Table:
    """Return a Parquet file's columns as lists."""
    return pq.read_table(path).to_pydict()


def table_rows(table: Table) -> Iterator[dict]:
    """Yield the rows of a table as dicts."""
    return (dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True))


def write_table(path: Path, columns: Mapping[str, Sequence]) -> None:
    """Write columns of equal length as Parquet, aside first, then in place."""
    aside = path.with_name(f".{path.name}.part")
    pq.write_table(pa.table({name: pa.array(list(values)) for name, values in columns.items()}), aside)
    aside.replace(path)


def concatenate(tables: Sequence[Table]) -> Table:
    """Put tables of the same columns one below the other."""
    return {name: [value for table in tables for value in table[name]] for name in tables[0]}


def write_csv(path: Path, columns: Mapping[str, Sequence]) -> None:
    """Write columns of equal length as UTF-8 CSV with a header; names keep their quotes, commas and newlines."""
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
