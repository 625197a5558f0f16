"""The table of words: what is written about each photo, searched by words that it contains."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lookalike.catalog.products import category_column
from lookalike.core.files import write_aside

__all__ = ["Words", "fold", "write"]

TABLE = "words.arrow"
LONGEST = 10_000  # letters of a search that are read
MOST_WORDS = 100
LONGEST_PATTERN = 200  # letters of a word that is made a pattern
KEPT = 256  # words, and categories, whose photos stay in memory: a bit a photo


def write(folder: Path, paths: Sequence[str], labels: Sequence[str], products: Mapping[str, Mapping[str, str]]) -> None:
    """Write what is written about n photos: path, label, category, the cells of their products, all of it folded.

    As Arrow on disk, not Parquet: it is used from there, however many rows it has.
    """
    rows = [products.get(path, {}) for path in paths]
    columns = list(dict.fromkeys(name for row in rows for name in row if name != "path"))
    of_category = category_column(columns)
    categories = [row.get(of_category, "") for row in rows] if of_category else list(labels)
    cells = {f"product.{name}": [row.get(name, "") for row in rows] for name in columns}
    texts = [fold("\n".join(parts)) for parts in zip(paths, labels, *cells.values(), strict=True)]
    table = {"path": list(paths), "label": list(labels), "category": categories, "text": texts, **cells}
    made = pa.table({name: pa.array(values, pa.large_string()) for name, values in table.items()})
    with write_aside(folder / TABLE) as aside, pa.ipc.new_file(str(aside), made.schema) as writer:
        writer.write_table(made)


def fold(text: str) -> str:
    """Return a text as it is compared: without case, accents and forms of width."""
    plain = unicodedata.normalize("NFKD", text.encode("utf-8", "replace").decode("utf-8"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()


class Words:
    """A published table of words."""

    def __init__(self, folder: Path) -> None:
        """Open the table of a folder; it stays on disk."""
        with pa.memory_map(str(folder / TABLE)) as file:
            self.table = pa.ipc.open_file(file).read_all()
        columns = (name for name in self.table.column_names if name.startswith("product."))
        self._cells = {name: name.removeprefix("product.") for name in columns}
        self._having = lru_cache(KEPT)(lambda word: np.packbits(_contains(self.table["text"], word)))
        self._of = lru_cache(KEPT)(lambda name: np.packbits(pc.equal(self.table["category"], name)))

    def matching(self, words: str) -> np.ndarray:
        """Return which photos have every one of the words written somewhere about them: bool (n,)."""
        passing = np.ones(len(self.table), bool)
        for word in fold(words[:LONGEST]).split()[:MOST_WORDS]:
            passing &= self._unpacked(self._having(word))
        return passing

    def of_category(self, category: str) -> np.ndarray:
        """Return which photos are of a category: bool (n,)."""
        return self._unpacked(self._of(category))

    def _unpacked(self, bits: np.ndarray) -> np.ndarray:
        return np.unpackbits(bits, count=len(self.table)).view(bool)

    def categories(self) -> dict[str, int]:
        """Return the categories and how many photos each has, by name."""
        counted = pc.value_counts(self.table["category"]).to_pylist()
        return dict(sorted((one["values"], one["counts"]) for one in counted if one["values"]))

    def about(self, rows: Sequence[int]) -> list[tuple[str, dict[str, str]]]:
        """Return the true labels of photos, "" for none, and the cells of their products that are not empty."""
        taken = self.table.select(["label", *self._cells]).take(pa.array(rows, pa.int64()))
        labels, *cells = (column.to_pylist() for column in taken.columns)
        products = [{} for _ in rows]
        for name, values in zip(self._cells.values(), cells, strict=True):
            for product, value in zip(products, values, strict=True):
                if value:
                    product[name] = value
        return list(zip(labels, products, strict=True))

    def product(self, row: int) -> dict[str, str]:
        """Return the cells of a photo's product that are not empty, by column."""
        return self.about([row])[0][1]


def _contains(texts: pa.ChunkedArray, word: str) -> pa.ChunkedArray:
    """Return which texts contain a word: by RE2, which is thrice as fast, where it is not too long for it."""
    if len(word) > LONGEST_PATTERN:
        return pc.match_substring(texts, word)
    return pc.match_substring_regex(texts, re.escape(word))
