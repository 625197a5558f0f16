"""Write what a fine-tuning run leaves behind: its models, pictures and scores, altered copies and records.
Nothing here trains."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from lookalike.core.artifacts import write_json
from lookalike.core.progress import progress
from lookalike.finetuning.augment import FIVE, view_of, write_five
from lookalike.finetuning.data import Photos, read_photo
from lookalike.finetuning.export import export
from lookalike.finetuning.heads import Trainee
from lookalike.finetuning.split import Parts
from lookalike.finetuning.tfrecord import write_records
from lookalike.visual.finetuning import draw_before_after, draw_curves, draw_views

__all__ = ["training_scores", "write_augmented", "write_results", "write_tfrecords"]

SHOWN = 6  # photos, and altered copies of each, in the picture of samples


def training_scores(photos: Photos, parts: Parts, history: Sequence[Mapping]) -> dict:
    """Return what training says of itself: counts, and the epoch whose weights were kept."""
    rows = [row for row in history if row["phase"] == "backbone"]
    return {
        "n_images": len(photos.names),
        "n_classes": len(parts.classes),
        "n_train": len(parts.train),
        "n_validation": len(parts.validation),
        "n_holdout": len(parts.holdout),
        "unreadable": [name for name, error in zip(photos.names, photos.errors, strict=True) if error is not None],
        "epochs": len(rows),
        "best": min(rows, key=lambda row: row.get("val_loss", row["loss"])),
    }


def write_results(
    trainee: Trainee,
    sharpness: float,
    photos: Photos,
    parts: Parts,
    history: Sequence[Mapping],
    scores: Mapping,
    folder: Path,
    *,
    augmentation: str,
    seed: int,
    say: Callable[[str], None],
) -> None:
    """Write the models of `export`, the pictures and scores.json; `holdout` is drawn where classes are held out."""
    files = export(trainee, sharpness, parts.classes, folder)
    if folder / "extractor.h5" not in files:
        say("left out extractor.h5 and classifier.h5: this older form cannot hold the network, the .keras files do")
    draw_curves(history, folder / "curves.png")
    rng = np.random.default_rng(seed)
    _draw_samples(photos.pixels[rng.permutation(parts.train)[:SHOWN]], augmentation, rng, folder)
    if scores["holdout"]:
        draw_before_after(scores["holdout"], folder / "holdout.png")
    write_json(folder / "scores.json", dict(scores))


def _draw_samples(samples: np.ndarray, augmentation: str, rng: np.random.Generator, folder: Path) -> None:
    view = view_of(augmentation)
    drawn = [[photo, *(view(photo, rng) for _ in range(SHOWN))] for photo in samples]
    titles = [f"{augmentation} {number}" for number in range(1, SHOWN + 1)]
    draw_views(drawn, ["original", *titles], folder / "augmented.png")
    five = [[photo, *(alter(photo) for alter in FIVE.values())] for photo in samples]
    draw_views(five, ["original", *FIVE], folder / "augmented_five.png")


def write_augmented(photos: Photos, parts: Parts, folder: Path) -> None:
    """Write the five copies of every training photo, at its own size, below `folder`, a folder a class."""
    with progress("augmented", len(parts.train)) as advance:
        for row in parts.train:
            write_five(read_photo(photos.sources[row]), photos.names[row], photos.labels[row], folder)
            advance(1)


def write_tfrecords(photos: Photos, folder: Path, *, share: float) -> None:
    """Write every photo that can be read to records, those of held-out classes, too; `share` of them validate."""
    good = [row for row, error in enumerate(photos.errors) if error is None]
    columns = (photos.sources, photos.names, photos.labels)
    write_records(*([column[row] for row in good] for column in columns), folder, share=share)
