"""The files that a tar among the photos holds, as `find` lists them; a tar that cannot be read is one file itself."""

from collections.abc import Iterator
from typing import NamedTuple

from lookalike.catalog.header import HEIC, SUFFIXES
from lookalike.core import tars

__all__ = ["COMPRESSED", "File", "file_fault", "members"]

COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")
IMAGES = frozenset((*SUFFIXES, *HEIC))
PACKED = "expected a tar that can be read at random, found a compressed one: decompress it to .tar"


class File(NamedTuple):
    """A file found: bytes, modification time in nanoseconds, and why it is no photo ("" where it may be one).

    tar_ns: the time of the tar that holds it, so that a tar saved again is read again; 0 for a file of its own.
    """

    bytes: int
    mtime_ns: int
    problem: str = ""
    tar_ns: int = 0


def file_fault(name: str) -> str:
    """Say why a file of this name cannot hold photos that are read: "" for all but compressed tars."""
    return PACKED if name.lower().endswith(COMPRESSED) else ""


def members(tar: str, path: str, file: File) -> Iterator[tuple[str, File]]:
    """Yield path and file of each member of a tar; of the tar itself, too, where something is wrong with it.

    tar: where it is. path: its own below the photos' folder. Hidden members are skipped, as hidden files are, and those
    that only annotate a photo: of its name up to the first dot, with a suffix that is of no image (webdataset).
    """
    try:
        found = tars.contents(tar)
    except OSError as error:
        yield path, file._replace(problem=error.strerror or str(error))
        return
    if found.faults:
        yield path, file._replace(problem="; ".join(found.faults))
    images = {name for name in found.members if _is_image(name)}
    photos = set(map(_key, images))
    for name, member in found.members.items():
        if not _is_hidden(name) and (name in images or _key(name) not in photos):
            yield f"{path}/{name}", File(member.size, member.mtime_ns, member.fault, file.mtime_ns)


def _is_image(name: str) -> bool:
    return name[name.rfind(".") :].lower() in IMAGES


def _key(name: str) -> str:
    """Return what is one for all that a set tells of a photo: its name up to the first dot."""
    folder, slash, last = name.rpartition("/")
    return folder + slash + last.partition(".")[0]


def _is_hidden(name: str) -> bool:
    may_be = name.startswith(".") or "/." in name
    return may_be and any(part.startswith(".") and part != ".." for part in name.split("/"))
