"""Prepared photos as files of their own, each called as its photo."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from lookalike.catalog import photo_file
from lookalike.core.files import link_or_copy
from lookalike.core.shards import Row
from lookalike.preprocess.photo import Prepared
from lookalike.preprocess.prepare_file import Preparation

__all__ = ["Files", "Keeper", "drop_unlisted", "found_in"]


@dataclass(frozen=True)
class Keeper:
    """What all that keeps prepared photos has; they are published in the folder of the preparation.

    work: of finished shards. earlier: the folder of an earlier result, None where there is none.
    """

    preparation: Preparation
    work: Path
    earlier: Path | None = None

    def sharing(self, share: float) -> Self:
        """Return the same for a process of its own, with a share of the memory."""
        return replace(self, preparation=self.preparation.sharing(share))


class Files(Keeper):
    """Keeps each prepared photo as a file of its own."""

    def make(self, photo: Mapping, image: str, *, look: bool) -> tuple[Row, Prepared | None]:
        """Prepare a photo, a row of the catalog, as the file `image`; may be called by threads."""
        row, done = self.preparation.write(photo, image, look=look)
        return row | {"image": image}, done

    def keep(self, made: Iterable[Row], name: str) -> list[Row]:
        """Return the rows of photos just made, in order. name: of all of them together."""
        return list(made)

    def adopter(self, names: Mapping[str, str]) -> Callable[[str, Row], Row | None]:
        """Return a function that gives a photo the file of a known row, if that is as it was written."""
        folder = self.preparation.folder

        def adopt(path: str, row: Row) -> Row | None:
            image = folder / names[path]
            source = found_in([folder, self.earlier, self.work], row)
            if source is None:
                return None
            if source != image:
                _put(source, image)
            return row | {"path": path, "image": names[path]}

        return adopt

    def finish(self, rows: Sequence[Row], names: Mapping[str, str]) -> list[Row]:
        """Leave in the folder the files of the rows alone, and return the rows."""
        drop_unlisted(self.preparation.folder, {row["image"] for row in rows if row["status"] == "ok"})
        return list(rows)


def found_in(places: Iterable[Path | None], row: Row) -> Path | None:
    """Return the prepared photo of a row from the first place where it is as it was written."""
    files = (place / row["image"] for place in places if place is not None)
    return next((file for file in files if _is_intact(file, row)), None)


def drop_unlisted(folder: Path, listed: set[str]) -> None:
    """Remove all files but these from a folder, and the folders in it that are left empty."""
    for file in [path for path in folder.rglob("*") if not path.is_dir()]:
        if file.relative_to(folder).as_posix() not in listed:
            file.unlink()
    for empty in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        if not any(empty.iterdir()):
            empty.rmdir()


def _put(source: Path, image: Path) -> None:
    if source.is_file():
        link_or_copy(source, image)
        return
    image.parent.mkdir(parents=True, exist_ok=True)
    image.unlink(missing_ok=True)  # it may be another name of a published file
    photo_file.copy_to(source, image)


def _is_intact(file: Path, row: Row) -> bool:
    return photo_file.size_of(file) == row["bytes"] and photo_file.digest(file) == row["digest"]
