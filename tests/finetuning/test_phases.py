"""The first phase on photos whose features are their colours, when training ends, and which layers learn."""

import numpy as np
import pytest

from lookalike.finetuning import LOSSES
from lookalike.finetuning.data import LabelledPhotos
from lookalike.finetuning.heads import HEADS, Classifier, class_means, unfreeze_layers
from lookalike.finetuning.options import Options
from lookalike.finetuning.phases import extract_features, train_head
from lookalike.finetuning.split import divide
from lookalike.finetuning.train import Phase, fit, make_optimizer, rate_at
from lookalike.networks.quiet import keras, tf

COLOURS = {"blue": (40, 40, 200), "green": (40, 200, 40), "red": (200, 40, 40)}


@pytest.fixture(scope="module")
def colours():
    """Photos (60, 4, 4, 3) of three colours under noise, and the parts they play."""
    rng = np.random.default_rng(0)
    labels = list(COLOURS) * 20
    photos = np.array([COLOURS[label] for label in labels])[:, None, None] + rng.integers(-40, 40, (60, 4, 4, 3))
    pixels, names = photos.astype(np.uint8), [f"{number}.png" for number in range(60)]
    labelled = LabelledPhotos([b""] * 60, names, labels, pixels, [None] * 60, "")
    return pixels, divide(labelled, [], share=0.2, balanced=True)


@pytest.fixture(scope="module")
def averaging():
    """An extractor of the mean colour."""
    images = keras.Input((4, 4, 3), name="images")
    return keras.Model(images, keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(images)))


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_teaches_the_head(loss, colours, averaging):
    classifier = Classifier(averaging, HEADS[LOSSES[loss].head](3, 3, 0))
    options = Options(loss=loss, optimizer="adam", batch_size=12, patience=99, head_epochs=8, head_learning_rate=0.05)
    rows = []
    train_head(classifier, *colours, options, rows.append)
    assert [row["epoch"] for row in rows] == list(range(8)) and {row["phase"] for row in rows} == {"head"}
    assert min(row["val_loss"] for row in rows[1:]) < rows[0]["val_loss"]
    assert rows[-1]["val_accuracy"] == 1


def test_features_are_those_of_the_chosen_photos(colours, averaging):
    found = extract_features(averaging, colours[0], np.array([5, 2]), "features")
    np.testing.assert_allclose(found, colours[0][[5, 2]].mean(axis=(1, 2)) / 255, rtol=1e-4)
    assert extract_features(averaging, colours[0], np.array([], int), "features").shape == (0, 3)


def test_prototypes_begin_as_the_mean_directions():
    means = class_means(np.array([[2.0, 0], [1, 0], [0, 3]]), np.array([0, 0, 1]), 2)
    np.testing.assert_allclose(means, [[1, 0], [0, 1]])


def run_of_losses(losses, patience):
    """Return the epochs that `fit` runs, and the variable it leaves, where an epoch yields these validation losses."""
    variable = keras.Variable(np.float32(0))
    state = {"epoch": -1}

    def step(*batch):
        state["epoch"] += 1
        variable.assign(np.float32(state["epoch"]))
        return tf.constant(1.0), tf.constant(0.5)

    history = fit(
        step,
        lambda epoch: [()],
        lambda: {"val_loss": losses[state["epoch"]], "val_accuracy": 0.0},
        [variable],
        make_optimizer("sgd", 0.9, scale_loss=False),
        Phase("head", len(losses), 0.1, patience),
    )
    return len(history), float(variable.numpy())


def test_training_keeps_the_best_epoch_and_ends_after_patience():
    assert run_of_losses([3, 2, 1, 2, 2, 0], patience=2) == (5, 2.0)
    assert run_of_losses([3, 2, 1, 2, 2, 0], patience=3) == (6, 5.0)
    assert run_of_losses([1, 1, 1], patience=9) == (3, 0.0)


def test_the_rate_falls_by_half_a_cosine():
    np.testing.assert_allclose([rate_at(epoch, 4, 1.0) for epoch in range(4)], [1, 0.853553, 0.5, 0.146447], rtol=1e-5)


def test_layers_are_chosen_by_share_or_name(small_model):
    network = next(layer for layer in small_model.layers if isinstance(layer, keras.Model))
    model = keras.models.clone_model(small_model)
    layers = next(layer for layer in model.layers if isinstance(layer, keras.Model)).layers
    learning = unfreeze_layers(model, 0.25)
    assert learning[0] == "block_13_expand" and not any("BN" in name or "bn" in name for name in learning)
    assert unfreeze_layers(model, "block_13_expand") == learning
    assert len(unfreeze_layers(model, 1.0)) > len(learning)
    assert [layer.name for layer in layers] == [layer.name for layer in network.layers]
