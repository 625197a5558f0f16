"""The contact sheet: one column of photos a group, the smallest group on the left, white below the last photo."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lookalike.core.errors import UserError
from lookalike.visual.style import NOISE, group_style, pixel_font
from lookalike.visual.thumbnails import Reader, load_thumbnails

__all__ = ["Candidate", "column_order", "draw_best", "draw_sheet"]

BEST = 3  # ways of a sweep that are drawn

GAP = 6  # pixels between columns
MARGIN = 16
LARGEST_SIDE = 30_000  # pixels of a page; many viewers refuse more


class Candidate(Protocol):
    """A way to group that was compared: its name, and its labels int (n,)."""

    name: str
    labels: np.ndarray


def draw_sheet(
    path: Path,
    pred: np.ndarray,
    paths: Sequence[str],
    read: Reader,
    *,
    distances: np.ndarray | None = None,
    thumbnail: int = 72,
    max_images: int = 20,
    max_columns: int = 40,
    memory_mb: int = 1024,
    title: str = "",
) -> list[Path]:
    """Draw the groups of pred, int (n,), as columns and return the pages written: `path`, or name_1, name_2, ...

    A column shows at most max_images photos of `thumbnail` pixels, those with the smallest distances (n,) first; a page
    has at most max_columns. Noise (-1) is the last. Raises UserError when a page would take more than memory_mb
    megabytes or 30,000 pixels a side.
    """
    columns = column_order(pred)
    pages = [page.tolist() for page in np.array_split(columns, -(-len(columns) // max_columns))]
    members = {number: _members(pred, number, distances) for number in columns}
    longest = min(max_images, max(map(len, members.values())))
    _check_page(_page_size(len(pages[0]), longest, thumbnail), memory_mb)
    names = [path] if len(pages) == 1 else [path.with_stem(f"{path.stem}_{i + 1}") for i in range(len(pages))]
    for i, (name, page) in enumerate(zip(names, pages, strict=True), 1):
        heading = title if len(pages) == 1 else f"{title}, page {i} of {len(pages)}"
        shown = {group: members[group] for group in page}
        _draw_page(shown, paths, read, thumbnail, max_images, heading).save(name)
    return names


def draw_best(folder: Path, candidates: Sequence[Candidate], paths: Sequence[str], read: Reader) -> None:
    """Draw the groups of the first three candidates as sheet_1.png to sheet_3.png."""
    for place, one in enumerate(candidates[:BEST], 1):
        draw_sheet(folder / f"sheet_{place}.png", one.labels, paths, read, title=f"{place}: {one.name}")


def column_order(pred: np.ndarray) -> list[int]:
    """Return group numbers by ascending size, ties by number, with noise (-1) last."""
    numbers, sizes = np.unique(pred, return_counts=True)
    order = np.lexsort((numbers, sizes, numbers < 0))
    return numbers[order].tolist()


def _members(pred: np.ndarray, number: int, distances: np.ndarray | None) -> np.ndarray:
    rows = np.flatnonzero(pred == number)
    return rows if distances is None else rows[np.argsort(distances[rows], kind="stable")]


def _page_size(n_columns: int, n_images: int, thumbnail: int) -> tuple[int, int]:
    width = 2 * MARGIN + n_columns * (thumbnail + GAP) - GAP
    return max(width, 420), 2 * MARGIN + _line(thumbnail) * 4 + 8 + n_images * (thumbnail + 2) + _line(thumbnail)


def _line(thumbnail: int) -> int:
    return max(12, thumbnail // 4)


def _check_page(size: tuple[int, int], memory_mb: int) -> None:
    needed = size[0] * size[1] * 3 / 2**20
    if needed > memory_mb or max(size) > LARGEST_SIDE:
        raise UserError(
            f"contact sheet: expected a page of at most {memory_mb} MB and {LARGEST_SIDE:,} pixels a side, "
            f"found {size[0]:,} x {size[1]:,} pixels ({needed:,.0f} MB): lower its thumbnail size, images or columns"
        )


def _draw_page(
    members: dict[int, np.ndarray], paths: Sequence[str], read: Reader, side: int, max_images: int, title: str
) -> Image.Image:
    shown = {number: rows[:max_images] for number, rows in members.items()}
    longest = max(len(rows) for rows in shown.values())
    page = Image.new("RGB", _page_size(len(members), longest, side), "white")
    draw = ImageDraw.Draw(page)
    line = _line(side)
    n_clusters = sum(number >= 0 for number in members)
    head = f"{title + ': ' if title else ''}{sum(map(len, members.values())):,} images in {n_clusters} groups"
    draw.text((MARGIN, MARGIN), head, fill="black", font=pixel_font(int(line * 0.9), bold=True))
    every = np.concatenate(list(shown.values()))
    squares = dict(zip(every.tolist(), load_thumbnails([paths[row] for row in every], read, side), strict=True))
    top = MARGIN + 4 * line + 8
    for column, (number, rows) in enumerate(shown.items()):
        left = MARGIN + column * (side + GAP)
        _draw_heading(draw, left, top, side, number, len(members[number]))
        for place, row in enumerate(rows.tolist()):
            page.paste(Image.fromarray(squares[row]), (left, top + place * (side + 2)))
        more = len(members[number]) - len(rows)
        if more:
            spot = (left + side / 2, top + len(rows) * (side + 2) + 2)
            draw.text(spot, f"+{more:,} more", fill="#555555", font=_fit(f"+{more:,} more", side, line), anchor="ma")
    return page


def _draw_heading(draw: ImageDraw.ImageDraw, left: int, top: int, side: int, number: int, size: int) -> None:
    """Write a column's group number and size above a line in the group's colour."""
    line = _line(side)
    name = str(number) if number >= 0 else "none"
    draw.text((left + side / 2, top - 2.2 * line), name, fill="black", font=pixel_font(line, bold=True), anchor="mm")
    draw.text(
        (left + side / 2, top - 1.1 * line), f"{size:,}", fill="#555555", font=pixel_font(int(line * 0.8)), anchor="mm"
    )
    colour = NOISE if number < 0 else group_style(number)[0]
    draw.rectangle((left, top - 6, left + side - 1, top - 4), fill=colour)


def _fit(text: str, width: int, size: int) -> ImageFont.FreeTypeFont:
    """Choose the largest font up to `size` pixels in which the text is at most `width` pixels wide."""
    while size > 7 and pixel_font(size).getlength(text) > width:
        size -= 1
    return pixel_font(size)
