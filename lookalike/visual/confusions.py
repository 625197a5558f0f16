"""Groups that mix classes: a row each, with photos of the classes in it side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from PIL import Image, ImageDraw

from lookalike.clustering.outcome import group_name
from lookalike.visual.fonts import fit, write
from lookalike.visual.style import group_style, one_line
from lookalike.visual.thumbnails import Reader, load_thumbnails

__all__ = ["Groups", "draw_confusions", "mixed_groups"]

SIDE, GAP = 88, 4  # pixels of a photo, and between two
PHOTOS, CLASSES = 4, 4  # shown of each class, and classes of each group
MARGIN, TITLE, NAME = 18, 44, 170  # pixels: around all, of the title, of the column of groups
HEAD, SPACE = 24, 22  # pixels above photos and between classes
LETTERS = 15
GREY = "#555555"
MAIN, STRAY = "#333333", "#D55E00"  # of the class that most photos of a group have, and of the others


class _Row(NamedTuple):
    """A group and its classes, the largest first: their names and the rows of their photos, the first shown first."""

    group: int
    classes: list[tuple[str, np.ndarray]]


class Groups(Protocol):
    """A grouping of n photos: paths, labels int (n,), -1 in no group, distances (n,), and the names of groups."""

    paths: list[str]
    labels: np.ndarray
    distances: np.ndarray
    called: Mapping[int, str]


def draw_confusions(path: Path, groups: Groups, true: Sequence[str], read: Reader, *, n_groups: int = 10) -> None:
    """Draw a row for each of the n_groups groups that mix classes most: its name, and photos of each class in it.

    true: n names, "" for unlabelled. Of each class the photos with the smallest distances are shown.
    """
    mixed = mixed_groups(groups.labels, true, groups.distances)
    shown = mixed[:n_groups]
    width = 2 * MARGIN + NAME + max((_row_width(row) for row in shown), default=0)
    page = Image.new("RGB", (max(width, 700), 2 * MARGIN + TITLE + len(shown) * (HEAD + SIDE + SPACE)), "white")
    draw = ImageDraw.Draw(page)
    write(draw, (MARGIN, MARGIN), _title(mixed, len(shown), groups.labels), 22, bold=True)
    order = [index for row in shown for _, rows in row.classes[:CLASSES] for index in rows[:PHOTOS].tolist()]
    squares = iter(load_thumbnails([groups.paths[index] for index in order], read, SIDE))
    for place, row in enumerate(shown):
        top = MARGIN + TITLE + place * (HEAD + SIDE + SPACE)
        _draw_group(draw, row, top, groups.called)
        x = MARGIN + NAME
        for number, (name, rows) in enumerate(row.classes[:CLASSES]):
            strip = [next(squares) for _ in rows[:PHOTOS]]
            x = _draw_class(page, (x, top), f"{one_line(name)}: {len(rows):,}", strip, STRAY if number else MAIN)
    page.save(path)


def mixed_groups(pred: np.ndarray, true: Sequence[str], distances: np.ndarray) -> list[_Row]:
    """Return the groups with photos of several classes, those with the most photos beside their main class first.

    pred: int (n,). true: n names. distances: float (n,); the rows of a class are in their order.
    """
    names = np.array(true, object).astype(str)
    labelled = np.flatnonzero((pred >= 0) & (names != ""))
    labelled = labelled[np.argsort(distances[labelled], kind="stable")]
    found: dict[int, dict[str, list[int]]] = {}
    for row in labelled.tolist():
        found.setdefault(int(pred[row]), {}).setdefault(str(names[row]), []).append(row)
    mixed = []
    for group, classes in found.items():
        largest = sorted(classes, key=lambda name: (-len(classes[name]), name))
        mixed.append(_Row(group, [(name, np.array(classes[name])) for name in largest]))
    beside = {row.group: sum(len(rows) for _, rows in row.classes[1:]) for row in mixed}
    return sorted((row for row in mixed if beside[row.group]), key=lambda row: (-beside[row.group], row.group))


def _title(mixed: Sequence[_Row], n_shown: int, pred: np.ndarray) -> str:
    if not mixed:
        return "No group mixes classes."
    told = f"Groups that mix classes: {len(mixed):,} of {len(np.unique(pred[pred >= 0])):,}"
    return told + (f", the {n_shown:,} most mixed shown" if n_shown < len(mixed) else "")


def _row_width(row: _Row) -> int:
    return sum(_strip_width(min(len(rows), PHOTOS)) + SPACE for _, rows in row.classes[:CLASSES])


def _strip_width(n_photos: int) -> int:
    return max(n_photos, 2) * (SIDE + GAP) - GAP  # room for a name above a single photo


def _draw_group(draw: ImageDraw.ImageDraw, row: _Row, top: int, called: Mapping[int, str]) -> None:
    """Write a group's name and what is in it in front of its row, beside a line of its colour."""
    draw.rectangle((MARGIN, top, MARGIN + 4, top + HEAD + SIDE), fill=group_style(row.group)[0])
    left, middle = MARGIN + 14, top + HEAD + SIDE / 2
    sizes = [len(rows) for _, rows in row.classes]
    name, height = fit(one_line(group_name(row.group, called)), NAME - 30, LETTERS + 2, bold=True)
    write(draw, (left, middle - 22), name, height, bold=True, anchor="lm")
    write(draw, (left, middle), f"{sum(sizes):,} photos", LETTERS - 2, fill=GREY, anchor="lm")
    told = f"{len(sizes)} classes" + (f", {CLASSES} shown" if len(sizes) > CLASSES else "")
    write(draw, (left, middle + 18), told, LETTERS - 2, fill=GREY, anchor="lm")


def _draw_class(page: Image.Image, spot: tuple[int, int], name: str, squares: Sequence[np.ndarray], colour: str) -> int:
    """Draw photos of a class side by side below its name, and return where the next class starts."""
    left, top = spot
    width = _strip_width(len(squares))
    draw = ImageDraw.Draw(page)
    text, height = fit(name, width, LETTERS, bold=True)
    write(draw, (left, top + HEAD / 2 - 4), text, height, bold=True, fill=colour, anchor="lm")
    draw.rectangle((left, top + HEAD - 5, left + width - 1, top + HEAD - 4), fill=colour)
    for place, square in enumerate(squares):
        page.paste(Image.fromarray(square), (left + place * (SIDE + GAP), top + HEAD))
    return left + width + SPACE
