"""The page to look through groups: gallery.html, which opens from disk, needs no server and asks no network.

Its parts, HTML, CSS and script by subject, lie in page/; this module joins them and fills in the data. Up to 5,000
photos the thumbnails are inside it; above, sheets of them lie beside it.
"""

import base64
import hashlib
import html
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from lookalike.core.page import SHEETS, script_json, sheet_name
from lookalike.visual.gallery_data import Details, pack, page_order
from lookalike.visual.projector import atlas
from lookalike.visual.thumbnails import Reader, map_thumbnails

__all__ = ["SINGLE_FILE", "write_gallery"]

PAGE = Path(__file__).with_name("page")
SCRIPTS = (  # joined in this order into one module
    "data",
    "state",
    "apply",
    "corrections",
    "thumbnails",
    "places",
    "shown",
    "groups",
    "grid",
    "map",
    "photo",
    "selection",
    "review",
    "dialogs",
    "compare",
    "server",
    "main",
)
SINGLE_FILE = 5_000  # photos up to which the page is one file
COLUMNS = 16  # thumbnails in a row of a sheet
SHEET_PHOTOS = COLUMNS * COLUMNS
SIDE, SMALL_SIDE = 96, 64  # pixels of a thumbnail: in the page, and in sheets beside it
QUALITY, EFFORT = 62, 2  # of WebP; the effort of 4 that is usual takes twice the time to save 3 %


def write_gallery(folder: Path, details: Details, positions: np.ndarray, read: Reader, *, title: str) -> None:
    """Write gallery.html, and above 5,000 photos the folder thumbnails/ beside it.

    positions: float (n, 2), a place on the map for each of the n photos of `details`.
    """
    order = page_order(details)
    data = pack(details, positions, order)
    paths = [details.paths[row] for row in order.tolist()]
    single = len(paths) <= SINGLE_FILE
    side = SIDE if single else SMALL_SIDE
    sheets = _write_sheets(folder, paths, read, side, single)
    data |= {"title": title, "side": side, "columns": COLUMNS, "per_sheet": SHEET_PHOTOS, "sheets": sheets}
    (folder / "gallery.html").write_text(_page(title, data), encoding="utf-8")


def _write_sheets(folder: Path, paths: Sequence[str], read: Reader, side: int, single: bool) -> list[str]:
    """Return the addresses of the sheets of thumbnails: their data, or the files that were written beside the page."""
    addresses = []
    for number, sheet in enumerate(map_thumbnails(_sheet, paths, read, side, SHEET_PHOTOS)):
        if single:
            addresses.append("data:image/webp;base64," + base64.b64encode(sheet).decode("ascii"))
            continue
        addresses.append(f"{SHEETS}/{sheet_name(number)}")
        (folder / SHEETS).mkdir(exist_ok=True)
        (folder / addresses[-1]).write_bytes(sheet)
    return addresses


def _sheet(squares: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(atlas(squares, COLUMNS)).save(file, "WEBP", quality=QUALITY, method=EFFORT)
    return file.getvalue()


def _page(title: str, data: dict) -> str:
    style = (PAGE / "page.css").read_text(encoding="utf-8")
    script = '"use strict";\n' + "\n".join((PAGE / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    parts = {
        "title": html.escape(title),
        "style_hash": _hash(style),
        "script_hash": _hash(script),
        "style": style,
        "script": script,
        "data": script_json(data),
    }
    page = (PAGE / "page.html").read_text(encoding="utf-8")
    pieces = page.split("{{")
    return pieces[0] + "".join(parts[name] + rest for name, rest in (piece.split("}}", 1) for piece in pieces[1:]))


def _hash(text: str) -> str:
    """Return what a content security policy says of an inline script or style, so that nothing else runs."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
