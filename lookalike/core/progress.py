"""Progress of long work: a bar with rate and ETA on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress", "set_progress"]

PLAIN_EVERY = 10.0  # seconds between plain lines

_mode = "auto"


def set_progress(mode: str) -> None:
    """Choose how progress is shown: "auto" (a bar on a terminal, else lines), "bar", "lines" or "off"."""
    global _mode
    _mode = mode


@contextmanager
def progress(label: str, total: int, unit: str = "images") -> Iterator[Callable[[int], None]]:
    """Yield `advance(n)`, to be called as `n` more of `total` units are done."""
    mode = _mode if _mode != "auto" else "bar" if sys.stderr.isatty() else "lines"
    if mode == "bar":
        from tqdm import tqdm  # late, so that --help is instant

        with tqdm(total=total, desc=label, unit=f" {unit}", dynamic_ncols=True, leave=False) as bar:
            yield lambda n=1: bar.update(n) and None
    else:
        yield _line_printer(label, total, unit) if mode == "lines" else lambda n=1: None


def _line_printer(label: str, total: int, unit: str) -> Callable[[int], None]:
    started = last = time.monotonic()
    done = 0

    def advance(n: int = 1) -> None:
        nonlocal done, last
        done += n
        now = time.monotonic()
        if now - last >= PLAIN_EVERY:
            last = now
            rate = done / (now - started)
            left = (total - done) / rate if rate else float("inf")
            print(
                f"{label}: {done:,} of {total:,} {unit}, {rate:,.0f}/s, {left:,.0f} s left", file=sys.stderr, flush=True
            )

    return advance
