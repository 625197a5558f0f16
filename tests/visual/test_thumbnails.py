"""Thumbnails: whole photos on white squares, a crossed square for a photo that cannot be read."""

import numpy as np

from lookalike.catalog import images
from lookalike.visual.thumbnails import load_thumbnails, map_thumbnails, missing, reader, shrink


def test_thumbnails_keep_order_and_proportions(read):
    squares = load_thumbnails(["7", "90"], read, 30)
    assert squares.shape == (2, 30, 30, 3)
    assert squares[0, 15, 15].tolist() == [7] * 3
    assert squares[1, 15, 15].tolist() == [90] * 3
    assert (squares[:, :5] == 255).all()  # 60 x 40 becomes 30 x 20: five white rows above and below
    assert (squares[:, 5:25] != 255).all()


def test_a_photo_may_stand_on_its_own_ground(read):
    squares = load_thumbnails(["7", "90"], read, 30, grounds=np.array([[1, 2, 3], [4, 5, 6]]))
    assert squares[:, 0, 0].tolist() == [[1, 2, 3], [4, 5, 6]]


def test_a_photo_that_cannot_be_read_is_crossed_out(read):
    squares = load_thumbnails(["7", "broken"], read, 32)
    assert np.array_equal(squares[1], missing(32))


def test_small_and_thin_photos_fill_one_side():
    assert (shrink(np.zeros((1, 1000, 3), np.uint8), 20) == 0).all(axis=(1, 2)).sum() == 1
    assert (shrink(np.zeros((2, 2, 3), np.uint8), 20) == 0).all()


def test_reader_reads_below_its_folder(tmp_path):
    (tmp_path / "a").mkdir()
    images.write(tmp_path / "a" / "ü.png", np.full((8, 9, 3), 77, np.uint8))
    assert reader(tmp_path)("a/ü.png", 4).shape == (8, 9, 3)


def test_no_photos_give_no_thumbnails(read):
    assert load_thumbnails([], read, 16).shape == (0, 16, 16, 3)


def test_what_is_drawn_of_parts_comes_in_their_order(read):
    paths = [str(grey) for grey in range(1, 40)]
    drawn = list(map_thumbnails(lambda squares: squares[:, 8, 8, 0].tobytes(), [*paths, "broken"], read, 16, 7))
    assert [len(part) for part in drawn] == [7, 7, 7, 7, 7, 5]
    assert list(b"".join(drawn)) == [*range(1, 40), missing(16)[8, 8, 0]]
    assert list(map_thumbnails(bytes, [], read, 16, 7)) == []
