"""Folders of the grouped photos, as cluster_with_<size>/cluster_<i>/: symbolic links or copies of the files.

Never writes to the photos, and never removes a file that it did not make.
"""

import json
import os
import shutil
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lookalike.core.errors import UserError
from lookalike.core.progress import progress

__all__ = ["MARKER", "WAYS", "write_folders"]

MARKER = ".lookalike-folders.json"  # lists the files made, so that a later run knows its own
WAYS = ("link", "copy")


def write_folders(target: Path, photos: Sequence[Path], labels: np.ndarray, *, way: str = "link") -> int:
    """Write photos (n absolute paths) under target by labels (n,), noise under noise/; return the number written.

    way: "link" makes relative symbolic links, "copy" copies the files as they are. An earlier result is replaced
    whole. Raises UserError when target holds files that were not made here, or where links are not allowed.
    """
    if way not in WAYS:
        raise ValueError(f"expected way of {', '.join(WAYS)}, found {way!r}")
    check_own(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        places = place(photos, labels)
        with progress("write folders", len(places)) as advance:
            for photo, relative in zip(photos, places, strict=True):
                put(photo, draft / relative, target / relative, way)
                advance(1)
        (draft / MARKER).write_text(json.dumps(sorted(places), ensure_ascii=False, indent=0), encoding="utf-8")
        draft.chmod(0o755)
        remove_own(target)
        draft.replace(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return len(places)


def place(photos: Sequence[Path], labels: np.ndarray) -> list[str]:
    """Name the file of each photo below the target; photos of one name and cluster are told apart by a number."""
    sizes = Counter(labels.tolist())
    taken, places = set(), []
    for photo, label in zip(photos, labels.tolist(), strict=True):
        folder = f"cluster_with_{sizes[label]}/cluster_{label}" if label >= 0 else "noise"
        number, name = 1, photo.name
        while folded(f"{folder}/{name}") in taken:
            number += 1
            name = f"{photo.stem}-{number}{photo.suffix}"
        taken.add(folded(f"{folder}/{name}"))
        places.append(f"{folder}/{name}")
    return places


def folded(name: str) -> str:
    """Fold a name as file systems do that ignore case and Unicode form."""
    return unicodedata.normalize("NFC", name).casefold()


def put(photo: Path, draft: Path, final: Path, way: str) -> None:
    """Write one file of the draft; a link is relative to where it will stand."""
    draft.parent.mkdir(parents=True, exist_ok=True)
    if way == "copy":
        shutil.copy2(photo, draft)
        return
    try:
        draft.symlink_to(os.path.relpath(photo, final.parent))
    except (OSError, NotImplementedError) as error:
        raise UserError(f"expected to make links in {final.parent}, found {error}: copy the files instead") from error


def check_own(target: Path) -> None:
    """Raise UserError if target is anything but a folder that `write_folders` filled, or an empty or no folder."""
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise UserError(f"expected a folder at {target}, found something else: remove it or name another folder")
    if not target.exists():
        return
    own = {MARKER, *listed(target)}
    foreign = [file for file in files_under(target) if file not in own]
    if foreign:
        raise UserError(
            f"expected only files made by an earlier run in {target}, found {foreign[0]!r}"
            + (f" and {len(foreign) - 1} more" if len(foreign) > 1 else "")
            + ": move them away or name another folder"
        )


def listed(target: Path) -> list[str]:
    """Return the files that the marker of target says were made here; none without a readable marker."""
    try:
        return json.loads((target / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []


def files_under(folder: Path) -> list[str]:
    """Return the files and links below a folder as relative POSIX names; linked folders are not entered."""
    found = [Path(root) / name for root, folders, names in os.walk(folder) for name in [*names, *folders]]
    return [path.relative_to(folder).as_posix() for path in found if path.is_symlink() or not path.is_dir()]


def remove_own(target: Path) -> None:
    """Remove the files that were made here and the folders that this leaves empty."""
    for name in [*files_under(target), MARKER] if target.exists() else []:
        (target / name).unlink(missing_ok=True)
    for root, _, _ in os.walk(target, topdown=False):
        Path(root).rmdir()
