"""What a training run writes down of every epoch: a line for the reader, history.csv and TensorBoard's log.
A run that goes on writes the epochs before it once more, so that both are always whole."""

import csv
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from lookalike.core.files import write_aside
from lookalike.finetuning.checkpoints import writing
from lookalike.networks.quiet import tf

__all__ = ["FIELDS", "epoch_line", "open_history"]

FIELDS = ("phase", "epoch", "learning_rate", "loss", "accuracy", "val_loss", "val_accuracy")
QUANTITIES = FIELDS[2:]


def open_history(folder: Path, log: Callable[[str], None]) -> tuple[list[dict], Callable[[Mapping], None]]:
    """Return (rows so far, a function that adds the row of an epoch) for a new history.csv and logs/ in `folder`.

    logs/ is for `tensorboard --logdir`; its steps count over all phases. `log` gets a line an epoch.
    """
    shutil.rmtree(folder / "logs", ignore_errors=True)
    writer = tf.summary.create_file_writer(str(folder / "logs"))
    rows: list[dict] = []

    def add(row: Mapping) -> None:
        rows.append(dict(row))
        with writing(folder / "history.csv"):
            _write_history(rows, folder / "history.csv")
        with writer.as_default(step=len(rows)):
            for name in [name for name in QUANTITIES if name in row]:
                tf.summary.scalar(name, row[name])
        writer.flush()
        log(epoch_line(row))

    return rows, add


def _write_history(rows: list[dict], path: Path) -> None:
    with write_aside(path) as aside, aside.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, FIELDS, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def epoch_line(row: Mapping) -> str:
    """Return the line that a reader sees after an epoch."""
    line = f"{row['phase']}, epoch {row['epoch'] + 1}: loss {row['loss']:.3f}, accuracy {row['accuracy']:.1%}"
    if "val_loss" in row:
        line += f"; validation loss {row['val_loss']:.3f}, accuracy {row['val_accuracy']:.1%}"
    return line
