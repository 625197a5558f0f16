"""Run a network on the processor's cores with OpenVINO: one stream a core, each its own request.
A core computes a whole batch by itself, so a vector does not depend on how many cores there are."""

import sys
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

import numpy as np

from lookalike.core.errors import UserError
from lookalike.networks.devices import Opened, Wanted

sys.modules["openvino_telemetry"] = None  # else its import sends an event over the network and writes an id in HOME
sys.modules["openvino.tools.ovc"] = None  # a converter that nobody asks for, a third of the time of the import

import openvino  # noqa: E402
from openvino.preprocess import PrePostProcessor  # noqa: E402

__all__ = ["BATCH", "open_graph", "open_map", "openvino"]

BATCH = 4  # where a network takes any; measured: larger batches leave the cache of a core, smaller cost more calls
HINTS = {"float32": "f32", "bfloat16": "bf16"}


def open_graph(path: Path, size: int, wanted: Wanted) -> Opened:
    """Open a frozen graph, or what `openvino_file` writes, on the processor; a stream a worker.

    Raises UserError for a precision that a CPU has not.
    """
    if wanted.precision not in HINTS:
        known = " or ".join(HINTS)
        raise UserError(
            f"expected extract.precision {known} with openvino, found {wanted.precision}: float16 needs a GPU"
        )
    compiled = _compiled(path, size, HINTS[wanted.precision], wanted.workers)
    batch = compiled.input().shape[0]
    idle = SimpleQueue()
    for _ in range(wanted.workers):
        idle.put(compiled.create_infer_request())

    def features(images: np.ndarray) -> np.ndarray:
        request = idle.get()
        try:
            request.infer([images], share_inputs=True)
            return request.get_output_tensor().data.copy()
        finally:
            idle.put(request)

    # The first call fills tables inside the bindings, where two threads at once can wait for each other for ever.
    features(np.zeros((batch, size, size, 3), np.uint8))
    return Opened(features, batch, "CPU")


def open_map(path: Path, size: int) -> Callable[[np.ndarray], np.ndarray] | None:
    """Return `map(uint8 (size, size, 3)) -> float32 (rows, columns, channels)`, the last map that is averaged.

    None where the graph averages none. Raises RuntimeError where OpenVINO does not read the graph.
    """
    model = openvino.Core().read_model(path)
    mean = _last_mean(model.get_results()[0])
    if mean is None:
        return None
    channels_last = 3 not in mean.input_value(1).get_node().get_data()
    part = openvino.Model([mean.input_value(0)], model.get_parameters())
    part.reshape([1, size, size, 3])
    compiled = openvino.compile_model(part, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def feature_map(image: np.ndarray) -> np.ndarray:
        request = compiled.create_infer_request()
        request.infer([image[None].astype(np.float32)])
        found = request.get_output_tensor().data[0].copy()
        return found if channels_last else np.moveaxis(found, 0, -1)

    return feature_map


def _last_mean(node: openvino.Node) -> openvino.Node | None:
    """Return the last mean over the rows and columns of a map on the way from the images to a node."""
    while node.get_input_size():
        if node.get_type_name() == "ReduceMean" and node.input_value(0).get_partial_shape().rank.get_length() == 4:
            return node
        node = node.input_value(0).get_node()
    return None


def _compiled(path: Path, size: int, hint: str, workers: int) -> openvino.CompiledModel:
    core = openvino.Core()
    try:
        steps = PrePostProcessor(core.read_model(path))
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise UserError(
            f"expected {path.name} to be a graph that openvino reads: {reason}: take --extract.engine tensorflow"
        ) from error
    steps.input().tensor().set_element_type(openvino.Type.u8)
    model = steps.build()
    if model.is_dynamic():
        model.reshape([BATCH, size, size, 3])
    settings = {
        "INFERENCE_PRECISION_HINT": hint,
        "NUM_STREAMS": workers,
        "INFERENCE_NUM_THREADS": workers,
        "ENABLE_CPU_PINNING": False,  # pinned streams would wait for the decoders that share their core
    }
    return core.compile_model(model, "CPU", settings)
