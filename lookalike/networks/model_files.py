"""Turn a model file made here or elsewhere into the frozen graph of a feature extractor.
Reads .keras and .h5 (Keras 3 or 2), frozen .pb graphs with any node names, and SavedModel folders."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from lookalike.core.errors import UserError
from lookalike.networks.backbones import preprocessing_layer, weights_digest
from lookalike.networks.freeze import freeze_function, write_graph
from lookalike.networks.graph_input import image_input
from lookalike.networks.keras_files import layer_model, load_model
from lookalike.networks.pooling import tokens_to_average
from lookalike.networks.quiet import tf
from lookalike.networks.sides import side_of

__all__ = ["freeze_file", "load_graph"]

Images = Callable[[tf.Tensor], tf.Tensor]


def freeze_file(
    path: Path, frozen: Path, *, size: int | None, layer: str, scaling: str, pooling: str, section: str = "extract"
) -> tuple[int, int, str]:
    """Write the frozen extractor of a model file; return its input size, dimension and the sha256 of its weights.

    layer: name of the Keras layer or graph node to take; "" for the last. Maps (n, h, w, d) are averaged over h and w,
    tokens (n, t, d) as `tokens_to_average` says. section: of the settings, which errors name. Raises UserError.
    """
    function, own, digest = _opened(path, layer)
    side = side_of(own, size, path.name, section)
    scale = preprocessing_layer(scaling) if scaling != "raw" else (lambda images: images)
    try:
        graph = freeze_function(lambda images: _pooled(function(scale(images)), pooling), (None, side, side, 3))
        dimension = _dimension(graph, side)
    except (ValueError, TypeError, tf.errors.OpError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(f"expected {path.name} to turn ({side}, {side}, 3) images into vectors: {reason}") from error
    write_graph(graph, frozen)
    return side, dimension, digest


def _opened(path: Path, layer: str) -> tuple[Images, int | None, str]:
    """Return the function in a model file, the size of its input where it has one, and the sha256 of its weights."""
    if path.is_dir():
        return _saved_model(path, layer)
    return _graph(path, layer) if path.suffix == ".pb" else _keras_model(path, layer)


def load_graph(path: Path) -> tf.compat.v1.GraphDef:
    """Read a frozen graph; UserError if the file is none."""
    graph = tf.compat.v1.GraphDef()
    try:
        graph.ParseFromString(path.read_bytes())
    except OSError as error:
        raise UserError(f"expected a frozen .pb graph at {path}: {error.strerror}") from error
    except Exception as error:  # protobuf's DecodeError lives in a different module from version to version
        raise UserError(f"expected a frozen .pb graph in {path}, found bytes that are none") from error
    if not graph.node:
        raise UserError(f"expected a frozen .pb graph in {path}, found an empty one")
    return graph


def _keras_model(path: Path, layer: str) -> tuple[Images, int | None, str]:
    model = layer_model(load_model(path), layer)
    return lambda images: model(images, training=False), model.inputs[0].shape[1], weights_digest(model)


def _graph(path: Path, layer: str) -> tuple[Images, int | None, str]:
    graph = load_graph(path)
    names = [node.name for node in graph.node]
    target = layer.split(":")[0] or names[-1]
    source = image_input(graph)
    if source is None or target not in names:
        raise UserError(
            f"expected a node {target!r} and an input of images in {path.name}; its last nodes are {names[-5:]}"
        )

    def run(images: tf.Tensor) -> tf.Tensor:
        mapped = {source.tensor: tf.cast(images, source.dtype)}
        return tf.import_graph_def(graph, mapped, [f"{target}:0"], name="network")[0]

    return run, source.size, hashlib.sha256(path.read_bytes()).hexdigest()


def _saved_model(path: Path, layer: str) -> tuple[Images, int | None, str]:
    loaded = tf.saved_model.load(str(path))
    if "serving_default" not in loaded.signatures:
        raise UserError(
            f"expected a SavedModel with a serving_default signature in {path}, found {list(loaded.signatures)}"
        )
    signature = loaded.signatures["serving_default"]
    (name, spec), *_ = signature.structured_input_signature[1].items()
    outputs = sorted(signature.structured_outputs, key=lambda name: name != "features")
    if layer and layer not in outputs:
        raise UserError(f"expected an output of {path.name} ({', '.join(outputs)}), found {layer!r}")

    def run(images: tf.Tensor) -> tf.Tensor:
        # By way of `loaded`, which keeps the variables alive.
        return loaded.signatures["serving_default"](**{name: tf.cast(images, spec.dtype)})[layer or outputs[0]]

    digest = hashlib.sha256(b"".join(variable.numpy().tobytes() for variable in signature.variables)).hexdigest()
    return run, spec.shape[1], digest


def _pooled(features: tf.Tensor, pooling: str) -> tf.Tensor:
    """Return vectors (n, d): as they are, or the mean over the places of maps, or over some tokens."""
    features = tf.cast(features, tf.float32)
    rank = features.shape.rank
    if rank not in (2, 3, 4):
        raise ValueError(f"its output has rank {rank}: name another with --extract.layer")
    if rank == 3:
        features = features[:, tokens_to_average(features.shape[1], pooling)]
    return features if rank == 2 else tf.reduce_mean(features, axis=list(range(1, rank - 1)))


def _dimension(graph: tf.compat.v1.GraphDef, side: int) -> int:
    with tf.Graph().as_default():
        images = tf.zeros((1, side, side, 3))
        (features,) = tf.import_graph_def(graph, {"images:0": images}, ["features:0"])
    return int(features.shape[1])
