"""How groups are told apart in figures: a colour-blind-safe cycle of colours, times marker shapes, times numbers."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text

from lookalike.visual.fonts import FAMILY, families, legible

__all__ = [
    "COLOURS",
    "MARKERS",
    "NOISE",
    "figure",
    "group_style",
    "of_all",
    "one_line",
    "shorten",
    "spread_apart",
    "tint",
    "without_overlap",
]

# Okabe and Ito (2008): told apart with any kind of colour blindness. Their yellow hardly shows on white, so the last
# is the olive of Tol (2021).
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#333333", "#999933")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">", "p")
NOISE = "#BBBBBB"
TINT = 0.36  # of a colour in its tint; the rest is white

SETTINGS = {
    "font.family": [FAMILY],
    "font.size": 10,
    "axes.titlesize": 13,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.parse_math": False,  # a file or class name may hold dollar signs
    "savefig.facecolor": "white",
}


def group_style(group: int) -> tuple[str, str]:
    """Return colour and marker of a group: 88 pairs before they repeat; in no group (-1) is grey and round."""
    if group < 0:
        return NOISE, "o"
    return COLOURS[group % len(COLOURS)], MARKERS[group // len(COLOURS) % len(MARKERS)]


def tint(group: int) -> tuple[int, int, int]:
    """Return a light shade of a group's colour, for what lies behind photos: red, green and blue, 0 to 255."""
    colour = group_style(group)[0]
    share = TINT if group >= 0 else TINT / 2
    red, green, blue = (round(255 - share * (255 - int(colour[at : at + 2], 16))) for at in (1, 3, 5))
    return red, green, blue


@contextmanager
def figure(path: Path, width: float, height: float, *, dpi: int = 120) -> Iterator[Figure]:
    """Yield a new figure of width x height inches and save it at the end, without a display or global state.

    Its texts take other fonts of the system for what the first one lacks; without one, a box stands there.
    """
    with matplotlib.rc_context(SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")  # of a bold face that lacks what the plain one has
        drawing = Figure(figsize=(width, height), dpi=dpi, layout="constrained")
        yield drawing
        for text in drawing.findobj(Text):
            text.set(text=legible(text.get_text()), fontfamily=families(text.get_text()))
        # A date in the file would make two equal pictures differ.
        drawing.savefig(path, metadata={"Software": None} if path.suffix == ".png" else None)


def of_all(shown: int, total: int | None) -> str:
    """Say how many are shown, and of how many where that is a sample."""
    return f"{shown:,}" if total in (None, shown) else f"{shown:,} of {total:,}"


def one_line(name: object) -> str:
    """Put a name on one line, with ? for what is no letter, such as marks that turn the direction of reading."""
    text = " ".join(str(name).split())
    return "".join(character if character.isprintable() else "?" for character in text)


def shorten(name: object, length: int) -> str:
    """Cut a name in its middle to at most `length` characters."""
    text = one_line(name)
    if len(text) <= length:
        return text
    tail = (length - 1) // 2
    return text[: length - 1 - tail] + "…" + text[len(text) - tail :]


def without_overlap(boxes: np.ndarray) -> list[int]:
    """Choose boxes (n, 4) of left, top, right, bottom, each where it overlaps none chosen before: their rows."""
    chosen: list[int] = []
    for row, (left, top, right, bottom) in enumerate(boxes):
        others = boxes[chosen]
        clear = (others[:, 0] >= right) | (others[:, 2] <= left) | (others[:, 1] >= bottom) | (others[:, 3] <= top)
        if clear.all():
            chosen.append(row)
    return chosen


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
