"""Build the Keras network that turns photos into feature vectors, from a row of the table or a model file.
Pixels go in as they are (0-255); each network's own preprocessing is its first layer."""

import hashlib
import os
import warnings
from pathlib import Path

import numpy as np

from lookalike.core.errors import UserError
from lookalike.networks import BACKBONES, MODEL_SUFFIXES, SCALINGS, Backbone
from lookalike.networks.keras_alone import keras

__all__ = [
    "build_extractor",
    "find_backbone",
    "imagenet_file",
    "preprocessing_layer",
    "weights_digest",
]

ROWS = {"MobileNet": (128, 160, 192, 224), "MobileNetV2": (96, 128, 160, 192, 224)}


def find_backbone(name: str, section: str = "extract") -> Backbone:
    """Return the row of that name, or of that keras.applications builder; UserError lists the names."""
    row = BACKBONES.get(name) or next((row for row in BACKBONES.values() if row.builder and row.builder == name), None)
    if row is None:
        names = ", ".join(BACKBONES)
        files = ", ".join(MODEL_SUFFIXES)
        raise UserError(f"expected {section}.backbone to be a file ({files}) or one of {names}, found {name!r}")
    return row


def build_extractor(
    row: Backbone, weights: str, *, size: int | None = None, seed: int = 0, section: str = "extract"
) -> keras.Model:
    """Return the model from float32 images (n, size, size, 3), pixels 0-255, to features (n, dimension).

    weights: "imagenet", "random" (drawn from `seed`) or the path of a weights file, with or without the top. section:
    of the settings, which errors name. Raises UserError if the weights are missing or do not fit.
    """
    side = size or row.size
    top = row.feature not in ("average", "flatten")
    network = _network(row, weights, side, top, section)
    if weights == "random":
        _draw_weights(network, seed)
    images = keras.Input((side, side, 3), name="images")
    prepared = preprocessing_layer(row.preprocessing)(images) if row.preprocessing != "raw" else images
    if top:
        network = keras.Model(network.inputs[0], network.get_layer(row.feature).output, name=network.name)
    features = network(prepared)
    if not top:
        features = _pooling(row.feature)(features)
    return keras.Model(images, features, name="extractor")


def preprocessing_layer(mode: str) -> keras.layers.Layer:
    """Return the layer that scales pixels 0-255 by a row of SCALINGS: `preprocess_input` of keras.applications."""
    mean, deviation = (np.array(each) for each in SCALINGS[mode][:2])
    if not SCALINGS[mode].bgr:
        return keras.layers.Rescaling((1 / deviation).tolist(), (-mean / deviation).tolist(), name="preprocessing")
    swap = np.eye(3)[::-1][None, None]  # a 1x1 convolution, since not every engine can reverse an axis
    return keras.layers.Conv2D(
        3,
        1,
        kernel_initializer=keras.initializers.Constant(swap / deviation),
        bias_initializer=keras.initializers.Constant((-mean / deviation).tolist()),
        trainable=False,
        name="preprocessing",
    )


def _pooling(feature: str) -> keras.layers.Layer:
    if feature == "flatten":
        return keras.layers.Flatten(name="pooling")
    return keras.layers.GlobalAveragePooling2D(name="pooling")


def _network(row: Backbone, weights: str, side: int, top: bool, section: str) -> keras.Model:
    try:
        if weights == "imagenet":
            return _with_imagenet(row, side, top, section)
        if weights == "random":
            return _build(row, None, side, top)
        return _with_file(row, Path(weights), side, top, section)
    except ValueError as error:
        if "size" in str(error):
            raise UserError(f"expected a larger {section}.size for {row.builder}, found {side}") from error
        raise


def _build(row: Backbone, weights: str | None, side: int, top: bool) -> keras.Model:
    builder = getattr(keras.applications, row.builder)
    return builder(weights=weights, include_top=top, input_shape=(side, side, 3), **row.arguments)


def imagenet_file(row: Backbone, side: int) -> Path:
    """Return where Keras's cache keeps, or looks for, the ImageNet weights of a row."""
    rows = side if side in ROWS.get(row.builder, ()) else 224
    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    return home / "models" / row.weights_file.format(rows=rows)


def _with_imagenet(row: Backbone, side: int, top: bool, section: str) -> keras.Model:
    cached = imagenet_file(row, side)
    try:
        return _build(row, "imagenet", side, top)
    except Exception as error:  # Keras raises a plain Exception when a download fails
        if isinstance(error, ValueError) and "size" in str(error):
            raise
        other = ", or take --extract.backbone handcrafted, which needs none" if section == "extract" else ""
        raise UserError(
            f"expected {cached.name}, the ImageNet weights of {row.builder}, at {cached}; not there, it cannot be "
            f"downloaded: put the file there, or name one with --{section}.weights FILE{other}"
        ) from error


def _with_file(row: Backbone, path: Path, side: int, top: bool, section: str) -> keras.Model:
    if not path.is_file():
        raise UserError(f"expected {section}.weights to be imagenet, random or a weights file, found no file {path}")
    network = _loaded(row, path, side, top)
    if network is not None:
        return network
    whole = None if top else _loaded(row, path, row.size if row.builder.startswith("VGG") else side, True)
    if whole is None:
        raise UserError(f"expected weights of {row.builder} at {side} px in {path}, which holds others")
    network = _build(row, None, side, False)
    for mine, other in zip(network.layers, whole.layers, strict=False):
        mine.set_weights(other.get_weights())
    return network


def _loaded(row: Backbone, path: Path, side: int, top: bool) -> keras.Model | None:
    """Return the network with the weights of a file, or None if they are not all in it."""
    network = _build(row, None, side, top)
    drawn = [kernel.numpy() for kernel in _kernels(network)]
    try:
        with warnings.catch_warnings():  # Keras only warns of layers that it leaves as they were drawn
            warnings.simplefilter("ignore")
            network.load_weights(path)
    except (ValueError, KeyError, OSError):
        return None
    kept = any(np.array_equal(kernel.numpy(), old) for kernel, old in zip(_kernels(network), drawn, strict=True))
    return None if kept else network


def _kernels(network: keras.Model) -> list[keras.Variable]:
    return [variable for variable in network.weights if len(variable.shape) >= 2]


def _draw_weights(network: keras.Model, seed: int) -> None:
    """Give every kernel He-normal values (He et al. 2015) from one generator; other weights keep their constants."""
    rng = np.random.default_rng(seed)
    for kernel in _kernels(network):
        inputs = np.prod(kernel.shape[:2] if "depthwise" in kernel.path else kernel.shape[:-1])
        kernel.assign(rng.standard_normal(kernel.shape, np.float32) * np.float32(np.sqrt(2 / inputs)))


def weights_digest(model: keras.Model) -> str:
    """Return the sha256 of all weights of a model, in layer order."""
    digest = hashlib.sha256()
    for array in model.get_weights():
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
