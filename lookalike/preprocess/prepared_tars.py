"""Prepared photos in tar files, so that a million photos are a few hundred files.

Each job of a worker is a tar in the work folder; when all are done, their photos are put together by the catalog's
order, so that how they were cut into shards leaves no trace.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from lookalike.catalog import photo_file
from lookalike.core import tars
from lookalike.core.files import link_or_copy
from lookalike.core.shards import Row
from lookalike.preprocess.photo import Prepared
from lookalike.preprocess.prepared_files import Keeper, drop_unlisted, found_in

__all__ = ["PHOTOS", "Tars"]

PHOTOS = 2_000  # of the catalog in a tar: as many as in a shard, whose tar then need not be written again


class Tars(Keeper):
    """Keeps prepared photos in tars."""

    def make(self, photo: Mapping, image: str, *, look: bool) -> tuple[Row, Prepared | None]:
        """Prepare a photo, a row of the catalog, that is called `image` in its tar; may be called by threads."""
        row, data, done = self.preparation.make(photo, look=look)
        return row | {"image": image, "data": data}, done

    def keep(self, made: Iterable[Row], name: str) -> list[Row]:
        """Write the photos just made into a tar `name` of the work folder, and return their rows, in order."""
        rows: list[Row] = []
        tars.write_tar(self.work / f"{name}.tar", _members(made, rows))
        return [row | {"image": f"{name}.tar/{row['image']}"} for row in rows]

    def adopter(self, names: Mapping[str, str]) -> Callable[[str, Row], Row | None]:
        """Return a function that gives a photo the known row of one, if what was prepared is as it was written."""

        def adopt(path: str, row: Row) -> Row | None:
            return None if found_in([self.work, self.earlier], row) is None else row | {"path": path}

        return adopt

    def finish(self, rows: Sequence[Row], names: Mapping[str, str]) -> list[Row]:
        """Write the tars of all photos into the folder of the preparation, and return the rows with their places."""
        placed, listed = [], set()
        for number, start in enumerate(range(0, len(rows), PHOTOS)):
            part = rows[start : start + PHOTOS]
            tar = f"photos-{number:06d}.tar"
            good = [row for row in part if row["status"] == "ok"]
            if good:
                self._write(self.preparation.folder / tar, good, [names[row["path"]] for row in good])
                listed.add(tar)
            placed += [row | {"image": f"{tar}/{names[row['path']]}"} for row in part]
        drop_unlisted(self.preparation.folder, listed)
        return placed

    def _write(self, tar: Path, rows: Sequence[Row], images: Sequence[str]) -> None:
        sources = [self._place(row) / row["image"] for row in rows]
        whole = tars.outermost(sources[0])
        if whole and [f"{whole}/{image}" for image in images] == [str(source) for source in sources]:
            found = tars.contents(whole)
            if not found.faults and list(found.members) == list(images):
                link_or_copy(Path(whole), tar)
                return
        tar.parent.mkdir(parents=True, exist_ok=True)
        tars.write_tar(tar, ((image, photo_file.read_bytes(file)) for image, file in zip(images, sources, strict=True)))

    def _place(self, row: Row) -> Path:
        """Return where a row's photo is, one that this run has made or found as it was written."""
        here = photo_file.size_of(self.work / row["image"]) is not None
        return self.work if here or self.earlier is None else self.earlier


def _members(made: Iterable[Row], rows: list[Row]) -> Iterator[tuple[str, bytes]]:
    """Yield names and bytes of photos, and put their rows, without the bytes, into a list."""
    for row in made:
        data = row.pop("data")
        rows.append(row)
        if data is not None:
            yield row["image"], data
