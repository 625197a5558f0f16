"""The tree of a hierarchical clustering, with similarity 1 at its leaves and 0 at the top, and the cut through it."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from scipy.cluster.hierarchy import dendrogram

from lookalike.visual.style import COLOURS, NOISE, figure

__all__ = ["draw_dendrogram", "similarity"]

MAX_LEAVES = 600  # a larger tree is drawn from its last merges only
THICK_LEAVES = 200
NAMED_LEAVES = 60
LEAF = 10  # distance of two leaves in SciPy's drawing
CUT = "#D55E00"


def draw_dendrogram(
    path: Path,
    linkage: np.ndarray,
    cut: float | None,
    *,
    max_distance: float | None = None,
    linked: str = "images",
    title: str = "Dendrogram",
) -> None:
    """Draw a SciPy linkage (n - 1, 4) and its cut at a similarity of 0 to 1, None where no one height cuts it.

    max_distance: the largest pairwise distance, which is similarity 0; by default, and where the tree is taller, the
    height of the last merge. linked: what was linked. Raises ValueError for an empty linkage.
    """
    if not len(linkage):
        raise ValueError("expected a linkage with at least one merge, found none")
    top = max(max_distance or 0, float(linkage[:, 2].max())) or 1.0
    with figure(path, 12, 6) as drawing:
        axes = drawing.add_subplot()
        n_leaves = _draw_branches(axes, linkage, cut, top)
        axes.set_title(f"{title}: {len(linkage) + 1:,} {linked}{_draw_cut(axes, linkage, cut, top)}")
        axes.spines["bottom"].set_color(NOISE)
        if n_leaves < len(linkage) + 1:
            axes.set_xlabel(f"the last {n_leaves - 1} of {len(linkage):,} merges", color="#555555")


def _draw_branches(axes: Axes, linkage: np.ndarray, cut: float | None, top: float) -> int:
    """Draw the tree and return how many leaves it shows."""
    lines, colours, leaves = _branches(linkage, cut, top)
    width = 1.3 if len(leaves) <= THICK_LEAVES else 0.7
    axes.add_collection(LineCollection(lines, colors=colours, linewidths=width))
    axes.set(xlim=(0, LEAF * len(leaves)), ylim=(1.005, -0.02), ylabel="similarity", xticks=[])
    if len(leaves) <= NAMED_LEAVES:
        axes.set_xticks(LEAF / 2 + LEAF * np.arange(len(leaves)), leaves, rotation=90, fontsize=7)
    return len(leaves)


def _draw_cut(axes: Axes, linkage: np.ndarray, cut: float | None, top: float) -> str:
    """Draw the cut, if there is one, and return how many groups it makes, in words."""
    if cut is None:
        return ""
    axes.axhline(cut, color=CUT, linestyle="--", linewidth=1.5)
    axes.text(1.005, cut, f"cut {cut:.2f}", color=CUT, va="center", transform=axes.get_yaxis_transform())
    return f", {int((linkage[:, 2] > top * (1 - cut)).sum()) + 1:,} groups at the cut"


def _branches(linkage: np.ndarray, cut: float | None, top: float) -> tuple[np.ndarray, list[str], list[str]]:
    """Return the tree's lines (m, 4, 2) with similarities as heights, their colours, and the names of its leaves."""
    tree = dendrogram(
        linkage,
        p=MAX_LEAVES,
        truncate_mode="lastp",
        color_threshold=0 if cut is None else top * (1 - cut),
        above_threshold_color="C0",
        no_plot=True,
    )
    lines = np.stack([np.array(tree["icoord"]), similarity(np.array(tree["dcoord"]), top)], axis=2)
    # SciPy names its colours C0 (above the cut), C1, C2, ... from left to right.
    numbers = [int(name[1:]) for name in tree["color_list"]]
    colours = [COLOURS[(number - 1) % len(COLOURS)] if number else "#777777" for number in numbers]
    return lines, colours, tree["ivl"]


def similarity(distances: np.ndarray, max_distance: float) -> np.ndarray:
    """Turn distances into similarities: 1 at distance 0, 0 at max_distance."""
    return 1 - distances / max_distance
