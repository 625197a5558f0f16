"""Compare training from photos, altered afresh each epoch, with bare train_on_batch on one batch held in memory.
Run: python benchmarks/finetune.py ../shared/data/grocery [--weights FILE] [--steps 12] [--rounds 7]"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lookalike.catalog import images
from lookalike.finetuning.augment import random_copy
from lookalike.finetuning.data import batches, read_pixels
from lookalike.finetuning.heads import Classifier, cosine_head, unfreeze_layers
from lookalike.finetuning.losses import cosine
from lookalike.finetuning.train import Objective, make_optimizer, train_step
from lookalike.networks.backbones import build_extractor, find_backbone
from lookalike.networks.quiet import keras, tf
from lookalike.networks.squares import Photo

N_CLASSES = 41
TEMPERATURE = 0.1


def classifier_of(backbone: str, weights: str) -> Classifier:
    """Return a fresh network whose last quarter learns, with a head for the classes."""
    extractor = build_extractor(find_backbone(backbone), weights)
    unfreeze_layers(extractor, 0.25)
    return Classifier(extractor, cosine_head(extractor.output_shape[-1], N_CLASSES, 0))


def own_epoch(
    classifier: Classifier, pixels: np.ndarray, rows: np.ndarray, classes: np.ndarray
) -> Callable[[int], None]:
    """Return a function that trains one epoch as fine-tuning does, its start-up included."""
    forward = lambda photos: classifier.head(classifier.extractor(tf.cast(photos, tf.float32), training=False))  # noqa: E731
    optimizer = make_optimizer("sgd", 0.9, scale_loss=False)
    step = train_step(forward, classifier.variables, optimizer, Objective("cosine", TEMPERATURE, 0.0))
    arrays = (classes, np.ones(len(classes), np.float32))

    def run(epoch: int) -> None:
        for batch in batches(pixels, rows, arrays, augment=random_copy, seed=0, epoch=epoch):
            loss, _ = step(*batch)
        float(loss)

    return run


def bare_epoch(
    classifier: Classifier, pixels: np.ndarray, rows: np.ndarray, classes: np.ndarray
) -> Callable[[int], None]:
    """Return a function that calls train_on_batch on the first batch, as often as an epoch has steps."""
    _, scores = classifier.head(classifier.extractor.output)
    model = keras.Model(classifier.extractor.input, scores)
    loss = lambda truth, found: cosine(truth, None, found, temperature=TEMPERATURE, smoothing=0.0)  # noqa: E731
    model.compile(optimizer=make_optimizer("sgd", 0.9, scale_loss=False), loss=loss)
    photos, truth = pixels[rows[0]].astype(np.float32), classes[rows[0]]

    def run(epoch: int) -> None:
        for _ in rows:
            model.train_on_batch(photos, truth)

    return run


def main() -> None:
    """Print images/s of both, round by round in turn, and the median of their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--weights", default="random")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    found = sorted(path for path in options.folder.rglob("*") if path.suffix.lower() in images.SUFFIXES)
    paths = (found * options.batch * options.steps)[: options.batch * options.steps]
    size = find_backbone(options.backbone).size
    rows = np.arange(len(paths)).reshape(options.steps, options.batch)
    classes = np.random.default_rng(0).integers(0, N_CLASSES, len(paths)).astype(np.int32)
    with tempfile.TemporaryDirectory() as scratch:
        pixels, _, _ = read_pixels([Photo(path) for path in paths], size, Path(scratch) / "pixels.npy")
        ways = [
            make(classifier_of(options.backbone, options.weights), pixels, rows, classes)
            for make in (own_epoch, bare_epoch)
        ]
        rates = [[_rate(way, number, len(paths)) for way in ways] for number in range(options.rounds + 1)][1:]
    own, bare = (statistics.median(column) for column in zip(*rates, strict=True))
    ratio = statistics.median(mine / theirs for mine, theirs in rates)
    print("| way | images/s |\n|---|---|")
    print(f"| fine-tuning from photos | {own:.1f} |\n| train_on_batch, in memory | {bare:.1f} |")
    print(f"\nmedian ratio of {options.rounds} rounds: {ratio:.2f}")


def _rate(run: Callable[[int], None], epoch: int, n_images: int) -> float:
    started = time.perf_counter()
    run(epoch)
    return n_images / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
