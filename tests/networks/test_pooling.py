"""Which tokens make a vector, for the numbers of tokens that networks have; in files that TensorFlow reads."""

import numpy as np
import pytest

from lookalike.networks.engines import open_extractor
from lookalike.networks.freeze import freeze
from lookalike.networks.options import Options
from lookalike.networks.pooling import tokens_to_average
from lookalike.networks.quiet import keras

IMAGES = np.random.default_rng(1).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("count", "leading"),
    [(197, 1), (257, 1), (50, 1), (198, 2), (201, 5), (261, 5), (205, 9), (196, 0), (256, 0), (49, 0), (1, 0), (98, 0)],
)
def test_leading_tokens_are_what_is_more_than_a_square(count, leading):
    assert tokens_to_average(count, "mean") == slice(leading, count)
    assert tokens_to_average(count, "auto") == (slice(0, 1) if leading else slice(0, count))
    if leading:
        assert tokens_to_average(count, "cls") == slice(0, 1)
    else:
        with pytest.raises(ValueError, match=f"{count} tokens have no class token"):
            tokens_to_average(count, "cls")


def test_of_an_unknown_number_all_are_averaged_and_the_first_can_be_taken():
    assert tokens_to_average(None, "auto") == tokens_to_average(None, "mean") == slice(0, None)
    assert tokens_to_average(None, "cls") == slice(0, 1)


@pytest.fixture(scope="module")
def token_model():
    """A Keras model that gives 21 tokens of 4 numbers."""
    keras.utils.set_random_seed(4)
    images = keras.Input((32, 32, 3))
    maps = keras.layers.Conv2D(7, 8, strides=8)(keras.layers.Rescaling(1 / 255)(images))
    flat = keras.layers.Dense(84)(keras.layers.Flatten()(maps))
    return keras.Model(images, keras.layers.Reshape((21, 4), name="tokens")(flat))


@pytest.mark.parametrize("suffix", ["keras", "pb", "saved"])
def test_tokens_of_any_model_file_become_one_vector(suffix, token_model, tmp_path):
    path = tmp_path / f"own.{suffix}"
    if suffix == "pb":
        freeze(token_model, path)
    elif suffix == "saved":
        token_model.export(path, verbose=False)
    else:
        token_model.save(path)
    tokens = np.asarray(token_model(IMAGES))
    for pooling, vector in {"auto": tokens[:, 0], "cls": tokens[:, 0], "mean": tokens[:, 5:].mean(axis=1)}.items():
        extractor = open_extractor(Options(backbone=str(path), pooling=pooling, engine="openvino"), tmp_path / pooling)
        assert extractor.dimension == 4
        np.testing.assert_allclose(extractor(IMAGES), vector, atol=1e-5)
