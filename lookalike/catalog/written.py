"""What is written about photos and may name their groups: titles of products, words of folders and file names."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pyarrow as pa

from lookalike.catalog import products
from lookalike.catalog.labels import SPLITS
from lookalike.core.tables import read_table, write_table
from lookalike.core.tars import unpacked

__all__ = ["SOURCES", "path_words", "read", "titles", "words", "write"]

TABLE = "written.parquet"
SOURCES = ("products", "paths")  # columns of it
# Words that cameras, telephones and programs write, which say nothing of what a photo shows.
OF_CAMERAS = {
    *("cimg", "dcim", "dji", "dsc", "dscf", "dscn", "gopr", "hpim", "imgp", "kimg", "mvimg", "pict", "pxl", "sam"),
    *("camera", "copy", "download", "downloads", "file", "files", "image", "images", "img", "photo", "photos", "pic"),
    *("picture", "pictures", "scan", "screenshot", "signal", "thumb", "thumbnail", "untitled", "whatsapp", "jpeg"),
    *("jpg", "png", "raw", "webp"),
}


def write(folder: Path, paths: Sequence[str], labelled_by: str) -> None:
    """Write written.parquet: what is written about each photo by source, texts of a line or more, "" for nothing.

    folder: of the catalog, with its products where some were joined. labelled_by: where true labels came from. Words of
    paths are left out where that is names or folders: groups would be called by what they are scored against.
    """
    of_paths = [""] * len(paths) if labelled_by in ("name", "folder") else path_words(paths)
    columns = {"path": paths, "products": titles(paths, products.read(folder)), "paths": of_paths}
    write_table(folder / TABLE, pa.table({name: pa.array(texts, pa.string()) for name, texts in columns.items()}))


def read(folder: Path, paths: Sequence[str], sources: Sequence[str]) -> dict[str, list[str]]:
    """Return by source what is written about the photos at `paths`, of a published catalog that says so."""
    if not (folder / TABLE).exists():
        return {}
    table = read_table(folder / TABLE, ["path", *sources])
    place = {path: row for row, path in enumerate(table["path"].to_pylist())}
    rows = pa.array([place[path] for path in paths], pa.int64())
    return {source: table[source].take(rows).to_pylist() for source in sources}


def titles(paths: Sequence[str], rows: dict[str, dict[str, str]]) -> list[str]:
    """Return the title of the product on each photo, "" where there is none. rows: of products by path."""
    column = products.title_column(list(next(iter(rows.values()), {})))
    return [rows.get(path, {}).get(column, "") for path in paths]


def path_words(paths: Sequence[str]) -> list[str]:
    """Return the words of the folders and of the file name of each path, a line each.

    Names of cameras, of tars and of folders that only split a set are left out.
    """
    return ["\n".join(map(_telling, PurePosixPath(unpacked(path)).with_suffix("").parts)) for path in paths]


def words(text: str) -> list[str]:
    """Return the words of a text in small letters: runs of two letters or more of any script, with their marks."""
    plain = unicodedata.normalize("NFC", text).lower()
    spaced = "".join(letter if unicodedata.category(letter)[0] in "LM" else " " for letter in plain)
    return [word for word in spaced.split() if len(word) > 1]


def _telling(part: str) -> str:
    return " ".join(word for word in words(part) if word not in OF_CAMERAS | SPLITS)
