"""The state of a training run after its last whole epoch, in one file that is always whole.
A file that is damaged, or of another run, is as good as none; a full disk is said in one line."""

import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lookalike.core.errors import UserError
from lookalike.core.files import disk_remedy, write_aside

__all__ = ["Checkpoint", "State", "writing"]

GROUPS = ("weights", "optimizer", "best")


@dataclass(frozen=True)
class State:
    """Finished epochs as rows of the history, what trains and the optimizer as they are, and what trained best."""

    history: list[dict]
    weights: list[np.ndarray]
    optimizer: list[np.ndarray]
    best: list[np.ndarray]


@dataclass(frozen=True)
class Checkpoint:
    """Where the state of a run is kept, and what the run depends on, in JSON: a state of another run is not taken."""

    path: Path
    run: Mapping[str, object]

    def save(self, state: State) -> None:
        """Write a state aside, sync it and put it in place; where the disk is full, UserError, and the last stays."""
        groups = {name: getattr(state, name) for name in GROUPS}
        arrays = {f"{name}/{index}": array for name, group in groups.items() for index, array in enumerate(group)}
        text = json.dumps({"run": dict(self.run), "history": state.history})
        with writing(self.path), write_aside(self.path) as aside, aside.open("wb") as file:
            np.savez(file, text=np.array(text), **arrays)

    def load(self) -> State | None:
        """Return the state that is there; None where there is none, or one that is damaged or of another run."""
        try:
            with self.path.open("rb") as file, np.load(file) as arrays:
                text = json.loads(str(arrays["text"]))
                groups = {name: _group(arrays, name) for name in GROUPS}
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            return None
        same = text["run"] == json.loads(json.dumps(dict(self.run)))
        return State(text["history"], **groups) if same else None


def _group(arrays: Mapping[str, np.ndarray], name: str) -> list[np.ndarray]:
    count = sum(key.startswith(f"{name}/") for key in arrays)
    return [arrays[f"{name}/{index}"] for index in range(count)]


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a full or read-only disk met inside into a UserError that names `path`."""
    try:
        yield
    except OSError as error:
        remedy = disk_remedy(error)
        if remedy is None:
            raise
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise UserError(
            f"expected room to write {path}: {reason}; {remedy} and run again, and training goes on from the last "
            f"whole epoch"
        ) from error
