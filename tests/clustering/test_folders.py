"""Folders of groups: what is written, under which names, and where links point."""

import numpy as np
import pytest

from lookalike.clustering import FOLDERS
from lookalike.clustering.folders import write_folders
from lookalike.core.tars import write_tar


@pytest.fixture
def photos(tmp_path):
    names = ["a/1.jpg", "b/1.jpg", "b/1-2.jpg", "c/Größe 'ü' <b>.png", "c/行\n1.jpg"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return [tmp_path / name for name in names]


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in folder.rglob("*.*g")}


@pytest.mark.parametrize("way", FOLDERS)
def test_every_photo_is_there_once_whatever_its_name(photos, tmp_path, way):
    draft, final = tmp_path / "draft", tmp_path / "deep" / "in" / "groups"
    assert write_folders(draft, final, photos, np.array([0, 0, 0, 1, -1]), way) == 5
    final.parent.mkdir(parents=True)
    draft.rename(final)
    assert contents(final) == {
        "cluster_with_3/cluster_0/1.jpg": "a/1.jpg",
        "cluster_with_3/cluster_0/1-2.jpg": "b/1.jpg",
        "cluster_with_3/cluster_0/1-2-2.jpg": "b/1-2.jpg",
        "cluster_with_1/cluster_1/Größe 'ü' <b>.png": "c/Größe 'ü' <b>.png",
        "noise/行\n1.jpg": "c/行\n1.jpg",
    }
    assert all(path.is_symlink() == (way == "link") for path in final.rglob("*.*g"))


def test_links_still_hold_when_all_is_moved_together(photos, tmp_path):
    write_folders(tmp_path / "groups", tmp_path / "groups", photos, np.zeros(5, int), "link")
    moved = tmp_path.with_name("moved")
    tmp_path.rename(moved)
    assert len(contents(moved / "groups")) == 5


def test_names_that_differ_only_in_case_do_not_collide(tmp_path):
    for name in ("x/A.jpg", "y/a.jpg"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    photos = [tmp_path / "x/A.jpg", tmp_path / "y/a.jpg"]
    write_folders(tmp_path / "groups", tmp_path / "groups", photos, np.zeros(2, int), "copy")
    assert sorted(contents(tmp_path / "groups")) == [
        "cluster_with_2/cluster_0/A.jpg",
        "cluster_with_2/cluster_0/a-2.jpg",
    ]


def test_a_missing_photo_is_an_error_and_the_photos_stay(photos, tmp_path):
    photos[4].unlink()
    with pytest.raises(OSError):
        write_folders(tmp_path / "groups", tmp_path / "groups", photos, np.zeros(5, int), "copy")
    assert all(photo.exists() for photo in photos[:4])


@pytest.mark.parametrize("way", FOLDERS)
def test_photos_in_tars_are_copied_out_of_them(tmp_path, way):
    write_tar(tmp_path / "a.tar", [("hat/1.jpg", b"one"), ("shoe/1.jpg", b"two")])
    photos = [tmp_path / "a.tar" / "hat" / "1.jpg", tmp_path / "a.tar" / "shoe" / "1.jpg"]
    write_folders(tmp_path / "groups", tmp_path / "groups", photos, np.zeros(2, int), way)
    found = contents(tmp_path / "groups")
    assert found == {"cluster_with_2/cluster_0/1.jpg": "one", "cluster_with_2/cluster_0/1-2.jpg": "two"}
