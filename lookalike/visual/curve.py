"""The estimate of the number of groups as a curve: its score for each number, and the levels read from it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from lookalike.visual.style import COLOURS, figure, shorten

__all__ = ["draw_curve"]

STRIP = 0.045  # height of a level's strip, as a share of the picture's
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
    """Draw score (m,) over n_clusters (m,), with each level's number as a line and its interval as a strip below.

    levels: mappings with `level`, `n_clusters`, `low`, `high`, as in count.json. Points that are not finite are left
    out.
    """
    order = np.argsort(n_clusters)
    x, y = np.asarray(n_clusters)[order], np.asarray(score, float)[order]
    kept = np.isfinite(y)
    with figure(path, 9, 5) as drawing:
        axes = drawing.add_subplot()
        axes.plot(x[kept], y[kept], color="#333333", marker="o", markersize=3.5, linewidth=1.4, zorder=3)
        for place, (colour, level) in enumerate(zip(COLOURS, levels, strict=False)):
            _draw_level(axes, level, colour, place)
        _leave_room(axes, y[kept], len(levels))
        _scale([*x.tolist(), *(value for level in levels for value in (level["low"], level["high"]))], axes)
        axes.set(xlabel="number of groups", ylabel=ylabel, title=shorten(title, 70))
        axes.grid(alpha=0.25)
        if levels:
            drawing.legend(loc="outside lower center", ncols=min(2, len(levels)), frameon=False)


def _leave_room(axes: Axes, shown: np.ndarray, n_levels: int) -> None:
    """Leave room for the strips below the curve."""
    if len(shown):
        low, high = float(shown.min()), float(shown.max())
        span = (high - low) or 1.0
        axes.set_ylim(low - span * (0.06 + 1.4 * STRIP * n_levels), high + 0.06 * span)


def _draw_level(axes: Axes, level: Mapping[str, object], colour: str, place: int) -> None:
    """Draw a level's number as a line, and its interval as a strip at its own height, so that none hides another."""
    number, low, high = level["n_clusters"], level["low"], level["high"]
    bottom = 0.012 + place * STRIP
    strip = {"color": colour, "linewidth": 0, "transform": axes.get_xaxis_transform(), "zorder": 2}
    axes.fill_between([low, high], bottom, bottom + 0.75 * STRIP, alpha=0.35, **strip)
    label = f"{level['level']}: {number:,} groups" + (f" (between {low:,} and {high:,})" if low < high else "")
    axes.plot([number, number], [bottom, 1], color=colour, linewidth=1, linestyle=":", transform=strip["transform"])
    ends = [bottom, bottom + 0.75 * STRIP]
    axes.plot([number, number], ends, color=colour, linewidth=4, transform=strip["transform"], label=label)


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
