"""Classes that a grouping mixes up, with photos of both side by side."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from lookalike.visual.style import figure, shorten
from lookalike.visual.thumbnails import Reader, load_thumbnails

__all__ = ["Confused", "draw_confusions"]

SIDE = 110  # pixels of a photo
PHOTOS = 4  # of each class


class Confused(Protocol):
    """Two classes with pairs of images put together: how many, what share of all their pairs, and where mostly."""

    first: str
    second: str
    pairs: int
    share: float
    group: int
    first_rows: Sequence[int]
    second_rows: Sequence[int]


def draw_confusions(path: Path, confusions: Sequence[Confused], paths: Sequence[str], read: Reader) -> None:
    """Draw one row a confusion: photos of its first class on the left, of the second on the right.

    paths: of all images; `first_rows` and `second_rows` are places in it, of which the first four are shown.
    """
    with figure(path, 10.5, 0.6 + max(1.55 * len(confusions), 0.8)) as drawing:
        drawing.suptitle("Worst confusions", fontsize=14, weight="bold")
        if not confusions:
            drawing.text(0.5, 0.4, "No two classes share a group.", ha="center")
            return
        for row, item in zip(drawing.subfigures(len(confusions), 1, squeeze=False)[:, 0], confusions, strict=True):
            note = f"{item.pairs:,} pairs together ({item.share:.0%} of theirs), mostly in group {item.group}"
            row.suptitle(note, fontsize=9, color="#555555")
            sides = ((item.first, item.first_rows, "#0072B2"), (item.second, item.second_rows, "#D55E00"))
            for axes, (name, rows, colour) in zip(row.subplots(1, 2), sides, strict=True):
                axes.imshow(_strip([paths[i] for i in rows[:PHOTOS]], read), interpolation="antialiased")
                axes.set(xticks=[], yticks=[])
                axes.set_title(shorten(name, 44), fontsize=10, color=colour, loc="left")
                for spine in axes.spines.values():
                    spine.set(visible=True, color=colour)


def _strip(paths: Sequence[str], read: Reader) -> np.ndarray:
    squares = load_thumbnails(paths, read, SIDE)
    blank = np.full((PHOTOS - len(squares), SIDE, SIDE, 3), 255, np.uint8)
    return np.concatenate([*squares, *blank], axis=1)
