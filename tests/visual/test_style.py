"""How groups are told apart: enough styles, labels that do not overlap, names that fit on a line."""

import numpy as np

from lookalike.visual.style import (
    NOISE,
    figure,
    group_style,
    one_line,
    shorten,
    spread_apart,
    tint,
    without_overlap,
)


def test_81_groups_look_different_and_noise_is_grey():
    assert len({group_style(group) for group in range(81)}) == 81
    assert group_style(-1)[0] == NOISE


def test_colours_differ_for_a_reader_without_red_or_green():
    # Protanopia and deuteranopia matrices of Vienot, Brettel and Mollon (1999), on linear RGB.
    colours = np.array([[int(group_style(g)[0][i : i + 2], 16) for i in (1, 3, 5)] for g in range(8)]) / 255
    linear = colours**2.2
    for matrix in (
        [[0.112, 0.888, 0], [0.112, 0.888, 0], [0.004, -0.004, 1]],
        [[0.292, 0.708, 0], [0.292, 0.708, 0], [-0.022, 0.022, 1]],
    ):
        seen = np.clip(linear @ np.array(matrix).T, 0, 1) ** (1 / 2.2)
        apart = np.linalg.norm(seen[:, None] - seen, axis=2)[np.triu_indices(8, 1)]
        assert apart.min() > 0.1


def test_spread_labels_do_not_overlap_and_stay_near():
    rng = np.random.default_rng(0)
    points, sizes = rng.uniform(0, 10, (40, 2)), np.full((40, 2), [0.8, 0.5])
    points[1] = points[0]
    placed = spread_apart(points, sizes)
    gaps = np.abs(placed[:, None] - placed) - [0.8, 0.5]
    assert (gaps.max(axis=2)[np.triu_indices(40, 1)] > -0.02).all()
    assert np.linalg.norm(placed - points, axis=1).max() < 3


def test_labels_that_fit_stay_where_they_are():
    points = np.array([[0.0, 0.0], [5.0, 5.0]])
    assert np.array_equal(spread_apart(points, np.ones((2, 2))), points)


def test_names_are_put_on_one_line_and_cut_in_the_middle():
    assert one_line("a\nb\tc\x07") == "a b c?"
    assert shorten("abcdefghij", 5) == "ab…ij"
    assert shorten("short", 5) == "short"


def test_dollar_signs_are_drawn_as_typed_and_pictures_are_reproducible(tmp_path):
    for name in ("1.png", "2.png"):
        with figure(tmp_path / name, 2, 1) as drawing:
            drawing.suptitle("$\\frac{broken$")
    assert (tmp_path / "1.png").read_bytes() == (tmp_path / "2.png").read_bytes()


def test_a_tint_is_a_light_shade_of_its_group():
    assert tint(0) == (163, 204, 227)
    assert all(min(tint(group)) > 120 for group in range(-1, 8))
    assert len({tint(group) for group in range(-1, 8)}) == 9


def test_of_boxes_that_overlap_the_first_stays():
    boxes = np.array([[0, 0, 4, 2], [3, 1, 6, 3], [4, 0, 6, 2], [0, 2, 4, 3]])
    assert without_overlap(boxes) == [0, 2, 3]
    assert without_overlap(np.empty((0, 4))) == []
