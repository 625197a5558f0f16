"""Files are whole or absent; digests tell contents apart; faults of the disk have a remedy."""

import errno

import pytest

from lookalike.core.files import content_digest, disk_remedy, file_digest, link_or_copy, relative_to, write_aside


def test_an_error_while_writing_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), write_aside(path) as aside:
        aside.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_finished_file_takes_the_place_of_the_old_one(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with write_aside(path) as aside:
        aside.write_text("new")
    assert path.read_text() == "new"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_is_known_by_names_and_bytes(tmp_path):
    for name in "ab":
        (tmp_path / name / "variables").mkdir(parents=True)
        (tmp_path / name / "variables" / "data").write_text("x")
    same = content_digest(tmp_path / "a")
    assert same == content_digest(tmp_path / "b")
    (tmp_path / "b" / "variables" / "data").write_text("y")
    assert same != content_digest(tmp_path / "b")
    (tmp_path / "a" / "variables" / "data").rename(tmp_path / "a" / "variables" / "other")
    assert same != content_digest(tmp_path / "a")
    assert content_digest(tmp_path / "missing") == ""


def test_a_link_is_known_by_its_target(tmp_path):
    for name, target in (("a", "x"), ("b", "x"), ("c", "y")):
        (tmp_path / name).symlink_to(target)
    assert file_digest(tmp_path / "a") == file_digest(tmp_path / "b") != file_digest(tmp_path / "c")


def test_a_file_gets_a_second_name_also_over_another_file(tmp_path):
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    link_or_copy(tmp_path / "a", tmp_path / "b")
    link_or_copy(tmp_path / "a", tmp_path / "deep" / "c")
    assert (tmp_path / "b").read_text() == (tmp_path / "deep" / "c").read_text() == "a"


def test_a_relative_place_survives_a_move_of_both(tmp_path):
    for place in ("one", "two"):
        (tmp_path / place / "img").mkdir(parents=True)
        (tmp_path / place / "output").mkdir()
    seen = [relative_to(tmp_path / place / "img", tmp_path / place / "output") for place in ("one", "two")]
    assert seen == ["../img", "../img"]


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (OSError(errno.ENOSPC, "full"), "make room"),
        (OSError("1000 requested and 200 written"), "make room"),
        (OSError(errno.EROFS, "read-only"), "change permissions"),
        (OSError(errno.ENOENT, "gone"), "see that the disk and the file are there"),
        (OSError("a fault of ours"), None),
        (OSError(errno.EINVAL, "a fault of ours"), None),
    ],
)
def test_only_faults_of_the_disk_have_a_remedy(error, remedy):
    assert disk_remedy(error) == remedy
