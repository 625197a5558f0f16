"""Convolutions in groups compute the same after freezing, on every engine."""

import numpy as np
import pytest

from lookalike.networks.engines import open_extractor
from lookalike.networks.freeze import freeze
from lookalike.networks.model_files import load_graph
from lookalike.networks.options import Options
from lookalike.networks.quiet import keras

IMAGES = np.random.default_rng(1).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def grouped():
    """Groups of one channel, of one channel with holes, and of several."""
    keras.utils.set_random_seed(0)
    images = x = keras.Input((32, 32, 3))
    for options in ({}, {"groups": 16}, {"groups": 4, "strides": 2}, {"groups": 16, "dilation_rate": 2}):
        x = keras.layers.Conv2D(16, 3, **options)(x)
    return keras.Model(images, keras.layers.GlobalAveragePooling2D()(x))


@pytest.mark.parametrize("engine", ["openvino", "tensorflow"])
def test_groups_compute_the_same(engine, grouped, tmp_path):
    freeze(grouped, tmp_path / "grouped.pb")
    found = open_extractor(Options(backbone=str(tmp_path / "grouped.pb"), engine=engine), tmp_path)(IMAGES)
    np.testing.assert_allclose(found, np.asarray(grouped(IMAGES)), rtol=1e-4, atol=1e-4)


def test_a_frozen_graph_calls_no_function(grouped, tmp_path):
    graph = load_graph(freeze(grouped, tmp_path / "grouped.pb"))
    assert not {"StatefulPartitionedCall", "PartitionedCall"} & {node.op for node in graph.node}


@pytest.mark.parametrize("engine", ["openvino", "tensorflow"])
def test_blocks_of_convnext_compute_the_same(engine, tmp_path):
    from keras.src.applications.convnext import ConvNeXt  # late, so that `quiet` comes first

    keras.utils.set_random_seed(0)
    size = {"depths": (1, 1, 1, 1), "projection_dims": (8, 16, 24, 32), "layer_scale_init_value": 1.0}
    model = ConvNeXt(**size, include_top=False, weights=None, input_shape=(32, 32, 3), pooling="avg")
    freeze(model, tmp_path / "convnext.pb")
    found = open_extractor(Options(backbone=str(tmp_path / "convnext.pb"), engine=engine), tmp_path)(IMAGES)
    np.testing.assert_allclose(found, np.asarray(model(IMAGES.astype(np.float32))), rtol=1e-4, atol=1e-4)
