"""Which photos train and which validate, decided by their names, and the order in which an epoch shows them.
Nothing here depends on how many photos there are or on their order: a new photo moves no other."""

import hashlib
from collections.abc import Sequence

import numpy as np

__all__ = ["class_weights", "epoch_rows", "name_hash", "validation_mask"]


def name_hash(name: str) -> float:
    """Return a number in [0, 1) that depends on the name alone: the first 8 bytes of its SHA-256."""
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()[:8], "big") / 2**64


def validation_mask(names: Sequence[str], classes: np.ndarray, share: float) -> np.ndarray:
    """Return bool (n,), True for photos that validate; each class keeps 2 photos to train on, or all it has."""
    hashes = np.array([name_hash(name) for name in names])
    mask = hashes < share
    for each in np.unique(classes):
        rows = np.flatnonzero(classes == each)
        mask[rows[np.argsort(-hashes[rows], kind="stable")[:2]]] = False
    return mask


def class_weights(classes: np.ndarray, n_classes: int) -> np.ndarray:
    """Return float32 (c,) weights by which every class counts the same and a photo 1 on average."""
    counts = np.bincount(classes, minlength=n_classes)
    return (len(classes) / (n_classes * np.maximum(counts, 1))).astype(np.float32)


def epoch_rows(classes: np.ndarray, batch: int, per_class: int, *, seed: int, epoch: int) -> np.ndarray:
    """Return row numbers (steps, batch), each photo at most once, shuffled by seed and epoch.

    per_class: how many photos of a class stand side by side, as a contrastive loss needs. Rows that fill no batch are
    left out.
    """
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(classes))
    if per_class > 1:
        order = _in_groups(order, classes, per_class, rng)
    size = min(batch, len(order))
    steps = len(order) // size
    return order[: steps * size].reshape(steps, size)


def _in_groups(order: np.ndarray, classes: np.ndarray, per_class: int, rng: np.random.Generator) -> np.ndarray:
    """Cut each class, in the order given, into groups of `per_class`, and shuffle the groups; short ones come last."""
    by_class = [order[classes[order] == each] for each in np.unique(classes)]
    groups = [rows[start : start + per_class] for rows in by_class for start in range(0, len(rows), per_class)]
    shuffled = [groups[index] for index in rng.permutation(len(groups))]
    return np.concatenate(sorted(shuffled, key=len, reverse=True))
