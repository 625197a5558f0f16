"""The head that is trained on top of a feature extractor, and which of the extractor's layers train with it.
Made of stock Keras layers only, so that a saved model opens anywhere."""

from dataclasses import dataclass

import numpy as np

from lookalike.core.errors import UserError
from lookalike.networks.quiet import keras

__all__ = ["HEADS", "Classifier", "class_means", "cosine_head", "dense_head", "layers_of", "unfreeze_layers"]


@dataclass(frozen=True)
class Classifier:
    """A feature extractor with a head: photos (n, s, s, 3) -> features (n, d) -> embedding (n, d), scores (n, c)."""

    extractor: keras.Model
    head: keras.Model  # features -> [embedding, scores]

    @property
    def variables(self) -> list[keras.Variable]:
        """What trains: the head's variables, then those of the unfrozen layers."""
        return [*self.head.trainable_variables, *self.extractor.trainable_variables]

    @property
    def in_float16(self) -> bool:
        """Whether the extractor computes in float16, whose gradients vanish unless the loss is scaled."""
        return any(layer.compute_dtype == "float16" for layer in layers_of(self.extractor))


def dense_head(dimension: int, n_classes: int, seed: int) -> keras.Model:
    """Return features (n, d) -> [unit embedding (n, d), logits (n, c)] by one dense layer."""
    start = keras.initializers.GlorotUniform(seed)
    return _head(dimension, lambda features, unit: keras.layers.Dense(n_classes, kernel_initializer=start)(features))


def cosine_head(dimension: int, n_classes: int, seed: int) -> keras.Model:
    """Return features (n, d) -> [unit embedding (n, d), cosines (n, c) to one unit prototype a class]."""
    prototypes = keras.layers.Dense(
        n_classes,
        use_bias=False,
        kernel_initializer=keras.initializers.Orthogonal(seed=seed),
        kernel_constraint=keras.constraints.UnitNorm(axis=0),
        dtype="float32",
        name="prototypes",
    )
    return _head(dimension, lambda features, unit: prototypes(unit))


HEADS = {"dense": dense_head, "cosine": cosine_head}


def _head(dimension: int, scores) -> keras.Model:
    features = keras.Input((dimension,), name="features")
    unit = keras.layers.UnitNormalization(dtype="float32", name="embedding")(features)
    return keras.Model(features, [unit, scores(features, unit)], name="head")


def class_means(features: np.ndarray, classes: np.ndarray, n_classes: int) -> np.ndarray:
    """Return unit prototypes (d, c): the mean direction of each class's features (n, d) (Qi et al. 2018)."""
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    means = np.stack([unit[classes == each].mean(axis=0) for each in range(n_classes)], axis=1)
    return (means / np.maximum(np.linalg.norm(means, axis=0), 1e-12)).astype(np.float32)


def layers_of(extractor: keras.Model) -> list[keras.layers.Layer]:
    """Return the layers of the backbone inside an extractor, first to last."""
    nested = [layer for layer in extractor.layers if isinstance(layer, keras.Model)]
    return nested[0].layers if nested else extractor.layers


def unfreeze_layers(extractor: keras.Model, first: str | float) -> list[str]:
    """Let an extractor train from layer `first` on, and no layer before it; return the names of the layers that learn.

    first: name of a layer, or the share of layers, counted from the last, that trains. Batch norms stay as they are.
    Raises UserError for an unknown layer, or where nothing before the feature vector would learn.
    """
    layers = layers_of(extractor)
    start = _start(layers, first)
    extractor.trainable = True
    for index, layer in enumerate(layers):
        layer.trainable = index >= start and not isinstance(layer, keras.layers.BatchNormalization)
    learning = [layer.name for layer in layers if layer.trainable_variables]
    if not learning:
        raise UserError(
            f"expected finetune.unfreeze to leave layers before the features that can learn, found none from "
            f"{first!r} on: name an earlier layer or a larger share"
        )
    return learning


def _start(layers: list[keras.layers.Layer], first: str | float) -> int:
    if isinstance(first, float):
        return len(layers) - round(first * len(layers))
    names = [layer.name for layer in layers]
    if first in names:
        return names.index(first)
    known = ", ".join(layer.name for layer in layers if layer.weights)
    raise UserError(
        f"expected finetune.unfreeze to be a share of the layers or a layer of the backbone, found {first!r}: its "
        f"layers are {known}"
    )
