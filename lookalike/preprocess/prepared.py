"""The prepared photos of stage 01: the folder img/<dataset>, and the table that lists what is in it.

A marker inside the folder ties it to the table and names the results it belongs to, so that neither is used with
another's half, and two results never take turns in one folder.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lookalike.catalog import images
from lookalike.core.artifacts import MARKER, read_manifest, recover, replace_folder
from lookalike.core.errors import UserError
from lookalike.core.files import file_digest, link_or_copy, relative_to, write_json
from lookalike.core.tables import read_table

__all__ = ["TABLE", "Prepared", "check_owner", "draft_of", "is_intact", "publish", "read"]

LISTED = ".lookalike.parquet"  # the table once more, in the folder: what was prepared into it
TABLE = "images.parquet"  # columns: path, source (sha256 of the photo), image (name in the folder), digest, bytes, ...


@dataclass(frozen=True)
class Prepared:
    """The usable prepared photos: the folder that holds them, and the rows of their table."""

    root: Path
    rows: pa.Table

    def files(self, paths: Sequence[str]) -> list[Path]:
        """Return the prepared photo of each path."""
        return [self._places[path] for path in paths]

    def reader(self) -> Callable[[str, int], np.ndarray]:
        """Return a function (path, least side in pixels) -> uint8 (h, w, 3) RGB of the prepared photo of a path."""
        places = self._places
        return lambda path, side: images.read(places[path], target=side)

    @property
    def _places(self) -> dict[str, Path]:
        names = zip(self.rows["path"].to_pylist(), self.rows["image"].to_pylist(), strict=True)
        return {path: self.root / image for path, image in names}


def read(folder: Path) -> Prepared:
    """Return the prepared photos of a published `01_preprocess` folder.

    Raises UserError where the folder of photos is not, or no longer, the one that the table lists.
    """
    manifest = read_manifest(folder)
    root = _root(folder)
    if manifest is None or root is None or not is_intact(folder):
        raise UserError(
            f"expected the prepared photos of {folder} in {root}, found others: run python 01_preprocess.py"
        )
    table = read_table(folder / TABLE)
    return Prepared(root, table.filter(pc.equal(table["status"], "ok")))


def is_intact(folder: Path, root: Path | None = None) -> bool:
    """Say whether the prepared photos of a published `01_preprocess` folder are all there, with the sizes listed.

    root: where they should be, if not anywhere.
    """
    manifest, place = read_manifest(folder), _root(folder)
    if manifest is None or place is None or (root is not None and place != root.resolve()):
        return False
    if _marker(place).get("table") != manifest.files.get(TABLE, [""])[0]:
        return False
    table = read_table(folder / TABLE, ["image", "bytes", "status"])
    good = table.filter(pc.equal(table["status"], "ok"))
    return all(
        _size(place / image) == n_bytes
        for image, n_bytes in zip(good["image"].to_pylist(), good["bytes"].to_pylist(), strict=True)
    )


def draft_of(final: Path) -> Path:
    """Return the folder in which photos are prepared before they take the place of `final`; it outlasts a crash."""
    recover(final)
    draft = final.with_name(f".{final.name}.draft")
    draft.mkdir(parents=True, exist_ok=True)
    return draft


def check_owner(final: Path, owner: Path) -> None:
    """Raise UserError where a folder of prepared photos is that of other results than `owner`, or no such folder."""
    if not final.exists() or not any(final.iterdir()):
        return
    marker = _marker(final)
    if not marker:
        raise UserError(
            f"expected {final} absent or made by 01_preprocess, found other files: move them or pass --img DIR"
        )
    other = marker.get("owner", "")
    if other and (final / other).resolve() != owner.resolve() and (final / other).exists():
        found = (final / other).resolve().parent
        raise UserError(f"expected {final} to be of {owner.parent}, found it to be of {found}: pass --img DIR")


def publish(draft: Path, final: Path, table: Path, *, owner: Path) -> None:
    """Replace the folder of prepared photos by its draft, tied to the table, a file, and to the results at `owner`.

    Files of the user's own in the folder move along.
    """
    link_or_copy(table, draft / LISTED)
    final.mkdir(parents=True, exist_ok=True)
    write_json(draft / MARKER, {"owner": relative_to(owner, final), "table": file_digest(table)})
    replace_folder(draft, final, own=_own(final, owner))


def _own(final: Path, owner: Path) -> set[str]:
    """Return the names of the files that were prepared into a folder: as it lists them, or, an older one, its table."""
    listed = next((file for file in (final / LISTED, owner / TABLE) if file.exists()), None)
    names = read_table(listed, ["image"])["image"].to_pylist() if listed else []
    return {MARKER, LISTED, *names}


def _root(folder: Path) -> Path | None:
    manifest = read_manifest(folder)
    return (folder.resolve() / manifest.root).resolve() if manifest is not None and manifest.root else None


def _marker(folder: Path) -> dict:
    """Return the marker of a folder of prepared photos; empty where there is none. An older one names no owner."""
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return marker if isinstance(marker, dict) else {"owner": "", "table": marker}


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
