"""The catalog as an artifact: it holds its root and its names; labels and times are tables of their own."""

import os

import cv2
import numpy as np
import pytest

from config import Run
from lookalike.catalog import catalog
from lookalike.catalog.examine import examine
from lookalike.catalog.find import find_files
from lookalike.core.errors import UserError
from lookalike.core.tables import read_table, write_table

RUN = Run(workers=1, shard_size=100, decode_mb=64)


def draw(path, seed, side=24):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.random.default_rng(seed).integers(0, 255, (side, side, 3), np.uint8)
    cv2.imencode(path.suffix, image)[1].tofile(path)


def rows_of(folder, known=()):
    return examine(folder, find_files(folder).files, folder.parent / "work", known, run=RUN)


def publish(folder, photos, known=()):
    rows, read = rows_of(photos, known)
    folder.mkdir(exist_ok=True, parents=True)
    catalog.write(folder, rows, find_files(photos), photos)
    return rows, read


@pytest.fixture
def photos(tmp_path):
    for seed, name in enumerate("abc"):
        draw(tmp_path / "photos" / f"{name}.png", seed)
    (tmp_path / "photos" / "d.jpg").touch()
    return tmp_path / "photos"


def test_whoever_has_the_folder_finds_the_photos(tmp_path, photos):
    publish(tmp_path / "out" / "00", photos)
    found = catalog.read(tmp_path / "out" / "00")
    assert found.root == photos
    assert found.rows["path"].to_pylist() == ["a.png", "b.png", "c.png", "d.jpg"]
    assert found.usable["path"].to_pylist() == ["a.png", "b.png", "c.png"]
    assert all((found.root / path).is_file() for path in found.usable["path"].to_pylist())


def test_moved_together_results_and_photos_stay_together(tmp_path, photos):
    publish(tmp_path / "out", photos)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").rename(tmp_path / "elsewhere" / "out")
    photos.rename(tmp_path / "elsewhere" / "photos")
    assert catalog.read(tmp_path / "elsewhere" / "out").root == tmp_path / "elsewhere" / "photos"


def test_what_the_catalog_says_does_not_depend_on_times(tmp_path, photos):
    publish(tmp_path / "out", photos)
    before = (tmp_path / "out" / "catalog.parquet").read_bytes()
    os.utime(photos / "a.png", (1, 1))
    assert not catalog.is_unchanged(tmp_path / "out", find_files(photos), photos)
    publish(tmp_path / "out", photos)
    assert (tmp_path / "out" / "catalog.parquet").read_bytes() == before
    assert catalog.read_times(tmp_path / "out", ["a.png"]) == [1]


def test_known_rows_are_not_read_again_and_changed_ones_are(tmp_path, photos):
    folder = tmp_path / "out"
    publish(folder, photos)
    assert catalog.is_unchanged(folder, find_files(photos), photos)
    draw(photos / "b.png", 9, side=30)
    draw(photos / "e.png", 10)
    (photos / "a.png").unlink()
    assert not catalog.is_unchanged(folder, find_files(photos), photos)
    known = catalog.read_known(folder, photos)
    for file in (tmp_path / "work").iterdir():
        file.unlink()
    rows, read = publish(folder, photos, known)
    assert read == 2
    assert [row["path"] for row in rows] == ["b.png", "c.png", "d.jpg", "e.png"]
    assert rows[0]["width"] == 30


def test_rows_of_another_folder_are_not_known(tmp_path, photos):
    publish(tmp_path / "out", photos)
    other = tmp_path / "other"
    other.mkdir()
    assert catalog.read_known(tmp_path / "out", other) == []
    assert not catalog.is_unchanged(tmp_path / "out", find_files(photos), other)
    assert catalog.read_known(tmp_path / "nowhere", photos) == []


def test_a_dropped_duplicate_is_known_as_the_photo_it_is(tmp_path, photos):
    rows, _ = rows_of(photos)
    rows[0] |= {"status": "duplicate", "error": "same pixels as b.png"}
    (tmp_path / "out").mkdir()
    catalog.write(tmp_path / "out", rows, find_files(photos), photos)
    assert [row["status"] for row in catalog.read_known(tmp_path / "out", photos)] == ["ok", "ok", "ok", "empty"]


def test_a_name_that_is_no_text_leaves_the_catalog_up_to_date(tmp_path, photos):
    (photos / os.fsdecode(b"\xff.jpg")).write_bytes(b"x")
    publish(tmp_path / "out", photos)
    assert catalog.is_unchanged(tmp_path / "out", find_files(photos), photos)


def test_labels_are_matched_by_name(tmp_path):
    catalog.write_labels(tmp_path, ["a.png", "b.png"], ["hat", ""])
    assert catalog.read_labels(tmp_path, ["c.png", "b.png", "a.png"]) == ["", "", "hat"]


def test_time_of_taking_comes_before_time_of_change(tmp_path, photos):
    rows, _ = rows_of(photos)
    rows[1]["taken_at"] = "1970-01-02T00:00:00"
    os.utime(photos / "a.png", (5, 5))
    (tmp_path / "out").mkdir()
    catalog.write(tmp_path / "out", rows, find_files(photos), photos)
    times = catalog.read_times(tmp_path / "out", ["b.png", "a.png", "gone.png"])
    assert times[:2].tolist() == [86_400, 5]
    assert np.isnan(times[2])


def test_problems_are_listed_for_people(tmp_path, photos):
    publish(tmp_path / "out", photos)
    assert "d.jpg,empty,the file has 0 bytes" in (tmp_path / "out" / "problems.csv").read_text()


def test_only_bad_files_say_why(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "empty.jpg").touch()
    with pytest.raises(UserError, match="1 empty"):
        catalog.require_some(rows_of(tmp_path / "photos")[0], tmp_path)


def test_the_closing_words_count_problems_and_name_results():
    counts = {"photos": 3, "empty": 1, "duplicates": 2}
    words = catalog.summary(counts, "3 labelled by name in 1 classes", ["out"])
    assert words == (
        "3 photos (1 empty: see problems.csv), 3 labelled by name in 1 classes, 2 exact duplicates, "
        "results of Lookalike passed by: out"
    )


def test_a_catalog_of_before_tars_is_read(tmp_path, photos):
    rows, _ = publish(tmp_path / "out", photos)
    table = read_table(tmp_path / "out" / catalog.FILES)
    write_table(tmp_path / "out" / catalog.FILES, table.drop_columns("tar_ns"))
    assert catalog.is_unchanged(tmp_path / "out", find_files(photos), photos)
    assert len(catalog.read_known(tmp_path / "out", photos)) == len(rows)
