"""The self-organizing map as pictures: its U-matrix, and the map with a photo on every unit.

Units are given as (row, column); borders are drawn between units of different groups.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from PIL import Image, ImageDraw
from scipy.ndimage import distance_transform_edt

from lookalike.clustering.outcome import group_name
from lookalike.visual.fonts import fit, legible, text_width, write
from lookalike.visual.style import figure, group_style, of_all, one_line, shorten, tint, without_overlap
from lookalike.visual.thumbnails import Reader, load_thumbnails

__all__ = [
    "borders",
    "draw_photo_map",
    "draw_u_matrix",
    "filled",
    "group_spots",
    "unit_groups",
    "unit_photos",
]

BORDER = "#D55E00"  # of the U-matrix, whose own colours are blue and yellow
LINE = "#222222"
MARGIN = 12  # pixels
HEAD = 36
CELL = (20, 128)  # least and most pixels of a unit
PADDING = 2  # pixels of the group's tint around each photo
SMALLEST = 0.6  # side of the photo of a unit with one photo, as a share of that with the most
NAME_LENGTH = 24  # letters of a group's name
EMPTY = -2  # group of a unit without photos; -1 is in no group


def draw_u_matrix(
    path: Path,
    u_matrix: np.ndarray,
    units: np.ndarray,
    pred: np.ndarray,
    *,
    called: Mapping[int, str] | None = None,
    title: str = "",
) -> None:
    """Draw the U-matrix (rows, cols): mean distance to neighbouring units, with photo counts and group borders.

    units: int (n, 2), best-matching unit of each photo. pred: int (n,). called: names of groups.
    """
    rows, cols = u_matrix.shape
    groups, counts = unit_groups(units, pred, (rows, cols))
    side = 9.0  # inches
    with figure(path, side + 1.2, side * rows / cols + 0.9) as drawing:
        axes = drawing.add_subplot()
        image = axes.imshow(u_matrix, cmap="cividis", interpolation="nearest")
        row, col = np.nonzero(counts)
        area = (0.75 * side * 72 / cols) ** 2 * counts[row, col] / counts.max(initial=1)
        axes.scatter(col, row, s=np.maximum(area, 1.5), c="white", alpha=0.75, linewidths=0)
        named = _mark_groups(axes, groups, called or {}, side * 110 / cols)
        told = f"U-matrix: {rows} x {cols} units, {len(pred):,} photos, {_counted(groups, named)}"
        axes.set(xticks=[], yticks=[], title=f"{shorten(title, 40)}, {told}" if title else told)
        drawing.colorbar(image, ax=axes, fraction=0.046, pad=0.02, label="mean distance to neighbouring units")
        axes.set_xlabel("dots: photos on a unit; lines: borders of groups", color="#555555")


def _mark_groups(axes: Axes, groups: np.ndarray, called: Mapping[int, str], scale: float) -> int:
    """Draw the borders and names of groups on a U-matrix, and return how many are named; scale: pixels of a unit."""
    lines = borders(groups)
    for width, colour in ((4.2, "white"), (2.2, BORDER)):
        axes.add_collection(LineCollection(lines, colors=colour, linewidths=width, capstyle="projecting"))
    box = {"boxstyle": "round,pad=0.2", "fc": "white", "ec": BORDER, "lw": 1, "alpha": 0.9}
    named = _names_that_fit(groups, called, scale, 15, middle=True)
    for _, name, row, col in named:
        axes.text(col, row, name, ha="center", va="center", fontsize=9, weight="bold", bbox=box)
    return len(named)


def draw_photo_map(
    path: Path,
    shape: tuple[int, int],
    units: np.ndarray,
    distances: np.ndarray,
    pred: np.ndarray,
    paths: Sequence[str],
    read: Reader,
    *,
    picture_side: int = 2400,
    called: Mapping[int, str] | None = None,
    title: str = "",
    total: int | None = None,
) -> None:
    """Draw a map of `shape` units, each with the photo nearest to its prototype, larger where it has more photos.

    units: int (n, 2). distances: float (n,), of each photo to its unit's prototype. A unit is tinted in the colour of
    its group, one without photos in that of the nearest. The longer side of the map is about `picture_side` pixels.
    called: names of groups. total: the number of photos that these are a sample of.
    """
    rows, cols = shape
    cell = int(np.clip(picture_side // max(rows, cols), *CELL))
    groups, counts = unit_groups(units, pred, shape)
    where, shown = unit_photos(units, distances, shape)
    grounds = np.array([tint(group) for group in groups.flat[where].tolist()]).reshape(-1, 3)
    squares = load_thumbnails([paths[row] for row in shown], read, cell - 2 * PADDING, grounds=grounds)
    mosaic = _tinted(groups, cell)
    _place(mosaic, squares, where, _sides(counts.flat[where], cell - 2 * PADDING))
    page = Image.new("RGB", (cols * cell + 2 * MARGIN, rows * cell + 2 * MARGIN + HEAD), "white")
    page.paste(Image.fromarray(mosaic.reshape(rows * cell, cols * cell, 3)), (MARGIN, MARGIN + HEAD))
    named = _annotate(page, groups, cell, called or {})
    told = [f"{of_all(len(pred), total)} photos", _counted(groups, named)]
    larger = "; the larger a photo, the more are at its place" if counts.max(initial=0) > 1 else ""
    _draw_title(page, f"{title + ': ' if title else ''}{', '.join(told)}{larger}")
    page.save(path, compress_level=6)


def _tinted(groups: np.ndarray, cell: int) -> np.ndarray:
    """Return cells in the tints of their groups: uint8 (rows, cell, cols, cell, 3)."""
    numbers, inverse = np.unique(filled(groups), return_inverse=True)
    tints = np.array([tint(number) for number in numbers.tolist()], np.uint8)[inverse.reshape(groups.shape)]
    return tints[:, None, :, None].repeat(cell, axis=1).repeat(cell, axis=3)


def _place(mosaic: np.ndarray, squares: np.ndarray, where: np.ndarray, sides: np.ndarray) -> None:
    """Put photos of the given sides into the middles of their cells, flat numbers of the mosaic's."""
    cell, cols = mosaic.shape[1:3]
    for row, col, square, side in zip(*np.divmod(where, cols), squares, sides.tolist(), strict=True):
        start = (cell - side) // 2
        small = cv2.resize(square, (side, side), interpolation=cv2.INTER_AREA)
        mosaic[row, start : start + side, col, start : start + side] = small


def _sides(counts: np.ndarray, largest: int) -> np.ndarray:
    """Return the pixels of the photos of units with so many photos each: the area grows with the number."""
    share = np.sqrt(counts / counts.max(initial=1))
    return np.maximum(1, np.round(largest * (SMALLEST + (1 - SMALLEST) * share)).astype(int))


def _annotate(page: Image.Image, groups: np.ndarray, cell: int, called: Mapping[int, str]) -> int:
    """Draw borders and names of groups, int (rows, cols), over the photos, and return how many have a name there."""
    draw = ImageDraw.Draw(page)
    corners = (borders(groups) + 0.5) * cell + [MARGIN, MARGIN + HEAD]
    for width, colour in ((6, "white"), (3, LINE)):
        for (x0, y0), (x1, y1) in corners.tolist():
            draw.line((x0, y0, x1, y1), fill=colour, width=width)
    size = int(np.clip(cell // 4, 12, 26))
    named = _names_that_fit(groups, called, cell, size, middle=False)
    for group, name, row, col in named:
        spot = (MARGIN + (col + 0.5) * cell, MARGIN + HEAD + row * cell + size)
        _boxed(draw, spot, name, size, group_style(group)[0], page.width)
    return len(named)


def _draw_title(page: Image.Image, title: str) -> None:
    text, size = fit(one_line(title), page.width - 2 * MARGIN, 24, bold=True)
    write(ImageDraw.Draw(page), (page.width / 2, MARGIN + HEAD / 2 - 4), text, size, bold=True, anchor="mm")


def _names_that_fit(
    groups: np.ndarray, called: Mapping[int, str], scale: float, size: int, *, middle: bool
) -> list[tuple[int, str, int, int]]:
    """Return (group, name, row, column) of the largest groups whose names, in letters of `size`, overlap no other's.

    scale: pixels of a unit. middle: the name stands in the middle of its unit, not at its top.
    """
    spots = group_spots(groups)
    names = [legible(shorten(group_name(group, called), NAME_LENGTH)) for group, _, _ in spots]
    boxes = []
    for name, (_, row, col) in zip(names, spots, strict=True):
        half = text_width(name, size, bold=True) / 2 + 7
        x, y = (col + 0.5) * scale, (row + 0.5) * scale if middle else row * scale + size
        boxes.append((x - half, y - 0.8 * size - 3, x + half, y + 0.8 * size + 3))
    kept = without_overlap(np.array(boxes).reshape(-1, 4))
    return [(spots[i][0], names[i], *spots[i][1:]) for i in kept]


def _counted(groups: np.ndarray, n_named: int) -> str:
    n_groups = len(np.unique(groups[groups >= 0]))
    told = f"{n_groups:,} group{'s' if n_groups != 1 else ''}"
    return told if n_named == n_groups else f"{told}, {n_named:,} of them named"


def unit_groups(units: np.ndarray, pred: np.ndarray, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the group that most photos of each unit are in, and the number of photos: int (rows, cols) each.

    A unit without photos has group -2. Ties go to the lower group.
    """
    flat = np.ravel_multi_index(units.T, shape)
    pairs, pair_counts = np.unique(np.stack([flat, pred]), axis=1, return_counts=True)
    order = np.lexsort((-pairs[1], pair_counts))  # the last write of a unit wins: most photos, then lowest group
    groups = np.full(shape[0] * shape[1], EMPTY)
    groups[pairs[0, order]] = pairs[1, order]
    return groups.reshape(shape), np.bincount(flat, minlength=groups.size).reshape(shape)


def unit_photos(units: np.ndarray, distances: np.ndarray, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the units that have photos, as flat numbers, and for each the row of its nearest photo."""
    flat = np.ravel_multi_index(units.T, shape)
    order = np.lexsort((distances, flat))
    where, first = np.unique(flat[order], return_index=True)
    return where, order[first]


def filled(groups: np.ndarray) -> np.ndarray:
    """Give each unit without photos the group of the nearest unit that has some, so that groups are whole areas."""
    if (groups == EMPTY).all():
        return np.full_like(groups, -1)
    nearest = distance_transform_edt(groups == EMPTY, return_distances=False, return_indices=True)
    return groups[tuple(nearest)]


def borders(groups: np.ndarray) -> np.ndarray:
    """Return the edges between units of different groups as segments, float (m, 2, 2) of x and y."""
    whole = filled(groups)
    y, x = np.nonzero(whole[:, :-1] != whole[:, 1:])
    upright = np.stack([np.stack([x + 0.5, y - 0.5], 1), np.stack([x + 0.5, y + 0.5], 1)], 1)
    y, x = np.nonzero(whole[:-1] != whole[1:])
    level = np.stack([np.stack([x - 0.5, y + 0.5], 1), np.stack([x + 0.5, y + 0.5], 1)], 1)
    return np.concatenate([upright, level])


def group_spots(groups: np.ndarray) -> list[tuple[int, int, int]]:
    """Return (group, row, column) of each group's unit nearest to its middle, those of most units first."""
    numbers, sizes = np.unique(groups[groups >= 0], return_counts=True)
    spots = []
    for number in numbers[np.lexsort((numbers, -sizes))]:
        units = np.argwhere(groups == number)
        row, col = units[np.linalg.norm(units - units.mean(axis=0), axis=1).argmin()]
        spots.append((int(number), int(row), int(col)))
    return spots


def _boxed(
    draw: ImageDraw.ImageDraw, spot: tuple[float, float], text: str, size: int, edge: str, page_width: int
) -> None:
    """Write a name on a white box with an edge, its middle at the spot, and within the page."""
    half = text_width(text, size, bold=True) / 2 + 5
    x = min(max(spot[0], half + 2), page_width - half - 2)
    box = (x - half, spot[1] - 0.8 * size, x + half, spot[1] + 0.8 * size)
    draw.rounded_rectangle(box, radius=4, fill="white", outline=edge, width=3)
    write(draw, (x, spot[1]), text, size, bold=True, anchor="mm")
