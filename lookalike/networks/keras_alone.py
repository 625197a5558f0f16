"""Import Keras, on whichever backend is chosen, without its start-up lines on the terminal.
TensorFlow is imported only where it is the backend."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from lookalike.networks.silence import silent_stderr

__all__ = ["keras"]


@contextmanager
def _without_matplotlib() -> Iterator[None]:
    """Hide matplotlib from Keras, which would import it for pictures, and have it write a cache of fonts in HOME."""
    loaded = "matplotlib" in sys.modules
    if not loaded:
        sys.modules["matplotlib"] = None
    try:
        yield
    finally:
        if not loaded:
            del sys.modules["matplotlib"]


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # else TensorFlow takes a GPU's whole memory at once
with _without_matplotlib(), silent_stderr():  # lines that TensorFlow writes before it has read its log level
    import keras
