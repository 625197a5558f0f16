"""Maps of a SOM: the photo and the group of each unit, borders between groups, pictures of any map."""

import cv2
import numpy as np

from lookalike.visual.som_maps import (
    borders,
    draw_photo_map,
    draw_u_matrix,
    group_spots,
    unit_groups,
    unit_photos,
)
from lookalike.visual.style import tint

UNITS = np.array([[0, 0], [0, 0], [0, 0], [0, 2], [1, 1], [1, 1]])
PRED = np.array([4, 4, 7, 7, -1, -1])


def test_a_unit_has_the_group_of_most_of_its_photos():
    groups, counts = unit_groups(UNITS, PRED, (2, 3))
    assert groups.tolist() == [[4, -2, 7], [-2, -1, -2]]
    assert counts.tolist() == [[3, 0, 1], [0, 2, 0]]


def test_a_unit_shows_its_nearest_photo():
    where, rows = unit_photos(UNITS, np.array([0.5, 0.2, 0.9, 1, 0.3, 0.3]), (2, 3))
    assert where.tolist() == [0, 2, 4]
    assert rows.tolist() == [1, 3, 4]


def test_borders_run_between_groups_and_blanks_follow_their_neighbours():
    assert len(borders(np.array([[0, 0], [0, 0]]))) == 0
    assert borders(np.array([[0, 1]])).tolist() == [[[0.5, -0.5], [0.5, 0.5]]]
    assert len(borders(np.array([[0, -2, -2, 1]]))) == 1
    assert len(borders(np.array([[0, 1], [2, 3]]))) == 4


def test_group_numbers_stand_on_a_unit_of_the_group():
    groups = np.array([[5, 5, 5], [5, 8, 5], [5, 5, 5]])
    spots = {number: (row, col) for number, row, col in group_spots(groups)}
    assert spots[8] == (1, 1)
    assert groups[spots[5]] == 5


def test_names_of_the_largest_groups_come_first():
    assert [group for group, *_ in group_spots(np.array([[1, 2, 2], [0, 0, 0]]))] == [0, 2, 1]


def test_a_unit_without_photos_has_the_tint_of_its_neighbour_and_no_cell_is_white(tmp_path, read):
    path = tmp_path / "photos.png"
    paths = ["10", "20", "30", "40", "50", "broken"]
    draw_photo_map(path, (2, 3), UNITS, np.arange(6.0), PRED, paths, read, picture_side=300)
    picture = cv2.imread(str(path))[..., ::-1]
    cells = picture[48:248, 12:312].reshape(2, 100, 3, 100, 3)
    assert (cells[0, 50, 0, 50] == 10).all()
    assert (cells[0, 50, 2, 50] == 40).all()
    assert cells[1, 50, 0, 50].tolist() == list(tint(4))
    assert cells[1, 50, 2, 50].tolist() == list(tint(-1))
    lines = (picture[48:248, 12:312] == 255).all(axis=2).mean()
    assert lines < 0.15  # borders and the boxes of names


def test_a_photo_is_larger_where_more_are(tmp_path, read):
    units = np.array([[0, 0]] * 9 + [[0, 1]])
    draw_photo_map(tmp_path / "photos.png", (1, 2), units, np.zeros(10), np.full(10, -1), ["90"] * 9 + ["60"], read)
    picture = cv2.imread(str(tmp_path / "photos.png"))
    assert (picture == 90).all(axis=2).sum() > 1.5 * (picture == 60).all(axis=2).sum() > 500


def test_maps_of_one_unit_and_one_image(tmp_path, read):
    one, zero = np.zeros((1, 2), int), np.zeros(1, int)
    draw_photo_map(tmp_path / "photos.png", (1, 1), one, np.zeros(1), zero, ["9"], read)
    draw_u_matrix(tmp_path / "u.png", np.zeros((1, 1)), one, zero)
    assert cv2.imread(str(tmp_path / "u.png")) is not None


def test_u_matrix_of_noise_only(tmp_path):
    draw_u_matrix(tmp_path / "u.png", np.random.default_rng(0).random((2, 3)), UNITS, np.full(6, -1))
    assert (tmp_path / "u.png").stat().st_size > 1000


def test_700_groups_with_odd_names_are_named_where_there_is_room(tmp_path, read, recwarn):
    units = np.argwhere(np.ones((27, 27)))[:700]
    called = dict.fromkeys(range(0, 700, 3), "a\u202e<b>$x$\n'写\"") | {1: "n" * 90}
    parts = (units, np.arange(700), ["1"] * 700, read)
    draw_photo_map(tmp_path / "photos.png", (27, 27), parts[0], np.zeros(700), *parts[1:], called=called)
    draw_u_matrix(tmp_path / "u.png", np.random.default_rng(0).random((27, 27)), *parts[:2], called=called)
    assert not [str(one.message) for one in recwarn.list if one.category is not ResourceWarning]  # of other tests


def test_no_photo_at_all(tmp_path, read):
    none = np.empty((0, 2), int)
    draw_photo_map(tmp_path / "photos.png", (2, 2), none, np.empty(0), none[:, 0], [], read)
    draw_u_matrix(tmp_path / "u.png", np.zeros((2, 2)), none, none[:, 0])
    assert cv2.imread(str(tmp_path / "photos.png")) is not None
