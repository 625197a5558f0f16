"""From any photo, or a part of one, to the vectors that stage 03 would give it: prepared as 01 did, seen as 03 did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lookalike.catalog import images
from lookalike.catalog.header import header_of
from lookalike.core.artifacts import read_manifest
from lookalike.core.errors import UserError
from lookalike.preprocess.prepare_file import Preparation

if TYPE_CHECKING:
    from lookalike.networks.reopened import Eyes

__all__ = ["Sight"]


class Sight:
    """Sees photos as those of a dataset were seen; the network opens with the first one."""

    def __init__(self, prepared: Path, extracted: Path, *, workers: int = 1) -> None:
        """prepared, extracted: published folders of 01 and 03, whose settings count, whatever they are today."""
        self._extracted, self._workers = extracted, workers
        self._ahead: Future[Eyes] | None = None
        made = dict(read_manifest(prepared).parameters)
        form, quality = made.pop("format"), made.pop("quality")
        made = {name: value for name, value in made.items() if name != "content"}
        self._preparation = Preparation(Path(), Path(), form, quality, options=made)

    def open_ahead(self) -> None:
        """Begin to open the network in a thread: that takes longer than all else that a single search waits for."""
        self._ahead = ThreadPoolExecutor(1).submit(self._open)

    @cached_property
    def _eyes(self) -> Eyes:
        return self._ahead.result() if self._ahead else self._open()

    def _open(self) -> Eyes:
        from lookalike.networks.reopened import reopen

        return reopen(self._extracted, read_manifest(self._extracted).parameters, workers=self._workers)

    def prepare(self, data: bytes, crop: Sequence[int] | None = None) -> bytes:
        """Return the bytes of the prepared file of an image file's bytes, or of its part (x, y, width, height).

        Raises UserError for what is no photo.
        """
        try:
            photo = images.Photo(data, header_of(data))
            return bytes(self._preparation.of(photo, crop=crop)[0])
        except images.ImageError as error:
            reason = error.reason
        # Not raised above: there it would keep what was decoded in memory for as long as it is known.
        raise UserError(f"expected a photo, found one that does not read: {reason}")

    def vectors(self, prepared: bytes) -> Mapping[str, np.ndarray]:
        """Return the vectors, float32 (d,) by the name of the matrix, of a prepared photo."""
        return {name: rows[0] for name, rows in self._eyes([prepared]).items()}
