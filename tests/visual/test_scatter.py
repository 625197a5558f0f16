"""Photos as points: two panels with labels and one without, for any number of photos, names and groups."""

import cv2
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from lookalike.visual.scatter import draw_scatter, matched_styles
from lookalike.visual.style import group_style

POSITIONS = np.random.default_rng(0).normal(size=(90, 2)).astype(np.float32)
PRED = np.repeat([0, 1, -1], 30)


@pytest.mark.parametrize(
    ("true", "wide"),
    [([""] * 90, False), (["a"] * 45 + [""] * 45, True), ([f"class $_{i % 30}\n" for i in range(90)], True)],
)
def test_two_panels_with_labels_and_one_without(tmp_path, true, wide):
    path = tmp_path / "tsne.png"
    draw_scatter(path, POSITIONS, true, PRED, title="t-SNE")
    height, width = cv2.imread(str(path)).shape[:2]
    assert (width > 1.5 * height) == wide


@pytest.mark.parametrize("pred", [[0], [-1], [0, 1], [-1, -1, -1], list(range(700))])
def test_any_number_of_photos_and_groups_is_drawn(tmp_path, pred, recwarn):
    positions = np.arange(2.0 * len(pred)).reshape(-1, 2)
    draw_scatter(tmp_path / "tsne.png", positions, ["a"] * len(pred), np.array(pred), title="t-SNE")
    assert (tmp_path / "tsne.png").stat().st_size > 1000
    assert not recwarn.list


def texts_of(monkeypatch, path, *parts, **how):
    """Draw, and return all texts of the picture with the colours of their boxes' edges."""
    found = []
    monkeypatch.setattr(Figure, "savefig", lambda self, *_, **__: found.extend(self.findobj(Text)))
    draw_scatter(path, *parts, **how)
    edges = {text.get_text(): text.get_bbox_patch() for text in found}
    return {text: patch and to_hex(patch.get_edgecolor()).upper() for text, patch in edges.items() if text}


def test_a_class_has_the_colour_of_its_group_and_both_have_their_names(tmp_path, monkeypatch):
    true = ["zebra"] * 28 + ["ant"] * 60 + [""] * 2
    drawn = texts_of(monkeypatch, tmp_path / "a.png", POSITIONS, true, PRED, title="t", called={1: "small ones"})
    assert drawn["zebra"] == drawn["group 0"] == group_style(0)[0]
    assert drawn["ant"] == drawn["small ones"] == group_style(1)[0]
    assert {"2 true classes, 2 photos without label", "2 groups, 30 photos in no group", "t: 90 photos"} <= set(drawn)


def test_classes_are_matched_to_the_groups_they_share_most_with():
    classes, groups = np.array([0, 0, 0, 1, 1, 2, 2, -1]), np.array([5, 5, 2, 5, 2, -1, -1, 2])
    assert matched_styles(classes, groups) == {0: 5, 1: 2, 2: 0}  # 2 is in no group: a style that is free
    assert matched_styles(classes, np.full(8, -1)) == {0: 0, 1: 1, 2: 2}
    assert matched_styles(np.full(8, -1), groups) == {}


def test_a_sample_and_names_left_out_are_said(tmp_path, monkeypatch):
    positions = np.random.default_rng(0).normal(size=(1500, 2))
    pred = np.arange(1500) % 500
    drawn = texts_of(monkeypatch, tmp_path / "a.png", positions, [""] * 1500, pred, title="t", total=9000)
    assert "t: 1,500 of 9,000 photos" in drawn
    named = sum(text.startswith("group ") for text in drawn)
    assert f"500 groups, {named} of them named" in drawn
    assert 30 < named < 400


@pytest.mark.parametrize("name", ["写真", "a\u202eb", "$x$", "<b>'\"&amp;", "two\nlines", "n" * 300])
def test_odd_names_are_drawn_without_a_warning(tmp_path, name, recwarn):
    draw_scatter(tmp_path / "a.png", POSITIONS, [name] * 90, PRED, title=name, called={0: name})
    assert not recwarn.list


def test_no_photo_is_drawn(tmp_path, recwarn):
    draw_scatter(tmp_path / "a.png", np.empty((0, 2)), [], np.empty(0, int), title="none")
    assert not recwarn.list
