"""Import TensorFlow and Keras without their start-up lines on the terminal.
Other modules of this room say `from lookalike.networks.quiet import keras, tf`."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["convert_variables_to_constants_v2", "keras", "silent_stderr", "tf", "tf_optimizer"]


@contextmanager
def silent_stderr() -> Iterator[None]:
    """Send what native code writes to file descriptor 2 to nowhere; Python exceptions still rise."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


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
with _without_matplotlib(), silent_stderr():  # lines that TensorFlow writes before it has read its log level
    import keras
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2
    from tensorflow.python.grappler import tf_optimizer

    tf.get_logger().setLevel("ERROR")
    tf.config.list_logical_devices()
