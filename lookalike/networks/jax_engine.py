"""Run a .keras network with JAX, compiled by XLA, on a GPU where JAX has one, else on the processor.
Keras itself is not imported here: see `jax_network`."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # else JAX takes most of a GPU's memory at once
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import jax
import jax.export
import numpy as np

from lookalike.networks.child import call_on_jax
from lookalike.networks.devices import (
    Features,
    Opened,
    Wanted,
    double_buffered,
    nvidia_gpu,
    room_on_device,
    say_idle_gpu,
)

__all__ = ["FUNCTION", "WEIGHTS", "open_graph"]

BATCH_ON_CPU = 8
EXPORT = "lookalike.networks.jax_network:export"
FUNCTION, WEIGHTS = "function.stablehlo", "weights.npz"  # what it writes
CUDA = "run pip install 'jax[cuda12]', of the version that is installed"


def open_graph(path: Path, size: int, wanted: Wanted) -> Opened:
    """Open a .keras network from photos to vectors; it is compiled for one number of photos at a time.

    Raises UserError where the network cannot be opened or the memory of the device is too small for it.
    """
    device = jax.default_backend().upper()
    if device == "CPU" and nvidia_gpu():
        say_idle_gpu("JAX without CUDA or a device that it can use", CUDA)
    batch = BATCH_ON_CPU if device == "CPU" else wanted.batch
    features = _compiled(path, size, batch, wanted.precision)
    return Opened(features if device == "CPU" else double_buffered(features, batch), batch, device, True)


def _compiled(path: Path, size: int, batch: int, precision: str) -> Features:
    with tempfile.TemporaryDirectory(prefix="lookalike-") as folder:
        place = Path(folder)
        platform = jax.export.default_export_platform()
        call_on_jax(EXPORT, str(path), folder, batch, precision, platform, network=path.name)
        exported = jax.export.deserialize(bytearray((place / FUNCTION).read_bytes()))
        with np.load(place / WEIGHTS) as arrays, room_on_device("extract.batch", batch):
            weights = [jax.device_put(arrays[name]) for name in arrays.files]
    images = jax.ShapeDtypeStruct((batch, size, size, 3), np.uint8)
    with room_on_device("extract.batch", batch):
        function = jax.jit(exported.call).lower(weights, images).compile()
    return lambda photos: np.asarray(function(weights, jax.device_put(photos)))
