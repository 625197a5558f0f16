"""List the files below the photos' folder and in its tars: names, sizes and times, and what cannot be listed."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from lookalike.catalog.members import File, file_fault, members
from lookalike.catalog.photo_file import kind_fault
from lookalike.core.errors import UserError
from lookalike.core.tars import is_tar

__all__ = ["File", "Files", "Listing", "find_files", "photos_folder"]

OWN_FILES = (".lookalike.json", ".lookalike-folders.json")  # in folders of prepared photos and of groups
MANIFEST = "manifest.json"
NO_TEXT = "the name is not valid UTF-8: rename it"


Files = dict[str, File]  # by the POSIX path below the photos' folder, in an order that a table can show


class Listing(NamedTuple):
    """The files found, sorted by path, and the folders passed by since they hold results of Lookalike.

    tars: the tars among the photos, as files; unread: those of them that were known, whose members are left out.
    """

    files: Files
    passed_by: list[str]
    tars: Files
    unread: set[str]


def find_files(root: Path, results: Iterable[Path] = (), known: Files | None = None) -> Listing:
    """List the files below a folder, those in tars as in folders of the tar's name.

    Hidden ones are skipped, links followed, results of Lookalike passed by.
    results: folders in use for results. known: tars that are not opened if they still have these sizes and times, for
    who has the list of their members. A sub-folder that cannot be read is an entry with a problem, its path ending
    in "/". Raises UserError where the folder is missing, unreadable, or holds no file.
    """
    if is_tar(root.name) and root.is_file():
        raise UserError(f"expected a folder of photos, found a tar at {root}: pass the folder that it lies in")
    if not root.is_dir():
        raise UserError(f"expected a folder of photos, found none at {root}: put photos there or pass --photos DIR")
    try:
        os.scandir(root).close()
    except OSError as error:
        raise UserError(f"expected a readable folder, found {root}: {error.strerror}; change its permissions") from None
    found = _walk(root, {os.path.realpath(path) for path in results}, known or {})
    if not found.files and not found.unread:
        raise UserError(f"expected photos in {root}, found no file: put photos there or pass --photos DIR")
    return found._replace(files=dict(sorted(found.files.items())), passed_by=sorted(found.passed_by))


def photos_folder(asked: Path | None, usual: Path, recorded: Path | None) -> Path:
    """Return where 00 looks: the folder asked for, else the usual one, else the one recorded, if the usual is none."""
    if asked is not None:
        return asked
    return usual if usual.is_dir() or recorded is None else recorded


def _walk(root: Path, results: set[str], known: Files) -> Listing:
    found = Listing({}, [], {}, set())
    waiting = [(str(root), "", frozenset())]  # a list, since folders may be nested deeper than calls may be
    while waiting:
        folder, prefix, above = waiting.pop()
        real = os.path.realpath(folder)
        if real in above:  # a link to a folder that holds it
            continue
        if prefix and (real in results or _holds_results(folder)):
            found.passed_by.append(_shown(prefix.rstrip("/")))
            continue
        for path, file in _entries(folder, prefix):
            if file is None:
                waiting.append((os.path.join(root, path), path + "/", above | {real}))  # noqa: PTH118 - faster
            elif is_tar(path) and not file.problem:
                _add_tar(found, os.path.join(root, path), path, file, known)  # noqa: PTH118 - faster
            else:
                _add(found.files, path, file)
    return found


def _add_tar(found: Listing, tar: str, path: str, file: File, known: Files) -> None:
    shown = _shown(path)
    found.tars[shown] = file
    if known.get(shown) == file:
        found.unread.add(shown)
        return
    for member, inside in members(tar, path, file):
        _add(found.files, member, inside)


def _entries(folder: str, prefix: str) -> Iterator[tuple[str, File | None]]:
    """Yield path and file of each entry of a folder, None for a folder."""
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        yield prefix, File(0, 0, error.strerror or str(error))
        return
    for entry in found:
        yield prefix + entry.name, _file(entry)


def _file(entry: os.DirEntry) -> File | None:
    try:
        if entry.is_dir():
            return None
        found = entry.stat()
    except OSError as error:  # a dangling link, a loop of links, a link "to a folder" that is a file
        return File(0, 0, error.strerror or str(error))
    fault = kind_fault(found.st_mode)
    return File(0, 0, fault) if fault else File(found.st_size, found.st_mtime_ns, file_fault(entry.name))


def _add(files: Files, path: str, file: File) -> None:
    shown = _shown(path)
    files[shown] = file if shown == path else file._replace(problem=NO_TEXT)


def _shown(path: str) -> str:
    """Return a path as text: bytes that are none become escapes."""
    return path if path.isascii() else path.encode("utf-8", "backslashreplace").decode()


def _holds_results(folder: str) -> bool:
    if any(os.path.lexists(f"{folder}/{name}") for name in OWN_FILES):
        return True
    with suppress(OSError, ValueError):
        manifest = json.loads(Path(folder, MANIFEST).read_bytes())
        return isinstance(manifest, dict) and {"stage", "row_key", "format"} <= manifest.keys()
    return False
