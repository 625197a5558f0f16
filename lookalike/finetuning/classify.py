"""Say what a photo shows, with a model that fine-tuning made; also a command: FOLDER PHOTO...
FOLDER is the folder of results of 02_finetune."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from lookalike.catalog.images import ImageError
from lookalike.core.errors import UserError
from lookalike.finetuning.export import read_labels
from lookalike.networks.extract import read_square
from lookalike.networks.freeze import load_model

__all__ = ["classify", "main"]


def classify(folder: Path, photo: Path, top: int = 5) -> list[tuple[str, float]]:
    """Return the `top` likeliest classes of a photo and their probabilities, the likeliest first.

    Raises UserError where the folder holds no fine-tuned model, or the photo cannot be read.
    """
    path = folder / "classifier.keras"
    if not path.exists():
        raise UserError(f"expected a fine-tuned model at {path}, found none: run python 02_finetune.py")
    model = load_model(path)
    try:
        square = read_square(photo, model.input_shape[1])
    except ImageError as error:
        raise UserError(f"expected a photo at {photo}: {error}") from error
    scores = model(square[None].astype("float32"), training=False).numpy()[0]
    classes = read_labels(folder / "labels.txt")
    return [(classes[index], float(scores[index])) for index in (-scores).argsort(kind="stable")[:top]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print `class  score` lines for each photo; 1 and one line on a fault."""
    parser = argparse.ArgumentParser(prog="python -m lookalike.finetuning.classify", description=__doc__)
    parser.add_argument("folder", type=Path, help="results of 02_finetune")
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--top", type=int, default=5, help="how many classes to name")
    chosen = parser.parse_args(arguments)
    try:
        for photo in chosen.photos:
            for name, score in classify(chosen.folder, photo, chosen.top):
                print(f"{name}  {score:.5f}")
    except UserError as error:
        print(f"classify: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
