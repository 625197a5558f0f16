"""The table of backbones against keras.applications: builders, preprocessing, sizes, names of weights files."""

import importlib
import inspect
import subprocess
import sys

import numpy as np
import pytest

from lookalike.core.errors import UserError
from lookalike.networks import BACKBONES, ENGINES, VIEWS, is_model_file
from lookalike.networks.backbones import find_backbone, imagenet_file, preprocessing_layer
from lookalike.networks.quiet import keras

NETWORKS = {name: row for name, row in BACKBONES.items() if row.builder}
NAMED = (
    "inception_v3 inception_resnet_v2 mobilenet_v2 mobilenet_v2_1.4 resnet50 resnet101 resnet152 resnet50_v2 "
    "resnet101_v2 resnet152_v2 vgg16_fc1 vgg16_fc2 vgg16_flatten nasnet_mobile nasnet_large efficientnet_v2_b0 "
    "efficientnet_v2_s convnext_tiny handcrafted"
)


def family(builder):
    """Return the module of keras.applications that a builder comes from, such as `resnet_v2`."""
    function = getattr(keras.applications, builder)
    return importlib.import_module("keras.applications." + inspect.getmodule(function).__name__.rsplit(".", 1)[1])


def test_every_promised_backbone_and_every_keras_model_has_a_row():
    builders = {name for name in dir(keras.applications) if name[0].isupper()}
    assert builders == {row.builder for row in NETWORKS.values()}
    assert set(NAMED.split()) <= set(BACKBONES)


@pytest.mark.parametrize("name", NETWORKS)
def test_preprocessing_equals_keras(name):
    row = BACKBONES[name]
    pixels = np.arange(256 * 3, dtype=np.float32).reshape(1, 16, 16, 3) % 256
    expected = family(row.builder).preprocess_input(pixels.copy())
    found = pixels if row.preprocessing == "raw" else np.asarray(preprocessing_layer(row.preprocessing)(pixels))
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_builder_accepts_the_arguments(name):
    row = BACKBONES[name]
    inspect.signature(getattr(keras.applications, row.builder)).bind(weights=None, **row.arguments)


@pytest.mark.parametrize("name", ["mobilenet_v2_1.4", "mobilenet_0.75", "vgg16", "vgg16_fc1"])
def test_imagenet_file_is_the_one_keras_asks_for(name, monkeypatch):
    row = BACKBONES[name]
    asked = []

    def get_file(fname, *rest, **options):
        asked.append(fname)
        raise RuntimeError("no network in tests")

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", get_file)
    builder = getattr(keras.applications, row.builder)
    with pytest.raises(RuntimeError):
        builder(
            weights="imagenet", include_top=row.feature == "fc1", input_shape=(row.size, row.size, 3), **row.arguments
        )
    assert asked == [imagenet_file(row, row.size).name]


def test_keras_names_find_the_same_rows():
    assert find_backbone("ResNet50V2") is BACKBONES["resnet50_v2"]


def test_unknown_backbone_is_one_line_that_lists_the_names():
    with pytest.raises(UserError, match=r"mobilenet_v2, .*handcrafted.*found 'mobilnet'") as caught:
        find_backbone("mobilnet")
    assert "\n" not in str(caught.value)


def test_model_files_are_told_from_names(tmp_path):
    (tmp_path / "saved_model.pb").touch()
    assert is_model_file("shoes.pb") and is_model_file("shoes.keras") and is_model_file(str(tmp_path))
    assert not is_model_file("mobilenet_v2_1.4")


def test_importing_the_tables_imports_nothing_heavy():
    heavy = ("numpy", "tensorflow", "keras", "cv2")
    code = f"import sys, lookalike.networks; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("target", [*(row.opens for row in ENGINES.values()), *VIEWS.values()])
def test_every_choice_resolves(target):
    module, name = target.split(":")
    if "jax" in module:
        pytest.importorskip("jax", reason="JAX is not installed")
    assert callable(getattr(importlib.import_module(module), name))
