"""Open a feature extractor: a backbone with weights, on an engine, in a precision, behind one interface.
It takes uint8 photos and gives float32 vectors that do not depend on how the photos are batched."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name

import numpy as np

from lookalike.core.errors import UserError
from lookalike.networks import BACKBONES, ENGINES, PRECISIONS
from lookalike.networks.handcrafted import BATCH, DIMENSION, SIZE, handcrafted_features
from lookalike.networks.kept_graph import frozen_graph

__all__ = ["Extractor", "choose_engine", "open_extractor"]


@dataclass(frozen=True)
class Extractor:
    """Turn uint8 photos (n, size, size, 3) into float32 vectors (n, dimension), from several threads at once.

    `features` takes exactly `batch` photos; `description` is what a manifest records.
    """

    features: Callable[[np.ndarray], np.ndarray]
    size: int
    dimension: int
    batch: int
    workers: int
    description: dict

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Return the vectors of any number of photos; every batch is computed at full length, padded with black."""
        rows = np.empty((len(images), self.dimension), np.float32)
        for start in range(0, len(images), self.batch):
            part = images[start : start + self.batch]
            missing = self.batch - len(part)
            full = np.concatenate([part, np.zeros((missing, *part.shape[1:]), np.uint8)]) if missing else part
            rows[start : start + len(part)] = self.features(full)[: len(part)]
        return rows

    def describe(self) -> dict:
        """Return engine, device, precision, input size, dimension, node names and weights, for a manifest."""
        return dict(self.description)


def open_extractor(
    backbone: str,
    weights: str,
    *,
    engine: str = "auto",
    precision: str = "float32",
    size: int | None = None,
    layer: str = "",
    scaling: str = "raw",
    seed: int = 0,
    folder_for_pb: Path,
    workers: int = 0,
) -> Extractor:
    """Open the extractor of a backbone; its frozen graph is made, or found, in `folder_for_pb`.

    backbone, weights, size, layer, scaling, seed: see `frozen.frozen_graph`; engine: "auto" or a name of ENGINES;
    precision: a name of PRECISIONS; workers: threads that will call it (0: one a core). Raises UserError.
    """
    if precision not in PRECISIONS:
        raise UserError(f"expected extract.precision to be one of {', '.join(PRECISIONS)}, found {precision!r}")
    workers = workers or len(os.sched_getaffinity(0))
    if backbone == "handcrafted":
        return _handcrafted(size, workers)
    chosen = choose_engine(engine)
    graph = frozen_graph(backbone, weights, folder_for_pb, size=size, layer=layer, scaling=scaling, seed=seed)
    open_graph = resolve_name(ENGINES[chosen])
    features, batch, device = open_graph(graph.path, graph.size, precision=precision, workers=workers)
    description = {
        "backbone": backbone,
        "weights_sha256": graph.weights_sha256,
        "engine": chosen,
        "device": device,
        "precision": precision,
        "size": graph.size,
        "dimension": graph.dimension,
        "batch": batch,
        "graph": graph.path.name,
        "input_node": "images",
        "output_node": "features",
    }
    return Extractor(features, graph.size, graph.dimension, batch, workers, description)


def choose_engine(engine: str) -> str:
    """Return the engine to use: for "auto" TensorFlow on a GPU, else OpenVINO, else TensorFlow. Raises UserError."""
    if engine != "auto":
        if engine not in ENGINES:
            raise UserError(f"expected extract.engine to be auto or one of {', '.join(ENGINES)}, found {engine!r}")
        return engine
    if Path("/dev/nvidiactl").exists():
        # Imported late: TensorFlow takes seconds, and without the driver there is nothing to ask it.
        from lookalike.networks.tensorflow_engine import has_gpu

        if has_gpu():
            return "tensorflow"
    return "openvino" if find_spec("openvino") else "tensorflow"


def _handcrafted(size: int | None, workers: int) -> Extractor:
    if size not in (None, SIZE):
        raise UserError(f"expected extract.size {SIZE} with the handcrafted backbone, found {size}")
    description = {
        "backbone": "handcrafted",
        "weights_sha256": "",
        "engine": "numpy",
        "device": "CPU",
        "precision": "float32",
        "size": BACKBONES["handcrafted"].size,
        "dimension": DIMENSION,
        "batch": BATCH,
    }
    return Extractor(handcrafted_features, SIZE, DIMENSION, BATCH, workers, description)
