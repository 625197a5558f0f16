"""Names of prepared photos: those of the photos where they fit, and different for all photos on any file system."""

import hashlib
import posixpath
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

__all__ = ["folders_of", "image_names"]

SUFFIXES = {"jpg": (".jpg", ".jpeg"), "png": (".png",)}  # of each format
LONGEST = 255  # bytes of a file name


def image_names(paths: Sequence[str], file_format: str) -> dict[str, str]:
    """Return the name of each prepared photo: its own where the suffix fits, else with the suffix appended.

    Names that are too long, that are a folder's, or that differ from another in case or Unicode form alone end in a
    digest of the path. They depend on the set of paths, not on its order. file_format: a key of SUFFIXES.
    """
    plain = {path: _with_suffix(path, file_format) for path in paths}
    rivals = defaultdict(list)
    for path, name in plain.items():
        rivals[_folded(name)].append(path)
    folders = set(map(_folded, folders_of(plain.values())))
    first = {name: min(group, key=lambda path: (plain[path] != path, path)) for name, group in rivals.items()}
    kept = {path for name, path in first.items() if name not in folders and _fits(plain[path])}
    return {path: name if path in kept else _with_digest(path, file_format) for path, name in plain.items()}


def folders_of(names: Iterable[str]) -> set[str]:
    """Return every folder that files of these names lie in: a/b/c.jpg lies in a/b, in a and in "."."""
    folders = map(PurePosixPath, set(map(posixpath.dirname, names)))  # far fewer than names
    return {str(part) for folder in folders for part in (folder, *folder.parents)}


def _with_suffix(path: str, file_format: str) -> str:
    # Appended, not replaced: a.png and a.bmp stay apart.
    return path if PurePosixPath(path).suffix.lower() in SUFFIXES[file_format] else f"{path}.{file_format}"


def _with_digest(path: str, file_format: str) -> str:
    tail = f"~{hashlib.sha256(path.encode()).hexdigest()[:12]}.{file_format}"
    stem = PurePosixPath(path).name.encode()[: LONGEST - len(tail)].decode(errors="ignore")
    return PurePosixPath(path).with_name(stem + tail).as_posix()


def _folded(name: str) -> str:
    """Return what file systems that ignore case or normalise Unicode make of a name."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _fits(name: str) -> bool:
    return len(PurePosixPath(name).name.encode()) <= LONGEST
