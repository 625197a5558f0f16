"""Turn a .keras file into a function that JAX runs without Keras. Runs in a process of its own, since Keras takes one
backend a process, when it is imported, and the process that asks may have it on TensorFlow."""

import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"

import jax
import jax.export
import numpy as np

from lookalike.networks.jax_engine import FUNCTION, WEIGHTS
from lookalike.networks.keras_files import load_model
from lookalike.networks.keras_network import set_precision

__all__ = ["export"]


def export(network: str, folder: str, batch: int, precision: str, platform: str) -> None:
    """Write function(weights, uint8 (batch, s, s, 3)) -> float32 (batch, d) of a .keras file, and its weights.

    platform: that it is lowered for, "cpu", "cuda" or "rocm". The weights are arguments, in the order of their file.
    """
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
