"""A .h5 file laid out as Keras 2 wrote it opens, computes what its weights say, and can be frozen."""

import json

import h5py
import numpy as np
import pytest

from lookalike.networks.freeze import main
from lookalike.networks.keras_files import load_model

SAME = {"strides": [2, 2], "padding": "same", "data_format": "channels_last", "dilation_rate": [1, 1], "groups": 1}
SAME |= {"kernel_size": [1, 1], "activation": "linear", "use_bias": True}
SAME |= {"bias_initializer": {"class_name": "Zeros", "config": {}}, "bias_regularizer": None, "bias_constraint": None}
DRAWN = {"class_name": "GlorotUniform", "config": {"seed": None}}
LAYERS = {
    "conv": ("Conv2D", SAME | {"filters": 4, "kernel_initializer": DRAWN}, {"kernel:0": (1, 1, 3, 4), "bias:0": (4,)}),
    "depthwise": (
        "DepthwiseConv2D",
        SAME | {"depth_multiplier": 1, "depthwise_initializer": DRAWN},
        {"depthwise_kernel:0": (1, 1, 4, 1), "bias:0": (4,)},
    ),
    "relu": ("ReLU", {"max_value": 6.0, "negative_slope": 0.0, "threshold": 0.0}, {}),
    "pool": ("GlobalAveragePooling2D", {"data_format": "channels_last"}, {}),
}


@pytest.fixture
def keras2_file(tmp_path):
    """Return the path of a Keras 2.4 file and its weights by name."""
    rng = np.random.default_rng(0)
    first = {"batch_input_shape": [None, 8, 8, 3], "dtype": "float32", "sparse": False, "ragged": False}
    layers = [{"class_name": "InputLayer", "name": "x", "config": first | {"name": "x"}, "inbound_nodes": []}]
    weights = {}
    with h5py.File(tmp_path / "old.h5", "w") as file:
        group = file.create_group("model_weights")
        for name, (kind, config, shapes) in LAYERS.items():
            config = {"name": name, "trainable": True, "dtype": "float32"} | config
            before = [[[layers[-1]["name"], 0, 0, {}]]]
            layers.append({"class_name": kind, "name": name, "config": config, "inbound_nodes": before})
            place = group.create_group(name)
            place.attrs["weight_names"] = [f"{name}/{each}".encode() for each in shapes]
            for each, shape in shapes.items():
                weights[f"{name}/{each}"] = rng.uniform(0, 1, shape).astype(np.float32)
                place.create_dataset(f"{name}/{each}", data=weights[f"{name}/{each}"])
        model = {"name": "old", "layers": layers, "input_layers": [["x", 0, 0]], "output_layers": [["pool", 0, 0]]}
        file.attrs["model_config"] = json.dumps({"class_name": "Functional", "config": model})
        group.attrs["layer_names"] = [name.encode() for name in LAYERS]
        for holder in (file, group):
            holder.attrs["keras_version"], holder.attrs["backend"] = "2.4.0", "tensorflow"
    return tmp_path / "old.h5", weights


def test_keras_2_file_computes_what_its_weights_say(keras2_file):
    path, weights = keras2_file
    images = np.random.default_rng(1).uniform(0, 1, (2, 8, 8, 3)).astype(np.float32)
    maps = images[:, ::2, ::2] @ weights["conv/kernel:0"][0, 0] + weights["conv/bias:0"]
    maps = maps[:, ::2, ::2] * weights["depthwise/depthwise_kernel:0"][0, 0, :, 0] + weights["depthwise/bias:0"]
    expected = maps.clip(0, 6).mean(axis=(1, 2))
    np.testing.assert_allclose(load_model(path)([images]), expected, rtol=1e-4)


def test_keras_2_file_can_be_frozen(keras2_file, capsys):
    path, _ = keras2_file
    assert main([str(path), str(path.with_suffix(".pb"))]) == 0
    assert "images (8, 8, 3) -> features (4,)" in capsys.readouterr().out
