"""Prepared photos in tars: the bytes of those in files, the same tars however they came about."""

import shutil

import cv2
import numpy as np
import pytest

from config import Run
from lookalike.catalog import photo_file
from lookalike.catalog.examine import examine_file
from lookalike.catalog.find import find_files
from lookalike.core import tars
from lookalike.preprocess import preparation, prepared, prepared_tars
from lookalike.preprocess.prepare_file import Preparation
from lookalike.preprocess.tiles import Tiles


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Four photos of the catalog in a tar."""
    monkeypatch.setattr(prepared_tars, "PHOTOS", 4)


def draw(path, seed, side=90):
    rgb = np.full((side, side, 3), 235, np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.circle(rgb, (side // 2, side // 2), side // 4, (200, 11 * seed % 255, 30), cv2.FILLED))


@pytest.fixture
def place(tmp_path):
    for seed in range(10):
        draw(tmp_path / "photos" / f"{seed}.png", seed)
    return tmp_path


def run(place, form="tar", work="work", known=(), earlier=None, folder="draft", **how):
    root = place / "photos"
    rows = [examine_file(root, path, file) for path, file in find_files(root).files.items()]
    preparing = Preparation(root, place / folder, form)
    running = Run(**{"workers": 2, "shard_size": 4, "executor": "local"} | how)
    tiles = Tiles(row["path"] for row in rows)
    return preparation.prepare_all(rows, preparing, place / work, known, earlier, run=running, tiles=tiles)


def contents(folder):
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize(("form", "encoding"), [("tar", "jpg"), ("tar.png", "png")])
def test_a_tar_holds_the_files_that_would_be_written(place, form, encoding):
    packed, _ = run(place, form)
    loose, _ = run(place, encoding, work="loose", folder="files")
    files = ["photos-000000.tar", "photos-000001.tar", "photos-000002.tar"]
    assert sorted(path.name for path in (place / "draft").iterdir()) == files
    for one, two in zip(packed, loose, strict=True):
        assert photo_file.read_bytes(place / "draft" / one["image"]) == (place / "files" / two["image"]).read_bytes()
        assert one | {"image": ""} == two | {"image": ""}
    assert packed[4]["image"] == f"photos-000001.tar/{loose[4]['image']}"


@pytest.mark.parametrize(
    "how", [{"shard_size": 1}, {"shard_size": 7}, {"shard_size": 100}, {"executor": "processes", "workers": 3}]
)
def test_shards_and_executors_leave_no_trace(place, how):
    rows, _ = run(place)
    again, _ = run(place, work="other", folder="other_draft", **how)
    assert again == rows
    assert contents(place / "other_draft") == contents(place / "draft")


def test_after_a_change_only_that_photo_is_prepared(place):
    rows, _ = run(place)
    (place / "draft").rename(place / "img")
    shutil.rmtree(place / "work")
    before = contents(place / "img")
    draw(place / "photos" / "5.png", 77)
    after, new = run(place, known=rows, earlier=place / "img")
    assert new == 1
    found = contents(place / "draft")
    assert [name for name in found if found[name] != before[name]] == ["photos-000001.tar"]
    assert (place / "draft" / "photos-000000.tar").samefile(place / "img" / "photos-000000.tar")  # not written again
    shutil.rmtree(place / "draft")
    assert run(place, work="other") == (after, 10)
    assert contents(place / "draft") == found


def test_photos_move_from_tar_to_tar_where_one_is_added_before_them(place):
    rows, _ = run(place)
    (place / "draft").rename(place / "img")
    shutil.rmtree(place / "work")
    draw(place / "photos" / "0a.png", 77)
    (place / "photos" / "9.png").unlink()
    after, new = run(place, known=rows, earlier=place / "img")
    assert new == 1
    found = contents(place / "draft")
    shutil.rmtree(place / "draft")
    assert run(place, work="other")[0] == after
    assert contents(place / "draft") == found


def test_what_was_done_before_a_kill_is_not_done_again(place, monkeypatch):
    expected, _ = run(place, work="undisturbed")
    tar = contents(place / "draft")
    shutil.rmtree(place / "draft")
    written, write = [], tars.write_tar

    def die(path, members):
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(path)
        write(path, members)

    monkeypatch.setattr(tars, "write_tar", die)
    with pytest.raises(KeyboardInterrupt):
        run(place)
    monkeypatch.setattr(tars, "write_tar", write)
    rows, new = run(place)
    assert new == 10 - 2 * 4
    assert rows == expected
    assert contents(place / "draft") == tar


def test_an_interruption_while_tars_are_put_in_place_loses_nothing(place, monkeypatch):
    expected, _ = run(place, work="undisturbed")
    tar = contents(place / "draft")
    shutil.rmtree(place / "draft")
    with monkeypatch.context() as change, pytest.raises(ZeroDivisionError):
        change.setattr(prepared_tars, "drop_unlisted", lambda *given: 1 / 0)
        run(place, shard_size=3)
    rows, new = run(place, shard_size=3)
    assert (rows, new) == (expected, 0)
    assert contents(place / "draft") == tar


def test_damaged_tars_are_prepared_again(place):
    rows, _ = run(place)
    (place / "draft").rename(place / "img")
    shutil.rmtree(place / "work")
    good = contents(place / "img")
    with (place / "img" / "photos-000000.tar").open("r+b") as file:
        file.seek(700)
        file.write(b"damaged")
    (place / "img" / "photos-000001.tar").unlink()
    after, new = run(place, known=rows, earlier=place / "img")
    assert new == 1 + 4
    assert after == rows
    assert contents(place / "draft") == good


@pytest.mark.parametrize(("first", "then"), [("jpg", "tar"), ("tar", "jpg"), ("tar.png", "png")])
def test_photos_change_from_files_to_tars_and_back_without_being_prepared(place, first, then):
    rows, _ = run(place, first)
    (place / "draft").rename(place / "img")
    shutil.rmtree(place / "work")
    after, new = run(place, then, known=rows, earlier=place / "img")
    assert new == 0
    moved = contents(place / "draft")
    shutil.rmtree(place / "draft")
    assert run(place, then, work="other") == (after, 10)
    assert contents(place / "draft") == moved


def test_a_photo_that_cannot_be_prepared_has_a_row_and_no_member(place):
    (place / "photos" / "4.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    rows, _ = run(place)
    assert [row["path"] for row in rows if row["status"] != "ok"] == ["4.png"]
    assert list(tars.contents(place / "draft" / "photos-000001.tar").members) == ["5.png.jpg", "6.png.jpg", "7.png.jpg"]


def publish(place, rows):
    stage, draft = place / "out", place / "draft"
    stage.mkdir(exist_ok=True)
    prepared.write(stage, rows, place / "img")
    prepared.publish(draft, place / "img", stage / prepared.TABLE, owner=stage)
    return stage


def test_published_tars_are_read_checked_and_replaced(place):
    stage = publish(place, run(place)[0])
    (place / "img" / "mine.txt").write_text("mine")
    found = prepared.read(stage)
    assert found.reader()("3.png", 32).shape == (45, 45, 3)
    assert not list(prepared.damage(stage))
    with (place / "img" / "photos-000002.tar").open("r+b") as file:
        file.seek(700)
        file.write(b"damaged")
    (phrase,) = prepared.damage(stage)
    assert phrase.endswith("photos-000002.tar/8.png.jpg has other bytes than were written")
    (place / "photos" / "9.png").unlink()
    publish(place, run(place, work="again")[0])
    names = ["mine.txt", "photos-000000.tar", "photos-000001.tar", "photos-000002.tar"]
    assert sorted(path.name for path in (place / "img").iterdir() if path.name[0] != ".") == names
    assert not list(prepared.damage(stage))
    (place / "img" / "photos-000001.tar").unlink()
    assert not prepared.is_intact(stage)
    assert [phrase.rpartition("/")[2] for phrase in prepared.damage(stage)] == ["photos-000001.tar is missing"]
