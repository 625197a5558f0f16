"""Folders of the grouped photos, as cluster_with_<size>/cluster_<i>/: symbolic links or copies of the files.

Never writes to the photos, and removes nothing.
"""

import os
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lookalike.catalog.photo_file import copy_to, is_member
from lookalike.clustering.choices import FOLDERS
from lookalike.core.errors import UserError
from lookalike.core.progress import progress

__all__ = ["copy", "link", "write_folders"]


def write_folders(draft: Path, final: Path, photos: Sequence[Path], labels: np.ndarray, way: str) -> int:
    """Write photos (n absolute paths) under draft by labels (n,), noise under noise/; return the number written.

    final: where the draft will stand in the end; links are relative to that. way: a name of FOLDERS. Raises UserError
    where links are not allowed.
    """
    put, places = FOLDERS[way].load(), place(photos, labels)
    with progress("write folders", len(places)) as advance:
        for photo, relative in zip(photos, places, strict=True):
            (draft / relative).parent.mkdir(parents=True, exist_ok=True)
            put(photo, draft / relative, final / relative)
            advance(1)
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


def copy(photo: Path, draft: Path, final: Path) -> None:
    """Copy a photo as it is."""
    copy_to(photo, draft)


def link(photo: Path, draft: Path, final: Path) -> None:
    """Link to a photo, relative to where the link will stand; one in a tar, where no link leads, is copied."""
    if is_member(photo):
        copy_to(photo, draft)
        return
    try:
        draft.symlink_to(os.path.relpath(photo, final.parent))
    except (OSError, NotImplementedError) as error:
        raise UserError(f"expected to make links in {final.parent}, found {error}: copy the files instead") from error
