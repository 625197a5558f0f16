"""Freeze a Keras model to one constant TensorFlow graph, which TensorFlow, OpenVINO and OpenCV read.
Input node "images" (float32, NHWC, pixels 0-255), output node "features"; also a command: model.h5 model.pb."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from lookalike.core.errors import UserError
from lookalike.networks.backbones import build_extractor, find_backbone, weights_digest
from lookalike.networks.grouped_convolutions import without_groups
from lookalike.networks.keras_files import layer_model, load_model
from lookalike.networks.quiet import convert_variables_to_constants_v2, keras, tf, tf_optimizer
from lookalike.networks.silence import silent_stderr

__all__ = [
    "INPUT_NODE",
    "OUTPUT_NODE",
    "freeze",
    "freeze_backbone",
    "freeze_function",
    "main",
    "rewrite",
    "write_graph",
]

INPUT_NODE = "images"
OUTPUT_NODE = "features"


def freeze(model: keras.Model, path: Path) -> Path:
    """Write a Keras model with one image input as a frozen graph; nodes "images" -> "features". Return the path.

    The batch norms are in inference mode and folded with every other constant; the same weights give the same bytes.
    """
    shape = (None, *model.inputs[0].shape[1:])
    return write_graph(freeze_function(lambda images: model(images, training=False), shape), path)


def freeze_backbone(
    name: str, weights: str, frozen: Path, *, size: int | None, seed: int, section: str = "extract"
) -> tuple[int, int, str]:
    """Write the frozen extractor of a backbone; return its input size, dimension and the sha256 of its weights."""
    row = find_backbone(name, section)
    model = build_extractor(row, weights, size=size, seed=seed, section=section)
    freeze(model, frozen)
    return size or row.size, model.outputs[0].shape[-1], weights_digest(model)


def freeze_function(function: keras.Function, shape: Sequence[int | None]) -> tf.compat.v1.GraphDef:
    """Return the constant graph of `function(images)`, images being float32 of this shape; see `freeze`."""
    spec = tf.TensorSpec(shape, tf.float32, name=INPUT_NODE)
    with _inner_functions_inlined():
        traced = tf.function(lambda images: tf.identity(function(images), name=OUTPUT_NODE)).get_concrete_function(spec)
    with silent_stderr():
        constant = convert_variables_to_constants_v2(traced).graph.as_graph_def()
    graph = without_groups(tf.compat.v1.GraphDef(node=constant.node, versions=constant.versions), traced.graph)
    return rewrite(graph, f"{INPUT_NODE}:0", f"{OUTPUT_NODE}:0", ["constfold", "dependency"])


@contextmanager
def _inner_functions_inlined() -> Iterator[None]:
    """Trace functions inside the one that is frozen as part of it: Keras has those compiled by XLA that convolve in
    groups, which only TensorFlow could call."""
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


def rewrite(graph: tf.compat.v1.GraphDef, source: str, target: str, passes: Sequence[str]) -> tf.compat.v1.GraphDef:
    """Return the part of a graph that leads from tensor `source` to tensor `target`, after these passes of Grappler."""
    scratch = tf.Graph()
    with scratch.as_default():
        tf.import_graph_def(graph, name="")
    meta = tf.compat.v1.train.export_meta_graph(graph_def=graph, graph=scratch)
    meta.collection_def["train_op"].node_list.value.extend([source, target])
    config = tf.compat.v1.ConfigProto()
    config.graph_options.rewrite_options.optimizers.extend(passes)
    config.graph_options.rewrite_options.min_graph_nodes = -1
    with silent_stderr():
        return tf_optimizer.OptimizeGraph(config, meta)


def write_graph(graph: tf.compat.v1.GraphDef, path: Path) -> Path:
    """Write a graph aside and rename it into place, so that a .pb on disk is always whole."""
    aside = path.with_name(path.name + ".part")
    aside.write_bytes(graph.SerializeToString(deterministic=True))
    return aside.replace(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Convert a .keras or .h5 file to a frozen .pb from the command line; 1 and one line on a fault."""
    parser = argparse.ArgumentParser(prog="python -m lookalike.networks.freeze", description=__doc__)
    parser.add_argument("model", type=Path, help=".keras or .h5 file")
    parser.add_argument("frozen", type=Path, help=".pb file to write")
    parser.add_argument("--layer", default="", help="take the output of this layer (default: the model's output)")
    chosen = parser.parse_args(arguments)
    try:
        model = layer_model(load_model(chosen.model), chosen.layer)
        freeze(model, chosen.frozen)
    except (UserError, OSError) as error:
        print(f"freeze: {error}", file=sys.stderr)
        return 1
    print(f"{chosen.frozen}: {INPUT_NODE} {model.inputs[0].shape[1:]} -> {OUTPUT_NODE} {model.outputs[0].shape[1:]}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
