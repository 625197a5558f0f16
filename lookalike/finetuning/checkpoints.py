"""The state of a training run after its last whole epoch, in one file that is always whole.
Says so in one line when the file belongs to another run or the disk is full."""

import errno
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lookalike.core.errors import UserError

__all__ = ["State", "load_state", "save_state", "writing"]

FILE = "checkpoint.npz"


@dataclass(frozen=True)
class State:
    """Finished epochs as rows of the history, what trains and the optimizer as they are, and what trained best."""

    history: list[dict]
    weights: list[np.ndarray]
    optimizer: list[np.ndarray]
    best: list[np.ndarray]


def save_state(folder: Path, state: State, run: Mapping[str, object]) -> None:
    """Write a state aside, sync it and put it in place. `run` says, in JSON, which run it belongs to.

    Raises UserError where the disk is full; the state before then stays.
    """
    aside = folder / f".{FILE}.part"
    groups = {"weights": state.weights, "optimizer": state.optimizer, "best": state.best}
    arrays = {f"{name}/{index}": array for name, group in groups.items() for index, array in enumerate(group)}
    text = json.dumps({"run": dict(run), "history": state.history})
    with writing(folder / FILE):
        with aside.open("wb") as file:
            np.savez(file, text=np.array(text), **arrays)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(folder / FILE)


def load_state(folder: Path, run: Mapping[str, object]) -> State | None:
    """Return the state in a folder, None where there is none; UserError if it belongs to another run."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        with np.load(path) as arrays:
            text = json.loads(str(arrays["text"]))
            groups = {name: _group(arrays, name) for name in ("weights", "optimizer", "best")}
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"expected a checkpoint in {path}, found a damaged file: delete it to train anew") from error
    for name, value in json.loads(json.dumps(dict(run))).items():
        if text["run"].get(name) != value:
            found = _shortened(text["run"].get(name))
            raise UserError(
                f"expected a checkpoint made with {name} {_shortened(value)} in {path}, found one made with {found}: "
                f"delete it to train anew"
            )
    return State(text["history"], **groups)


def _group(arrays: Mapping[str, np.ndarray], name: str) -> list[np.ndarray]:
    found = sum(key.startswith(f"{name}/") for key in arrays)
    return [arrays[f"{name}/{index}"] for index in range(found)]


def _shortened(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a full or read-only disk met inside into a UserError that names `path`."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EFBIG):
            raise
        raise UserError(
            f"expected room to write {path}: {os.strerror(error.errno)}; make room and run again, and training goes "
            f"on from the last whole epoch"
        ) from error
