"""Import TensorFlow and Keras without their start-up lines on the terminal.
Other modules of this room say `from lookalike.networks.quiet import keras, tf`."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from lookalike.networks.silence import silent_stderr

__all__ = ["convert_variables_to_constants_v2", "keras", "tf", "tf_optimizer"]


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
