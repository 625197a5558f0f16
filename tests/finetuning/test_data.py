"""The squares that training reads: kept for a run that goes on, read anew for another, altered alike each time."""

import numpy as np
import pytest

from lookalike.finetuning.augment import plain_view, random_view
from lookalike.finetuning.data import batches, read_pixels
from lookalike.networks.extract import read_square


def test_squares_are_those_of_extraction(drawn_photos, tmp_path):
    pixels, errors = read_pixels(drawn_photos, 32, tmp_path / "work", "key")
    assert errors == [None] * len(drawn_photos)
    for square, path in zip(pixels, drawn_photos, strict=True):
        assert (square == read_square(path, 32)).all()


def test_bytes_read_as_their_files_do(drawn_photos, tmp_path):
    from_files, _ = read_pixels(drawn_photos[:3], 32, tmp_path / "files", "key")
    from_bytes, _ = read_pixels([path.read_bytes() for path in drawn_photos[:3]], 32, tmp_path / "bytes", "key")
    assert (from_files == from_bytes).all()


def test_an_unreadable_photo_is_black_with_a_reason(drawn_photos, tmp_path):
    pixels, errors = read_pixels([drawn_photos[0], b"", b"text", tmp_path / "absent.jpg"], 32, tmp_path / "work", "key")
    assert [error and error.split(":")[0] for error in errors] == [None, "empty", "not_an_image", "unreadable"]
    assert not pixels[1:].any() and pixels[0].any()


def test_squares_are_kept_for_the_same_key_only(drawn_photos, tmp_path):
    first = np.array(read_pixels(drawn_photos[:2], 32, tmp_path, "key")[0])
    kept = np.array(read_pixels(drawn_photos[1::-1], 32, tmp_path, "key")[0])
    anew = np.array(read_pixels(drawn_photos[1::-1], 32, tmp_path, "other")[0])
    assert (kept == first).all()
    assert (anew == first[::-1]).all()


@pytest.mark.parametrize("view", [plain_view, random_view])
def test_an_epoch_is_altered_the_same_way_whatever_the_order(view):
    pixels = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3), dtype=np.uint8)
    numbers = np.arange(6, dtype=np.int32)

    def epoch(rows, epoch):
        drawn = batches(pixels, np.array(rows), [numbers], view=view, seed=1, epoch=epoch)
        return {int(n): photo for photos, rows in drawn for photo, n in zip(photos.numpy(), rows.numpy(), strict=True)}

    first, shuffled, next_one = epoch([[0, 1, 2], [3, 4, 5]], 0), epoch([[5, 3], [1, 0], [4, 2]], 0), epoch([[0, 1]], 1)
    assert all((first[row] == shuffled[row]).all() for row in range(6))
    assert (view is plain_view) == (first[0] == next_one[0]).all()
    if view is plain_view:
        assert all((first[row] == pixels[row]).all() for row in range(6))
