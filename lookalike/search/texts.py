"""From words to the vector that a photo of what they say would have, among those that a dataset is searched by."""

from functools import cached_property
from pathlib import Path

import numpy as np

from lookalike.core.errors import UserError
from lookalike.core.features import MAIN, WHOLE
from lookalike.networks.pca import REDUCED, Components, project, read_components
from lookalike.networks.texts import TextEncoder, matrix_of

__all__ = ["Texts"]


class Texts:
    """Reads texts; the network opens with the first one. matrix: the vectors to search by, "" where none can be."""

    def __init__(self, folder: Path | None, extracted: Path) -> None:
        """folder: of 03_text, None or absent where there is no text encoder. extracted: of 03."""
        self._folder, self._extracted = folder, extracted
        lies_in = matrix_of(folder) if folder and folder.exists() else ""
        self.matrix = MAIN if lies_in == WHOLE else lies_in

    @cached_property
    def _encoder(self) -> TextEncoder:
        return TextEncoder(self._folder)

    @cached_property
    def _components(self) -> Components:
        return read_components(self._extracted / REDUCED)

    def vector(self, text: str, matrix: str) -> np.ndarray:
        """Return the vector of a text, float32 (d,), among those of a matrix. Raises UserError where it has none."""
        if not self.matrix:
            remedy = "run 03_extract.py with --extract.text_encoder FILE, see docs/encoders.md"
            raise UserError(f"expected a text encoder to search by text with, found none: {remedy}")
        if matrix != self.matrix:
            raise UserError(
                f"expected --features {self.matrix} with a text, found {matrix}: its vectors lie among no others"
            )
        vectors = self._encoder([text])
        reduced = self._encoder.matrix == WHOLE
        return (project(vectors, self._components) if reduced else vectors)[0]
