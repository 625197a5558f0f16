"""All photos are prepared once; what an earlier run left serves again only where it is right."""

import shutil

import cv2
import numpy as np
import pytest

from config import Run
from lookalike.catalog import images
from lookalike.catalog.examine import examine_file
from lookalike.catalog.find import find_files
from lookalike.core.artifacts import MARKER
from lookalike.core.errors import UserError
from lookalike.preprocess import preparation, prepared
from lookalike.preprocess.prepare_file import Preparation
from lookalike.preprocess.tiles import SIDE, Tiles

RUN = Run(workers=2, shard_size=4)


def draw(path, seed, side=90):
    path.parent.mkdir(parents=True, exist_ok=True)
    rgb = np.full((side, side, 3), 235, np.uint8)
    images.write(path, cv2.circle(rgb, (side // 2, side // 2), side // 4, (200, 11 * seed % 255, 30), cv2.FILLED))


@pytest.fixture
def place(tmp_path):
    for seed in range(10):
        draw(tmp_path / "photos" / f"{seed}.png", seed)
    return tmp_path


def catalog_of(place):
    root = place / "photos"
    return [examine_file(root, path, file) for path, file in find_files(root).files.items()]


def run(place, rows, work="work", known=(), earlier=None, **options):
    preparing = Preparation(place / "photos", place / "draft", options={"background": "auto"} | options)
    tiles = Tiles(row["path"] for row in rows)
    table, new = preparation.prepare_all(rows, preparing, place / work, known, earlier, run=RUN, tiles=tiles)
    return table, new, preparation.tiles_shown(tiles, table, rows, preparing)


def contents(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_every_photo_has_a_row_and_a_file(place):
    rows, new, _ = run(place, catalog_of(place))
    assert new == 10
    assert [row["path"] for row in rows] == [f"{n}.png" for n in range(10)]
    assert sorted(contents(place / "draft")) == [row["image"] for row in rows]
    assert preparation.count(rows) == {
        "prepared": 10,
        "quarantined": 0,
        "removed": 10,
        "fallbacks": 0,
    }


def test_a_second_run_takes_over_what_is_as_it_was_written(place):
    rows, _, _ = run(place, catalog_of(place))
    (place / "draft").rename(place / "img")
    shutil.rmtree(place / "work")
    (place / "img" / rows[2]["image"]).write_bytes(b"damaged")
    (place / "img" / rows[3]["image"]).unlink()
    (place / "photos" / "9.png").rename(place / "photos" / "moved.png")
    again, new, _ = run(place, catalog_of(place), known=rows, earlier=place / "img")
    assert new == 2
    assert [row["digest"] for row in again] == [row["digest"] for row in rows]
    assert sorted(contents(place / "draft")) == sorted(row["image"] for row in again)


def test_files_deleted_after_an_interruption_are_made_again(place):
    before, _, _ = run(place, catalog_of(place))
    shutil.rmtree(place / "draft")
    after, new, _ = run(place, catalog_of(place))
    assert new == 10
    assert after == before
    assert len(contents(place / "draft")) == 10


def test_photos_changed_after_an_interruption_are_prepared_again(place):
    run(place, catalog_of(place))
    draw(place / "photos" / "0.png", 50)
    resumed, new, _ = run(place, catalog_of(place))
    assert new == 1
    found = contents(place / "draft")
    shutil.rmtree(place / "draft")
    assert run(place, catalog_of(place), work="other")[0] == resumed
    assert contents(place / "draft") == found


def test_a_photo_that_could_not_be_read_once_is_tried_again(place):
    rows = catalog_of(place)
    (place / "photos" / "4.png").rename(place / "hidden.png")
    first, _, _ = run(place, rows)
    assert [row["path"] for row in first if row["status"] != "ok"] == ["4.png"]
    (place / "hidden.png").rename(place / "photos" / "4.png")
    again, new, _ = run(place, rows)
    assert new == 1
    assert {row["status"] for row in again} == {"ok"}


def test_prepared_photos_of_others_are_not_left_in_the_draft(place):
    run(place, catalog_of(place))
    (place / "photos" / "0.png").unlink()
    rows, _, _ = run(place, catalog_of(place))
    assert sorted(contents(place / "draft")) == [row["image"] for row in rows]


def test_a_resumed_run_shows_the_tiles_of_an_undisturbed_one(place):
    rows = catalog_of(place)
    _, _, undisturbed = run(place, rows)
    _, new, resumed = run(place, rows)
    assert new == 0
    assert [tile.path for tile in undisturbed[0]] == [tile.path for tile in resumed[0]]
    for first, second in zip(undisturbed[0], resumed[0], strict=True):
        assert first.outcome == second.outcome == "removed"
        assert all((a == b).all() and max(a.shape) <= SIDE for a, b in zip(first[1:4], second[1:4], strict=True))


def test_an_undisturbed_run_decodes_no_photo_twice(place, monkeypatch):
    rows = catalog_of(place)
    decoded = []
    decode = images.Photo.decode
    monkeypatch.setattr(images.Photo, "decode", lambda photo, *a: decoded.append(photo.sha256) or decode(photo, *a))
    assert run(place, rows)[2][0]
    assert len(decoded) == len(set(decoded)) == 10


def test_fallbacks_are_all_shown_and_told(place):
    for number in range(3):
        images.write(place / "photos" / f"plain{number}.png", np.full((200, 200, 3), 90 + number, np.uint8))
    rows, _, (_, fallbacks) = run(place, catalog_of(place), background="edges")
    told = [tile.path for tile in fallbacks]
    assert {f"plain{number}.png" for number in range(3)} <= set(told)
    assert preparation.quarantine(rows)["path"] == told


def test_nothing_prepared_is_one_line(place):
    rows = catalog_of(place)
    shutil.rmtree(place / "photos")
    with pytest.raises(UserError, match="found 10 that cannot, the first No such file"):
        preparation.require_some(run(place, rows)[0])


def publish(place, rows):
    stage = place / "out"
    stage.mkdir(exist_ok=True)
    draft = prepared.draft_of(place / "img")
    (place / "draft").rename(draft) if not any(draft.iterdir()) else None
    prepared.write(stage, rows, place / "img")
    prepared.publish(draft, place / "img", stage / prepared.TABLE, owner=stage)
    return stage


def test_whoever_has_the_table_finds_the_images(place):
    rows, _, _ = run(place, catalog_of(place))
    found = prepared.read(publish(place, rows))
    assert [file.name for file in found.files()] == [row["image"] for row in rows]
    assert found.files(["3.png"])[0].read_bytes() == (place / "img" / "3.png.jpg").read_bytes()
    assert found.reader()("3.png", 10).shape == (12, 12, 3)  # no smaller than asked for


@pytest.mark.parametrize("encoding", ["jpg", "png"])
def test_prepared_photos_are_read_as_any_photo_is(place, encoding):
    draw(place / "photos" / "wide.jpg", 3, side=70)  # copied as it is
    photos = catalog_of(place)
    preparing = Preparation(place / "photos", place / "draft", encoding, options={"longest": 80})
    tiles = Tiles(row["path"] for row in photos)
    rows, _ = preparation.prepare_all(photos, preparing, place / "work", run=RUN, tiles=tiles)
    found = prepared.read(publish(place, rows))
    read, sides = found.reader(), (10, 32, 45, 500)
    for path, file in zip(found.usable["path"].to_pylist(), found.files(), strict=True):
        assert all(np.array_equal(read(path, side), images.read(file, target=side)) for side in sides)
    found.files()[0].write_bytes(b"")
    found.files()[1].unlink()
    for path in found.usable["path"].to_pylist()[:2]:
        with pytest.raises(images.ImageError):
            read(path, 32)


@pytest.mark.parametrize("damage", ["deleted", "another's", "one gone", "one cut"])
def test_images_that_are_not_those_of_the_table_are_noticed(place, damage):
    stage = publish(place, run(place, catalog_of(place))[0])
    assert prepared.is_intact(stage)
    if damage == "deleted":
        shutil.rmtree(place / "img")
    elif damage == "another's":
        (place / "img" / MARKER).write_text('"0"')
    elif damage == "one gone":
        (place / "img" / "0.png.jpg").unlink()
    else:
        (place / "img" / "0.png.jpg").write_bytes(b"x")
    assert not prepared.is_intact(stage)
    with pytest.raises(UserError, match=r"run python 01_preprocess\.py --dataset toys"):
        prepared.read(stage, "python 01_preprocess.py --dataset toys")


def test_the_sheet_shows_photos_that_preparing_changed(place):
    rng = np.random.default_rng(0)
    images.write(place / "photos" / "noisy.jpg", rng.integers(0, 256, (60, 82, 3), np.uint8))
    images.write(place / "photos" / "large.png", cv2.resize(rng.integers(0, 256, (9, 9, 3), np.uint8), (901, 600)))
    photos = catalog_of(place)
    rows, _, (samples, _) = run(place, photos, background="auto")
    white = {row["path"] for row in rows if row["removed"]}
    assert {tile.path for tile in samples} == preparation.changed(rows, photos) == white != set()
    rows, _, (samples, _) = run(place, photos, work="again", background="none")
    assert (preparation.changed(rows, photos), samples) == (set(), [])
    rows, _, (samples, _) = run(place, photos, work="square", background="none", square=True)
    assert {tile.path: tile.original.shape for tile in samples} == {
        "noisy.jpg": (60, 82, 3),
        "large.png": (100, 150, 3),
    }
