"""The self-organizing map as pictures: its U-matrix, and the map with a photo on every unit.

Units are given as (row, column); borders are drawn between units of different groups.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.collections import LineCollection
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import distance_transform_edt

from lookalike.visual.style import figure, pixel_font
from lookalike.visual.thumbnails import Reader, load_thumbnails

__all__ = [
    "borders",
    "draw_photo_map",
    "draw_u_matrix",
    "group_spots",
    "unit_groups",
    "unit_photos",
]

BORDER = "#D55E00"
MARGIN = 12  # pixels
HEAD = 36
CELL = (20, 128)  # least and most pixels of a unit
PADDING = 2  # white pixels around each photo
EMPTY = -2  # group of a unit without photos; -1 is noise
NUMBERED_GROUPS = 150


def draw_u_matrix(path: Path, u_matrix: np.ndarray, units: np.ndarray, pred: np.ndarray) -> None:
    """Draw the U-matrix (rows, cols): mean distance to neighbouring units, with photo counts and group borders.

    units: int (n, 2), best-matching unit of each photo. pred: int (n,).
    """
    rows, cols = u_matrix.shape
    groups, counts = unit_groups(units, pred, (rows, cols))
    side = 9.0  # inches
    with figure(path, side + 1.2, side * rows / cols + 0.9) as drawing:
        axes = drawing.add_subplot()
        image = axes.imshow(u_matrix, cmap="cividis", interpolation="nearest")
        row, col = np.nonzero(counts)
        area = (0.75 * side * 72 / cols) ** 2 * counts[row, col] / counts.max()
        axes.scatter(col, row, s=np.maximum(area, 1.5), c="white", alpha=0.75, linewidths=0)
        lines = borders(groups)
        for width, colour in ((4.2, "white"), (2.2, BORDER)):
            axes.add_collection(LineCollection(lines, colors=colour, linewidths=width, capstyle="projecting"))
        box = {"boxstyle": "round,pad=0.2", "fc": "white", "ec": BORDER, "lw": 1, "alpha": 0.9}
        for number, row, col in group_spots(groups):
            axes.text(col, row, str(number), ha="center", va="center", fontsize=9, weight="bold", bbox=box)
        n_groups = len(np.unique(groups[groups >= 0]))
        axes.set(
            xticks=[], yticks=[], title=f"U-matrix: {rows} x {cols} units, {len(pred):,} images, {n_groups} groups"
        )
        drawing.colorbar(image, ax=axes, fraction=0.046, pad=0.02, label="mean distance to neighbouring units")
        axes.set_xlabel("dots: images on a unit; lines: borders of groups", color="#555555")


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
) -> None:
    """Draw a map of `shape` units, each with the photo nearest to its prototype and its number of photos.

    units: int (n, 2). distances: float (n,), of each photo to its unit's prototype. Units without photos stay blank.
    The longer side of the map is about `picture_side` pixels.
    """
    rows, cols = shape
    cell = int(np.clip(picture_side // max(rows, cols), *CELL))
    where, shown = unit_photos(units, distances, shape)
    mosaic = np.full((rows, cell, cols, cell, 3), 255, np.uint8)
    squares = load_thumbnails([paths[row] for row in shown], read, cell - 2 * PADDING)
    mosaic[where // cols, PADDING:-PADDING, where % cols, PADDING:-PADDING] = squares
    page = Image.new("RGB", (cols * cell + 2 * MARGIN, rows * cell + 2 * MARGIN + HEAD), "white")
    page.paste(Image.fromarray(mosaic.reshape(rows * cell, cols * cell, 3)), (MARGIN, MARGIN + HEAD))
    _annotate(page, *unit_groups(units, pred, shape), cell)
    page.save(path, compress_level=3)


def _annotate(page: Image.Image, groups: np.ndarray, counts: np.ndarray, cell: int) -> None:
    """Write title, borders, counts and group numbers over the photos; groups and counts: int (rows, cols)."""
    draw = ImageDraw.Draw(page)
    rows, cols = groups.shape
    title = f"{counts.sum():,} images on {rows} x {cols} units ({int((counts == 0).sum())} empty)"
    draw.text((page.width / 2, MARGIN), title, fill="black", font=pixel_font(24, bold=True), anchor="ma")
    corners = (borders(groups) + 0.5) * cell + [MARGIN, MARGIN + HEAD]
    for width, colour in ((7, "white"), (4, BORDER)):
        for (x0, y0), (x1, y1) in corners.tolist():
            draw.line((x0, y0, x1, y1), fill=colour, width=width)
    for row, col in np.argwhere(counts > 1):
        spot = (MARGIN + (col + 1) * cell - PADDING, MARGIN + HEAD + (row + 1) * cell - PADDING)
        _boxed(draw, spot, f"{counts[row, col]:,}", pixel_font(max(9, cell // 7)), "rs", "white")
    for number, row, col in group_spots(groups):
        spot = (MARGIN + col * cell + 2 * PADDING, MARGIN + HEAD + row * cell + 2 * PADDING)
        _boxed(draw, spot, str(number), pixel_font(max(11, cell // 5), bold=True), "lt", BORDER)


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


def borders(groups: np.ndarray) -> np.ndarray:
    """Return the edges between units of different groups as segments, float (m, 2, 2) of x and y.

    A unit without photos goes with the nearest unit that has some, so that groups stay whole areas.
    """
    nearest = distance_transform_edt(groups == EMPTY, return_distances=False, return_indices=True)
    filled = groups[tuple(nearest)]
    y, x = np.nonzero(filled[:, :-1] != filled[:, 1:])
    upright = np.stack([np.stack([x + 0.5, y - 0.5], 1), np.stack([x + 0.5, y + 0.5], 1)], 1)
    y, x = np.nonzero(filled[:-1] != filled[1:])
    level = np.stack([np.stack([x - 0.5, y + 0.5], 1), np.stack([x + 0.5, y + 0.5], 1)], 1)
    return np.concatenate([upright, level])


def group_spots(groups: np.ndarray) -> list[tuple[int, int, int]]:
    """Return (group, row, column) of each group's unit nearest to its middle; none above 150 groups."""
    numbers = np.unique(groups[groups >= 0])
    spots = []
    for number in numbers[: 0 if len(numbers) > NUMBERED_GROUPS else None]:
        units = np.argwhere(groups == number)
        row, col = units[np.linalg.norm(units - units.mean(axis=0), axis=1).argmin()]
        spots.append((int(number), int(row), int(col)))
    return spots


def _boxed(
    draw: ImageDraw.ImageDraw,
    spot: tuple[float, float],
    text: str,
    font: ImageFont.FreeTypeFont,
    anchor: str,
    edge: str,
) -> None:
    """Write text on a white box with an edge."""
    left, top, right, bottom = draw.textbbox(spot, text, font=font, anchor=anchor)
    draw.rectangle((left - 3, top - 3, right + 2, bottom + 2), fill="white", outline=edge)
    draw.text(spot, text, fill="black", font=font, anchor=anchor)
