"""The last layer of a classifier, read from a Keras file of weights alone, and the names of its classes."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from lookalike.core.errors import UserError

__all__ = ["Head", "read_head"]


class Head(NamedTuple):
    """kernel float32 (d, c) and bias (c,) of a dense layer that ends in a softmax, and the names of its c classes."""

    kernel: np.ndarray
    bias: np.ndarray
    classes: list[str]


def read_head(weights: Path, names: Path) -> Head:
    """Return the dense layer with as many classes as a text file has lines, from an .h5 file of weights.

    Of a line the part before its first comma is the name. Raises UserError where there is no such layer, or several.
    """
    try:
        classes = [line.partition(",")[0].strip() for line in names.read_text(encoding="utf-8-sig").splitlines()]
    except UnicodeDecodeError as error:
        raise UserError(f"expected names of classes in UTF-8, one a line, in {names}: {error}") from None
    try:
        layers = _dense_layers(weights)
    except (OSError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"expected whole weights in {weights}, found {reason}: download or copy them again") from None
    fitting = [layer for layer in layers if len(layer[1]) == len(classes)]
    if len(fitting) != 1:
        told = ", ".join(f"{len(kernel):,} x {len(bias):,}" for kernel, bias in layers) or "none"
        raise UserError(
            f"expected one dense layer of {len(classes):,} classes, the lines of {names}, in {weights}, found {told}: "
            f"take the weights with the top, and the names of its classes"
        )
    return Head(*fitting[0], classes)


def _dense_layers(weights: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the kernels (d, c) and biases (c,) that lie together in a file, whatever Keras called them."""
    import h5py  # late: nothing else here needs it

    found = []

    def look(_: str, place: object) -> None:
        arrays = [each for each in place.values() if isinstance(each, h5py.Dataset)] if hasattr(place, "values") else []
        kernels, biases = ([each for each in arrays if each.ndim == rank] for rank in (2, 1))
        if len(arrays) == 2 and kernels and biases and kernels[0].shape[1:] == biases[0].shape:
            found.append((kernels[0][()].astype(np.float32), biases[0][()].astype(np.float32)))

    with h5py.File(weights) as file:
        file.visititems(look)
    return found
