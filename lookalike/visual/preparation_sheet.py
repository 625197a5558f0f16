"""A picture of what preparing did: original, mask and result of some photos, and of those with a bad mask."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

__all__ = ["Tile", "draw_sheet"]

COLUMNS = 3  # photos beside each other, each as original, mask and result
TILE, GAP, CAPTION, TITLE = 150, 8, 34, 46  # pixels
PAPER, NO_MASK, FRAME = 255, 225, (190, 190, 190)
DPI = 100
LONGEST_CAPTION = 62  # characters that fit below three tiles
FIRST_UNDRAWN = "\u0250"  # the font draws Latin letters; others would become boxes


class Tile(Protocol):
    """A photo before and after, uint8 (h, w, 3) RGB, and its mask, uint8 (h, w) or None, small already.

    outcome: "removed", "kept", or why the mask was not trusted.
    """

    path: str
    original: np.ndarray
    mask: np.ndarray | None
    result: np.ndarray
    outcome: str


def draw_sheet(
    destination: Path,
    samples: Sequence[Tile],
    fallbacks: Sequence[Tile],
    *,
    n_prepared: int,
    n_fallbacks: int,
    background: str,
) -> None:
    """Draw samples and fallbacks of prepared photos, original | mask | result, as a PNG; the titles say of how many."""
    titles = [f"Original, mask and result of {len(samples):,} of {n_prepared:,} photos (background: {background})"]
    if fallbacks:
        titles.append(f"Background kept because the mask was bad: {len(fallbacks):,} of {n_fallbacks:,} photos")
    _draw(destination, titles, [samples, fallbacks])


def _draw(destination: Path, titles: list[str], groups: list[Sequence[Tile]]) -> None:
    cell = np.array((CAPTION + TILE + GAP, 3 * TILE + 2 * GAP))
    columns = min(COLUMNS, max(2, len(groups[0])))  # one column is too narrow for the title
    rows = [-(-len(group) // columns) for group in groups[: len(titles)]]
    height = sum(rows) * cell[0] + len(titles) * TITLE + GAP
    sheet = np.full((height, columns * (cell[1] + 2 * GAP) + GAP, 3), PAPER, np.uint8)
    texts, top = [], 0
    for title, group, lines in zip(titles, groups, rows, strict=False):
        texts.append((GAP, top + TITLE // 2, title, 12))
        for number, tile in enumerate(group):
            y = top + TITLE + number // columns * cell[0]
            x = GAP + number % columns * (cell[1] + 2 * GAP)
            sheet[y : y + TILE, x : x + cell[1]] = _triptych(tile)
            texts.append((x, y + TILE + CAPTION // 2, _caption(tile), 8))
        top += TITLE + lines * cell[0]
    _save(destination, sheet, texts)


def _triptych(tile: Tile) -> np.ndarray:
    mask = np.full(tile.original.shape[:2], NO_MASK, np.uint8) if tile.mask is None else tile.mask
    parts = [_framed(part) for part in (tile.original, cv2.cvtColor(mask, cv2.COLOR_GRAY2RGB), tile.result)]
    gap = np.full((TILE, GAP, 3), PAPER, np.uint8)
    return np.hstack([parts[0], gap, parts[1], gap, parts[2]])


def _framed(rgb: np.ndarray) -> np.ndarray:
    """Centre a photo on a square tile, with a thin frame so that white results show their extent."""
    scale = min(1, (TILE - 2) / max(rgb.shape[:2]))
    size = [max(1, round(side * scale)) for side in (rgb.shape[1], rgb.shape[0])]
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    small = cv2.copyMakeBorder(small, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=FRAME)
    tile = np.full((TILE, TILE, 3), PAPER, np.uint8)
    top, left = (TILE - small.shape[0]) // 2, (TILE - small.shape[1]) // 2
    tile[top : top + small.shape[0], left : left + small.shape[1]] = small
    return tile


def _caption(tile: Tile) -> str:
    name = "".join(letter if letter.isprintable() and letter < FIRST_UNDRAWN else "?" for letter in tile.path)
    room = LONGEST_CAPTION - len(tile.outcome) - 3
    return f"{name if len(name) <= room else '…' + name[1 - room :]} — {tile.outcome}"


def _save(destination: Path, sheet: np.ndarray, texts: list[tuple[int, int, str, int]]) -> None:
    height, width = sheet.shape[:2]
    figure = Figure((width / DPI, height / DPI), dpi=DPI)
    figure.figimage(sheet)
    for x, y, text, size in texts:
        weight = "bold" if size > 8 else "normal"
        figure.text(x / width, 1 - y / height, text, size=size, weight=weight, va="center", parse_math=False)
    FigureCanvasAgg(figure).print_png(destination)
