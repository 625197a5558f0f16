"""The squares that training reads: kept for a run that goes on, read anew for another, altered alike each time."""

import numpy as np
import pytest

from lookalike.finetuning.augment import random_copy, unchanged
from lookalike.finetuning.data import batches, read_pixels
from lookalike.networks.squares import Photo, read_square


def photos_of(paths):
    return [Photo(path) for path in paths]


def test_squares_are_those_of_extraction(drawn_photos, tmp_path):
    pixels, errors, _ = read_pixels(photos_of(drawn_photos), 32, tmp_path / "work" / "pixels.npy")
    assert errors == [None] * len(drawn_photos)
    for square, path in zip(pixels, drawn_photos, strict=True):
        assert (square == read_square(Photo(path), 32)).all()


def test_bytes_read_as_their_files_do(drawn_photos, tmp_path):
    from_files, _, digest = read_pixels(photos_of(drawn_photos[:3]), 32, tmp_path / "files.npy")
    from_bytes, _, again = read_pixels([path.read_bytes() for path in drawn_photos[:3]], 32, tmp_path / "bytes.npy")
    assert (from_files == from_bytes).all() and digest == again
    assert read_pixels(photos_of(drawn_photos[2::-1]), 32, tmp_path / "turned.npy")[2] != digest


def test_an_unreadable_photo_is_black_with_a_reason(drawn_photos, tmp_path):
    photos = [Photo(drawn_photos[0]), b"", b"text", Photo(tmp_path / "absent.jpg")]
    pixels, errors, _ = read_pixels(photos, 32, tmp_path / "pixels.npy")
    assert [error and error.split(":")[0] for error in errors] == [None, "empty", "not_an_image", "unreadable"]
    assert not pixels[1:].any() and pixels[0].any()


@pytest.mark.parametrize("augment", [unchanged, random_copy])
def test_an_epoch_is_altered_the_same_way_whatever_the_order(augment):
    pixels = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3), dtype=np.uint8)
    numbers = np.arange(6, dtype=np.int32)

    def epoch(rows, epoch):
        drawn = batches(pixels, np.array(rows), [numbers], augment=augment, seed=1, epoch=epoch)
        return {int(n): photo for photos, rows in drawn for photo, n in zip(photos.numpy(), rows.numpy(), strict=True)}

    first, shuffled, next_one = epoch([[0, 1, 2], [3, 4, 5]], 0), epoch([[5, 3], [1, 0], [4, 2]], 0), epoch([[0, 1]], 1)
    assert all((first[row] == shuffled[row]).all() for row in range(6))
    assert (augment is unchanged) == (first[0] == next_one[0]).all()
    if augment is unchanged:
        assert all((first[row] == pixels[row]).all() for row in range(6))
