"""A shop's product catalogue, joined to the photos by file name."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from lookalike.catalog.csv_table import read_rows
from lookalike.core.tables import write_csv

__all__ = ["category_column", "join_products", "read", "title_column", "write"]

TABLE = "products.csv"
CATEGORIES = ("category", "genre_id")  # columns that say the category of a product
TITLES = ("title", "name")  # columns that say what a product is called


def join_products(paths: Sequence[str], table: Path) -> dict[str, list[str]]:
    """Return the rows of a product catalogue whose `top_img` is the name of a photo, as columns with `path`.

    Columns of the CSV are kept as they are. Raises UserError for a missing file or column.
    """
    products = {PurePosixPath(row["top_img"]).name: row for row in read_rows(table, ("top_img",))}
    joined = [(path, products[name]) for path in paths if (name := PurePosixPath(path).name) in products]
    columns = list(next(iter(products.values()), {}))
    return {"path": [path for path, _ in joined]} | {key: [row[key] for _, row in joined] for key in columns}


def category_column(columns: Sequence[str]) -> str | None:
    """Return which of the columns of a catalogue says the category, None where none does."""
    return next((name for name in CATEGORIES if name in columns), None)


def title_column(columns: Sequence[str]) -> str | None:
    """Return which of the columns of a catalogue says what a product is called, None where none does."""
    return next((name for name in TITLES if name in columns), None)


def write(folder: Path, paths: Sequence[str], table: Path) -> None:
    """Write the joined catalogue as products.csv; see `join_products`."""
    write_csv(folder / TABLE, join_products(paths, table))


def read(folder: Path) -> dict[str, dict[str, str]]:
    """Return the row of each photo of a published catalogue of products by its path; none where none was joined."""
    if not (folder / TABLE).exists():
        return {}
    return {row["path"]: row for row in read_rows(folder / TABLE, ("path",))}
