"""A photo becomes a prepared file of the asked size and format, and a bad or changed one a row with a reason."""

import hashlib
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from lookalike.catalog import images
from lookalike.preprocess.prepare_file import CHANGED, Preparation

COLUMNS = ["status", "reason", "digest", "bytes", "width", "height", "removed", "fallback"]


def disc(height=300, width=400):
    rgb = np.full((height, width, 3), 230, np.uint8)
    return cv2.circle(rgb, (width // 2, height // 2), min(height, width) // 3, (180, 40, 40), cv2.FILLED)


def row_of(path):
    data = path.read_bytes() if path.is_file() else b""
    return {"path": path.name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}


def prepare(path, image="out.any", form=None, **options):
    preparation = Preparation(path.parent, path.parent / "img", **(form or {}), options=options)
    return preparation.write(row_of(path), image)[0]


@pytest.mark.parametrize(("form", "name"), [("jpg", "JPEG"), ("png", "PNG")])
def test_file_has_the_asked_format_and_its_row(tmp_path, form, name):
    images.write(tmp_path / "in.jpg", disc(1200, 1600))
    row = prepare(tmp_path / "in.jpg", "a/photo.any", {"format": form}, background="edges")
    file = tmp_path / "img/a/photo.any"
    assert list(row) == COLUMNS
    assert row["digest"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (row["status"], row["bytes"], row["width"], row["height"]) == ("ok", file.stat().st_size, 512, 384)
    assert (row["removed"], row["fallback"]) == (True, "")
    with Image.open(file) as image:
        assert (image.format, image.size) == (name, (512, 384))
    assert [path.name for path in file.parent.iterdir()] == ["photo.any"]


def test_bad_files_are_rows_and_leave_no_file(tmp_path):
    contents = {"empty": b"", "not_an_image": b"text", "truncated": b"\xff\xd8\xff"}
    for status, content in contents.items():
        (tmp_path / "bad.jpg").write_bytes(content)
        row = prepare(tmp_path / "bad.jpg")
        assert list(row) == COLUMNS
        assert row["status"] == status
        assert row["reason"]
    assert prepare(tmp_path / "absent.jpg")["status"] == "unreadable"
    assert [path.name for path in tmp_path.iterdir()] == ["bad.jpg"]


def test_a_photo_changed_since_it_was_listed_is_not_prepared(tmp_path):
    images.write(tmp_path / "in.jpg", disc())
    listed = row_of(tmp_path / "in.jpg")
    images.write(tmp_path / "in.jpg", disc(200, 200))
    row, _ = Preparation(tmp_path, tmp_path / "img").write(listed, "out.jpg")
    assert (row["status"], row["reason"]) == ("changed", CHANGED)
    assert not (tmp_path / "img").exists()


def test_a_jpeg_that_needs_no_change_is_copied(tmp_path, monkeypatch):
    images.write(tmp_path / "in.jpg", disc(), quality=70)
    monkeypatch.setattr(images.Photo, "decode", lambda *_: pytest.fail("decoded"))
    row = prepare(tmp_path / "in.jpg")
    assert (tmp_path / "img/out.any").read_bytes() == (tmp_path / "in.jpg").read_bytes()
    assert (row["width"], row["height"], row["removed"]) == (400, 300, False)


@pytest.mark.parametrize(
    "kind", ["turned", "grey", "large", "trailer", "size", "square", "padding", "background", "png"]
)
def test_a_jpeg_that_needs_a_change_is_not_copied(tmp_path, kind):
    rgb, exif, path = disc(600, 800) if kind == "large" else disc(), Image.Exif(), tmp_path / "in.jpg"
    if kind == "turned":
        exif[274] = 6
    Image.fromarray(rgb[..., 0] if kind == "grey" else rgb).save(path, exif=exif)
    if kind == "trailer":
        path.write_bytes(path.read_bytes() + b"film")
    options = {"size": {"size": [100, 50]}, "square": {"square": True}, "padding": {"crop_padding": True}}
    options |= {"background": {"background": "auto"}}
    row = prepare(path, form={"format": "png"} if kind == "png" else None, **options.get(kind, {}))
    assert (tmp_path / "img/out.any").read_bytes() != path.read_bytes()
    with Image.open(tmp_path / "img/out.any") as image:
        assert image.mode == "RGB"
        assert image.size == (row["width"], row["height"])
        assert not image.getexif()


def test_a_failed_write_raises_and_leaves_no_part(tmp_path, monkeypatch):
    images.write(tmp_path / "in.jpg", disc())
    real = Path.write_bytes

    def full_disk(path, data):
        real(path, bytes(data)[:100])
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match=os.strerror(28)):
        prepare(tmp_path / "in.jpg")
    assert list((tmp_path / "img").iterdir()) == []


def test_a_published_file_of_the_same_name_keeps_its_bytes(tmp_path):
    images.write(tmp_path / "in.jpg", disc())
    (tmp_path / "img").mkdir()
    (tmp_path / "published.jpg").write_bytes(b"published")
    os.link(tmp_path / "published.jpg", tmp_path / "img/out.any")
    prepare(tmp_path / "in.jpg")
    assert (tmp_path / "published.jpg").read_bytes() == b"published"


def test_a_path_that_is_too_long_is_a_row(tmp_path):
    images.write(tmp_path / "in.jpg", disc())
    row = prepare(tmp_path / "in.jpg", "/".join(["x" * 200] * 25) + "/out.jpg")
    assert row["status"] == "unreadable"
    assert "too long" in row["reason"]


def test_unknown_formats_name_the_others(tmp_path):
    with pytest.raises(ValueError, match=r"jpg, png, tar, tar\.png, found 'gif'"):
        Preparation(tmp_path, tmp_path, format="gif")
