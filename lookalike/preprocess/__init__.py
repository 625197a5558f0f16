"""The ways to find the subject of a photo and to write prepared photos: the tables for config, --help and tests.

Light to import: a method's module is loaded only when it is chosen (`load`).
"""

from collections.abc import Callable
from functools import cache
from pkgutil import resolve_name
from typing import NamedTuple

__all__ = ["BACKGROUNDS", "FORMATS", "Background", "Format", "load"]


class Format(NamedTuple):
    """How prepared photos are written: encoded as "jpg" or "png", and kept by a class of `prepared_files` or so."""

    encoding: str
    target: str  # "module:class", imported when the format is chosen
    summary: str


FILES, TARS = "lookalike.preprocess.prepared_files:Files", "lookalike.preprocess.prepared_tars:Tars"
FORMATS = {
    "jpg": Format("jpg", FILES, "JPEG, small"),
    "png": Format("png", FILES, "PNG, without loss"),
    "tar": Format("jpg", TARS, "JPEG in tar files of 2,000 photos each"),
    "tar.png": Format("png", TARS, "PNG in tar files of 2,000 photos each"),
}


class Background(NamedTuple):
    """One way to find the subject; the function is `mask(rgb) -> uint8 (h, w) of 0 and 255, or None to keep all`."""

    target: str  # "module:function", imported when the method is chosen
    summary: str  # one line for --help


BACKGROUNDS = {
    "none": Background("lookalike.preprocess.background:none", "keep the photo as it is"),
    "auto": Background("lookalike.preprocess.background:auto", "remove where the border is plain, otherwise keep"),
    "edges": Background("lookalike.preprocess.background:edges", "keep what strong edges enclose"),
    "grabcut": Background("lookalike.preprocess.background:grabcut", "keep what differs in colour from the margin"),
}


@cache
def load(background: str) -> Callable:
    """Import and return the function of a method; ValueError names the methods when there is none of that name."""
    if background not in BACKGROUNDS:
        raise ValueError(f"expected a background of {', '.join(BACKGROUNDS)}, found {background!r}")
    return resolve_name(BACKGROUNDS[background].target)
