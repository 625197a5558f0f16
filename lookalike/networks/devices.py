"""What an engine opens, and what holds for every GPU: two batches on it at once, its memory, and one that lies idle."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing import parent_process
from pathlib import Path
from threading import BoundedSemaphore
from typing import NamedTuple

import numpy as np

from lookalike.core.errors import UserError

__all__ = ["Opened", "Wanted", "double_buffered", "nvidia_gpu", "room_on_device", "say_idle_gpu"]

ON_DEVICE = 2  # batches: one is computed while the next is transferred
DRIVER = ("/proc/driver/nvidia/version", "/dev/nvidiactl")
FULL = ("RESOURCE_EXHAUSTED", "ResourceExhaustedError", "CUDNN_STATUS_ALLOC_FAILED")  # of JAX, TensorFlow, cuDNN

Features = Callable[[np.ndarray], np.ndarray]


class Wanted(NamedTuple):
    """How a graph is to be computed: format inside it, threads that will call, photos a batch on a GPU, XLA if not as
    usual."""

    precision: str = "float32"
    workers: int = 1
    batch: int = 256
    xla: bool | None = None


class Opened(NamedTuple):
    """`features(uint8 (batch, s, s, 3)) -> float32 (batch, d)`, safe in threads; xla: whether XLA compiled it."""

    features: Features
    batch: int
    device: str
    xla: bool = False


def nvidia_gpu() -> bool:
    """Say whether the driver of an NVIDIA GPU is loaded here, whatever is installed that could use it."""
    return any(Path(place).exists() for place in DRIVER)


@cache
def say_idle_gpu(found: str, remedy: str) -> None:
    """Say once, in the process that a person started, that there is a GPU which computes nothing, and why."""
    if parent_process() is None:
        print(f"note: expected to compute on the NVIDIA GPU, found {found}: {remedy}", file=sys.stderr, flush=True)


def double_buffered(features: Features, batch: int) -> Features:
    """Return the function for a GPU: of the threads that call it, two at once are let through, the others wait.

    While one batch is computed the next is transferred, and memory never holds more. Raises UserError where it is full.
    """
    places = BoundedSemaphore(ON_DEVICE)

    def buffered(images: np.ndarray) -> np.ndarray:
        with places, room_on_device("extract.batch", batch):
            return features(images)

    return buffered


@contextmanager
def room_on_device(setting: str, batch: int) -> Iterator[None]:
    """Turn a full memory of the device, as any engine raises it, into a UserError that names the setting to lower."""
    try:
        yield
    except Exception as error:  # the engines' own have no other base in common
        if not any(words in f"{type(error).__name__}: {error}" for words in FULL):
            raise
        raise UserError(
            f"expected room for {batch:,} photos at a time in the memory of the device, found it full: take a smaller "
            f"--{setting}, or end what else computes there; earlier results are untouched"
        ) from error
