"""Files for TensorBoard's embedding projector: vectors, names, a sprite of thumbnails, and the config naming them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from lookalike.clustering.outcome import group_name
from lookalike.visual.style import one_line
from lookalike.visual.thumbnails import Reader, load_thumbnails

__all__ = ["atlas", "write_projector"]

SPRITE_SIDE = 8192  # pixels: larger textures fail on common graphics cards
THUMBNAIL = 50
HEAD = ("Name", "Group", "Label")
MAX_IMAGES = 100_000  # TensorBoard's own limit
CONFIG = """embeddings {{
  tensor_name: "features"
  tensor_path: "features.bytes"
  tensor_shape: {rows}
  tensor_shape: {columns}
  metadata_path: "metadata.tsv"
  sprite {{
    image_path: "sprite.png"
    single_image_dim: {side}
    single_image_dim: {side}
  }}
}}
"""


def write_projector(
    folder: Path,
    features: np.ndarray,
    paths: Sequence[str],
    pred: np.ndarray,
    true: Sequence[str],
    read: Reader,
    *,
    called: Mapping[int, str] | None = None,
    seed: int,
) -> list[str]:
    """Write features.bytes, metadata.tsv, sprite.png and projector_config.pbtxt and return the approximations made.

    features: float (n, d). pred, int (n,), called and true, "" for unlabelled, fill the columns Group and Label beside
    Name. Above 100,000 photos a random sample is written; above 26,569 the thumbnails are smaller than 50 pixels. Open
    with `tensorboard --logdir FOLDER`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows, notes = _shown(len(features), seed)
    np.asarray(features[rows], np.float32).tofile(folder / "features.bytes")
    names = [(paths[row], group_name(int(pred[row]), called or {}), true[row] or "unlabelled") for row in rows]
    lines = ["\t".join(map(one_line, line)) + "\n" for line in (HEAD, *names)]
    (folder / "metadata.tsv").write_text("".join(lines), encoding="utf-8")
    columns = max(1, int(np.ceil(np.sqrt(len(rows)))))
    side = min(THUMBNAIL, SPRITE_SIDE // columns)
    squares = load_thumbnails([paths[row] for row in rows], read, side)
    Image.fromarray(atlas(squares, columns)).save(folder / "sprite.png")
    config = CONFIG.format(rows=len(rows), columns=features.shape[1], side=side)
    (folder / "projector_config.pbtxt").write_text(config, encoding="utf-8")
    return notes


def _shown(n_rows: int, seed: int) -> tuple[np.ndarray, list[str]]:
    if n_rows <= MAX_IMAGES:
        return np.arange(n_rows), []
    rows = np.random.default_rng(seed).choice(n_rows, MAX_IMAGES, replace=False)
    return np.sort(rows), [f"projector shows {MAX_IMAGES:,} of {n_rows:,} photos"]


def atlas(squares: np.ndarray, columns: int) -> np.ndarray:
    """Lay squares (n, s, s, 3) out in rows of `columns`, row by row, white at the end: uint8 (h, columns * s, 3)."""
    n, side = squares.shape[:2]
    rows = -(-n // columns)
    cells = np.full((rows * columns, side, side, 3), 255, np.uint8)
    cells[:n] = squares
    return cells.reshape(rows, columns, side, side, 3).swapaxes(1, 2).reshape(rows * side, columns * side, 3)
