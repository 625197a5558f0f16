"""Write the network of an extractor as one .keras file, from photos (n, s, s, 3), pixels 0-255, to vectors (n, d).
That file opens on every backend of Keras, so the engine that runs it may have another than the one that wrote it."""

from pathlib import Path

from lookalike.core.errors import UserError
from lookalike.networks import is_model_file
from lookalike.networks.backbones import build_extractor, find_backbone, preprocessing_layer, weights_digest
from lookalike.networks.keras_alone import keras
from lookalike.networks.keras_files import layer_model, load_model, save_keras
from lookalike.networks.pooling import tokens_to_average
from lookalike.networks.sides import side_of

__all__ = ["save_network", "set_precision"]

# What takes pixels, which must not be rounded before they are scaled.
KEPT_EXACT = (keras.Model, keras.layers.Rescaling, keras.layers.Normalization)


def save_network(source: str, weights: str, made: str, given: dict) -> tuple[int, int, str]:
    """Write the extractor of a backbone's name or a .keras or .h5 file to `made`; return side, dimension and digest.

    given: size, layer, scaling, pooling, seed and section, as in `freeze_file` and `freeze_backbone`, whose answer
    this is. Raises UserError.
    """
    if is_model_file(source):
        model, digest = _of_file(Path(source), given)
    else:
        row = find_backbone(source, given["section"])
        model = build_extractor(row, weights, **{name: given[name] for name in ("size", "seed", "section")})
        digest = weights_digest(model)
    save_keras(model, Path(made))
    return model.inputs[0].shape[1], model.outputs[0].shape[-1], digest


def set_precision(model: keras.Model, precision: str) -> None:
    """Have the layers of a built model compute in float16 or bfloat16, with the float32 weights that they have."""
    if precision == "float32":
        return
    for layer in model._flatten_layers():  # the public `layers` leaves out those inside of layers
        if not isinstance(layer, KEPT_EXACT) and layer.name != "preprocessing":
            layer.dtype_policy = f"mixed_{precision}"


def _of_file(path: Path, given: dict) -> tuple[keras.Model, str]:
    network = layer_model(load_model(path), given["layer"])
    side = side_of(network.inputs[0].shape[1], given["size"], path.name, given["section"])
    images = keras.Input((side, side, 3), name="images")
    scaled = images if given["scaling"] == "raw" else preprocessing_layer(given["scaling"])(images)
    try:
        features = _pooled(network(scaled, training=False), given["pooling"])
    except (ValueError, TypeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(f"expected {path.name} to turn ({side}, {side}, 3) images into vectors: {reason}") from error
    return keras.Model(images, features, name="extractor"), weights_digest(network)


def _pooled(features: keras.KerasTensor, pooling: str) -> keras.KerasTensor:
    """Return vectors (n, d): as they are, or the mean over the places of maps, or over some tokens."""
    rank = len(features.shape)
    if rank not in (2, 3, 4):
        raise ValueError(f"its output has rank {rank}: name another with --extract.layer")
    if rank == 3:
        features = features[:, tokens_to_average(features.shape[1], pooling)]
    return features if rank == 2 else keras.ops.mean(features, axis=tuple(range(1, rank - 1)))
