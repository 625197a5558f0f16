"""The ways to find the subject of a photo: the one table of background methods, for config, --help, README and tests.

Light to import: a method's module is loaded only when it is chosen (`load`).
"""

from collections.abc import Callable
from functools import cache
from pkgutil import resolve_name
from typing import NamedTuple

__all__ = ["BACKGROUNDS", "FORMATS", "Background", "load"]

FORMATS = {"jpg": "JPEG, small", "png": "PNG, without loss"}


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
