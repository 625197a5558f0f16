"""The prepared photos of stage 01: a folder of images, or of tars of them, and the table that lists them.

A marker inside the folder ties it to the table and names the results it belongs to, so that neither is used with
another's half, and two results never take turns in one folder.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lookalike.catalog import images, photo_file
from lookalike.core.artifacts import MARKER, recover, replace_folder
from lookalike.core.errors import UserError
from lookalike.core.files import file_digest, link_or_copy, relative_to, write_json
from lookalike.core.locks import hold
from lookalike.core.shards import Row
from lookalike.core.stage import Stage
from lookalike.core.tables import read_table, write_table
from lookalike.core.tars import is_tar
from lookalike.preprocess.names import folders_of

__all__ = [
    "TABLE",
    "PreparedPhotos",
    "check_owner",
    "damage",
    "draft_of",
    "is_intact",
    "lock_of",
    "mend",
    "open_for",
    "publish",
    "read",
    "read_known",
    "write",
]

TABLE = "images.parquet"
LISTED = ".lookalike.parquet"  # the table once more, in the folder: what was prepared into it
ROOT = b"root"  # key of the schema's metadata: the images' folder as seen from the artifact's
TEXT, NUMBER = pa.string(), pa.int64()
SCHEMA = pa.schema(
    [
        ("path", TEXT),  # of the photo
        ("source", TEXT),  # its sha256
        ("image", TEXT),  # name of the prepared file, through the tar that holds it, if one does
        ("digest", TEXT),  # its sha256
        ("bytes", NUMBER),
        ("width", NUMBER),
        ("height", NUMBER),
        ("status", TEXT),  # "ok", "changed", or a status of ImageError
        ("reason", TEXT),
        ("removed", pa.bool_()),  # whether the background was removed
        ("fallback", TEXT),  # why a mask was not trusted
    ]
)


@dataclass(frozen=True)
class PreparedPhotos:
    """The folder of prepared photos and a row a photo, usable or not, with the columns of SCHEMA."""

    root: Path
    rows: pa.Table

    @property
    def usable(self) -> pa.Table:
        """The rows of the photos that were prepared."""
        return self.rows.filter(pc.equal(self.rows["status"], "ok"))

    def names(self, paths: Sequence[str] | None = None) -> list[str]:
        """Return the name of each prepared file, by default of all usable photos. Raises KeyError for one of none."""
        names = dict(zip(*(self.usable[name].to_pylist() for name in ("path", "image")), strict=True))
        return [names[path] for path in (names if paths is None else paths)]

    def files(self, paths: Sequence[str] | None = None) -> list[Path]:
        """Return the prepared file of each photo, by default of all usable ones. Raises KeyError for one of none."""
        return [self.root / name for name in self.names(paths)]

    def reader(self) -> Callable[[str, int], np.ndarray]:
        """Return a function (path, least side in pixels) -> uint8 (h, w, 3) RGB of the prepared photo of a path."""
        path, *columns = (self.usable[name].to_pylist() for name in ("path", "image", "width", "height"))
        known = dict(zip(path, zip(*columns, strict=True), strict=True))

        def read_photo(path: str, side: int) -> np.ndarray:
            name, *sides = known[path]
            if name.endswith(".jpg"):  # prepared, so upright and in colour or grey
                return images.read_plain_jpeg(self.root / name, min(sides), target=side)
            return images.read(self.root / name, target=side)

        return read_photo


def write(folder: Path, rows: Sequence[Row], root: Path) -> None:
    """Write the table of the photos prepared for the folder `root`."""
    schema = SCHEMA.with_metadata({ROOT: os.fsencode(relative_to(root, folder))})
    write_table(
        folder / TABLE, pa.Table.from_pylist([{name: row[name] for name in SCHEMA.names} for row in rows], schema)
    )


def read(folder: Path, command: str = "python 01_preprocess.py") -> PreparedPhotos:
    """Return the published photos of stage 01.

    Raises UserError, which names the command that mends it, where the images are not those of the table.
    """
    if not is_intact(folder):
        raise UserError(f"expected the photos of {folder} as they were prepared, found others: run {command}")
    return _read(folder)


def lock_of(root: Path) -> Path:
    """Return the file whose lock a folder of prepared photos is read and written under."""
    return root.with_name(f".{root.name}.lock")


def open_for(stage: Stage) -> PreparedPhotos:
    """Return the published photos that a stage reads, and keep others from replacing them until it ends.

    Raises UserError as `read`, and where another process prepares photos.
    """
    photos = read(stage.path_of("01_preprocess"), stage.command("01_preprocess"))
    stage.hold(lock_of(photos.root), what=str(photos.root), shared=True)
    return photos


def read_known(folder: Path) -> list[Row]:
    """Return the rows of a published table, none where there is none; whether its images are there is not looked at."""
    return read_table(folder / TABLE).to_pylist() if (folder / TABLE).exists() else []


def is_intact(folder: Path, root: Path | None = None) -> bool:
    """Say whether the images of a published table are all there, by name and size; of those in a tar, whether that is.

    root: where they should be, if not anywhere.
    """
    try:
        found = _read(folder)
    except (OSError, pa.ArrowException, KeyError, TypeError):  # no table, or a damaged one
        return False
    if root is not None and found.root != root.resolve():
        return False
    if not _is_tied(folder, found.root):
        return False
    usable = found.usable
    names, sizes = (usable[name].to_pylist() for name in ("image", "bytes"))
    tars, place = _tars(found.root, names), f"{found.root}/"  # as text: a million paths take seconds to make
    files = (each for each in zip(names, sizes, strict=True) if _top(each[0]) not in tars)
    return tars == _marker(found.root)["tars"] and all(photo_file.size_of(place + name) == size for name, size in files)


def damage(folder: Path) -> Iterator[str]:
    """Yield a phrase for each image of a published table that is not as it was written; reads all of them."""
    with suppress(OSError, pa.ArrowException, KeyError, TypeError):  # a damaged table is told by its stage
        found = _read(folder)
        if not _is_tied(folder, found.root):
            yield f"{found.root} is not the folder that was written"
        places = {name.split("/")[0] for name in found.names()}  # a tar, a folder, a photo: each is missed once
        gone = {place for place in places if not (found.root / place).exists()}
        yield from (f"{found.root / place} is missing" for place in sorted(gone))
        digests = found.usable["digest"].to_pylist()
        for name, size, digest in zip(found.names(), found.usable["bytes"].to_pylist(), digests, strict=True):
            file = found.root / name
            if name.split("/")[0] in gone:
                continue
            if photo_file.size_of(file) != size:
                yield f"{file} is missing or has another size"
            elif photo_file.digest(file) != digest:
                yield f"{file} has other bytes than were written"


def check_owner(final: Path, owner: Path) -> None:
    """Raise UserError where a folder of prepared photos is that of other results than `owner`, or no such folder."""
    recover(final)
    if not final.exists() or not any(final.iterdir()):
        return
    marker = _marker(final)
    if marker is None:
        raise UserError(
            f"expected {final} absent or made by 01_preprocess, found other files: move them or pass --img DIR"
        )
    other = (final / marker["owner"]).resolve()
    if marker["owner"] and other != owner.resolve() and other.exists():
        raise UserError(f"expected {final} to be of {owner.parent}, found it to be of {other.parent}: pass --img DIR")


def mend(final: Path) -> None:
    """Do what `artifacts.recover` does for a folder of prepared photos, unless another process works on it."""
    with suppress(UserError), hold(lock_of(final), what=str(final)):
        recover(final)


def draft_of(final: Path) -> Path:
    """Return the folder in which photos are prepared before they take the place of `final`; it outlasts a crash."""
    draft = final.with_name(f".{final.name}.draft")
    draft.mkdir(parents=True, exist_ok=True)
    return draft


def publish(draft: Path, final: Path, table: Path, *, owner: Path) -> None:
    """Replace the folder of prepared photos by its draft, tied to the table, a file, and to the results at `owner`.

    Files of the user's own in the folder move along.
    """
    link_or_copy(table, draft / LISTED)
    tars = _tars(draft, read_table(table, ["image"])["image"].to_pylist())
    write_json(draft / MARKER, {"owner": relative_to(owner, final), "table": file_digest(table), "tars": tars})
    replace_folder(draft, final, own=_own(final, owner))


def _own(final: Path, owner: Path) -> set[str]:
    """Return the names of the files that were prepared into a folder: as it lists them, or, an older one, its table.

    A photo that is listed in a tar stands for the tar: so each name goes with those of what it lies in.
    """
    for listed in (final / LISTED, owner / TABLE):
        with suppress(OSError, pa.ArrowException):
            names = read_table(listed, ["image"])["image"].to_pylist()
            return {MARKER, LISTED, *names, *folders_of(names)}
    return {MARKER, LISTED}


def _read(folder: Path) -> PreparedPhotos:
    rows = read_table(folder / TABLE)
    place = os.fsdecode(rows.schema.metadata[ROOT])
    return PreparedPhotos(Path(os.path.normpath(folder.resolve() / place)), rows)


def _is_tied(folder: Path, root: Path) -> bool:
    marker, table = _marker(root), file_digest(folder / TABLE)
    return (
        marker is not None
        and marker["table"] == table
        and photo_file.size_of(root / LISTED) == photo_file.size_of(folder / TABLE)
    )


def _tars(root: Path, names: Iterable[str]) -> dict[str, int]:
    """Return the size of each tar in a folder that some of the names of prepared files lead through."""
    tops = {_top(name) for name in names if "/" in name}
    return {top: (root / top).stat().st_size for top in sorted(tops) if is_tar(top) and (root / top).is_file()}


def _top(name: str) -> str:
    return name.partition("/")[0]


def _marker(folder: Path) -> dict | None:
    """Return the marker of a folder of prepared photos, None where there is none; an older one has no owner or tars."""
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return {"owner": "", "tars": {}} | (marker if isinstance(marker, dict) else {"table": marker})
