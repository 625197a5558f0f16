"""Run a frozen graph with TensorFlow: on a GPU compiled by XLA, in mixed precision if asked, else on the processor.
Reduced precision is Grappler's rewriting of the graph; the features come out as float32."""

from collections.abc import Callable
from pathlib import Path

from lookalike.core.errors import UserError
from lookalike.networks.freeze import INPUT_NODE, OUTPUT_NODE, rewrite
from lookalike.networks.model_files import load_graph
from lookalike.networks.quiet import tf

__all__ = ["has_gpu", "open_graph"]

BATCH = {"CPU": 1, "GPU": 64}  # on a CPU a photo's place in a batch changes its last digits, and one is as fast
PASSES = {
    ("CPU", "float32"): [],
    ("CPU", "bfloat16"): ["auto_mixed_precision_onednn_bfloat16"],
    ("GPU", "float32"): [],
    ("GPU", "float16"): ["auto_mixed_precision"],
}


def has_gpu() -> bool:
    """Say whether TensorFlow can compute on a GPU here."""
    return bool(tf.config.list_physical_devices("GPU"))


def open_graph(path: Path, size: int, *, precision: str, workers: int) -> tuple[Callable, int, str]:
    """Return `features(uint8 (batch, size, size, 3)) -> float32 (batch, d)`, safe in threads, the batch and device.

    workers: unused by a GPU; on a CPU TensorFlow's own threads serve all callers. Raises UserError for a precision that
    the device has not.
    """
    device = "GPU" if has_gpu() else "CPU"
    if (device, precision) not in PASSES:
        known = " or ".join(each for where, each in PASSES if where == device)
        raise UserError(f"expected extract.precision {known} with tensorflow on a {device}, found {precision}")
    graph = load_graph(path)
    source, target = f"{INPUT_NODE}:0", f"{OUTPUT_NODE}:0"
    if PASSES[device, precision]:
        graph = rewrite(graph, source, target, PASSES[device, precision])
    network = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(graph, name=""), []).prune(source, target)
    batch = BATCH[device]
    spec = tf.TensorSpec((batch, size, size, 3), tf.uint8)
    compiled = tf.function(
        lambda images: network(tf.cast(images, tf.float32)), input_signature=[spec], jit_compile=device == "GPU"
    )
    return lambda images: compiled(images).numpy(), batch, device
