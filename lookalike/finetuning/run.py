"""Fine-tune a backbone on labelled photos, and show what that does for classes it has never seen.
Everything it makes goes to one folder, from which a killed run goes on."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from lookalike.core.artifacts import digest_of
from lookalike.core.errors import UserError
from lookalike.finetuning import LOSSES, results
from lookalike.finetuning.augment import view_of
from lookalike.finetuning.checkpoints import writing
from lookalike.finetuning.data import Encoded, Photos, read_pixels
from lookalike.finetuning.heads import HEADS, Trainee, unfreeze_layers
from lookalike.finetuning.history import open_logbook
from lookalike.finetuning.holdout import choose_classes, holdout_scores, score_lines
from lookalike.finetuning.phases import Lesson, extract_features, teach_backbone, teach_head
from lookalike.finetuning.split import Parts, divide
from lookalike.finetuning.tfrecord import read_records
from lookalike.finetuning.train import Objective
from lookalike.networks import is_model_file
from lookalike.networks.backbones import build_extractor, find_backbone, weights_digest
from lookalike.networks.freeze import load_model
from lookalike.networks.quiet import keras, tf

__all__ = ["finetune"]

WORK = "work"  # folder of what only an unfinished run needs


def finetune(
    paths: Sequence[Path],
    names: Sequence[str],
    labels: Sequence[str],
    folder: Path,
    *,
    backbone: str = "mobilenet_v2",
    weights: str = "imagenet",
    size: int | None = None,
    seed: int = 0,
    holdout_classes: int | Sequence[str] = 0,
    loss: str = "cosine",
    epochs: int = 15,
    head_epochs: int = 10,
    unfreeze: str | float = 0.25,
    learning_rate: float = 0.01,
    head_learning_rate: float = 0.1,
    optimizer: str = "sgd",
    momentum: float = 0.9,
    batch_size: int = 32,
    temperature: float = 0.1,
    label_smoothing: float = 0.0,
    balanced: bool = True,
    augmentation: str = "random",
    validation: float = 0.1,
    patience: int = 5,
    mixed_precision: bool | None = None,
    write_augmented: bool = False,
    write_tfrecords: bool = False,
    tfrecords: Path | None = None,
    say: Callable[[str], None] = print,
) -> dict:
    """Teach a backbone the classes of labelled photos; return the scores, which are also in scores.json.

    paths: photo files; names: their relative names, by which they are split; labels: "" where unknown; folder: takes
    the models, history, pictures and scores, and keeps the state of a killed run. weights: as in `build_extractor`.
    unfreeze: the first layer of the backbone that learns, or the share of its layers. tfrecords: a folder of records to
    read in place of paths. mixed_precision: float16 arithmetic, None = on a GPU. say: gets each line for the reader.
    Raises UserError for what a user can mend.
    """
    teaching = {"epochs": epochs, "head_epochs": head_epochs, "unfreeze": unfreeze, "augmentation": augmentation}
    teaching |= {"learning_rate": learning_rate, "head_learning_rate": head_learning_rate}
    lesson = Lesson(Objective(loss, temperature, label_smoothing), optimizer, momentum, batch_size, patience, seed)
    sources = _labelled(*(read_records(Path(tfrecords)) if tfrecords else (paths, names, labels)))
    held_out = choose_classes(sources[2], holdout_classes, seed=seed)
    extractor = _network(backbone, weights, size, seed)
    side = extractor.input_shape[1]
    photos = _read(*sources, side, folder / WORK)
    parts = divide(photos.names, photos.labels, photos.errors, held_out, share=validation, balanced=balanced, say=say)
    run = {"backbone": f"{backbone} at {side} px", "start weights": weights_digest(extractor), "lesson": repr(lesson)}
    run |= {"settings": repr(teaching), "photos": digest_of([photos.names, photos.labels, parts.train.tolist()])}

    before = extract_features(extractor, photos.pixels, parts.holdout, "features before")
    history, add = open_logbook(folder, say)
    with _precision(mixed_precision):
        learner = _network(backbone, weights, side, seed)
        trainee = Trainee(learner, _head(lesson, learner, len(parts.classes)))
        _teach(trainee, photos.pixels, parts, lesson, **teaching, folder=folder / WORK, run=run, report=add)
    extractor.set_weights(learner.get_weights())
    after = extract_features(extractor, photos.pixels, parts.holdout, "features after")

    scores = results.training_scores(photos, parts, history) | {"backbone": backbone, "size": side, "loss": loss}
    scores["holdout"] = holdout_scores(before, after, [photos.labels[row] for row in parts.holdout], seed=seed)
    taught, shown = Trainee(extractor, trainee.head), {"augmentation": augmentation, "seed": seed, "say": say}
    with writing(folder):
        results.write_results(taught, lesson.objective.sharpness, photos, parts, history, scores, folder, **shown)
        if write_augmented:
            results.write_augmented(photos, parts, folder / "augmented")
        if write_tfrecords:
            results.write_tfrecords(photos, folder / "tfrecords", share=validation)
    for line in score_lines(scores["holdout"]):
        say(line)
    shutil.rmtree(folder / WORK)
    return scores


def _labelled(photos: Sequence[Encoded], names: Sequence[str], labels: Sequence[str]) -> tuple[list, list, list]:
    """Return what is labelled in the order of the names, so that the order of listing changes nothing."""
    rows = sorted((row for row, label in enumerate(labels) if label), key=names.__getitem__)
    if not rows:
        raise UserError(
            f"expected photos with labels to learn from, found none among {len(names):,}: set make_labels.source "
            f"and run 00_make_labels.py again"
        )
    return [photos[row] for row in rows], [names[row] for row in rows], [labels[row] for row in rows]


def _network(backbone: str, weights: str, size: int | None, seed: int) -> keras.Model:
    """Return the extractor to teach: of a row of the table, or a .keras or .h5 file from photos to vectors."""
    if is_model_file(backbone):
        if not backbone.endswith((".keras", ".h5")):
            raise UserError(
                f"expected finetune.backbone to be a .keras or .h5 file, found {backbone}, which cannot learn"
            )
        return _whole_model(Path(backbone))
    row = find_backbone(backbone)
    if not row.builder:
        raise UserError(f"expected finetune.backbone to be a network, found {backbone}, which has nothing to learn")
    return build_extractor(row, weights, size=size, seed=seed)


def _whole_model(path: Path) -> keras.Model:
    model = load_model(path)
    if len(model.input_shape) != 4 or None in model.input_shape[1:] or len(model.output_shape) != 2:
        raise UserError(
            f"expected {path.name} to go from photos of one size to vectors, found {model.input_shape} -> "
            f"{model.output_shape}"
        )
    return model


def _read(sources: list[Encoded], names: list[str], labels: list[str], side: int, work: Path) -> Photos:
    stamps = [source.stat().st_mtime_ns if isinstance(source, Path) and source.exists() else 0 for source in sources]
    with writing(work):
        return Photos(sources, names, labels, *read_pixels(sources, side, work, digest_of([names, stamps, side])))


@contextmanager
def _precision(mixed: bool | None) -> Iterator[None]:
    """Build layers inside with float16 arithmetic and float32 weights, if wanted, or by default on a GPU."""
    before = keras.config.dtype_policy()
    wanted = bool(tf.config.list_physical_devices("GPU")) if mixed is None else mixed
    keras.config.set_dtype_policy("mixed_float16" if wanted else "float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _head(lesson: Lesson, extractor: keras.Model, n_classes: int) -> keras.Model:
    return HEADS[LOSSES[lesson.objective.name].head](extractor.output_shape[-1], n_classes, lesson.seed)


def _teach(
    trainee: Trainee,
    pixels: np.ndarray,
    parts: Parts,
    lesson: Lesson,
    *,
    epochs: int,
    head_epochs: int,
    unfreeze: str | float,
    augmentation: str,
    learning_rate: float,
    head_learning_rate: float,
    folder: Path,
    run: dict,
    report: Callable[[dict], None],
) -> None:
    """Run both phases; a layer that cannot learn is found before the first."""
    unfreeze_layers(trainee.extractor, unfreeze)
    teach_head(trainee, pixels, parts, lesson, epochs=head_epochs, learning_rate=head_learning_rate, report=report)
    view, options = view_of(augmentation), {"epochs": epochs, "learning_rate": learning_rate}
    teach_backbone(trainee, pixels, parts, lesson, view=view, **options, folder=folder, run=run, report=report)
