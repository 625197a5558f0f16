"""Photos as points on a plane, drawn twice: coloured by true class and by group, what belongs together alike."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from scipy.optimize import linear_sum_assignment

from lookalike.clustering.outcome import group_name
from lookalike.visual.fonts import legible, text_width
from lookalike.visual.style import (
    figure,
    group_style,
    of_all,
    shorten,
    spread_apart,
    without_overlap,
)

__all__ = ["draw_scatter", "matched_styles"]

KEY_CLASSES = 160  # at most so many classes are listed below the panels where not all are named in them
KEY_COLUMNS = 7
SPREAD = 40  # so many names are moved apart; of more, those that overlap are left out
NAME_LENGTH = 22
SIDE = 8.6  # inches of a panel
EDGE = "#CCCCCC"


class _Panel(NamedTuple):
    """One colouring: labels int (m,), -1 for none, and for each label its name and the number of its style."""

    labels: np.ndarray
    names: Mapping[int, str]
    styles: Mapping[int, int]
    what: str
    none: str


def draw_scatter(
    path: Path,
    positions: np.ndarray,
    true: Sequence[str],
    pred: np.ndarray,
    *,
    title: str,
    total: int | None = None,
    called: Mapping[int, str] | None = None,
) -> None:
    """Draw positions (m, 2) in two panels: coloured by true class (m names, "" unlabelled) and by group, int (m,).

    One panel only when nothing is labelled. A class has the colour and marker of the group that it matches. Names
    stand at the medians, of the largest where not all fit. total: the number of photos that these are a sample of.
    called: names of groups.
    """
    panels = _panels(true, np.asarray(pred), called or {})
    classes = panels[0] if len(panels) == 2 else None
    key_rows = -(-len(classes.names) // KEY_COLUMNS) if classes and SPREAD < len(classes.names) <= KEY_CLASSES else 0
    with figure(path, 9 * len(panels), SIDE + 0.17 * key_rows) as drawing:
        drawing.suptitle(f"{shorten(title, 60)}: {of_all(len(positions), total)} photos", fontsize=15)
        if classes:
            drawing.supxlabel("A class has the colour of the group that it matches best.", fontsize=9, color="#555555")
        grid = drawing.add_gridspec(2, len(panels), height_ratios=[8, max(0.17 * key_rows, 0.01)])
        for column, panel in enumerate(panels):
            _draw_panel(drawing.add_subplot(grid[0, column]), positions, panel)
        if key_rows:
            _draw_key(drawing.add_subplot(grid[1, :]), classes, key_rows)


def matched_styles(classes: np.ndarray, groups: np.ndarray) -> dict[int, int]:
    """Return a number of a style for each class: that of its group under the best one-to-one match, or a free one.

    classes, groups: int (m,), negative for none. The match has the most photos in common (Kuhn, 1955).
    """
    class_numbers, group_numbers = np.unique(classes[classes >= 0]), np.unique(groups[groups >= 0])
    both = (classes >= 0) & (groups >= 0)
    table = np.zeros((len(class_numbers), len(group_numbers)), np.int64)
    places = np.searchsorted(class_numbers, classes[both]), np.searchsorted(group_numbers, groups[both])
    np.add.at(table, places, 1)
    matched = zip(*linear_sum_assignment(table, maximize=True), strict=True)
    styles = {int(class_numbers[i]): int(group_numbers[j]) for i, j in matched if table[i, j]}
    taken = {int(number) for number in group_numbers}
    free = iter(number for number in range(len(taken) + len(class_numbers)) if number not in taken)
    return {int(number): styles[number] if number in styles else next(free) for number in class_numbers.tolist()}


def _panels(true: Sequence[str], pred: np.ndarray, called: Mapping[int, str]) -> list[_Panel]:
    numbers = np.unique(pred[pred >= 0]).tolist()
    names = {number: group_name(number, called) for number in numbers}
    groups = _Panel(pred, names, {number: number for number in numbers}, "group", "in no group")
    known = sorted(set(true) - {""})
    if not known:
        return [groups]
    number = {name: i for i, name in enumerate(known)} | {"": -1}
    classes = np.array([number[name] for name in true])
    styles = matched_styles(classes, pred)
    return [_Panel(classes, dict(enumerate(known)), styles, "true class", "without label"), groups]


def _draw_panel(axes: Axes, positions: np.ndarray, panel: _Panel) -> None:
    size = float(np.clip(60_000 / max(len(panel.labels), 1), 5, 46))
    n_none = int((panel.labels < 0).sum())
    for label in [-1, *panel.names] if n_none else panel.names:
        colour, marker = group_style(panel.styles.get(label, -1))
        x, y = positions[panel.labels == label].T
        axes.scatter(x, y, s=size, c=colour, marker=marker, linewidths=0.25, edgecolors="white", alpha=0.85)
    axes.set(xticks=[], yticks=[])
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.04)
    for spine in axes.spines.values():
        spine.set(visible=True, color=EDGE)
    named = _name_labels(axes, positions, panel)
    n_labels, plural = len(panel.names), "es" if panel.what.endswith("s") else "s"
    told = f"{n_labels:,} {panel.what}{plural if n_labels != 1 else ''}"
    told += f", {named:,} of them named" if named < n_labels else ""
    axes.set_title(told + (f", {n_none:,} photos {panel.none}" if n_none else ""))


def _name_labels(axes: Axes, positions: np.ndarray, panel: _Panel) -> int:
    """Write names at the medians of their points, the largest first, and return how many fit."""
    labels, sizes = np.unique(panel.labels[panel.labels >= 0], return_counts=True)
    labels = labels[np.lexsort((labels, -sizes))].tolist()
    if not labels:
        return 0
    font = 9 if len(labels) <= SPREAD else 7.5
    texts = [legible(shorten(panel.names[label], NAME_LENGTH)) for label in labels]
    centres = np.array([np.median(positions[panel.labels == label], axis=0) for label in labels])
    axes.get_figure().draw_without_rendering()
    pixels = axes.transData.transform(centres)
    letter = axes.get_figure().dpi / 72 * font
    boxes = np.array([[text_width(text, round(letter)) + 0.7 * letter, 1.75 * letter] for text in texts])
    if len(labels) <= SPREAD:
        pixels = spread_apart(pixels, boxes)
    low, high = axes.get_window_extent().get_points()
    pixels = np.clip(pixels, low + boxes / 2, np.maximum(high - boxes / 2, low + boxes / 2))
    kept = without_overlap(np.concatenate([pixels - boxes / 2 + 1, pixels + boxes / 2 - 1], axis=1))
    for i in kept:
        edge = group_style(panel.styles[labels[i]])[0]
        box = {"boxstyle": "round,pad=0.18", "fc": "white", "ec": edge, "lw": 1.2, "alpha": 0.92}
        spot = axes.transData.inverted().transform(pixels[i])
        axes.text(*spot, texts[i], fontsize=font, ha="center", va="center", bbox=box, zorder=5)
    return len(kept)


def _draw_key(axes: Axes, panel: _Panel, rows: int) -> None:
    """List marker and name of each class in columns."""
    axes.set(xlim=(0, KEY_COLUMNS), ylim=(rows - 0.5, -0.5))
    axes.axis("off")
    for i, (label, name) in enumerate(panel.names.items()):
        column, row = divmod(i, rows)
        colour, marker = group_style(panel.styles[label])
        axes.scatter(column + 0.03, row, s=22, c=colour, marker=marker, linewidths=0)
        axes.text(column + 0.07, row, shorten(name, 36), fontsize=7.5, va="center")
