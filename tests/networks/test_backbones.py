"""Feature extractors: preprocessing inside, the named layer, weights files with and without the top, clear faults."""

import numpy as np
import pytest

from lookalike.core.errors import UserError
from lookalike.networks import BACKBONES
from lookalike.networks.backbones import build_extractor, imagenet_file, weights_digest
from lookalike.networks.quiet import keras

SMALL = BACKBONES["mobilenet_v2_0.35"]


def photos(n, size, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, size, size, 3), dtype=np.uint8)


@pytest.mark.parametrize(("name", "size"), [("mobilenet_v2_1.4", 32), ("mobilenet_v3_small", 32), ("vgg16", 32)])
def test_dimension_is_that_of_the_table(name, size):
    model = build_extractor(BACKBONES[name], "random", size=size)
    features = np.asarray(model(photos(2, size)))
    assert features.shape == (2, BACKBONES[name].dimension)
    assert np.isfinite(features).all() and np.ptp(features[0]) > 0


def test_flatten_keeps_every_place_of_the_last_map():
    model = build_extractor(BACKBONES["vgg16_flatten"], "random", size=64)
    assert model.output_shape == (None, 512 * 2 * 2)


def test_features_equal_keras_with_its_own_preprocessing():
    model = build_extractor(SMALL, "random", size=64, seed=1)
    network = next(layer for layer in model.layers if isinstance(layer, keras.Model))
    images = photos(3, 64)
    prepared = keras.applications.mobilenet_v2.preprocess_input(images.astype(np.float32))
    expected = np.asarray(network(prepared, training=False)).mean(axis=(1, 2))
    np.testing.assert_allclose(np.asarray(model(images)), expected, atol=1e-4)


def test_random_weights_follow_the_seed():
    digests = [weights_digest(build_extractor(SMALL, "random", size=32, seed=seed)) for seed in (5, 5, 6)]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize("top", [False, True])
def test_weights_files_with_and_without_the_top(top, tmp_path):
    keras.utils.set_random_seed(3)
    network = keras.applications.MobileNetV2(weights=None, alpha=0.35, include_top=top, input_shape=(64, 64, 3))
    network.save_weights(tmp_path / "own.weights.h5")
    model = build_extractor(SMALL, str(tmp_path / "own.weights.h5"), size=64)
    inner = next(layer for layer in model.layers if isinstance(layer, keras.Model))
    for mine, theirs in zip(inner.get_weights(), network.get_weights(), strict=False):
        np.testing.assert_array_equal(mine, theirs)


def test_weights_of_another_network_are_one_line(tmp_path):
    other = keras.applications.MobileNet(weights=None, alpha=0.25, input_shape=(64, 64, 3))
    other.save_weights(tmp_path / "x.weights.h5")
    with pytest.raises(UserError, match=r"MobileNetV2 at 64 px in .*x\.weights\.h5, which holds others") as caught:
        build_extractor(SMALL, str(tmp_path / "x.weights.h5"), size=64)
    assert "\n" not in str(caught.value)


def test_a_file_that_holds_no_weights_is_one_line(tmp_path):
    (tmp_path / "text.h5").write_text("these are no weights")
    with pytest.raises(UserError, match=r"text\.h5"):
        build_extractor(SMALL, str(tmp_path / "text.h5"), size=64)


def test_missing_weights_file_names_the_choices():
    with pytest.raises(UserError, match=r"imagenet, random or a weights file, found no file nowhere\.h5"):
        build_extractor(SMALL, "nowhere.h5")


def test_imagenet_without_network_names_file_place_and_ways_out(tmp_path, monkeypatch):
    def get_file(*names, **options):
        raise Exception("URL fetch failure")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", get_file)
    with pytest.raises(UserError) as caught:
        build_extractor(SMALL, "imagenet")
    place = tmp_path / "models" / "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5"
    assert str(place) in str(caught.value)
    assert "--extract.weights FILE" in str(caught.value) and "--extract.backbone handcrafted" in str(caught.value)
    assert imagenet_file(SMALL, 96).name.endswith("0.35_96_no_top.h5")
