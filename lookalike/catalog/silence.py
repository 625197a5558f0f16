"""Keep the lines that decoders write to the terminal by C away: each fault is a row of a report already."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["silent_decoders"]


@contextmanager
def silent_decoders() -> Iterator[None]:
    """Send what C libraries write to file descriptor 2 to nowhere; what Python writes to stderr still arrives."""
    python, kept = sys.stderr, os.dup(2)
    with Path(os.devnull).open("wb") as nowhere, os.fdopen(os.dup(kept), "w", buffering=1, errors="replace") as own:
        os.dup2(nowhere.fileno(), 2)
        if _writes_to_2(python):
            sys.stderr = own
        try:
            yield
        finally:
            sys.stderr = python
            os.dup2(kept, 2)
            os.close(kept)


def _writes_to_2(stream) -> bool:
    with suppress(OSError, ValueError, AttributeError):
        stream.flush()
        return stream.fileno() == 2
    return False
