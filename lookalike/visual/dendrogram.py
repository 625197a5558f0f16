"""The tree of a hierarchical clustering, with similarity 1 at its leaves and 0 at the top, and the cut through it.

Branches have the colours of their groups; below stand the groups' names, and a photo of each where there is room.
"""

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from scipy.cluster.hierarchy import dendrogram
from sklearn.isotonic import isotonic_regression

from lookalike.clustering.outcome import group_name
from lookalike.visual.fonts import fit
from lookalike.visual.style import figure, group_style, one_line, shorten, without_overlap
from lookalike.visual.thumbnails import Reader, load_thumbnails

__all__ = ["draw_dendrogram", "group_places", "node_groups", "side_by_side", "similarity"]

MAX_LEAVES = 600  # a larger tree is drawn from its last merges only
THICK_LEAVES = 200
LEAF = 10  # distance of two leaves in SciPy's drawing
CUT = "#D55E00"
MIXED, MIXED_COLOUR = -2, "#777777"  # a branch of several groups
WIDTH = (12.0, 22.0)  # inches
DPI = 120
SLOT, PHOTO = 66, 60  # pixels of a group below the tree, and of its photo
NAME_SLOT, NAME_ROOM = 14, 110  # pixels of an upright name
LETTERS = 12  # pixels
TREE, REST = 5.2, 0.6  # inches of the tree's height, and of title and margins


def draw_dendrogram(
    path: Path,
    linkage: np.ndarray,
    cut: float | None,
    *,
    max_distance: float | None = None,
    linked: str = "photos",
    groups: np.ndarray | None = None,
    called: Mapping[int, str] | None = None,
    exemplars: Mapping[int, str] | None = None,
    read: Reader | None = None,
    title: str = "Dendrogram",
) -> None:
    """Draw a SciPy linkage (n - 1, 4) and its cut at a similarity of 0 to 1, None where no one height cuts it.

    max_distance: the largest pairwise distance, which is similarity 0; by default, and where the tree is taller, the
    height of the last merge. linked: what was linked. groups: int (n,), of each leaf, -1 in no group; called: names of
    groups. exemplars: the path of a photo of each group, for `read`. Raises ValueError for an empty linkage.
    """
    if not len(linkage):
        raise ValueError("expected a linkage with at least one merge, found none")
    top = max(max_distance or 0, float(linkage[:, 2].max())) or 1.0
    nodes = node_groups(linkage, np.full(len(linkage) + 1, -1) if groups is None else np.asarray(groups))
    lines, colours, leaves = _branches(linkage, nodes, top)
    places = group_places(nodes[leaves], _sizes(linkage)[leaves])
    width = float(np.clip(1 + len(places) * SLOT / DPI, *WIDTH))
    beside = len(places) <= (width - 1) * DPI / SLOT  # whether all groups have a slot for name and photo
    foot = (SLOT + 50 if beside else NAME_ROOM + SLOT + 40) / DPI if places else 0.01
    with figure(path, width, TREE + REST + foot, dpi=DPI) as drawing:
        axes, below = drawing.subplots(2, 1, height_ratios=[TREE, foot])
        _draw_tree(axes, lines, colours, cut)
        below.axis("off")
        named = _draw_foot(below, axes, places, called or {}, exemplars or {}, read, beside) if places else 0
        axes.set_title(
            f"{shorten(title, 60)}: {len(linkage) + 1:,} {linked}{_counted(nodes[: len(linkage) + 1], linked, named)}"
        )
        if len(leaves) < len(linkage) + 1:
            axes.set_xlabel(f"the last {len(leaves) - 1} of {len(linkage):,} merges", color="#555555")


def node_groups(linkage: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return the group of each node of a tree: int (2 n - 1,), leaves first, -2 where it holds several groups."""
    nodes = np.concatenate([groups, np.full(len(linkage), MIXED)])
    for merge, (first, second) in enumerate(linkage[:, :2].astype(int), len(groups)):
        nodes[merge] = nodes[first] if nodes[first] == nodes[second] else MIXED
    return nodes


def group_places(leaves: np.ndarray, sizes: np.ndarray) -> dict[int, tuple[float, int]]:
    """Return for each group the middle of its longest run among the leaves, from the left, and the group's size.

    leaves: int (m,), the groups of the leaves drawn. sizes: how many each stands for. Runs are compared by size.
    """
    runs: dict[int, tuple[int, float]] = {}
    totals: dict[int, int] = {}
    start = 0
    for group, members in groupby(leaves.tolist()):
        end = start + len(list(members))
        size = int(sizes[start:end].sum())
        if group >= 0:
            totals[group] = totals.get(group, 0) + size
            runs[group] = max(runs.get(group, (0, 0.0)), (size, LEAF * (start + end) / 2), key=lambda run: run[0])
        start = end
    return {group: (runs[group][1], totals[group]) for group in sorted(runs, key=lambda group: runs[group][1])}


def side_by_side(wanted: np.ndarray, spacing: float, room: float) -> np.ndarray:
    """Move rising places (m,) as little as possible, by squares, until they are `spacing` apart and within the room."""
    steps = spacing * np.arange(len(wanted))
    last = max(room - spacing / 2 - steps.max(initial=0), spacing / 2)
    return isotonic_regression(wanted - steps, y_min=spacing / 2, y_max=last) + steps


def similarity(distances: np.ndarray, max_distance: float) -> np.ndarray:
    """Turn distances into similarities: 1 at distance 0, 0 at max_distance."""
    return 1 - distances / max_distance


def _branches(linkage: np.ndarray, nodes: np.ndarray, top: float) -> tuple[np.ndarray, list[str], list[int]]:
    """Return the tree's lines (m, 4, 2) with similarities as heights, their colours, and the nodes at its leaves."""

    def colour(node: int) -> str:
        return MIXED_COLOUR if nodes[node] == MIXED else group_style(int(nodes[node]))[0]

    tree = dendrogram(linkage, p=MAX_LEAVES, truncate_mode="lastp", link_color_func=colour, no_plot=True)
    lines = np.stack([np.array(tree["icoord"]), similarity(np.array(tree["dcoord"]), top)], axis=2)
    return lines, tree["color_list"], tree["leaves"]


def _draw_tree(axes: Axes, lines: np.ndarray, colours: list[str], cut: float | None) -> None:
    width = 1.5 if len(lines) < THICK_LEAVES else 0.8
    axes.add_collection(LineCollection(lines, colors=colours, linewidths=width))
    axes.set(xlim=(0, LEAF * (len(lines) + 1)), ylim=(1.005, -0.02), ylabel="similarity", xticks=[])
    axes.spines["bottom"].set_visible(False)
    if cut is not None:
        axes.axhline(cut, color=CUT, linestyle="--", linewidth=1.5)
        axes.text(1.005, cut, f"cut {cut:.2f}", color=CUT, va="center", transform=axes.get_yaxis_transform())


def _draw_foot(
    axes: Axes,
    tree: Axes,
    places: Mapping[int, tuple[float, int]],
    called: Mapping[int, str],
    exemplars: Mapping[int, str],
    read: Reader | None,
    beside: bool,
) -> int:
    """Draw names and photos of groups below the tree, and return how many groups are named."""
    axes.get_figure().draw_without_rendering()
    left, _, width, height = axes.get_window_extent().bounds
    middles = {group: tree.transData.transform((x, 0))[0] - left for group, (x, _) in places.items()}
    sizes = {group: size for group, (_, size) in places.items()}
    spacing = SLOT if beside else NAME_SLOT
    named = _largest(sizes, int(width // spacing))
    slots = dict(zip(named, side_by_side(np.array([middles[g] for g in named]), spacing, width).tolist(), strict=True))
    for group in named:
        _draw_name(axes, group, middles[group], slots[group], called, beside)
    pictured = _with_room({group: slots[group] for group in named if group in exemplars}, sizes, width)
    if pictured and read is not None:
        squares = load_thumbnails([exemplars[group] for group in pictured], read, PHOTO)
        for group, square in zip(pictured, squares, strict=True):
            _draw_photo(axes, square, slots[group], 44 if beside else NAME_ROOM + 30, group)
    axes.set(xlim=(0, width), ylim=(height, 0))
    return len(named)


def _largest(sizes: Mapping[int, int], number: int) -> list[int]:
    """Return so many of the largest groups, in the order given."""
    kept = set(sorted(sizes, key=lambda group: (-sizes[group], group))[:number])
    return [group for group in sizes if group in kept]


def _with_room(slots: Mapping[int, float], sizes: Mapping[int, int], width: float) -> list[int]:
    """Return the groups whose photos do not overlap below their names, the largest first."""
    order = [g for g in sorted(slots, key=lambda g: (-sizes[g], g)) if PHOTO / 2 <= slots[g] <= width - PHOTO / 2]
    boxes = [(slots[group] - PHOTO / 2 - 1, 0, slots[group] + PHOTO / 2 + 1, 1) for group in order]
    return [order[row] for row in without_overlap(np.array(boxes).reshape(-1, 4))]


def _draw_name(axes: Axes, group: int, middle: float, slot: float, called: Mapping[int, str], beside: bool) -> None:
    colour = group_style(group)[0]
    axes.plot([middle, slot], [0, 18], color=colour, linewidth=0.8)
    name, size = fit(one_line(group_name(group, called)), SLOT - 2 if beside else NAME_ROOM, LETTERS)
    upright = {} if beside else {"rotation": 90}
    axes.text(slot, 22, name, fontsize=size * 72 / DPI, ha="center", va="top", **upright)


def _draw_photo(axes: Axes, square: np.ndarray, middle: float, top: float, group: int) -> None:
    left, right, bottom = middle - PHOTO / 2, middle + PHOTO / 2, top + PHOTO
    axes.imshow(square, extent=(left, right, bottom, top), aspect="auto", interpolation="antialiased")
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]).T
    axes.plot(*corners, color=group_style(group)[0], linewidth=1.5)


def _counted(leaves: np.ndarray, linked: str, named: int) -> str:
    n_groups, none = len(np.unique(leaves[leaves >= 0])), int((leaves < 0).sum())
    if not n_groups:
        return ", all in no group"
    told = f" in {n_groups:,} group{'s' if n_groups != 1 else ''}"
    told += f", {named:,} of them named" if named < n_groups else ""
    return told + (f", {none:,} {linked.split()[0]} in no group" if none else "")


def _sizes(linkage: np.ndarray) -> np.ndarray:
    return np.concatenate([np.ones(len(linkage) + 1, np.int64), linkage[:, 3].astype(np.int64)])
