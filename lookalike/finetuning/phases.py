"""The two phases of fine-tuning: a new head on the frozen backbone, then the backbone's last layers with it.
The frozen backbone's features are computed once, so the first phase takes seconds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lookalike.core.progress import progress
from lookalike.finetuning import LOSSES
from lookalike.finetuning.data import View, batches
from lookalike.finetuning.heads import Trainee, class_means
from lookalike.finetuning.sampling import epoch_rows
from lookalike.finetuning.split import Parts
from lookalike.finetuning.train import Objective, evaluator, fit, make_optimizer, train_step
from lookalike.networks.quiet import keras, tf

__all__ = ["Lesson", "extract_features", "teach_backbone", "teach_head"]

BATCH = 64  # photos at a time where nothing is learnt


@dataclass(frozen=True)
class Lesson:
    """How to teach: what is minimised and by which optimizer, in which batches, and when to stop."""

    objective: Objective
    optimizer: str
    momentum: float
    batch_size: int
    patience: int
    seed: int


def extract_features(extractor: keras.Model, pixels: np.ndarray, rows: np.ndarray, label: str) -> np.ndarray:
    """Return float32 (len(rows), d): features of these photos as they are."""
    forward = tf.function(lambda photos: extractor(tf.cast(photos, tf.float32), training=False), reduce_retracing=True)
    parts = []
    with progress(label, len(rows)) as advance:
        for start in range(0, len(rows), BATCH):
            chosen = rows[start : start + BATCH]
            parts.append(forward(tf.constant(pixels[chosen])).numpy().astype(np.float32))
            advance(len(chosen))
    return np.concatenate(parts) if parts else np.empty((0, extractor.output_shape[-1]), np.float32)


def teach_head(
    trainee: Trainee,
    pixels: np.ndarray,
    parts: Parts,
    lesson: Lesson,
    *,
    epochs: int,
    learning_rate: float,
    report: Callable,
) -> None:
    """Train the head on the features of the backbone as it is; cosine prototypes begin as the classes' means."""
    used = np.concatenate([parts.train, parts.validation])
    features = np.zeros((len(pixels), trainee.extractor.output_shape[-1]), np.float32)
    features[used] = extract_features(trainee.extractor, pixels, used, "features")
    if LOSSES[lesson.objective.name].head == "cosine":
        means = class_means(features[parts.train], parts.numbers[parts.train], len(parts.classes))
        trainee.head.get_layer("prototypes").kernel.assign(means)

    def draw(epoch: int) -> Iterator[tuple[np.ndarray, ...]]:
        for rows in _epoch(parts, lesson, epoch):
            yield features[rows], parts.numbers[rows], parts.weights[rows]

    _fit(
        lambda inputs: trainee.head(inputs, training=False),
        trainee.head.trainable_variables,
        draw,
        features,
        parts,
        lesson,
        phase="head",
        epochs=epochs,
        learning_rate=learning_rate,
        report=report,
    )


def teach_backbone(
    trainee: Trainee,
    pixels: np.ndarray,
    parts: Parts,
    lesson: Lesson,
    *,
    view: View,
    epochs: int,
    learning_rate: float,
    folder: Path,
    run: Mapping[str, object],
    report: Callable,
) -> list[dict]:
    """Train the head and the unfrozen layers on altered photos; return a row an epoch.

    A state in `folder`, of the same `run`, is taken up again.
    """

    def forward(photos: tf.Tensor) -> list[tf.Tensor]:
        features = trainee.extractor(tf.cast(photos, tf.float32), training=False)
        return trainee.head(tf.cast(features, tf.float32), training=False)

    def draw(epoch: int) -> tf.data.Dataset:
        arrays = (parts.numbers, parts.weights)
        return batches(pixels, _epoch(parts, lesson, epoch), arrays, view=view, seed=lesson.seed, epoch=epoch)

    return _fit(
        forward,
        trainee.variables,
        draw,
        pixels,
        parts,
        lesson,
        phase="backbone",
        epochs=epochs,
        learning_rate=learning_rate,
        report=report,
        folder=folder,
        run=run,
    )


def _epoch(parts: Parts, lesson: Lesson, epoch: int) -> np.ndarray:
    per_class = LOSSES[lesson.objective.name].per_class
    rows = epoch_rows(parts.numbers[parts.train], lesson.batch_size, per_class, seed=lesson.seed, epoch=epoch)
    return parts.train[rows]


def _fit(
    forward: Callable,
    variables: list[keras.Variable],
    draw: Callable,
    inputs: np.ndarray,
    parts: Parts,
    lesson: Lesson,
    **options,
) -> list[dict]:
    """Run `training.fit` with the lesson's optimizer and loss, judged by the photos that validate."""
    mixed = keras.config.dtype_policy().compute_dtype == "float16"
    optimizer = make_optimizer(lesson.optimizer, lesson.momentum, scale_loss=mixed)
    judge = evaluator(forward, lesson.objective.sharpness)

    def evaluate() -> dict[str, float]:
        return judge(inputs, parts.numbers, parts.validation) if len(parts.validation) else {}

    step = train_step(forward, variables, optimizer, lesson.objective)
    return fit(step, draw, evaluate, variables, optimizer, patience=lesson.patience, **options)
