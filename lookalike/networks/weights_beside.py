"""Weights that a network's file has in files beside it: those of OpenVINO's .xml, and external data of an .onnx."""

import mmap
import os
import re
from pathlib import Path

from lookalike.core.files import content_digest, digest_of

__all__ = ["model_digest", "weights_beside"]

# An entry of TensorProto.external_data with the key "location", as protobuf writes it: two strings, each after its
# length. Longer names than one byte of length can tell have a second one.
LOCATION = re.compile(rb"\x0a\x08location\x12(?:([\x01-\x7f])|([\x80-\xff])([\x01-\x7f]))")


def weights_beside(path: Path) -> list[Path]:
    """Return the files of weights that belong to a network's file, sorted, whether they are there or not."""
    if path.suffix == ".xml":
        return [path.with_suffix(".bin")]
    if path.suffix != ".onnx" or not path.is_file() or not path.stat().st_size:
        return []
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        names = {_name(content, found) for found in LOCATION.finditer(content)}
    return sorted(path.parent / os.fsdecode(name) for name in names)


def model_digest(path: Path) -> str:
    """Return the sha256 of a network's file or folder, or where weights lie beside it, of them all; "" without it."""
    beside = [content_digest(each) for each in weights_beside(path)]
    return digest_of([content_digest(path), *beside]) if beside else content_digest(path)


def _name(content: mmap.mmap, found: re.Match) -> bytes:
    short, low, high = found.groups()
    length = short[0] if short else (low[0] & 0x7F) | high[0] << 7
    return content[found.end() : found.end() + length]
