"""Write networks with Keras on JAX, and turn them into functions that JAX runs without Keras. Imported in processes of
their own alone: Keras takes one backend, when it is imported, and the process that asks may have it on TensorFlow."""

import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"

import jax
import jax.export
import numpy as np

from lookalike.networks.jax_engine import FUNCTION, WEIGHTS
from lookalike.networks.keras_alone import keras
from lookalike.networks.keras_files import load_model
from lookalike.networks.keras_network import save_network, set_precision

__all__ = ["export", "save"]

DRAWN = ("VarianceScaling", "RandomNormal", "RandomUniform", "TruncatedNormal")  # initializers; others derive of them


def save(source: str, weights: str, made: str, given: dict) -> tuple[int, int, str]:
    """Write a network as a .keras file; see `save_network`."""
    _draw_nothing()
    return save_network(source, weights, made, given)


def export(network: str, folder: str, batch: int, precision: str, platform: str) -> None:
    """Write function(weights, uint8 (batch, s, s, 3)) -> float32 (batch, d) of a .keras file, and its weights.

    platform: that it is lowered for, "cpu", "cuda" or "rocm". The weights are arguments, in the order of their file.
    """
    _draw_nothing()
    model = load_model(Path(network))
    set_precision(model, precision)
    groups = (model.trainable_variables, model.non_trainable_variables)
    weights = [np.asarray(variable.value) for group in groups for variable in group]
    trainable = len(groups[0])

    def features(given: list[jax.Array], images: jax.Array) -> jax.Array:
        pixels = images.astype("float32")
        vectors, _ = model.stateless_call(given[:trainable], given[trainable:], pixels, training=False)
        return vectors.astype("float32")

    shapes = [jax.ShapeDtypeStruct(array.shape, array.dtype) for array in weights]
    images = jax.ShapeDtypeStruct((batch, *model.inputs[0].shape[1:]), np.uint8)
    # Else NVIDIA's GPUs would round the factors of float32 products to 10 bits (TF32).
    with jax.default_matmul_precision("float32" if precision == "float32" else "default"):
        exported = jax.export.export(jax.jit(features), platforms=[platform])(shapes, images)
    (Path(folder) / FUNCTION).write_bytes(exported.serialize())
    np.savez(Path(folder) / WEIGHTS, *weights)


def _draw_nothing() -> None:
    """Have new layers begin with zeros, which weights replace: JAX would compile a function for each shape it draws."""
    for name in DRAWN:
        getattr(keras.initializers, name).__call__ = _zeros


def _zeros(initializer: keras.Initializer, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
    return np.zeros(shape, dtype or "float32")
