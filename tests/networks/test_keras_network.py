"""The network of an extractor as one .keras file, on whichever backend: pooling, scaling, names, precisions, faults."""

import numpy as np
import pytest

from lookalike.core.errors import UserError
from lookalike.networks import SCALINGS
from lookalike.networks.keras_files import load_model
from lookalike.networks.keras_network import save_network, set_precision
from lookalike.networks.quiet import keras

GIVEN = {"size": None, "layer": "", "scaling": "raw", "pooling": "auto", "seed": 0, "section": "extract"}
IMAGES = np.random.default_rng(7).integers(0, 256, (2, 32, 32, 3)).astype(np.float32)


def saved(model, folder, **changes):
    """Save a model as a user would, make its network of it, and return that network."""
    model.save(folder / "own.keras")
    side, dimension, digest = save_network(str(folder / "own.keras"), "", str(folder / "made.keras"), GIVEN | changes)
    network = load_model(folder / "made.keras")
    assert (side, dimension, len(digest)) == (32, network.output_shape[-1], 64)
    return np.asarray(network(IMAGES))


@pytest.mark.parametrize("scaling", ["raw", "torch", "caffe"])
def test_maps_are_averaged_over_their_places_and_pixels_are_scaled(scaling, tmp_path):
    images = keras.Input((32, 32, 3))
    model = keras.Model(images, keras.layers.Conv2D(4, 3, name="maps")(images))
    row = SCALINGS[scaling]
    scaled = ((IMAGES[..., ::-1] if row.bgr else IMAGES) - row.mean) / row.deviation
    expected = np.asarray(model(scaled.astype(np.float32))).mean(axis=(1, 2))
    np.testing.assert_allclose(saved(model, tmp_path, scaling=scaling), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("pooling", "taken"), [("cls", slice(0, 1)), ("mean", slice(1, None)), ("auto", slice(0, 1))])
def test_tokens_are_taken_as_the_setting_says(pooling, taken, tmp_path):
    images = keras.Input((32, 32, 3))
    patches = keras.layers.Reshape((16, 5))(keras.layers.Conv2D(5, 8, 8)(images))
    model = keras.Model(images, keras.layers.ZeroPadding1D((1, 0))(patches))
    expected = np.asarray(model(IMAGES))[:, taken].mean(axis=1)
    np.testing.assert_allclose(saved(model, tmp_path, pooling=pooling), expected, rtol=1e-4, atol=1e-3)


def test_a_name_of_the_table_is_its_network(small_model, tmp_path):
    given = GIVEN | {"size": 64}
    side, dimension, _ = save_network("mobilenet_v2_0.35", "random", str(tmp_path / "made.keras"), given)
    images = np.zeros((1, 64, 64, 3), np.float32)
    found = np.asarray(load_model(tmp_path / "made.keras")(images))
    assert (side, dimension) == (64, 1280)
    np.testing.assert_allclose(found, np.asarray(small_model(images)), atol=1e-4)


@pytest.mark.parametrize(("precision", "atol"), [("float16", 0.02), ("bfloat16", 0.2), ("float32", 0)])
def test_precision_changes_arithmetic_and_no_weight(precision, atol):
    images = keras.Input((32, 32, 3))
    features = keras.layers.Conv2D(6, 5, activation="relu")(keras.layers.Rescaling(1 / 255)(images))
    model = keras.Model(images, keras.layers.GlobalAveragePooling2D()(features))
    exact = np.asarray(model(IMAGES))
    set_precision(model, precision)
    found = model(IMAGES)
    assert found.dtype == precision and {each.dtype for each in model.weights} == {"float32"}
    np.testing.assert_allclose(np.asarray(found).astype(np.float32), exact, atol=atol)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 64}, r"expected extract\.size 32, which own\.keras is made for, found 64"),
        ({"layer": "nowhere"}, "expected a layer of .*, found 'nowhere'"),
    ],
)
def test_what_a_user_can_mend_is_one_line(changes, message, tmp_path):
    images = keras.Input((32, 32, 3))
    with pytest.raises(UserError, match=message) as caught:
        saved(keras.Model(images, keras.layers.Flatten()(images)), tmp_path, **changes)
    assert "\n" not in str(caught.value)


def test_a_rank_that_is_no_vector_is_one_line(tmp_path):
    images = keras.Input((32, 32, 3))
    model = keras.Model(images, keras.layers.Reshape((2, 16, 32, 3))(images))
    with pytest.raises(UserError, match=r"expected own\.keras to turn .* into vectors: its output has rank 5"):
        saved(model, tmp_path)
