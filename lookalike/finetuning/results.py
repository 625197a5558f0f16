"""What a fine-tuning run leaves behind beside its models: scores, altered copies to show, copies and records on disk.
Nothing here trains or draws."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lookalike.catalog import images
from lookalike.core.progress import progress
from lookalike.finetuning.augment import FIVE, augmentation_of, write_five
from lookalike.finetuning.data import LabelledPhotos, encoded_bytes
from lookalike.finetuning.options import Options
from lookalike.finetuning.split import Parts
from lookalike.finetuning.tfrecord import write_records

__all__ = ["Samples", "altered_samples", "training_scores", "write_augmented", "write_tfrecords"]

SHOWN = 6  # photos, and altered copies of each, among the samples

Samples = dict[str, tuple[list[str], list[list[np.ndarray]]]]  # name -> titles of columns, rows of uint8 (s, s, 3)


def training_scores(photos: LabelledPhotos, parts: Parts, history: Sequence[Mapping], options: Options) -> dict:
    """Return what training says of itself: what it began with, counts, and the epoch whose weights were kept."""
    rows = [row for row in history if row["phase"] == "backbone"]
    began = {"backbone": options.backbone, "weights": options.weights, "size": photos.pixels.shape[1]}
    return {
        "n_images": len(photos.names),
        "n_classes": len(parts.classes),
        "n_train": len(parts.train),
        "n_validation": len(parts.validation),
        "n_holdout": len(parts.holdout),
        "unreadable": [name for name, error in zip(photos.names, photos.errors, strict=True) if error is not None],
        "epochs": len(rows),
        "best": min(rows, key=lambda row: row.get("val_loss", row["loss"])),
        **began,
        "seed": options.seed,
        "loss": options.loss,
    }


def altered_samples(pixels: np.ndarray, parts: Parts, options: Options) -> Samples:
    """Return some training photos beside altered copies, as training alters them and by the five fixed ways."""
    rng = np.random.default_rng(options.seed)
    chosen = np.array(pixels[rng.permutation(parts.train)[:SHOWN]])
    alter = augmentation_of(options.augmentation)
    drawn = [[photo, *(alter(photo, rng) for _ in range(SHOWN))] for photo in chosen]
    titles = [f"{options.augmentation} {number}" for number in range(1, SHOWN + 1)]
    five = [[photo, *(copy(photo) for copy in FIVE.values())] for photo in chosen]
    return {"augmented": (["original", *titles], drawn), "augmented_five": (["original", *FIVE], five)}


def write_augmented(photos: LabelledPhotos, parts: Parts, folder: Path) -> None:
    """Write the five copies of every training photo, at its own size, below `folder`, a folder a class."""
    with progress("augmented", len(parts.train)) as advance:
        for row in parts.train:
            photo = images.decode(encoded_bytes(photos.sources[row]))
            write_five(photo, photos.names[row], photos.labels[row], folder)
            advance(1)


def write_tfrecords(photos: LabelledPhotos, folder: Path, *, share: float) -> None:
    """Write every photo that can be read to records, those of held-out classes, too; `share` of them validate."""
    good = [row for row, error in enumerate(photos.errors) if error is None]
    columns = (photos.sources, photos.names, photos.labels)
    write_records(*([column[row] for row in good] for column in columns), folder, share=share)
