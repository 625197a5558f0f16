"""Photos as points on a plane, drawn twice: coloured by true and by predicted group."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from lookalike.visual.style import figure, group_style, shorten, spread_apart

__all__ = ["draw_scatter"]

KEY_GROUPS = 160  # classes whose names are listed below the panels
KEY_COLUMNS = 7
NAMED_GROUPS = 12  # groups whose names are written into the picture


def draw_scatter(path: Path, positions: np.ndarray, true: Sequence[str], pred: np.ndarray, *, title: str) -> None:
    """Draw positions (m, 2) in two panels: coloured by true (m names, "" unlabelled) and by predicted label (m,).

    One panel only when nothing is labelled. Groups are numbered at their medians; names are listed below.
    """
    names = sorted(set(true) - {""})
    number = {name: i for i, name in enumerate(names)} | {"": -1}
    panels = [(np.array([number[name] for name in true]), names, "true classes", "without label")] if names else []
    groups = np.asarray(pred)
    panels.append((groups, [], "predicted groups", "in no group"))
    key_rows = -(-len(names) // KEY_COLUMNS) if NAMED_GROUPS < len(names) <= KEY_GROUPS else 0
    with figure(path, 9 * len(panels), 8.6 + 0.17 * key_rows) as drawing:
        drawing.suptitle(f"{shorten(title, 60)}: {len(positions):,} images", fontsize=15)
        grid = drawing.add_gridspec(2, len(panels), height_ratios=[8, max(0.17 * key_rows, 0.01)])
        for column, panel in enumerate(panels):
            _draw_panel(drawing.add_subplot(grid[0, column]), positions, *panel)
        if key_rows:
            _draw_key(drawing.add_subplot(grid[1, :]), names, key_rows)


def _draw_panel(
    axes: Axes, positions: np.ndarray, labels: np.ndarray, names: Sequence[str], what: str, none: str
) -> None:
    groups = np.unique(labels[labels >= 0])
    size = float(np.clip(60_000 / max(len(labels), 1), 5, 46))
    n_none = int((labels < 0).sum())
    for group in [-1, *groups] if n_none else groups:
        colour, marker = group_style(int(group))
        x, y = positions[labels == group].T
        axes.scatter(x, y, s=size, c=colour, marker=marker, linewidths=0.25, edgecolors="white", alpha=0.85)
    axes.set(xticks=[], yticks=[], title=f"{len(groups):,} {what}" + (f", {n_none:,} {none}" if n_none else ""))
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.04)
    for spine in axes.spines.values():
        spine.set(visible=True, color="#CCCCCC")
    if 0 < len(groups) <= 3 * KEY_GROUPS:
        texts = [shorten(names[g], 16) if names and len(names) <= NAMED_GROUPS else str(g) for g in groups]
        _label_groups(axes, positions, labels, groups, texts)


def _label_groups(
    axes: Axes, positions: np.ndarray, labels: np.ndarray, groups: np.ndarray, texts: Sequence[str]
) -> None:
    """Write each group's text at the median of its points, moved where texts would overlap."""
    font = 9 if len(groups) <= 40 else 7.5
    centres = np.array([np.median(positions[labels == group], axis=0) for group in groups])
    axes.get_figure().draw_without_rendering()
    scale = axes.transData.get_matrix()[[0, 1], [0, 1]]  # pixels a unit
    pixel = axes.get_figure().dpi / 72
    sizes = np.array([[(0.62 * len(text) * font + 7) * pixel, (font + 7) * pixel] for text in texts]) / scale
    for group, text, spot in zip(groups, texts, spread_apart(centres, sizes), strict=True):
        box = {"boxstyle": "round,pad=0.18", "fc": "white", "ec": group_style(int(group))[0], "lw": 1.2, "alpha": 0.92}
        axes.text(*spot, text, fontsize=font, ha="center", va="center", bbox=box, zorder=5)


def _draw_key(axes: Axes, names: Sequence[str], rows: int) -> None:
    """List number, marker and name of each class in columns."""
    axes.set(xlim=(0, KEY_COLUMNS), ylim=(rows - 0.5, -0.5))
    axes.axis("off")
    for i, name in enumerate(names):
        column, row = divmod(i, rows)
        colour, marker = group_style(i)
        axes.scatter(column + 0.03, row, s=22, c=colour, marker=marker, linewidths=0)
        axes.text(column + 0.07, row, f"{i}  {shorten(name, 34)}", fontsize=7.5, va="center")
