"""Open a feature extractor: a backbone with weights, on an engine, in a precision, behind one interface.
It takes uint8 photos and gives float32 vectors that do not depend on how the photos are batched."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name

import numpy as np

from lookalike.core.errors import UserError
from lookalike.networks import ENGINES, WEIGHTS, engines_for, needs_openvino
from lookalike.networks.devices import Wanted, nvidia_gpu
from lookalike.networks.graph import GRAPH_NAME, FrozenGraph, frozen_graph, source_of
from lookalike.networks.handcrafted import BATCH, DIMENSION, SIZE, handcrafted_features
from lookalike.networks.options import Options

__all__ = ["Extractor", "choose_engine", "handcrafted_extractor", "open_extractor", "open_frozen"]

INSTALL_JAX = "pip install 'jax==0.10.2', or 'jax[cuda12]==0.10.2' for an NVIDIA GPU"


@dataclass(frozen=True)
class Extractor:
    """Turn uint8 photos (n, size, size, 3) into float32 vectors (n, dimension), from several threads at once.

    `features` takes exactly `batch` photos; `description` says, in JSON, what computes: see `description.json`;
    on_gpu: batches are large and computed one by one, so that all workers read the photos of one. background: how that
    of photos is removed before. Raises UserError where a network gives numbers that are not finite.
    """

    features: Callable[[np.ndarray], np.ndarray]
    size: int
    dimension: int
    batch: int
    workers: int
    description: dict
    on_gpu: bool = False
    background: str = "none"

    def on_foreground(self, background: str) -> "Extractor":
        """Return the same for photos without background, found by a method of preprocess.BACKGROUNDS."""
        return replace(self, background=background, description=self.description | {"background": background})

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Return the vectors of any number of photos; every batch is computed at full length, padded with black."""
        rows = np.empty((len(images), self.dimension), np.float32)
        for start in range(0, len(images), self.batch):
            part = images[start : start + self.batch]
            missing = self.batch - len(part)
            full = np.concatenate([part, np.zeros((missing, *part.shape[1:]), np.uint8)]) if missing else part
            rows[start : start + len(part)] = self.features(full)[: len(part)]
        if not np.isfinite(rows).all():
            raise UserError(
                f"expected finite numbers from {self.description['backbone']}, found some that are not: take "
                f"--extract.precision float32 or other weights"
            )
        return rows


def open_extractor(
    options: Options, folder: Path, *, graph: str = GRAPH_NAME, kept: Iterable[Path] = (), workers: int = 0
) -> Extractor:
    """Open the extractor of these options; its graph is `folder / graph`, new or from a folder of `kept`.

    graph: without suffix, which follows from the network. workers: threads that will call it (0: one a core). Raises
    UserError.
    """
    workers = workers or len(os.sched_getaffinity(0))
    if options.backbone == "handcrafted":
        return handcrafted_extractor(workers)
    engine = choose_engine(options.engine, source_of(options))
    frozen = frozen_graph(options, folder, name=graph, kept=kept)
    described = _network(options, frozen, folder) | {"engine": engine}
    wanted = Wanted(options.precision, workers, options.batch, options.xla)
    return open_frozen(frozen.path, frozen.size, frozen.dimension, wanted, described)


def open_frozen(path: Path, size: int, dimension: int, wanted: Wanted, described: Mapping) -> Extractor:
    """Open the graph of an extractor with the engine that its description names; see `open_extractor`."""
    opened = resolve_name(ENGINES[described["engine"]].opens)(path, size, wanted)
    described = dict(described) | {"device": opened.device, "batch": opened.batch, "xla": opened.xla}
    on_gpu = opened.device != "CPU"
    return Extractor(opened.features, size, dimension, opened.batch, wanted.workers, described, on_gpu)


def choose_engine(engine: str, backbone: str = "") -> str:
    """Return the engine to use: for "auto" TensorFlow on a GPU, else OpenVINO, else TensorFlow.

    backbone: its name or file; some files only OpenVINO runs. Raises UserError where the engine cannot run it or is
    not installed.
    """
    able = engines_for(backbone)
    if engine not in ("auto", *able):
        raise UserError(f"expected the {' or '.join(able)} engine for {backbone}, found {engine}, which cannot run it")
    if engine == "jax" and not find_spec("jax"):
        raise UserError(f"expected JAX for extract.engine jax, found none installed: run {INSTALL_JAX}")
    if needs_openvino(backbone):
        if not find_spec("openvino"):
            raise UserError(f"expected the openvino engine for {backbone}, found none installed: no other reads it")
        return "openvino"
    if engine != "auto":
        return engine
    # TensorFlow takes seconds to import, and without the driver there is nothing to ask it.
    if nvidia_gpu() and find_spec("tensorflow") and resolve_name("lookalike.networks.tensorflow_engine:has_gpu")():
        return "tensorflow"
    return "openvino" if find_spec("openvino") else "tensorflow"


def _network(options: Options, frozen: FrozenGraph, folder: Path) -> dict:
    source = source_of(options)
    return {
        "backbone": source,
        "weights": options.weights if options.weights in WEIGHTS or options.weights != source else "",
        "weights_sha256": frozen.weights_sha256,
        "size": frozen.size,
        "dimension": frozen.dimension,
        "precision": options.precision,
        "graph": frozen.path.relative_to(folder).as_posix(),
        "graph_key": frozen.key,
        "input_node": "images",
        "output_node": "features",
    }


def handcrafted_extractor(workers: int) -> Extractor:
    """Open the extractor that needs no network."""
    described = {"backbone": "handcrafted", "weights": "", "weights_sha256": "", "size": SIZE, "dimension": DIMENSION}
    described |= {"precision": "float32", "engine": "numpy", "device": "CPU", "batch": BATCH}
    return Extractor(handcrafted_features, SIZE, DIMENSION, BATCH, workers, described)
