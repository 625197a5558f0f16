"""What a network saw where in a photo: its last feature map, whose mean over the photo is the vector."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lookalike.networks.graph import DESCRIPTION
from lookalike.networks.squares import Photo, read_square

__all__ = ["open_parts"]


def open_parts(folder: Path, matrix: str) -> Callable[[bytes], np.ndarray] | None:
    """Return what turns a prepared photo's bytes into the last feature map, float32 (rows, columns, channels).

    folder: a published 03_extract. None where the vectors of the matrix are no mean of a feature map that OpenVINO
    finds in their graph.
    """
    described = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8")).get(matrix, {})
    path = folder / described.get("graph", "")
    if not path.is_file():
        return None
    try:
        from lookalike.networks.openvino_engine import open_map  # late: its import takes a second

        feature_map = open_map(path, described["size"])
    except (ImportError, RuntimeError):
        return None
    return feature_map and (lambda data: feature_map(read_square(Photo(Path(), data=data), described["size"])))
