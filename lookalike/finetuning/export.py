"""Write a fine-tuned network in every form that people deploy, and its classes.
`extractor.*` go from photos to features, `classifier.*` from photos to one probability a class."""

import re
from collections.abc import Sequence
from pathlib import Path

from lookalike.core.errors import UserError
from lookalike.finetuning.checkpoints import writing
from lookalike.finetuning.heads import Classifier
from lookalike.networks.freeze import INPUT_NODE, OUTPUT_NODE, freeze
from lookalike.networks.keras_files import load_model, save_keras
from lookalike.networks.quiet import keras, silent_stderr, tf

__all__ = ["export", "probability_model", "read_labels", "write_labels"]


def probability_model(classifier: Classifier, sharpness: float) -> keras.Model:
    """Return the model from photos (n, s, s, 3), pixels 0-255, to float32 probabilities (n, c)."""
    _, scores = classifier.head(classifier.extractor.output)
    logits = keras.layers.Rescaling(sharpness, dtype="float32", name="logits")(scores)
    probabilities = keras.layers.Softmax(dtype="float32", name="probabilities")(logits)
    return keras.Model(classifier.extractor.input, probabilities, name="classifier")


def export(classifier: Classifier, sharpness: float, classes: Sequence[str], folder: Path) -> list[Path]:
    """Write extractor.keras, .h5, .pb and saved_model/, classifier.keras and .h5, and labels.txt; return the paths.

    The .pb goes from node "images" (float32, NHWC, pixels 0-255) to node "features"; the SavedModel's default signature
    takes "images" and returns "features" and "probabilities". The .h5 files are left out for the few networks that this
    older form cannot hold (MobileNetV3, ConvNeXt). Raises UserError where the disk is full.
    """
    models = {"extractor": classifier.extractor, "classifier": probability_model(classifier, sharpness)}
    with writing(folder):
        for name, model in models.items():
            save_keras(model, folder / f"{name}.keras")
            _save_h5(model, folder / f"{name}.h5")
        if not _opens(folder / "extractor.h5"):
            for name in models:
                (folder / f"{name}.h5").unlink()
        freeze(classifier.extractor, folder / "extractor.pb")
        _save_tensorflow(models, folder / "saved_model")
        write_labels(folder / "labels.txt", classes)
    files = [folder / f"{name}.{kind}" for name in models for kind in ("keras", "h5")]
    files += [folder / name for name in ("extractor.pb", "saved_model", "labels.txt")]
    return [file for file in files if file.exists()]


def _opens(path: Path) -> bool:
    try:
        load_model(path)
    except UserError:
        return False
    return True


def _save_h5(model: keras.Model, path: Path) -> None:
    with silent_stderr():  # Keras warns that .h5 is an old form
        model.save(path)


def _save_tensorflow(models: dict[str, keras.Model], folder: Path) -> None:
    extractor, whole = models["extractor"], models["classifier"]
    both = keras.Model(whole.input, [extractor.output, whole.output])

    @tf.function(input_signature=[tf.TensorSpec((None, *extractor.inputs[0].shape[1:]), tf.float32, name=INPUT_NODE)])
    def serve(images: tf.Tensor) -> dict[str, tf.Tensor]:
        features, probabilities = both(images, training=False)
        return {OUTPUT_NODE: features, "probabilities": probabilities}

    module = tf.Module()
    module.model, module.serve = both, serve
    with silent_stderr():
        tf.saved_model.save(module, str(folder), signatures={"serving_default": serve})


def write_labels(path: Path, classes: Sequence[str]) -> None:
    """Write one class a line, line breaks inside a name escaped."""
    lines = (name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r") for name in classes)
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8", "surrogateescape", newline="\n")


def read_labels(path: Path) -> list[str]:
    """Return the classes that `write_labels` wrote."""
    marks = {"\\\\": "\\", "\\n": "\n", "\\r": "\r"}
    lines = path.read_text("utf-8", "surrogateescape").split("\n")[:-1]
    return [re.sub(r"\\[\\nr]", lambda match: marks[match.group()], line) for line in lines]
