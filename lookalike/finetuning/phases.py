"""The two phases of fine-tuning: a new head on the frozen backbone, then the backbone's last layers with it.
The frozen backbone's features are computed once, so the first phase takes seconds."""

from collections.abc import Callable, Iterator

import numpy as np

from lookalike.core.progress import progress
from lookalike.finetuning import LOSSES
from lookalike.finetuning.augment import augmentation_of
from lookalike.finetuning.checkpoints import Checkpoint
from lookalike.finetuning.data import batches
from lookalike.finetuning.heads import Classifier, class_means
from lookalike.finetuning.options import Options
from lookalike.finetuning.sampling import epoch_rows
from lookalike.finetuning.split import Parts
from lookalike.finetuning.train import Objective, Phase, evaluator, fit, make_optimizer, train_step
from lookalike.networks.quiet import keras, tf

__all__ = ["extract_features", "train_backbone", "train_head"]

BATCH = 64  # photos at a time where nothing is learnt


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


def train_head(
    classifier: Classifier, pixels: np.ndarray, parts: Parts, options: Options, on_epoch_end: Callable[[dict], None]
) -> list[dict]:
    """Train the head on the features of the backbone as it is; cosine prototypes begin as the classes' means."""
    used = np.concatenate([parts.train, parts.validation])
    features = np.zeros((len(pixels), classifier.extractor.output_shape[-1]), np.float32)
    features[used] = extract_features(classifier.extractor, pixels, used, "features")
    if LOSSES[options.loss].head == "cosine":
        means = class_means(features[parts.train], parts.numbers[parts.train], len(parts.classes))
        classifier.head.get_layer("prototypes").kernel.assign(means)

    def forward(inputs: tf.Tensor) -> list[tf.Tensor]:
        return classifier.head(inputs, training=False)

    def draw(epoch: int) -> Iterator[tuple[np.ndarray, ...]]:
        for rows in _shuffled(parts, options, epoch):
            yield features[rows], parts.numbers[rows], parts.weights[rows]

    phase = Phase("head", options.head_epochs, options.head_learning_rate, options.patience)
    variables = classifier.head.trainable_variables
    kept = {"on_epoch_end": on_epoch_end, "scale_loss": False}
    return _fit(forward, variables, draw, features, parts, options, phase, **kept)


def train_backbone(
    classifier: Classifier,
    pixels: np.ndarray,
    parts: Parts,
    options: Options,
    checkpoint: Checkpoint,
    on_epoch_end: Callable[[dict], None],
) -> list[dict]:
    """Train the head and the unfrozen layers on altered photos, from the checkpoint on; return a row an epoch."""
    augment = augmentation_of(options.augmentation)

    def forward(photos: tf.Tensor) -> list[tf.Tensor]:
        features = classifier.extractor(tf.cast(photos, tf.float32), training=False)
        return classifier.head(tf.cast(features, tf.float32), training=False)

    def draw(epoch: int) -> tf.data.Dataset:
        rows, arrays = _shuffled(parts, options, epoch), (parts.numbers, parts.weights)
        return batches(pixels, rows, arrays, augment=augment, seed=options.seed, epoch=epoch)

    phase = Phase("backbone", options.epochs, options.learning_rate, options.patience)
    kept = {"checkpoint": checkpoint, "on_epoch_end": on_epoch_end, "scale_loss": classifier.in_float16}
    return _fit(forward, classifier.variables, draw, pixels, parts, options, phase, **kept)


def _shuffled(parts: Parts, options: Options, epoch: int) -> np.ndarray:
    """Return the rows that train in an epoch, (steps, batch)."""
    per_class, numbers = LOSSES[options.loss].per_class, parts.numbers[parts.train]
    return parts.train[epoch_rows(numbers, options.batch_size, per_class, seed=options.seed, epoch=epoch)]


def _fit(
    forward: Callable,
    variables: list[keras.Variable],
    draw: Callable,
    inputs: np.ndarray,
    parts: Parts,
    options: Options,
    phase: Phase,
    *,
    scale_loss: bool,
    **callbacks,
) -> list[dict]:
    """Run `train.fit` with the optimizer and loss of the options, judged by the photos that validate."""
    optimizer = make_optimizer(options.optimizer, options.momentum, scale_loss=scale_loss)
    objective = Objective(options.loss, options.temperature, options.label_smoothing)
    score = evaluator(forward, objective.sharpness)

    def evaluate() -> dict[str, float]:
        return score(inputs, parts.numbers, parts.validation) if len(parts.validation) else {}

    step = train_step(forward, variables, optimizer, objective)
    return fit(step, draw, evaluate, variables, optimizer, phase, **callbacks)
