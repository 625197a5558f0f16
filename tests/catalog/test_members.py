"""Photos in tars are listed and read as those in folders."""

import io
import os
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from config import Run
from lookalike.catalog import catalog, duplicates
from lookalike.catalog.examine import examine
from lookalike.catalog.find import find_files
from lookalike.core import tars
from lookalike.core.tars import write_tar

RUN = Run(workers=2, shard_size=3)


def photo(seed, suffix=".png"):
    rgb = np.random.default_rng(seed).integers(0, 255, (24, 20, 3), np.uint8)
    return cv2.imencode(suffix, rgb)[1].tobytes()


PHOTOS = {f"{'hat' if seed % 2 else 'shoe'}/{seed}.png": photo(seed) for seed in range(6)}


def write_files(root, photos):
    for path, data in photos.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)


def rows_of(root, place, known=()):
    return examine(root, find_files(root).files, place / "work", known, run=RUN)


def publish(root, folder):
    known = catalog.read_known(folder, root) if folder.exists() else []
    rows, read = rows_of(root, folder.parent, known)
    folder.mkdir(exist_ok=True)
    catalog.write(folder, rows, find_files(root), root)
    return rows, read


def test_members_are_listed_beside_files_and_read_alike(tmp_path):
    write_files(tmp_path / "folders", {f"all.tar/{path}": data for path, data in PHOTOS.items()})
    write_files(tmp_path / "mixed", {"top.png": photo(99)})
    write_tar(tmp_path / "mixed" / "all.tar", PHOTOS.items())
    write_files(tmp_path / "folders", {"top.png": photo(99)})
    as_files, as_tar = (rows_of(tmp_path / name, tmp_path / "w" / name)[0] for name in ("folders", "mixed"))
    assert [row | {"key": ""} for row in as_files] == [row | {"key": ""} for row in as_tar]
    assert {row["status"] for row in as_tar} == {"ok"}
    assert [row["path"] for row in as_tar] == sorted([*(f"all.tar/{path}" for path in PHOTOS), "top.png"])


def test_what_annotates_a_photo_and_what_is_hidden_is_passed_by(tmp_path):
    beside = {"hat/1.json": b"{}", "hat/1.cls": b"3", "hat/1.seg.png": photo(3), "hat/notes.txt": b"x"}
    hidden = {".git/x.png": photo(1), "hat/.hidden.png": photo(1), "._1.png": b"x"}
    write_tar(tmp_path / "a.tar", (PHOTOS | beside | hidden).items())
    assert list(find_files(tmp_path).files) == sorted(
        f"a.tar/{name}" for name in [*PHOTOS, "hat/1.seg.png", "hat/notes.txt"]
    )


def test_bad_members_are_rows_with_a_reason(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        for name, kind, data in [
            ("../out.png", tarfile.REGTYPE, photo(1)),
            ("/tmp/x.png", tarfile.REGTYPE, photo(1)),
            ("link.png", tarfile.SYMTYPE, b""),
            ("pipe.png", tarfile.FIFOTYPE, b""),
            ("empty.png", tarfile.REGTYPE, b""),
            ("cut.png", tarfile.REGTYPE, photo(1)[:300]),
            ("inner.tar", tarfile.REGTYPE, b"x"),
            (os.fsdecode(b"\xff.png"), tarfile.REGTYPE, photo(1)),
            ("good.png", tarfile.REGTYPE, photo(2)),
        ]:
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = kind, len(data), "/dev/zero"
            tar.addfile(info, io.BytesIO(data))
    rows = {row["path"]: (row["status"], row["error"]) for row in rows_of(tmp_path, tmp_path.parent / "w")[0]}
    assert rows.pop("a.tar/good.png") == ("ok", "")
    assert rows.pop("a.tar/cut.png")[0] == "truncated"
    assert rows.pop("a.tar/\\udcff.png") == ("unreadable", "the name is not valid UTF-8: rename it")
    assert rows == {
        "a.tar/../out.png": ("unreadable", "the name leads out of the tar"),
        "a.tar//tmp/x.png": ("unreadable", "the name leads out of the tar"),
        "a.tar/link.png": ("unreadable", "expected a regular file, found a link"),
        "a.tar/pipe.png": ("unreadable", "expected a regular file, found a named pipe"),
        "a.tar/empty.png": ("empty", "the file has 0 bytes"),
        "a.tar/inner.tar": ("not_an_image", "suffix .tar is not of an image"),
    }


def test_a_cut_tar_is_one_row_besides_its_photos(tmp_path):
    write_tar(tmp_path / "a.tar", PHOTOS.items())
    (tmp_path / "a.tar").write_bytes((tmp_path / "a.tar").read_bytes()[: 5 * 512])
    rows = rows_of(tmp_path, tmp_path.parent / "w")[0]
    (bad,) = [row for row in rows if row["status"] != "ok"]
    assert bad["path"] == "a.tar"
    assert "is cut; the 1 files before are read: download it or make it again" in bad["error"]
    assert len(rows) == 2


@pytest.mark.parametrize("name", ["a.tar.gz", "a.TGZ", "a.tar.zst"])
def test_a_compressed_tar_is_one_row(tmp_path, name):
    (tmp_path / name).write_bytes(b"\x1f\x8b")
    (row,) = rows_of(tmp_path, tmp_path.parent / "w")[0]
    assert "found a compressed one: decompress it to .tar" in row["error"]


def test_a_tar_is_read_again_only_where_it_was_saved_again(tmp_path):
    root, folder = tmp_path / "photos", tmp_path / "catalog"
    root.mkdir()
    write_tar(root / "a.tar", PHOTOS.items())
    write_tar(root / "b.tar", [("x.png", photo(50))])
    assert publish(root, folder)[1] == 7
    assert catalog.is_unchanged(folder, find_files(root), root)
    earlier, read = publish(root, folder)
    assert read == 0
    before = (root / "b.tar").stat()
    write_tar(root / "b.tar", [("x.png", photo(51))])  # of the same size, and the same time inside
    os.utime(root / "b.tar", ns=(0, before.st_mtime_ns + 1))
    assert (root / "b.tar").stat().st_size == before.st_size
    assert not catalog.is_unchanged(folder, find_files(root), root)
    rows, read = publish(root, folder)
    assert read == 1
    assert [row["path"] for row, old in zip(rows, earlier, strict=True) if row["sha256"] != old["sha256"]] == [
        "b.tar/x.png"
    ]


@pytest.fixture
def listed_as_known(monkeypatch):
    """List the files below a root as a check of the catalog in a folder does; return the listing and the tars read."""
    opened, contents = [], tars.contents
    monkeypatch.setattr(tars, "contents", lambda tar: opened.append(Path(tar).name) or contents(tar))

    def listed(root, folder):
        opened.clear()
        return find_files(root, known=catalog.read_tars(folder, root)), sorted(opened)

    return listed


@pytest.mark.parametrize("nanoseconds", [0, 10**18])
def test_a_check_does_not_open_tars_that_are_as_they_were(tmp_path, listed_as_known, nanoseconds):
    root, folder = tmp_path / "photos", tmp_path / "catalog"
    write_files(root, {"top.png": photo(9), "folder.tar/x.png": photo(8)})
    write_tar(root / "a.tar", PHOTOS.items())
    write_tar(root / "B.TAR", [("x.png", photo(50))])
    os.utime(root / "a.tar", ns=(0, nanoseconds))
    publish(root, folder)
    listing, opened = listed_as_known(root, folder)
    assert not opened
    assert listing.unread == {"a.tar", "B.TAR"}
    assert catalog.is_unchanged(folder, listing, root)
    os.utime(root / "a.tar", ns=(0, nanoseconds + 1))
    listing, opened = listed_as_known(root, folder)
    assert opened == ["a.tar"]
    assert not catalog.is_unchanged(folder, listing, root)
    os.utime(root / "a.tar", ns=(0, nanoseconds))
    for change in [lambda: write_tar(root / "c.tar", []), (root / "B.TAR").unlink, (root / "top.png").unlink]:
        publish(root, folder)
        assert catalog.is_unchanged(folder, listed_as_known(root, folder)[0], root)
        change()
        assert not catalog.is_unchanged(folder, listed_as_known(root, folder)[0], root)


def test_a_tar_that_was_faulty_is_opened_at_each_check(tmp_path, listed_as_known):
    root, folder = tmp_path / "photos", tmp_path / "catalog"
    root.mkdir()
    write_tar(root / "a.tar", PHOTOS.items())
    (root / "a.tar").write_bytes((root / "a.tar").read_bytes()[: 5 * 512])
    write_tar(root / "b.tar", [("x.png", photo(50))])
    publish(root, folder)
    listing, opened = listed_as_known(root, folder)
    assert opened == ["a.tar"]
    assert catalog.is_unchanged(folder, listing, root)


def test_tars_alone_are_photos_to_a_check(tmp_path, listed_as_known):
    root, folder = tmp_path / "photos", tmp_path / "catalog"
    root.mkdir()
    write_tar(root / "a.tar", PHOTOS.items())
    publish(root, folder)
    assert catalog.is_unchanged(folder, listed_as_known(root, folder)[0], root)
    assert not catalog.read_tars(folder, tmp_path / "other")


def test_times_are_those_in_the_tar(tmp_path):
    root = tmp_path / "photos"
    write_files(root, PHOTOS)
    os.utime(root / "hat/1.png", ns=(0, 10**18))
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        tar.add(root / "hat/1.png", "hat/1.png")
    (tmp_path / "tars").mkdir()
    (tmp_path / "a.tar").rename(tmp_path / "tars" / "a.tar")
    publish(tmp_path / "tars", tmp_path / "catalog")
    assert catalog.read_times(tmp_path / "catalog", ["a.tar/hat/1.png"]).tolist() == [10**9]


def test_copies_in_tars_and_folders_are_found(tmp_path):
    write_files(tmp_path, {"one.png": photo(1)})
    write_tar(tmp_path / "a.tar", [("two.png", photo(1)), ("three.png", photo(3))])
    (group,) = duplicates.find(rows_of(tmp_path, tmp_path.parent / "w")[0], tmp_path)
    assert [row["path"] for row in group] == ["a.tar/two.png", "one.png"]
