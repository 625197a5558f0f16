"""Run a frozen graph with TensorFlow: on a GPU in large batches, compiled by XLA where that works, else on the
processor. Reduced precision is Grappler's rewriting of the graph; the features come out as float32."""

from pathlib import Path

import numpy as np

from lookalike.core.errors import UserError
from lookalike.networks.devices import (
    Features,
    Opened,
    Wanted,
    double_buffered,
    nvidia_gpu,
    room_on_device,
    say_idle_gpu,
)
from lookalike.networks.freeze import INPUT_NODE, OUTPUT_NODE, freeze_function, rewrite
from lookalike.networks.keras_files import load_model
from lookalike.networks.model_files import load_graph
from lookalike.networks.quiet import tf
from lookalike.networks.xla_trial import xla_works

__all__ = ["compiled", "has_gpu", "open_graph"]

BATCH_ON_CPU = 1  # there a photo's place in a batch changes its last digits, and one is as fast
PASSES = {
    ("CPU", "float32"): [],
    ("CPU", "bfloat16"): ["auto_mixed_precision_onednn_bfloat16"],
    ("GPU", "float32"): [],
    ("GPU", "float16"): ["auto_mixed_precision"],
    ("GPU", "bfloat16"): ["auto_mixed_precision"],  # then with one type in place of the other
}


def has_gpu() -> bool:
    """Say whether TensorFlow can compute on a GPU here; where one lies idle, a line tells why."""
    found = bool(tf.config.list_physical_devices("GPU"))
    if nvidia_gpu() and not found:
        if tf.test.is_built_with_cuda():
            say_idle_gpu("none that TensorFlow can use", "see that nvidia-smi lists it, and how old its driver is")
        else:
            say_idle_gpu("TensorFlow for processors", "run make setup GPU=1")
    return found


def open_graph(path: Path, size: int, wanted: Wanted) -> Opened:
    """Open a frozen graph, or a .keras network, on a GPU or else on the processor with TensorFlow's own threads.

    Raises UserError for a precision that the device has not.
    """
    device = "GPU" if has_gpu() else "CPU"
    if (device, wanted.precision) not in PASSES:
        known = " or ".join(each for where, each in PASSES if where == device)
        raise UserError(f"expected extract.precision {known} with tensorflow on a {device}, found {wanted.precision}")
    batch = BATCH_ON_CPU if device == "CPU" else wanted.batch
    ways = (device, wanted.precision, batch)
    plain = compiled(path, size, *ways)
    asked = device == "GPU" if wanted.xla is None else wanted.xla
    with room_on_device("extract.batch", batch):
        xla = asked and xla_works(path, size, ways, plain)
    features = compiled(path, size, *ways, xla=True) if xla else plain
    return Opened(features if device == "CPU" else double_buffered(features, batch), batch, device, xla)


def compiled(path: Path, size: int, device: str, precision: str, batch: int, *, xla: bool = False) -> Features:
    """Return the function of a graph on uint8 (batch, size, size, 3), in a precision that the device has."""
    tf.config.experimental.enable_tensor_float_32_execution(False)  # else a GPU rounds factors of products to 10 bits
    graph = load_graph(path) if path.suffix == ".pb" else _frozen(path, size)
    source, target = f"{INPUT_NODE}:0", f"{OUTPUT_NODE}:0"
    if PASSES[device, precision]:
        graph = rewrite(graph, source, target, PASSES[device, precision])
    if (device, precision) == ("GPU", "bfloat16"):
        graph = in_bfloat16(graph)
    network = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(graph, name=""), []).prune(source, target)
    spec = tf.TensorSpec((batch, size, size, 3), tf.uint8)
    function = tf.function(lambda images: network(tf.cast(images, tf.float32)), input_signature=[spec], jit_compile=xla)
    return lambda images: function(images).numpy()


def in_bfloat16(graph: tf.compat.v1.GraphDef) -> tf.compat.v1.GraphDef:
    """Return a graph with bfloat16 wherever Grappler put float16: for a GPU it has no pass of its own."""
    changed = tf.compat.v1.GraphDef()
    changed.CopyFrom(graph)
    half, brain = tf.float16.as_datatype_enum, tf.bfloat16.as_datatype_enum
    for node in changed.node:
        if node.op == "Const" and node.attr["dtype"].type == half:
            values = tf.make_ndarray(node.attr["value"].tensor).astype(np.float32)
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(values, tf.bfloat16))
        for attribute in node.attr.values():
            if attribute.type == half:
                attribute.type = brain
    return changed


def _frozen(path: Path, size: int) -> tf.compat.v1.GraphDef:
    model = load_model(path)
    return freeze_function(lambda images: model(images, training=False), (None, size, size, 3))
