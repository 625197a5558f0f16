"""A picture of what preparing did: original, mask and result of some photos that it changed, and of bad masks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from PIL import Image, ImageDraw

from lookalike.visual.fonts import fit, write
from lookalike.visual.style import one_line

__all__ = ["Tile", "draw_sheet"]

COLUMNS = 3  # photos beside each other, each as original, mask and result
TILE, GAP, CAPTION, TITLE = 150, 8, 34, 46  # pixels
NARROWEST = 900  # pixels, so that there is room for a title
PAPER, NO_MASK, FRAME = 255, 225, (190, 190, 190)
TITLE_SIZE, CAPTION_SIZE = 17, 12  # pixels of letters


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
    n_changed: int,
    n_fallbacks: int,
    background: str,
) -> None:
    """Draw changed photos and those with a bad mask, original | mask | result, as a PNG; the titles say of how many.

    Where no photo has a mask, there is no place for one.
    """
    masked = any(tile.mask is not None for tile in (*samples, *fallbacks))
    what = f"photo, mask, result (background: {background})" if masked else "photo and result"
    shown = f"{n_changed:,} of {n_prepared:,} photos were changed, {len(samples):,} of them shown: {what}"
    parts = [(shown if n_changed else f"None of {n_prepared:,} photos was changed, but for size and format", samples)]
    if fallbacks:
        title = f"Background kept because the mask was bad: {len(fallbacks):,} of {n_fallbacks:,} photos"
        parts.append((title, fallbacks))
    _draw(parts, masked).save(destination)


def _draw(parts: Sequence[tuple[str, Sequence[Tile]]], masked: bool) -> Image.Image:
    wide, high = (3 if masked else 2) * (TILE + GAP) + GAP, CAPTION + TILE + GAP
    columns = COLUMNS if masked else COLUMNS + 1
    lines = [-(-len(tiles) // columns) for _, tiles in parts]
    width = max(NARROWEST, GAP + wide * min(columns, max(len(tiles) for _, tiles in parts)))
    page = Image.new("RGB", (width, sum(lines) * high + len(parts) * TITLE + GAP), "white")
    draw, top = ImageDraw.Draw(page), 0
    for (title, tiles), n_lines in zip(parts, lines, strict=True):
        text, size = fit(title, width - 2 * GAP, TITLE_SIZE, bold=True)
        write(draw, (GAP, top + TITLE // 2), text, size, bold=True, anchor="lm")
        for number, tile in enumerate(tiles):
            x, y = GAP + number % columns * wide, top + TITLE + number // columns * high
            page.paste(Image.fromarray(_side_by_side(tile, masked)), (x, y))
            text, size = fit(_caption(tile), wide - 2 * GAP, CAPTION_SIZE)
            write(draw, (x, y + TILE + CAPTION // 2), text, size, anchor="lm")
        top += TITLE + n_lines * high
    return page


def _side_by_side(tile: Tile, masked: bool) -> np.ndarray:
    mask = np.full(tile.original.shape[:2], NO_MASK, np.uint8) if tile.mask is None else tile.mask
    masks = [cv2.cvtColor(mask, cv2.COLOR_GRAY2RGB)] if masked else []
    gap = np.full((TILE, GAP, 3), PAPER, np.uint8)
    parts = [part for picture in (tile.original, *masks, tile.result) for part in (gap, _framed(picture))]
    return np.hstack(parts[1:])


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
    outcome = "background removed" if tile.outcome == "removed" else tile.outcome
    return one_line(tile.path) if tile.mask is None else f"{one_line(tile.path)} — {outcome}"
