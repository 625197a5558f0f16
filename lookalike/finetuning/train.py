"""Train a head, and the unfrozen layers below it, epoch by epoch, so that a killed run goes on as if it had not been.
Batch norms and dropout stay in inference mode: features are computed in training exactly as they are in use."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import NamedTuple

import numpy as np

from lookalike.finetuning import LOSSES
from lookalike.finetuning.checkpoints import Checkpoint, State
from lookalike.networks.quiet import keras, tf

__all__ = ["Objective", "Phase", "Step", "evaluator", "fit", "make_optimizer", "rate_at", "train_step"]

EVALUATION_BATCH = 64

Batches = Callable[[int], Iterable[Sequence[tf.Tensor]]]  # epoch -> (inputs, classes, weights) a step
Step = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]  # -> mean loss, share of hits


class Phase(NamedTuple):
    """A part of training: its name, its epochs at most, its learning rate, and after how many no better it ends."""

    name: str
    epochs: int
    learning_rate: float
    patience: int


@dataclass(frozen=True)
class Objective:
    """What is minimised: a row of LOSSES, its temperature and the smoothing of its targets."""

    name: str
    temperature: float
    smoothing: float

    def __call__(self, classes: tf.Tensor, embedding: tf.Tensor, scores: tf.Tensor) -> tf.Tensor:
        """Return the loss of each photo, float32 (n,)."""
        function = resolve_name(LOSSES[self.name].function)
        return function(classes, embedding, scores, temperature=self.temperature, smoothing=self.smoothing)

    @property
    def sharpness(self) -> float:
        """What scores are multiplied by before a softmax turns them into probabilities."""
        return 1 / self.temperature if LOSSES[self.name].head == "cosine" else 1.0


def make_optimizer(name: str, momentum: float, *, scale_loss: bool) -> keras.optimizers.Optimizer:
    """Return an optimizer of OPTIMIZERS; `momentum` is not for adam. scale_loss: as float16 needs."""
    makers = {
        "sgd": lambda: keras.optimizers.SGD(momentum=momentum),
        "rmsprop": lambda: keras.optimizers.RMSprop(momentum=momentum),
        "adam": lambda: keras.optimizers.Adam(),
    }
    optimizer = makers[name]()
    return keras.optimizers.LossScaleOptimizer(optimizer) if scale_loss else optimizer


def train_step(
    forward: Callable, variables: list[keras.Variable], optimizer: keras.optimizers.Optimizer, objective: Objective
) -> Step:
    """Return a compiled function (inputs, classes, weights) -> (loss, accuracy) that improves the variables once.

    forward: inputs -> (embedding, scores). The loss is the mean of the photos' losses times their weights.
    """
    optimizer.build(variables)

    @tf.function(reduce_retracing=True)
    def step(inputs: tf.Tensor, classes: tf.Tensor, weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            embedding, scores = forward(inputs)
            loss = tf.reduce_mean(objective(classes, embedding, scores) * weights)
            scaled = optimizer.scale_loss(loss)
        optimizer.apply(tape.gradient(scaled, variables), variables)
        return loss, _accuracy(classes, scores)

    return step


def evaluator(forward: Callable, sharpness: float) -> Callable[[np.ndarray, np.ndarray, np.ndarray], dict[str, float]]:
    """Return a function (inputs, classes, rows) -> {"val_loss": mean cross-entropy, "val_accuracy": share of hits}."""

    @tf.function(reduce_retracing=True)
    def evaluate_batch(inputs: tf.Tensor, classes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        _, scores = forward(inputs)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(classes, scores * sharpness)
        return tf.reduce_sum(losses), _accuracy(classes, scores) * tf.cast(tf.size(classes), tf.float32)

    def evaluate(inputs: np.ndarray, classes: np.ndarray, rows: np.ndarray) -> dict[str, float]:
        parts = [rows[start : start + EVALUATION_BATCH] for start in range(0, len(rows), EVALUATION_BATCH)]
        sums = [evaluate_batch(tf.constant(inputs[part]), tf.constant(classes[part])) for part in parts]
        loss, hits = np.sum([[float(each) for each in pair] for pair in sums], axis=0).tolist()
        return {"val_loss": loss / len(rows), "val_accuracy": hits / len(rows)}

    return evaluate


def _accuracy(classes: tf.Tensor, scores: tf.Tensor) -> tf.Tensor:
    hits = tf.equal(tf.argmax(scores, axis=1, output_type=classes.dtype), classes)
    return tf.reduce_mean(tf.cast(hits, tf.float32))


def rate_at(epoch: int, epochs: int, rate: float) -> float:
    """Return the learning rate of an epoch: half a cosine from `rate` down towards 0 (Loshchilov and Hutter 2017)."""
    return rate * 0.5 * (1 + float(np.cos(np.pi * epoch / epochs)))


def fit(
    step: Step,
    batches: Batches,
    evaluate: Callable[[], dict[str, float]],
    variables: list[keras.Variable],
    optimizer: keras.optimizers.Optimizer,
    phase: Phase,
    *,
    checkpoint: Checkpoint | None = None,
    on_epoch_end: Callable[[dict], None] = lambda row: None,
) -> list[dict]:
    """Train a phase, leave the variables as they were after the best epoch, and return a row an epoch.

    The best has the lowest val_loss (loss, where nothing validates). With a checkpoint, the state after each epoch is
    kept there and taken up again; on_epoch_end gets the rows of its epochs once more.
    """
    history, best = _begin(variables, optimizer, checkpoint)
    for row in history:
        on_epoch_end(row)
    for epoch in range(len(history), phase.epochs):
        if epoch - 1 - _best_epoch(history) >= phase.patience:
            break
        history.append(_train_epoch(step, batches(epoch), optimizer, phase, epoch) | evaluate())
        if _best_epoch(history) == epoch:
            best = _values(variables)
        if checkpoint is not None:
            checkpoint.save(State(list(history), _values(variables), _values(optimizer.variables), best))
        on_epoch_end(history[-1])
    _assign(variables, best)
    return history


def _begin(
    variables: list, optimizer: keras.optimizers.Optimizer, checkpoint: Checkpoint | None
) -> tuple[list[dict], list[np.ndarray]]:
    """Return the epochs so far and the best values, and bring back where they ended."""
    state = checkpoint.load() if checkpoint is not None else None
    if state is None:
        return [], _values(variables)
    _assign(variables, state.weights)
    _assign(optimizer.variables, state.optimizer)
    return list(state.history), state.best


def _train_epoch(
    step: Step, batches: Iterable, optimizer: keras.optimizers.Optimizer, phase: Phase, epoch: int
) -> dict[str, str | float]:
    rate = rate_at(epoch, phase.epochs, phase.learning_rate)
    optimizer.learning_rate = rate
    steps = [step(*batch) for batch in batches]  # read when all are on their way: a GPU waits for no one
    loss, accuracy = np.mean([[float(each) for each in pair] for pair in steps], axis=0).tolist()
    return {"phase": phase.name, "epoch": epoch, "learning_rate": rate, "loss": loss, "accuracy": accuracy}


def _values(variables: list) -> list[np.ndarray]:
    return [variable.numpy() for variable in variables]


def _assign(variables: list, values: list[np.ndarray]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _best_epoch(history: list[dict]) -> int:
    """Return the epoch with the lowest validation loss, the first of equals; -1 before the first."""
    losses = [row.get("val_loss", row["loss"]) for row in history]
    return int(np.argmin(losses)) if losses else -1
