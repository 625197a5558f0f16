"""The contact sheet: one column of photos a group, the largest group on the left, white below the last photo."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from PIL import Image, ImageDraw

from lookalike.clustering.outcome import group_name
from lookalike.core.errors import UserError
from lookalike.visual.fonts import fit, text_width, write
from lookalike.visual.style import group_style, one_line
from lookalike.visual.thumbnails import Reader, load_thumbnails

__all__ = ["Candidate", "column_order", "draw_best", "draw_sheet"]

BEST = 3  # ways of a sweep that are drawn

HEAD = 5  # lines above the photos
GAP = 6  # pixels between columns
MARGIN = 16
LARGEST_SIDE = 30_000  # pixels of a page; many viewers refuse more
QUALITY = 88  # of the JPEG
NARROWEST = 520  # pixels, so that there is room for a title
GREY = "#555555"


class _Column(NamedTuple):
    name: str
    group: int
    rows: np.ndarray  # of its photos, the first shown first


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
    called: Mapping[int, str] | None = None,
) -> list[Path]:
    """Draw the groups of pred, int (n,), as columns and return the JPEG pages written: `path`, or name_1, name_2, ...

    A column shows at most max_images photos of `thumbnail` pixels, those with the smallest distances (n,) first; a page
    has at most max_columns, and all pages are equally wide and high. The largest group is the first, what is in no
    group (-1) the last. called: names of groups. Raises UserError when a page would take more than memory_mb megabytes
    or 30,000 pixels a side.
    """
    columns = column_order(pred)
    pages = [page.tolist() for page in np.array_split(columns, max(1, -(-len(columns) // max_columns)))]
    members = {number: _members(pred, number, distances) for number in columns}
    longest = min(max_images, max(map(len, members.values()), default=0))
    size = _page_size(len(pages[0]), longest, thumbnail)
    _check_page(size, memory_mb)
    heading = f"{title}: {_counted(pred)}" if title else _counted(pred)
    names = _page_names(path, len(pages))
    for i, (name, page) in enumerate(zip(names, pages, strict=True), 1):
        shown = [_Column(group_name(group, called or {}), group, members[group]) for group in page]
        picture = _draw_page(size, shown, paths, read, thumbnail, longest)
        which = f", page {i} of {len(pages)}" if len(pages) > 1 else ""
        _draw_title(picture, heading + which, _line(thumbnail))
        picture.save(name, quality=QUALITY, optimize=True)
    return names


def draw_best(folder: Path, candidates: Sequence[Candidate], paths: Sequence[str], read: Reader) -> None:
    """Draw the groups of the first three candidates as sheet_1.jpg to sheet_3.jpg."""
    for place, one in enumerate(candidates[:BEST], 1):
        draw_sheet(folder / f"sheet_{place}.jpg", one.labels, paths, read, title=f"{place}: {one.name}")


def column_order(pred: np.ndarray) -> list[int]:
    """Return group numbers by descending size, ties by number, with those in no group (-1) last."""
    numbers, sizes = np.unique(pred, return_counts=True)
    order = np.lexsort((numbers, -sizes, numbers < 0))
    return numbers[order].tolist()


def _page_names(path: Path, n_pages: int) -> list[Path]:
    width = len(str(n_pages))
    return [path] if n_pages == 1 else [path.with_stem(f"{path.stem}_{i:0{width}}") for i in range(1, n_pages + 1)]


def _counted(pred: np.ndarray) -> str:
    none, n_groups = int((pred < 0).sum()), len(np.unique(pred[pred >= 0]))
    photos = f"{len(pred):,} photo{'s' if len(pred) != 1 else ''}"
    groups = f"{n_groups:,} group{'s' if n_groups != 1 else ''}"
    return f"{photos} in {groups}" + (f", {none:,} photo{'s' if none != 1 else ''} in no group" if none else "")


def _members(pred: np.ndarray, number: int, distances: np.ndarray | None) -> np.ndarray:
    rows = np.flatnonzero(pred == number)
    return rows if distances is None else rows[np.argsort(distances[rows], kind="stable")]


def _page_size(n_columns: int, n_images: int, thumbnail: int) -> tuple[int, int]:
    width = 2 * MARGIN + n_columns * (thumbnail + GAP) - GAP
    return max(width, NARROWEST), 2 * MARGIN + HEAD * _line(thumbnail) + 8 + n_images * (thumbnail + 2) + _line(
        thumbnail
    )


def _line(thumbnail: int) -> int:
    return min(max(12, thumbnail // 4), 22)


def _check_page(size: tuple[int, int], memory_mb: int) -> None:
    needed = size[0] * size[1] * 3 / 2**20
    if needed > memory_mb or max(size) > LARGEST_SIDE:
        raise UserError(
            f"contact sheet: expected a page of at most {memory_mb} MB and {LARGEST_SIDE:,} pixels a side, "
            f"found {size[0]:,} x {size[1]:,} pixels ({needed:,.0f} MB): lower its thumbnail size, photos or columns"
        )


def _draw_page(
    size: tuple[int, int], columns: Sequence[_Column], paths: Sequence[str], read: Reader, side: int, longest: int
) -> Image.Image:
    page = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(page)
    every = [row for column in columns for row in column.rows[:longest].tolist()]
    squares = iter(load_thumbnails([paths[row] for row in every], read, side))
    top = MARGIN + HEAD * _line(side) + 8
    for place, column in enumerate(columns):
        left = MARGIN + place * (side + GAP)
        _draw_heading(draw, left, top, side, column)
        n_shown = min(longest, len(column.rows))
        for line in range(n_shown):
            page.paste(Image.fromarray(next(squares)), (left, top + line * (side + 2)))
        if more := len(column.rows) - n_shown:
            text, height = fit(f"+{more:,} more", side, int(0.8 * _line(side)))
            write(draw, (left + side / 2, top + n_shown * (side + 2) + 2), text, height, fill=GREY, anchor="ma")
    return page


def _draw_title(page: Image.Image, title: str, line: int) -> None:
    text, height = fit(one_line(title), page.width - 2 * MARGIN, int(1.1 * line), bold=True)
    write(ImageDraw.Draw(page), (MARGIN, MARGIN), text, height, bold=True)


def _draw_heading(draw: ImageDraw.ImageDraw, left: int, top: int, side: int, column: _Column) -> None:
    """Write a column's name, on two lines where one is too short, and its size above a line in its colour."""
    line, middle = _line(side), left + side / 2
    height = int(0.85 * line)
    lines = _two_lines(one_line(column.name), side, height)
    for place, text in enumerate(reversed(lines)):
        shown, fitting = fit(text, side, height, bold=True)
        write(draw, (middle, top - (1.9 + place) * line), shown, fitting, bold=True, anchor="mm")
    size, fitting = fit(f"{len(column.rows):,}", side, int(0.75 * line))
    write(draw, (middle, top - 0.95 * line), size, fitting, fill=GREY, anchor="mm")
    draw.rectangle((left, top - 6, left + side - 1, top - 4), fill=group_style(column.group)[0])


def _two_lines(name: str, width: int, height: int) -> list[str]:
    """Break a name that is much too wide at the blank nearest to its middle, if it has one."""
    blanks = [place for place, letter in enumerate(name) if letter == " "]
    if not blanks or text_width(name, int(0.8 * height), bold=True) <= width:
        return [name]
    best = min(blanks, key=lambda place: abs(place - len(name) / 2))
    return [name[:best], name[best + 1 :]]
