"""The tree of a hierarchical clustering, with similarity 1 at its leaves and 0 at the top, and the cut through it."""

from pathlib import Path

import numpy as np
from matplotlib.collections import LineCollection
from scipy.cluster.hierarchy import dendrogram

from lookalike.visual.style import COLOURS, NOISE, figure

__all__ = ["draw_dendrogram", "similarity"]

MAX_LEAVES = 600  # a larger tree is drawn from its last merges only
NAMED_LEAVES = 60


def draw_dendrogram(
    path: Path,
    linkage: np.ndarray,
    cut: float | None,
    *,
    max_distance: float | None = None,
    leaves: str = "images",
    title: str = "Dendrogram",
) -> None:
    """Draw a SciPy linkage (n - 1, 4) and its cut at a similarity of 0 to 1, None where no one height cuts it.

    max_distance: the largest pairwise distance, which is similarity 0; by default, and where the tree is taller, the
    height of the last merge. leaves: what was linked. Raises ValueError for an empty linkage.
    """
    if not len(linkage):
        raise ValueError("expected a linkage with at least one merge, found none")
    top = max(max_distance or 0, float(linkage[:, 2].max())) or 1.0
    tree = dendrogram(
        linkage,
        p=MAX_LEAVES,
        truncate_mode="lastp",
        color_threshold=0 if cut is None else top * (1 - cut),
        above_threshold_color="C0",
        no_plot=True,
    )
    heights = similarity(np.array(tree["dcoord"]), top)
    lines = np.stack([np.array(tree["icoord"]), heights], axis=2)
    # SciPy names its colours C0 (above the cut), C1, C2, ... from left to right.
    numbers = [int(name[1:]) for name in tree["color_list"]]
    colours = [COLOURS[(number - 1) % len(COLOURS)] if number else "#777777" for number in numbers]
    n_leaves, n_linked = len(tree["ivl"]), len(linkage) + 1
    with figure(path, 12, 6) as drawing:
        axes = drawing.add_subplot()
        axes.add_collection(LineCollection(lines, colors=colours, linewidths=1.3 if n_leaves <= 200 else 0.7))
        words = f"{n_linked:,} {leaves}"
        if cut is not None:
            axes.axhline(cut, color="#D55E00", linestyle="--", linewidth=1.5)
            axes.text(1.005, cut, f"cut {cut:.2f}", color="#D55E00", va="center", transform=axes.get_yaxis_transform())
            words += f", {int((linkage[:, 2] > top * (1 - cut)).sum()) + 1:,} groups at the cut"
        axes.set(xlim=(0, 10 * n_leaves), ylim=(1.005, -0.02), ylabel="similarity", xticks=[])
        axes.set_title(f"{title}: {words}")
        axes.spines["bottom"].set_color(NOISE)
        if n_leaves <= NAMED_LEAVES:
            axes.set_xticks(5 + 10 * np.arange(n_leaves), tree["ivl"], rotation=90, fontsize=7)
        if n_leaves < n_linked:
            axes.set_xlabel(f"the last {n_leaves - 1} of {n_linked - 1:,} merges", color="#555555")


def similarity(distances: np.ndarray, max_distance: float) -> np.ndarray:
    """Turn distances into similarities: 1 at distance 0, 0 at max_distance."""
    return 1 - distances / max_distance
