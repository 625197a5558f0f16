"""The picture of confusions: one row a group that mixes classes, also with few photos, odd names, or none at all."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from lookalike.visual import confusions
from lookalike.visual.confusions import draw_confusions, mixed_groups

PATHS = ["5", "15", "25", "35", "45", "55", "broken", "75"]
PRED = np.array([2, 2, 2, 2, 2, 2, 7, -1])
TRUE = ["dog", "cat", "dog", "dog", "dog", "dog", "dog", "cat"]


def grouped(pred, paths=PATHS, called=None):
    return SimpleNamespace(paths=paths, labels=np.array(pred, int), distances=np.zeros(len(pred)), called=called or {})


def test_groups_with_the_most_photos_beside_their_main_class_come_first():
    pred = np.array([0, 0, 0, 1, 1, 1, 1, 1, 2, 2, -1, -1])
    true = ["a", "a", "b", "c", "c", "c", "a", "b", "a", "", "a", "b"]
    rows = mixed_groups(pred, true, np.arange(12.0)[::-1])
    assert [row.group for row in rows] == [1, 0]
    assert [(name, found.tolist()) for name, found in rows[0].classes] == [("c", [5, 4, 3]), ("a", [6]), ("b", [7])]


def test_a_group_shows_the_photos_of_its_classes_side_by_side(tmp_path, read, monkeypatch):
    texts = []
    monkeypatch.setattr(confusions, "write", lambda draw, spot, text, *size, **how: texts.append((spot, text)))
    draw_confusions(tmp_path / "one.png", grouped(PRED, called={2: "animals"}), TRUE, read)
    assert [text for _, text in texts] == [
        "Groups that mix classes: 1 of 2",
        "animals",
        "6 photos",
        "2 classes",
        "dog: 5",
        "cat: 1",
    ]
    page = cv2.imread(str(tmp_path / "one.png"))[..., 0].astype(int)
    row = page[confusions.MARGIN + confusions.TITLE + confusions.HEAD + confusions.SIDE // 2]
    assert [value for value in dict.fromkeys(row.tolist()) if value in range(5, 76, 10)] == [5, 25, 35, 45, 15]
    assert texts[1][0][0] < texts[4][0][0] < texts[5][0][0]


@pytest.mark.parametrize("name", ["a$b_$", "<b>\n" * 40, "写真", "a\u202eb", "'\""])
def test_odd_names_are_drawn_without_a_warning(tmp_path, read, name, recwarn):
    draw_confusions(tmp_path / "a.png", grouped(PRED, called={2: name}), [name, *TRUE[1:]], read)
    assert cv2.imread(str(tmp_path / "a.png")) is not None
    assert not [str(one.message) for one in recwarn.list if one.category is not ResourceWarning]  # of other tests


def test_of_700_mixed_groups_ten_are_shown(tmp_path, read):
    pred, true = np.arange(1400) % 700, [f"class {row // 700}" for row in range(1400)]
    draw_confusions(tmp_path / "a.png", grouped(pred, ["1"] * 1400), true, read)
    assert cv2.imread(str(tmp_path / "a.png")).shape[0] < 2000


@pytest.mark.parametrize("pred", [[], [0], [-1, -1], [0, 1]])
def test_that_no_group_mixes_classes_is_said(tmp_path, read, pred, monkeypatch):
    texts = []
    monkeypatch.setattr(confusions, "write", lambda draw, spot, text, *size, **how: texts.append(text))
    draw_confusions(tmp_path / "a.png", grouped(pred), ["cat", "dog"][: len(pred)], read)
    assert texts == ["No group mixes classes."]
