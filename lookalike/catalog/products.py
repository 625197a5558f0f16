"""A shop's product catalogue, joined to the photos by file name."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from lookalike.catalog.csv_table import read_rows

__all__ = ["join_products"]


def join_products(paths: Sequence[str], table: Path) -> dict[str, list[str]]:
    """Return the rows of a product catalogue whose `top_img` is the name of a photo, as columns with `path`.

    Columns of the CSV are kept as they are. Raises UserError for a missing file or column.
    """
    products = {PurePosixPath(row["top_img"]).name: row for row in read_rows(table, ("top_img",))}
    joined = [(path, products[name]) for path in paths if (name := PurePosixPath(path).name) in products]
    columns = list(next(iter(products.values()), {}))
    return {"path": [path for path, _ in joined]} | {key: [row[key] for _, row in joined] for key in columns}
