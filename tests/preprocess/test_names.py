"""Every photo has a prepared name of its own, whatever the photos are called and in whatever order they come."""

import itertools
import random
import unicodedata
from pathlib import PurePosixPath

import pytest

from lookalike.preprocess.names import folders_of, image_names


def test_names_are_kept_where_the_suffix_fits():
    assert image_names(["a.jpg", "b/c.JPEG", "d.png"], "jpg") == {
        "a.jpg": "a.jpg",
        "b/c.JPEG": "b/c.JPEG",
        "d.png": "d.png.jpg",
    }
    assert image_names(["a.jpg", "d.png"], "png") == {"a.jpg": "a.jpg.png", "d.png": "d.png"}


@pytest.mark.parametrize(
    "paths",
    [
        ["a.png", "a.png.jpg"],
        ["a.png", "a.PNG", "A.png.jpg"],
        ["a.png", "a.png.jpg/b.jpg"],
        ["a.jpg", "A.jpg", "x/A.jpg"],
        ["\u00e9.jpg", "e\u0301.jpg"],
        ["Dir/a.jpg", "dir/a.jpg"],
        ["n" * 251 + ".png", "n" * 250 + "m.png"],
        ["\u5199" * 83 + ".png", "\u5199" * 83 + ".bmp"],
    ],
)
def test_no_two_share_a_name_on_any_file_system(paths):
    names = image_names(paths, "jpg")
    for order in itertools.permutations(paths):
        assert image_names(order, "jpg") == names
    folded = {unicodedata.normalize("NFC", name).casefold() for name in names.values()}
    assert len(folded) == len(paths)
    folders = {str(parent).casefold() for name in names.values() for parent in PurePosixPath(name).parents}
    assert not folded & folders
    assert all(len(part.encode()) <= 255 for name in names.values() for part in name.split("/"))
    assert all(name.lower().endswith((".jpg", ".jpeg")) for name in names.values())


def test_the_photo_that_has_the_name_keeps_it():
    names = image_names(["a.png", "a.png.jpg"], "jpg")
    assert names["a.png.jpg"] == "a.png.jpg"
    assert names["a.png"].startswith("a.png~")


def test_random_names_are_distinct():
    rng = random.Random(0)
    parts = ["a", "A", "a.png", "a.png.jpg", "b.jpg", "a.jpg", "\u00e9.jpg", "e\u0301.jpg"]
    paths = {"/".join(rng.choices(parts, k=rng.randint(1, 3))) for _ in range(300)}
    files = [path for path in paths if not any(other.startswith(path + "/") for other in paths)]
    names = image_names(files, "jpg")
    assert len(set(names.values())) == len(files)
    parents = {str(parent) for name in names.values() for parent in PurePosixPath(name).parents}
    assert not parents & set(names.values())


def test_folders_of_names_at_any_depth():
    assert folders_of(["a/b/c.jpg", "a/b/d.jpg", "e.jpg"]) == {".", "a", "a/b"}
    assert folders_of([]) == set()
