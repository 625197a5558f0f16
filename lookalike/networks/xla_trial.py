"""Try XLA on a network before it is relied on: it stops a process whose GPU it does not know. So the trial runs in a
process of its own, and its answer is compared with that of the function without XLA."""

import sys
import tempfile
from pathlib import Path

import numpy as np

from lookalike.networks import child
from lookalike.networks.devices import Features

__all__ = ["answer", "xla_works"]

LONGEST = 900.0  # seconds: a GPU newer than TensorFlow's wheel compiles all kernels first
LEAST_COSINE = {"float32": 0.9999, "bfloat16": 0.99, "float16": 0.999}  # of a vector with XLA and without


def xla_works(path: Path, size: int, ways: tuple[str, str, int], plain: Features) -> bool:
    """Say whether XLA runs a graph and gives what `plain`, the function without it, gives; if not, a line tells why.

    ways: device, precision and batch, as `compiled` takes them.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="lookalike-") as folder:
            made = Path(folder) / "vectors.npy"
            child.call("lookalike.networks.xla_trial:answer", str(path), size, *ways, str(made), timeout=LONGEST)
            found = np.load(made)
    except child.ChildError as error:
        return _without(str(error))
    likeness = _least_cosine(found, plain(_photos(size, ways[2])))
    if not likeness >= LEAST_COSINE[ways[1]]:  # "not", so that NaN does not pass
        return _without(f"its vectors are others, their cosine with the right ones is {likeness:.4f}")
    return True


def answer(path: str, size: int, device: str, precision: str, batch: int, made: str) -> None:
    """Write what XLA gives for the photos of the trial; called in a process of its own."""
    from lookalike.networks.tensorflow_engine import compiled  # late: that module imports this one

    np.save(made, compiled(Path(path), size, device, precision, batch, xla=True)(_photos(size, batch)))


def _photos(size: int, batch: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (batch, size, size, 3), dtype=np.uint8)


def _least_cosine(one: np.ndarray, other: np.ndarray) -> float:
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return float(((one * other).sum(axis=1) / np.maximum(lengths, 1e-12)).min())


def _without(reason: str) -> bool:
    print(f"note: computing without XLA, whose trial failed: {reason}", file=sys.stderr, flush=True)
    return False
