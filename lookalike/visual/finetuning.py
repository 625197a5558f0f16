"""Pictures of a fine-tuning run: its curves, altered photos, and what it did for classes it never saw."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from lookalike.visual.style import figure

__all__ = ["draw_before_after", "draw_copies", "draw_curves", "draw_finetuning"]

BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"  # Okabe and Ito's colour-blind-safe palette
METRICS = {
    "normalized_mutual_info": "normalized mutual\ninformation",
    "adjusted_rand_index": "adjusted Rand\nindex",
    "recall_at_1": "recall@1",
}
DPI = 130


def draw_finetuning(
    history: Sequence[Mapping],
    samples: Mapping[str, tuple[Sequence[str], Sequence[Sequence[np.ndarray]]]],
    holdout: Mapping | None,
    folder: Path,
) -> None:
    """Draw curves.png, a picture of each set of altered samples by its name, and holdout.png where there is one."""
    draw_curves(history, folder / "curves.png")
    for name, (titles, rows) in samples.items():
        draw_copies(rows, titles, folder / f"{name}.png")
    if holdout:
        draw_before_after(holdout, folder / "holdout.png")


def draw_curves(history: Sequence[Mapping], path: Path) -> None:
    """Draw loss and accuracy of every epoch, training and validation, the phases one after the other."""
    starts = [index for index in range(1, len(history)) if history[index]["phase"] != history[index - 1]["phase"]]
    with figure(path, 10, 4, dpi=DPI) as drawing:
        left, right = drawing.subplots(1, 2)
        _draw_curve(left, history, "loss", starts)
        _draw_curve(right, history, "accuracy", starts)
        right.yaxis.set_major_formatter(PercentFormatter(1.0))


def _draw_curve(axes: Axes, history: Sequence[Mapping], quantity: str, starts: Sequence[int]) -> None:
    for key, name, colour in ((quantity, "training", BLUE), (f"val_{quantity}", "validation", ORANGE)):
        values = [row.get(key, np.nan) for row in history]
        if np.isfinite(values).any():
            axes.plot(np.arange(1, len(values) + 1), values, "o-", color=colour, label=name, markersize=3)
    for start in starts:
        axes.axvline(start + 0.5, color="0.6", linestyle=":", linewidth=1)
    axes.set(xlabel="epoch (dotted: the backbone starts to learn)" if starts else "epoch", title=quantity)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(0, axes.dataLim.ymax * 1.05)
    axes.legend(frameon=False)


def draw_copies(rows: Sequence[Sequence[np.ndarray]], names: Sequence[str], path: Path) -> None:
    """Draw photos uint8 (s, s, 3), a row of the original and its altered copies each; `names` head the columns."""
    side = rows[0][0].shape[0]
    gap = max(1, side // 20)
    framed = [[np.pad(photo, ((0, gap), (0, gap), (0, 0)), constant_values=255) for photo in row] for row in rows]
    sheet = np.concatenate([np.concatenate(row, axis=1) for row in framed])
    with figure(path, 1.5 * len(names), 1.5 * len(rows) + 0.3, dpi=DPI) as drawing:
        axes = drawing.add_subplot()
        axes.imshow(sheet, interpolation="antialiased")
        middles = side / 2 + (side + gap) * np.arange(len(names))
        axes.set_xticks(middles, [name.replace("_", " ") for name in names])
        axes.set_yticks([])
        axes.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0)
        axes.spines[:].set_visible(False)


def draw_before_after(holdout: Mapping, path: Path) -> None:
    """Draw the scores of base, fine-tuned and joint features on the held-out photos side by side."""
    series = [("before", "base", "0.6"), ("after", "fine-tuned", BLUE), ("both", "both side by side", GREEN)]
    n_images, n_classes = holdout["before"]["n_images"], holdout["before"]["n_classes"]
    with figure(path, 8, 4.2, dpi=DPI) as drawing:
        axes = drawing.add_subplot()
        for index, (key, name, colour) in enumerate(series):
            values = [holdout[key][metric] for metric in METRICS]
            bars = axes.bar(np.arange(len(METRICS)) + (index - 1) * 0.27, values, 0.25, color=colour, label=name)
            axes.bar_label(bars, fmt="%.3f", fontsize=9, padding=2)
        axes.set_title(f"{n_images:,} photos of {n_classes:,} classes that training never saw")
        axes.set_xticks(range(len(METRICS)), METRICS.values())
        axes.set(ylim=(min(0, axes.dataLim.ymin * 1.2), 1.08), ylabel="score")
        drawing.legend(loc="outside lower center", ncols=3, frameon=False)
