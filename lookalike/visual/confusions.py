"""Classes that a grouping mixes up, with photos of both side by side."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lookalike.visual.style import figure, shorten
from lookalike.visual.thumbnails import Reader, load_thumbnails

__all__ = ["Pair", "draw_confusions"]

SIDE = 110  # pixels of a photo


class Pair(NamedTuple):
    """One line of the picture: two class names, what to say of them, and paths of photos of each."""

    first: str
    second: str
    note: str
    first_paths: Sequence[str]
    second_paths: Sequence[str]


def draw_confusions(path: Path, pairs: Sequence[Pair], read: Reader, *, title: str = "Worst confusions") -> None:
    """Draw one row a pair: photos of the first class on the left, of the second on the right."""
    height = 0.6 + max(1.55 * len(pairs), 0.8)
    with figure(path, 10.5, height) as drawing:
        drawing.suptitle(title, fontsize=14, weight="bold")
        if not pairs:
            drawing.text(0.5, 0.4, "No two classes share a group.", ha="center")
            return
        for row, pair in zip(drawing.subfigures(len(pairs), 1, squeeze=False)[:, 0], pairs, strict=True):
            row.suptitle(pair.note, fontsize=9, color="#555555")
            panels = row.subplots(1, 2)
            sides = ((pair.first, pair.first_paths, "#0072B2"), (pair.second, pair.second_paths, "#D55E00"))
            for axes, (name, names, colour) in zip(panels, sides, strict=True):
                axes.imshow(_strip(names, read), interpolation="antialiased")
                axes.set(xticks=[], yticks=[])
                axes.set_title(shorten(name, 44), fontsize=10, color=colour, loc="left")
                for spine in axes.spines.values():
                    spine.set(visible=True, color=colour)


def _strip(paths: Sequence[str], read: Reader, places: int = 4) -> np.ndarray:
    squares = load_thumbnails(paths[:places], read, SIDE)
    blank = np.full((places - len(squares), SIDE, SIDE, 3), 255, np.uint8)
    return np.concatenate([*squares, *blank], axis=1)
