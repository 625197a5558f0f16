"""Folders of groups: what is written, and above all what is never removed."""

import numpy as np
import pytest

from lookalike.clustering.folders import MARKER, write_folders
from lookalike.core.errors import UserError


@pytest.fixture
def photos(tmp_path):
    names = ["a/1.jpg", "b/1.jpg", "b/1-2.jpg", "c/Größe 'ü' <b>.png", "c/行\n1.jpg"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return [tmp_path / name for name in names]


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in folder.rglob("*.*g")}


@pytest.mark.parametrize("way", ["link", "copy"])
def test_every_photo_is_there_once_whatever_its_name(photos, tmp_path, way):
    target = tmp_path / "groups"
    assert write_folders(target, photos, np.array([0, 0, 0, 1, -1]), way=way) == 5
    assert contents(target) == {
        "cluster_with_3/cluster_0/1.jpg": "a/1.jpg",
        "cluster_with_3/cluster_0/1-2.jpg": "b/1.jpg",
        "cluster_with_3/cluster_0/1-2-2.jpg": "b/1-2.jpg",
        "cluster_with_1/cluster_1/Größe 'ü' <b>.png": "c/Größe 'ü' <b>.png",
        "noise/行\n1.jpg": "c/行\n1.jpg",
    }
    assert all(path.is_symlink() == (way == "link") for path in target.rglob("*.*g"))


def test_links_still_hold_when_all_is_moved_together(photos, tmp_path):
    write_folders(tmp_path / "groups", photos, np.zeros(5, int))
    moved = tmp_path.with_name("moved")
    tmp_path.rename(moved)
    assert len(contents(moved / "groups")) == 5


def test_names_that_differ_only_in_case_do_not_collide(tmp_path):
    for name in ("x/A.jpg", "y/a.jpg"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    write_folders(tmp_path / "groups", [tmp_path / "x/A.jpg", tmp_path / "y/a.jpg"], np.zeros(2, int), way="copy")
    assert sorted(contents(tmp_path / "groups")) == [
        "cluster_with_2/cluster_0/A.jpg",
        "cluster_with_2/cluster_0/a-2.jpg",
    ]


def test_an_earlier_result_is_replaced_whole(photos, tmp_path):
    target = tmp_path / "groups"
    write_folders(target, photos, np.zeros(5, int))
    write_folders(target, photos, np.arange(5), way="copy")
    assert sorted(path.name for path in target.iterdir()) == [MARKER, "cluster_with_1"]
    assert all(photo.exists() for photo in photos)


@pytest.mark.parametrize("foreign", ["notes.txt", "cluster_with_5/mine.jpg"])
def test_a_file_of_the_user_stops_the_run_and_stays(photos, tmp_path, foreign):
    target = tmp_path / "groups"
    write_folders(target, photos, np.zeros(5, int))
    (target / foreign).write_text("mine")
    before = contents(target)
    with pytest.raises(UserError, match=foreign):
        write_folders(target, photos, np.arange(5))
    assert (target / foreign).read_text() == "mine" and contents(target) == before


def test_a_folder_made_by_someone_else_is_left_alone(photos, tmp_path):
    with pytest.raises(UserError, match=r"1\.jpg"):
        write_folders(tmp_path / "a", photos, np.zeros(5, int))
    assert photos[0].exists()


def test_a_link_or_file_in_the_place_of_the_target_is_refused(photos, tmp_path):
    (tmp_path / "groups").symlink_to(tmp_path / "a", target_is_directory=True)
    with pytest.raises(UserError, match="something else"):
        write_folders(tmp_path / "groups", photos, np.zeros(5, int))
    assert photos[0].exists()


def test_a_missing_photo_leaves_the_earlier_result(photos, tmp_path):
    target = tmp_path / "groups"
    write_folders(target, photos, np.zeros(5, int), way="copy")
    before = contents(target)
    photos[4].unlink()
    with pytest.raises(OSError):
        write_folders(target, photos, np.arange(5), way="copy")
    assert contents(target) == before
    assert not list(tmp_path.glob(".groups-*"))
