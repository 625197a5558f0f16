"""Say what a photo shows, with the model that fine-tuning made."""

from pathlib import Path

from lookalike.catalog.images import ImageError
from lookalike.core.errors import UserError
from lookalike.finetuning.export import read_labels
from lookalike.networks.keras_files import load_model
from lookalike.networks.squares import Photo, read_square

__all__ = ["classify"]


def classify(folder: Path, photo: Path, top: int = 5) -> list[tuple[str, float]]:
    """Return the `top` likeliest classes of a photo and their probabilities, the likeliest first.

    folder: results of 02_finetune. Raises UserError where it holds no fine-tuned model, or the photo cannot be read.
    """
    path = folder / "classifier.keras"
    if not path.exists():
        raise UserError(f"expected a fine-tuned model at {path}, found none: run python 02_finetune.py")
    model = load_model(path)
    try:
        square = read_square(Photo(photo), model.input_shape[1])
    except ImageError as error:
        raise UserError(f"expected a photo at {photo}: {error}") from error
    scores = model(square[None].astype("float32"), training=False).numpy()[0]
    classes = read_labels(folder / "labels.txt")
    return [(classes[index], float(scores[index])) for index in (-scores).argsort(kind="stable")[:top]]
