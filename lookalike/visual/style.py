"""How groups are told apart in figures: a colour-blind-safe cycle of colours, times marker shapes, times numbers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont
from PIL import ImageFont

__all__ = [
    "COLOURS",
    "MARKERS",
    "NOISE",
    "figure",
    "group_name",
    "group_style",
    "one_line",
    "pixel_font",
    "shorten",
    "spread_apart",
]

# Okabe and Ito (2008): told apart with any kind of colour blindness. Their yellow hardly shows on white, so the last
# is the olive of Tol (2021).
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#333333", "#999933")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">", "p")
NOISE = "#BBBBBB"

SETTINGS = {
    "font.family": ["DejaVu Sans"],
    "font.size": 10,
    "axes.titlesize": 13,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.parse_math": False,  # a file or class name may hold dollar signs
    "savefig.facecolor": "white",
}


def group_style(group: int) -> tuple[str, str]:
    """Return colour and marker of a group: 88 pairs before they repeat; noise (-1) is grey and round."""
    if group < 0:
        return NOISE, "o"
    return COLOURS[group % len(COLOURS)], MARKERS[group // len(COLOURS) % len(MARKERS)]


def group_name(group: int, called: Mapping[int, str]) -> str:
    """Return what a group is called in every picture: as a person named it, else by its number."""
    return "in no group" if group < 0 else called.get(group) or f"group {group}"


@contextmanager
def figure(path: Path, width: float, height: float, *, dpi: int = 120) -> Iterator[Figure]:
    """Yield a new figure of width x height inches and save it at the end, without a display or global state."""
    with matplotlib.rc_context(SETTINGS):
        drawing = Figure(figsize=(width, height), dpi=dpi, layout="constrained")
        yield drawing
        # A date in the file would make two equal pictures differ.
        drawing.savefig(path, metadata={"Software": None} if path.suffix == ".png" else None)


@cache
def pixel_font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Return the figures' font for drawing into pixels, `size` pixels high."""
    return ImageFont.truetype(findfont("DejaVu Sans:bold" if bold else "DejaVu Sans"), size)


def one_line(name: object) -> str:
    """Put a name on one line, and drop characters that no font draws."""
    text = " ".join(str(name).split())
    return "".join(character if character.isprintable() else "?" for character in text)


def shorten(name: object, length: int) -> str:
    """Cut a name in its middle to at most `length` characters."""
    text = one_line(name)
    if len(text) <= length:
        return text
    tail = (length - 1) // 2
    return text[: length - 1 - tail] + "…" + text[len(text) - tail :]


def spread_apart(points: np.ndarray, sizes: np.ndarray, *, steps: int = 200) -> np.ndarray:
    """Move label centres (n, 2) as little as possible until boxes of the given sizes (n, 2) no longer overlap.

    Pushes each overlapping pair apart along its shorter overlap, and pulls every label gently back to its place.
    """
    placed = points.astype(float).copy()
    half = (sizes[:, None] + sizes[None]) / 2
    for step in range(steps):
        apart = placed[:, None] - placed[None]
        # Labels at the very same place are told apart by their order.
        apart += 1e-9 * np.sign(np.arange(len(points))[:, None] - np.arange(len(points)))[..., None]
        overlap = half - np.abs(apart)
        overlap[np.arange(len(points)), np.arange(len(points))] = -1
        touching = (overlap > 0).all(axis=2)
        if not touching.any():
            break
        along_x = overlap[..., 0] < overlap[..., 1]
        push = np.where(np.stack([along_x, ~along_x], -1), np.sign(apart) * overlap, 0)
        placed += 0.5 * np.where(touching[..., None], push, 0).sum(axis=1)
        if step < steps // 2:
            placed += 0.02 * (points - placed)
    return placed
