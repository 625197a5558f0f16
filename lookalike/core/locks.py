"""One run at a time: locks on files, held by a process until it ends, and taken again within it without waiting."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from lookalike.core.errors import UserError

__all__ = ["hold"]

_held: dict[Path, tuple[TextIO, bool]] = {}  # file -> open file, whether shared


@contextmanager
def hold(path: Path, *, what: str, shared: bool = False, wait: bool = False) -> Iterator[None]:
    """Hold a lock on the file `path`, which is made if need be.

    shared: others may share it, too, but none may have it alone. A lock that this process has is not taken twice.
    Raises UserError where another process has it, unless it is to `wait`; `what` names what it works on.
    """
    key = path.resolve()
    if key in _held and (shared or not _held[key][1]):
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            raise UserError(
                f"expected one run at a time on {what}, found another at work: wait for it to end"
            ) from None
        outer = _held.get(key)
        _held[key] = (file, shared)
        try:
            yield
        finally:
            if outer is None:
                del _held[key]
            else:
                _held[key] = outer
