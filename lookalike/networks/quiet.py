"""Import TensorFlow and Keras without their start-up lines on the terminal.
Other modules of this room say `from lookalike.networks.quiet import keras, tf`."""

import os

from lookalike.networks.silence import silent_stderr

# Kernels that a GPU newer than TensorFlow's wheel compiles for itself at first start fill more than the usual cache.
os.environ.setdefault("CUDA_CACHE_MAXSIZE", str(2**32 - 1))

from lookalike.networks.keras_alone import keras

__all__ = ["convert_variables_to_constants_v2", "keras", "tf", "tf_optimizer"]

with silent_stderr():
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2
    from tensorflow.python.grappler import tf_optimizer

    tf.get_logger().setLevel("ERROR")
    tf.config.list_logical_devices()
