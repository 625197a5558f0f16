"""Divide labelled photos into those that train, those that validate and those of classes kept out of both.
Says which photos and classes it leaves out, and why."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lookalike.core.errors import UserError
from lookalike.finetuning.data import LabelledPhotos
from lookalike.finetuning.sampling import class_weights, validation_mask

__all__ = ["Parts", "divide"]

NAMED = 3  # photos or classes named in a line


@dataclass(frozen=True)
class Parts:
    """Which rows of the photos do what.

    classes: the c known classes; numbers: int32 (n,), the class of each photo, -1 where unknown; weights: float32 (n,),
    what a photo counts; train, validation, holdout: row numbers.
    """

    classes: list[str]
    numbers: np.ndarray
    weights: np.ndarray
    train: np.ndarray
    validation: np.ndarray
    holdout: np.ndarray


def divide(
    photos: LabelledPhotos, held_out: Sequence[str], *, share: float, balanced: bool, log: Callable[[str], None] = print
) -> Parts:
    """Return the parts of labelled photos.

    held_out: classes kept out; share: of photos that validate; balanced: photos of larger classes count less. A class
    with a single readable photo is left out with a line to `log`. Raises UserError where fewer than 2 classes are left.
    """
    usable = np.array([error is None for error in photos.errors])
    labels = np.asarray(photos.labels, object)
    _log_unreadable(photos, log)
    known = _known_classes(labels[usable], set(held_out), log)
    place = {label: number for number, label in enumerate(known)}
    numbers = np.array([place.get(label, -1) for label in labels], np.int32)
    numbers[~usable] = -1
    rows = np.flatnonzero(numbers >= 0)
    validates = validation_mask([photos.names[row] for row in rows], numbers[rows], share)
    train = rows[~validates]
    weights = np.ones(len(numbers), np.float32)
    if balanced:
        weights[train] = class_weights(numbers[train], len(known))[numbers[train]]
    holdout = np.flatnonzero(usable & np.isin(labels, list(held_out)))
    return Parts(known, numbers, weights, train, rows[validates], holdout)


def _log_unreadable(photos: LabelledPhotos, log: Callable[[str], None]) -> None:
    pairs = zip(photos.names, photos.errors, strict=True)
    unreadable = [f"{name} ({error})" for name, error in pairs if error is not None]
    if unreadable:
        log(f"left out {len(unreadable):,} unreadable photos: {_first(unreadable)}")


def _known_classes(labels: np.ndarray, held_out: set[str], log: Callable[[str], None]) -> list[str]:
    """Return the sorted classes to learn: not held out, with at least 2 photos."""
    counts = Counter(label for label in labels if label not in held_out)
    single = sorted(label for label, count in counts.items() if count < 2)
    if single:
        log(f"left out {len(single):,} classes with one readable photo, since learning needs 2: {_first(single)}")
    known = sorted(set(counts) - set(single))
    if len(known) < 2:
        only = f"only {known[0]!r}" if known else "none"
        raise UserError(f"expected at least 2 classes with 2 readable photos each to learn from, found {only}")
    return known


def _first(texts: Sequence[str]) -> str:
    return ", ".join(texts[:NAMED]) + (", ..." if len(texts) > NAMED else "")
