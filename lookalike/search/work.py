"""Bringing results up to date in a process of its own, which tells each line that it prints."""

import contextlib
import io
import sys
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path

from lookalike.core import pipeline
from lookalike.core.command_line import checked
from lookalike.core.errors import UserError
from lookalike.core.progress import set_progress

__all__ = ["bring_up_to_date"]


def bring_up_to_date(model: type, values: Mapping[str, object], scripts: Path, sender: Connection) -> None:
    """Run the stages that are out of date, and send each line; ends with status 1 where one fails, its line sent.

    model, values: of the settings, which are checked here: what they name may be gone while the results are there.
    """
    set_progress("lines")
    lines = _Lines(sender)
    with contextlib.redirect_stdout(lines), contextlib.redirect_stderr(lines):
        try:
            pipeline.run_all(checked(model, **values), scripts)
        except UserError as error:
            print(error)
            sys.exit(1)


class _Lines(io.TextIOBase):
    """A text file whose lines are sent as they end."""

    def __init__(self, sender: Connection) -> None:
        self._sender, self._begun = sender, ""

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).replace("\r", "\n").split("\n")
        for line in filter(str.strip, lines):
            self._sender.send(line)
        return len(text)
