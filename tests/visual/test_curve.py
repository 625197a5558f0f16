"""The curve of the number of groups: levels drawn over any range, points without a score left out."""

import cv2
import numpy as np
import pytest

from lookalike.visual.curve import draw_curve

LEVELS = [{"level": name, "n_clusters": k, "low": k - 1, "high": k + 2} for name, k in (("coarse", 3), ("fine", 9))]


@pytest.mark.parametrize(
    ("numbers", "levels"), [([2, 5, 9, 300], LEVELS), ([2, 3, 4], LEVELS[:1]), ([1], []), ([], LEVELS), ([5, 5], [])]
)
def test_any_range_is_drawn(tmp_path, numbers, levels):
    path = tmp_path / "curve.png"
    draw_curve(path, np.array(numbers), np.linspace(0, 1, len(numbers)), levels)
    assert cv2.imread(str(path)).shape == (600, 1080, 3)


def test_levels_and_scores_show_in_the_picture(tmp_path):
    numbers, score = np.arange(2, 12), np.arange(10.0)
    draw_curve(tmp_path / "without.png", numbers, score, [])
    draw_curve(tmp_path / "with.png", numbers, score, LEVELS)
    blue = np.array([178, 114, 0])  # of the first level, BGR
    counts = [(cv2.imread(str(tmp_path / f"{name}.png")) == blue).all(axis=2).sum() for name in ("without", "with")]
    assert counts[0] == 0
    assert counts[1] > 60
    score[3] = np.nan
    draw_curve(tmp_path / "gap.png", numbers, score, LEVELS)
    assert (tmp_path / "gap.png").read_bytes() != (tmp_path / "with.png").read_bytes()


def test_no_interval_hides_another(tmp_path):
    """Each level has a strip of its own, as wide as its interval, though one interval lies within the other."""
    levels = [
        {"level": "coarse", "n_clusters": 4, "low": 2, "high": 11},
        {"level": "medium", "n_clusters": 5, "low": 3, "high": 9},
        {"level": "fine", "n_clusters": 5, "low": 3, "high": 9},
    ]
    draw_curve(tmp_path / "a.png", np.arange(2, 12), np.arange(10.0), levels)
    picture = cv2.imread(str(tmp_path / "a.png")).astype(int)
    widths = []
    for colour in (np.array([178, 114, 0]), np.array([0, 159, 230]), np.array([115, 158, 0])):
        pale = np.round(255 - 0.35 * (255 - colour))
        widths.append((np.abs(picture - pale) <= 2).all(axis=2).sum(axis=1).max())
    assert widths[0] > 1.3 * widths[1] > 400
    assert abs(widths[1] - widths[2]) < 5
