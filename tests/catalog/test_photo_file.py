"""Photos come from files and from tars by the same calls."""

import hashlib

import pytest

from lookalike.catalog import photo_file
from lookalike.core.tars import write_tar


@pytest.fixture(params=["file", "tar"])
def place(request, tmp_path):
    if request.param == "tar":
        write_tar(tmp_path / "a.tar", [("hat/1.jpg", b"photo"), ("empty.jpg", b"")])
        return tmp_path / "a.tar"
    (tmp_path / "hat").mkdir()
    (tmp_path / "hat" / "1.jpg").write_bytes(b"photo")
    (tmp_path / "empty.jpg").touch()
    return tmp_path


def test_a_photo_is_opened_read_measured_and_copied(place, tmp_path):
    file, size = photo_file.open_regular(place / "hat" / "1.jpg")
    with file:
        assert (file.read(), size) == (b"photo", 5)
    assert photo_file.read_bytes(place / "hat" / "1.jpg") == b"photo"
    assert photo_file.size_of(place / "hat" / "1.jpg") == 5
    assert photo_file.digest(place / "hat" / "1.jpg") == hashlib.sha256(b"photo").hexdigest()
    photo_file.copy_to(place / "hat" / "1.jpg", tmp_path / "copy.jpg")
    assert (tmp_path / "copy.jpg").read_bytes() == b"photo"
    assert photo_file.is_member(place / "hat" / "1.jpg") == (place != tmp_path)


@pytest.mark.parametrize(("name", "status"), [("gone.jpg", "unreadable"), ("empty.jpg", "empty")])
def test_what_cannot_be_a_photo_has_a_status(place, name, status):
    with pytest.raises(photo_file.ImageError) as error:
        photo_file.open_regular(place / name)
    assert error.value.status == status


def test_what_is_gone_has_no_size(place):
    assert photo_file.size_of(place / "gone.jpg") is None
    with pytest.raises(OSError, match="No such file"):
        photo_file.read_bytes(place / "gone.jpg")


def test_a_large_photo_is_refused_by_its_size(place):
    with pytest.raises(photo_file.ImageError, match="more than the"):
        photo_file.open_regular(place / "hat" / "1.jpg", max_bytes=4)
