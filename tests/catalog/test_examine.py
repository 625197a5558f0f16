"""Each file is read once and is a row, good or bad; an interrupted run goes on where it stopped."""

import errno
import os

import cv2
import numpy as np
import pytest

from config import Run
from lookalike.catalog import examine as module
from lookalike.catalog import images, photo_file
from lookalike.catalog.examine import examine
from lookalike.catalog.find import find_files

RUN = Run(workers=2, shard_size=3, decode_mb=64)


def draw(path, seed=0, side=24):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.random.default_rng(seed).integers(0, 255, (side, side, 3), np.uint8)
    cv2.imencode(path.suffix, image)[1].tofile(path)


@pytest.fixture
def photos(tmp_path):
    for number in range(8):
        draw(tmp_path / "photos" / f"{number}.png", number)
    return tmp_path / "photos"


def rows_of(photos, work, known=(), **options):
    rows, read = examine(photos, find_files(photos).files, work, known, run=RUN, **options)
    return {row["path"]: row for row in rows}, read


def test_bad_files_are_rows_with_a_reason(tmp_path):
    folder = tmp_path / "photos"
    draw(folder / "good.png", 1)
    (folder / "empty.jpg").touch()
    (folder / "text.jpg").write_text("no picture")
    (folder / "notes.txt").write_text("no picture")
    (folder / "huge.jpg").write_bytes(b"")
    os.truncate(folder / "huge.jpg", 2**21)
    draw(folder / "cut.jpg", 2, side=64)
    os.truncate(folder / "cut.jpg", 800)
    rows, _ = rows_of(folder, tmp_path / "work", max_bytes=2**20)
    assert {path: row["status"] for path, row in rows.items()} == {
        "cut.jpg": "truncated",
        "empty.jpg": "empty",
        "good.png": "ok",
        "huge.jpg": "too_large",
        "notes.txt": "not_an_image",
        "text.jpg": "not_an_image",
    }
    assert all(row["error"] for row in rows.values() if row["status"] != "ok")


def test_heic_without_its_extra_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "SUFFIXES", (".jpg",))
    draw(tmp_path / "photos" / "a.jpg")
    (tmp_path / "photos" / "b.HEIC").write_bytes(b"\0\0\0\x20ftypheic")
    rows, _ = rows_of(tmp_path / "photos", tmp_path / "work")
    assert "pip install pillow-heif" in rows["b.HEIC"]["error"]


def test_a_file_is_opened_once(photos, tmp_path, monkeypatch):
    opened = []
    real = os.open
    monkeypatch.setattr(
        photo_file.os, "open", lambda path, *flags, **more: opened.append(path) or real(path, *flags, **more)
    )
    monkeypatch.setattr("pathlib.Path.read_bytes", lambda path: pytest.fail("read outside"))
    rows_of(photos, tmp_path / "work")
    assert len([path for path in opened if str(path).endswith(".png")]) == 8


def test_an_interrupted_run_goes_on(photos, tmp_path, monkeypatch):
    whole, _ = rows_of(photos, tmp_path / "undisturbed")
    read = module.examine_file

    def stop(root, path, *rest, **options):
        if path == "7.png":
            raise KeyboardInterrupt
        return read(root, path, *rest, **options)

    with monkeypatch.context() as patch:
        patch.setattr(module, "examine_file", stop)
        with pytest.raises(KeyboardInterrupt):
            rows_of(photos, tmp_path / "work")
    draw(photos / "0.png", 99, side=30)
    rows, read_again = rows_of(photos, tmp_path / "work")
    assert read_again == 3  # the changed one, and the shard that was not finished
    assert rows["0.png"]["width"] == 30
    assert {**rows, "0.png": 0} == {**whole, "0.png": 0}


def test_rehash_sees_what_size_and_time_hide(photos, tmp_path):
    before, _ = rows_of(photos, tmp_path / "work")
    stat = (photos / "0.png").stat()
    data = (photos / "0.png").read_bytes()
    (photos / "0.png").write_bytes((photos / "1.png").read_bytes()[: len(data)].ljust(len(data), b"\0"))
    os.utime(photos / "0.png", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    known = list(before.values())
    assert rows_of(photos, tmp_path / "more", known)[1] == 0
    rows, read = rows_of(photos, tmp_path / "work", known, rehash=True)
    assert read == 8
    assert rows["0.png"]["sha256"] != before["0.png"]["sha256"]


def test_a_file_that_may_not_be_read_is_a_row_and_is_tried_again(photos, tmp_path, monkeypatch):
    real = os.open

    def denied(path, *rest, **options):
        if str(path).endswith("1.png"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path, *rest, **options)

    with monkeypatch.context() as patch:
        patch.setattr(photo_file.os, "open", denied)
        rows, _ = rows_of(photos, tmp_path / "work")
    assert (rows["1.png"]["status"], rows["1.png"]["error"]) == ("unreadable", "Permission denied")
    rows, read = rows_of(photos, tmp_path / "work")
    assert (rows["1.png"]["status"], read) == ("ok", 1)
