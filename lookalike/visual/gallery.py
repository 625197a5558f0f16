"""The gallery: one HTML file with every thumbnail inside it, which opens from disk and never asks the network.

The page itself is gallery.html; this module fills in the data.
"""

import base64
import html
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from lookalike.visual.projector import atlas
from lookalike.visual.style import NOISE, group_style
from lookalike.visual.thumbnails import Reader, load_thumbnails

__all__ = ["write_gallery"]

COLUMNS = 32  # thumbnails in a row of an atlas
ATLAS_IMAGES = COLUMNS * 32
EXEMPLARS = 5


def write_gallery(
    path: Path,
    rows: np.ndarray,
    positions: np.ndarray,
    pred: np.ndarray,
    true: Sequence[str],
    paths: Sequence[str],
    read: Reader,
    *,
    distances: np.ndarray | None = None,
    thumbnail: int = 64,
    quality: int = 75,
    title: str = "Lookalike",
) -> None:
    """Write the gallery of the images `rows`, int (m,), laid out at positions float (m, 2).

    pred int (n,) with -1 for noise, true ("" for unlabelled) and paths are of all n images. The images of a group
    with the smallest distances, float (n,), are its exemplars; without them, the first ones are. An image takes about
    2 kB in the file.
    """
    squares = load_thumbnails([paths[row] for row in rows], read, thumbnail)
    atlases = [_data_uri(squares[i : i + ATLAS_IMAGES], quality) for i in range(0, len(squares), ATLAS_IMAGES)]
    names = sorted(set(true))
    number = {name: i for i, name in enumerate(names)}
    data = {"side": thumbnail, "columns": COLUMNS, "perAtlas": ATLAS_IMAGES, "atlases": atlases} | {
        "positions": _fit(positions).round(4).ravel().tolist(),
        "paths": [paths[row] for row in rows],
        "pred": np.asarray(pred)[rows].tolist(),
        "true": [number[true[row]] for row in rows],
        "names": names,
        "groups": _groups(rows, np.asarray(pred), distances),
        "total": len(paths),
    }
    path.write_text(_page(title, data), encoding="utf-8")


def _page(title: str, data: dict) -> str:
    page = Path(__file__).with_name("gallery.html").read_text(encoding="utf-8")
    return page.replace("{{title}}", html.escape(title)).replace("{{data}}", _script_json(data))


def _groups(rows: np.ndarray, pred: np.ndarray, distances: np.ndarray | None) -> list[dict]:
    """Describe each group, largest first and noise last; exemplars are places in `rows`."""
    numbers, sizes = np.unique(pred, return_counts=True)
    shown = pred[rows]
    rank = np.arange(len(rows)) if distances is None else np.asarray(distances)[rows]
    groups = []
    for i in np.lexsort((numbers, -sizes, numbers < 0)):
        members = np.flatnonzero(shown == numbers[i])
        best = members[np.argsort(rank[members], kind="stable")[:EXEMPLARS]]
        colour = group_style(int(numbers[i]))[0] if numbers[i] >= 0 else NOISE
        groups.append({"id": int(numbers[i]), "size": int(sizes[i]), "colour": colour, "exemplars": best.tolist()})
    return groups


def _fit(positions: np.ndarray) -> np.ndarray:
    """Move and scale positions into the unit square, centred, keeping their proportions; a page's y runs down."""
    low, high = positions.min(axis=0), positions.max(axis=0)
    span = float((high - low).max()) or 1.0
    return (positions - (low + high) / 2) / span * [1, -1] + 0.5


def _data_uri(squares: np.ndarray, quality: int) -> str:
    file = io.BytesIO()
    Image.fromarray(atlas(squares, COLUMNS)).save(file, "JPEG", quality=quality, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def _script_json(data: dict) -> str:
    """Write JSON that cannot end the script element that holds it, whatever a file is called."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
