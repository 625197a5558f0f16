"""Small drawn photos, read without files."""

import numpy as np
import pytest

from lookalike.catalog.images import ImageError


@pytest.fixture
def read():
    """A reader: path "12" is a photo of colour 12, 60 x 40 pixels; "broken" raises ImageError."""

    def read_photo(path, target):
        if path == "broken":
            raise ImageError("truncated", "the data stop")
        return np.full((40, 60, 3), int(path) % 200, np.uint8)

    return read_photo
