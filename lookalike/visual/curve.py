"""The estimate of the number of groups as a curve: its score for each number, and the levels read from it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from lookalike.visual.style import COLOURS, figure

__all__ = ["draw_curve"]

WIDE = 12  # from this ratio of largest to smallest number on, the axis is logarithmic


def draw_curve(
    path: Path,
    n_clusters: np.ndarray,
    score: np.ndarray,
    levels: Sequence[Mapping[str, object]],
    *,
    ylabel: str = "score",
    title: str = "How many groups?",
) -> None:
    """Draw score (m,) over n_clusters (m,), with each level's number as a line and its interval as a band.

    levels: mappings with `level`, `n_clusters`, `low`, `high`, as in count.json. Points that are not finite are left
    out.
    """
    order = np.argsort(n_clusters)
    x, y = np.asarray(n_clusters)[order], np.asarray(score, float)[order]
    kept = np.isfinite(y)
    with figure(path, 9, 5) as drawing:
        axes = drawing.add_subplot()
        axes.plot(x[kept], y[kept], color="#333333", marker="o", markersize=3.5, linewidth=1.4, zorder=3)
        for colour, level in zip(COLOURS, levels, strict=False):
            number, low, high = level["n_clusters"], level["low"], level["high"]
            axes.axvspan(low, high, color=colour, alpha=0.16, linewidth=0)
            label = f"{level['level']}: {number:,} groups ({low:,} to {high:,})"
            axes.axvline(number, color=colour, linewidth=2, label=label)
        _scale([*x.tolist(), *(value for level in levels for value in (level["low"], level["high"]))], axes)
        axes.set(xlabel="number of groups", ylabel=ylabel, title=title)
        axes.grid(alpha=0.25)
        if levels:
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=min(3, len(levels)), frameon=False)


def _scale(numbers: Sequence[float], axes: Axes) -> None:
    """Make the axis of the numbers of groups logarithmic where they span a wide range, with ticks at whole numbers."""
    if not numbers or max(numbers) <= WIDE * max(min(numbers), 1):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        return
    axes.set_xscale("log")
    ticks = [step * 10**power for power in range(9) for step in (1, 2, 5)]
    shown = [tick for tick in ticks if min(numbers) <= tick <= max(numbers)]
    axes.set_xticks(shown, [f"{tick:,}" for tick in shown])
    axes.minorticks_off()
