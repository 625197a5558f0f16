"""Headers of plain JPEGs are read without Pillow: always to what Pillow says, whatever the bytes."""

import io
import random

import numpy as np
import pytest
from PIL import Image, ImageCms

from lookalike.catalog import header
from lookalike.catalog.header import header_of, read_header
from lookalike.catalog.photo_file import ImageError

PIXELS = np.random.default_rng(0).integers(0, 255, (37, 53, 3), np.uint8)
EXIF = Image.Exif()
EXIF[0x0112] = 6
PLAIN = {
    "usual": {},
    "fine": {"quality": 100, "subsampling": 0},
    "coarse": {"quality": 1},
    "progressive": {"progressive": True},
    "optimized": {"optimize": True},
    "comment": {"comment": "a \xff\xd8 comment"},
    "density": {"dpi": (300, 300)},
    "profile": {"icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()},
    "restarts": {"restart_marker_rows": 1},
    "grey": {"mode": "L"},
}
OTHERS = {"turned": {"exif": EXIF}, "four inks": {"mode": "CMYK"}, "not JPEG": {"format": "PNG"}}


def written(mode="RGB", format="JPEG", **options):
    file = io.BytesIO()
    Image.fromarray(PIXELS).convert(mode).save(file, format, **options)
    return file.getvalue()


def by_pillow(data):
    try:
        return read_header(io.BytesIO(data))
    except ImageError:
        return None


@pytest.mark.parametrize("name", PLAIN)
def test_plain_jpegs_are_read_without_pillow(name, monkeypatch):
    data = written(**PLAIN[name])
    expected = by_pillow(data)
    assert expected.stored == (53, 37) and expected.progressive == (name == "progressive")
    monkeypatch.setattr(header, "read_header", None)
    assert header_of(data) == expected


@pytest.mark.parametrize("name", OTHERS)
def test_all_others_are_left_to_pillow(name):
    data = written(**OTHERS[name])
    assert header._plain_jpeg(data) is None
    assert header_of(data) == by_pillow(data)


def damaged(data, draw):
    """Change, insert, leave out or repeat bytes before those of pixels, or cut the file there."""
    last = max(data.find(b"\xff\xda") + 14, 3)
    place, length = draw.randrange(2, last), draw.choice([1, 1, 2, 4, 40])
    kind = draw.randrange(5)
    if kind == 0:
        return data[:place] + draw.randbytes(length) + data[place + length :]
    if kind == 1:
        return data[:place] + draw.randbytes(length) + data[place:]
    if kind == 2:
        return data[:place] + data[place + length :]
    if kind == 3:
        return data[:place] + data[draw.randrange(2, last) :]
    return data[:place]


@pytest.mark.parametrize("name", PLAIN)
def test_damaged_headers_are_what_pillow_says_or_left_to_it(name):
    draw, data, read = random.Random(name), written(**PLAIN[name]), 0
    for _ in range(400):
        other = damaged(damaged(data, draw), draw) if draw.random() < 0.3 else damaged(data, draw)
        found = header._plain_jpeg(other)
        assert found is None or found == by_pillow(other)
        read += found is not None
    assert read > 20  # many of them say what they said, or another size
