"""A dataset opened for search: its index, words and vectors, and the groups and near copies as they are now."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from lookalike.catalog import catalog, photo_file
from lookalike.clustering import near_duplicates, outcome
from lookalike.core import features
from lookalike.core.arrays import unit_rows
from lookalike.core.errors import UserError
from lookalike.edits.compose import group_called
from lookalike.networks.parts import open_parts
from lookalike.preprocess import prepared
from lookalike.search.compare import Comparison, compare
from lookalike.search.index import VectorIndex
from lookalike.search.ranking import Hit, direction, find
from lookalike.search.rerank import LocalFeatures, rerank
from lookalike.search.sight import Sight
from lookalike.search.texts import Texts
from lookalike.search.words import Words

__all__ = ["Asked", "Opened", "Photo", "open_dataset"]

RERANKED = 60  # best hits that local features may rank anew


@dataclass(frozen=True)
class Photo:
    """A photo to search with: its row in the dataset, if it is there as it is, and its prepared file's bytes if not."""

    row: int | None
    prepared: bytes | None = None


@dataclass(frozen=True)
class Asked:
    """What is searched: photos to be like and unlike, what is to be seen, and what a photo must have to be found."""

    like: Sequence[Photo] = ()
    unlike: Sequence[Photo] = ()
    text: str = ""
    words: str = ""
    category: str = ""
    group: str = ""
    min_score: float = -1.0
    rerank: bool = False


class Opened:
    """The photos of a dataset, n rows in the order of its features; every method is safe to call from threads.

    root: the photos' folder. labels: int (n,), the group of each, -1 in none. names: by group, of those that have one.
    find_images: returns the file of each prepared photo; a search by vectors alone never asks.
    """

    def __init__(
        self,
        folder: Path,
        extracted: Path,
        root: Path,
        sight: Sight,
        sha256s: Sequence[str],
        find_images: Callable[[], Sequence[Path]],
        labels: np.ndarray,
        names: dict[int, outcome.Name],
        copies: Iterable[np.ndarray],
        *,
        matrix: str = "features",
        texts: Texts | None = None,
    ) -> None:
        self.texts = texts or Texts(None, extracted)
        self.root, self.sight, self._find_images, self.labels = root, sight, find_images, labels
        self._named, self.names = names, {group: name.text for group, name in names.items()}
        self.paths, rows = features.load(extracted, name=matrix)
        self.matrix, self.rows, self.words = matrix, rows, Words(folder)
        self.index = VectorIndex(folder, rows, name=matrix)
        self._sha256s, self._extracted = sha256s, extracted
        self.copy_of = np.full(len(self.paths), -1)
        for number, group in enumerate(copies):
            self.copy_of[group] = number

    def group_facts(self, group: int) -> dict[str, int | str]:
        """Return a group as others are told of it: its number, its name, "" where it has none, and who named it."""
        name = self._named.get(group, outcome.Name("", ""))
        return {"group": group, "name": name.text, "named_by": name.by}

    @cached_property
    def images(self) -> Sequence[Path]:
        """The file of each prepared photo."""
        return self._find_images()

    def require_images(self) -> None:
        """Raise UserError where the prepared photos are not as they were prepared."""
        len(self.images)

    @cached_property
    def _feature_map(self) -> Callable[[bytes], np.ndarray] | None:
        return open_parts(self._extracted, self.matrix)

    @cached_property
    def _local(self) -> LocalFeatures:
        return LocalFeatures(self.images)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {path: row for row, path in enumerate(self.paths)}

    @cached_property
    def _names(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for row, path in enumerate(self.paths):
            found.setdefault(path.rpartition("/")[2], []).append(row)
        return found

    @cached_property
    def _rows_of_bytes(self) -> dict[str, int]:
        return {sha256: row for row, sha256 in reversed(list(enumerate(self._sha256s)))}

    def named(self, text: str, crop: Sequence[int] | None = None) -> Photo:
        """Return the photo that a person names: a path in the dataset, any file, or the only photo of that name.

        Raises UserError where there is none, or it is no photo.
        """
        file = Path(text)
        row = self._places.get(text)
        if row is None and (file.is_file() or photo_file.is_member(file)):
            return self.given(_read(file), crop)
        if row is None:
            rows = self._names.get(file.name, [])
            if len(rows) != 1:
                found = f"{len(rows)} of that name" if rows else "neither a file nor a photo of the dataset"
                raise UserError(f"expected a photo to search with, found {found}: {text}")
            row = rows[0]
        return Photo(row) if crop is None else self.given(_read(self.root / self.paths[row]), crop)

    def given(self, data: bytes, crop: Sequence[int] | None = None) -> Photo:
        """Return the photo of an image file's bytes, or a part of it; one of the dataset as that. Raises UserError."""
        row = None if crop is not None else self._rows_of_bytes.get(hashlib.sha256(data).hexdigest())
        return Photo(row) if row is not None else Photo(None, self.sight.prepare(data, crop))

    def find(self, asked: Asked, count: int) -> list[Hit]:
        """Return the best `count` hits, best first; with nothing to be like, those that pass, in order, at score 1.

        Raises UserError where a group or category is not there, or no text can be read.
        """
        passing = self.passing(asked)
        if not asked.like and not asked.text:
            rows = np.arange(len(self.paths)) if passing is None else np.flatnonzero(passing)
            return [Hit(row, 1.0) for row in rows[:count].tolist()]
        said = [self.texts.vector(asked.text, self.matrix)] if asked.text else []
        like = [*self._vectors(asked.like), *said]
        query = direction(like, self._vectors(asked.unlike) if asked.unlike else None)
        left_out = [photo.row for photo in (*asked.like, *asked.unlike) if photo.row is not None]
        given = {"passing": passing, "left_out": left_out, "copy_of": self.copy_of, "min_score": asked.min_score}
        if not asked.rerank or not asked.like:
            return find(self.index, query, count, **given)
        hits = find(self.index, query, max(count, RERANKED), **given)
        queries = [photo.row if photo.row is not None else photo.prepared for photo in asked.like]
        return [*rerank(hits[:RERANKED], queries, self._local), *hits[RERANKED:]][:count]

    def compare(self, one: Photo, two: Photo) -> tuple[float, Comparison]:
        """Return the cosine of two photos, and what they have in common."""
        first, second = unit_rows(self._vectors([one, two]).astype(np.float32))
        return float(first @ second), compare(self.prepared(one), self.prepared(two), self._feature_map)

    def prepared(self, photo: Photo) -> bytes:
        """Return the bytes of a photo's prepared file. Raises UserError where it is gone."""
        return photo.prepared if photo.row is None else _read(self.images[photo.row])

    def passing(self, asked: Asked) -> np.ndarray | None:
        """Return which photos pass words, category and group: bool (n,), None where nothing is asked of them."""
        filters = []
        if asked.words.strip():
            filters.append(self.words.matching(asked.words))
        if asked.category:
            filters.append(self._of_category(asked.category))
        if asked.group:
            group = -1 if asked.group == "none" else group_called(asked.group, self.labels, self.names)
            filters.append(self.labels == group)
        return np.logical_and.reduce(filters) if filters else None

    def group_name(self, row: int) -> str:
        """Return what the group of a photo is called."""
        return outcome.group_name(int(self.labels[row]), self.names)

    def _vectors(self, photos: Sequence[Photo]) -> np.ndarray:
        """Return the vectors of photos: those of the dataset as they are on disk."""
        rows = [
            self.rows[photo.row] if photo.row is not None else self.sight.vectors(photo.prepared)[self.matrix]
            for photo in photos
        ]
        return np.stack(rows) if rows else np.empty((0, self.rows.shape[1]), np.float32)

    def _of_category(self, category: str) -> np.ndarray:
        passing = self.words.of_category(category)
        if not passing.any():
            known = ", ".join(list(self.words.categories())[:10]) or "none"
            raise UserError(f"expected a category of this dataset, found {category!r}: there are {known}")
        return passing


def open_dataset(
    listed: Path,
    prepared_folder: Path,
    extracted: Path,
    searched: Path,
    grouped: Path | None = None,
    copied: Path | None = None,
    *,
    matrix: str,
    sight: Sight | None = None,
    texts: Path | None = None,
) -> Opened:
    """Open the published results of a dataset for search.

    listed, prepared_folder, extracted, searched: folders of 00, 01, 03 and 07. grouped, copied: of the groups and of
    near copies, None where there are none. matrix: the vectors to compare. sight: of the dataset, where it is made
    already. texts: the folder of a text encoder, if there is one. Raises UserError.
    """
    known = features.names(extracted)
    if matrix not in known:
        raise UserError(f"expected vectors of {', '.join(known)}, found {matrix!r}: see --features")
    paths = features.load(extracted)[0]
    given = {"matrix": matrix, "texts": Texts(texts, extracted)}
    sight, root = sight or Sight(prepared_folder, extracted), catalog.read_root(listed)
    images = partial(_images, prepared_folder, paths)
    digests, groups = catalog.read_digests(listed, paths), _groups_of(paths, grouped, copied)
    return Opened(searched, extracted, root, sight, digests, images, *groups, **given)


def _images(folder: Path, paths: Sequence[str]) -> list[Path]:
    return prepared.read(folder).files(paths)


def _groups_of(
    paths: Sequence[str], grouped: Path | None, copied: Path | None
) -> tuple[np.ndarray, dict[int, outcome.Name], list[np.ndarray]]:
    """Return the labels of photos, the names of groups, and groups of near copies."""
    labels, names = np.full(len(paths), -1), {}
    if grouped:
        place = {path: row for row, path in enumerate(paths)}
        groups = outcome.read(grouped)
        labels[[place[path] for path in groups.paths]] = groups.labels
        names = groups.named
    return labels, names, near_duplicates.read(copied, paths) if copied else []


def _read(file: Path) -> bytes:
    try:
        return photo_file.read_bytes(file)
    except OSError as error:
        raise UserError(f"expected a photo at {file}, found none that opens: {error.strerror}") from None
