"""All pictures of a grouping: the same set for every method, whatever the grouping, without a warning."""

import dataclasses
import json

import cv2
import numpy as np
import pytest

from lookalike.core.errors import UserError
from lookalike.visual import layouts, pictures
from lookalike.visual.options import Options

ALWAYS = ["photo_map.png", "sheet.jpg", "tsne.png"]


def photos(pred, read, true=None):
    n = len(pred)
    features = np.random.default_rng(0).normal(size=(n, 5)).astype(np.float32)
    names = [str(row % 200) for row in range(n)]
    return pictures.Photos(names, true or [""] * n, np.array(pred, int), features, np.full(n, np.nan), read)


def warned(recwarn):
    """Return what was warned of, but for files that earlier tests left to the garbage collector."""
    return [f"{one.filename}: {one.message}" for one in recwarn if one.category is not ResourceWarning]


@pytest.mark.parametrize(
    "pred", [[0], [-1], [0, 0], [0, 1], [0] * 12, [-1] * 12, [0] * 6 + [-1] * 6, [i % 700 for i in range(1000)]]
)
def test_any_grouping_has_its_pictures(tmp_path, read, pred, recwarn):
    (tmp_path / "06").mkdir()
    names, notes = pictures.draw_all(tmp_path / "06", tmp_path, photos(pred, read), Options(), "toys")
    several = len(set(pred)) > Options().max_columns
    assert [name for name in names if "sheet" not in name] == [name for name in ALWAYS if "sheet" not in name]
    assert ("sheet_18.jpg" if several else "sheet.jpg") in names
    assert notes == []
    assert warned(recwarn) == []


def test_no_photos_have_pictures_too(tmp_path, read, recwarn):
    (tmp_path / "06").mkdir()
    names, _ = pictures.draw_all(tmp_path / "06", tmp_path, photos([], read), Options(gallery=False), "toys")
    assert names == ["photo_map.png", "sheet.jpg", "tsne.png"]
    assert warned(recwarn) == []


def test_equal_groups_give_equal_pictures(tmp_path, read):
    made = []
    for folder in (tmp_path / "1", tmp_path / "2"):
        folder.mkdir()
        names, _ = pictures.draw_all(folder, tmp_path, photos([0] * 9 + [-1, 1], read), Options(projector=True), "a")
        made.append({name: (folder / name).read_bytes() for name in names if name != "projector"})
    assert made[0] == made[1]


def test_a_group_has_its_name_in_every_picture(tmp_path, read, monkeypatch):
    (tmp_path / "06").mkdir()
    seen = set()
    for name in ("draw_scatter", "draw_photo_map", "draw_sheet", "write_projector"):
        monkeypatch.setattr(pictures, name, lambda *_, called, name=name, **__: seen.add((name, called[1])) or [])
    named = dataclasses.replace(photos([0, 1, 1], read), called={1: "shoes"})
    pictures.draw_all(tmp_path / "06", tmp_path, named, Options(gallery=False, projector=True), "toys")
    assert seen == {(name, "shoes") for name in ("draw_scatter", "draw_photo_map", "draw_sheet", "write_projector")}


def test_a_count_with_a_curve_is_drawn(tmp_path, read):
    (tmp_path / "06").mkdir()
    level = {"level": "medium", "n_clusters": 3, "low": 2, "high": 4}
    record = {"levels": [level], "curve": {"n_clusters": [2, 3, 4], "disagreement": [0.5, 0.1, 0.4]}}
    (tmp_path / "count.json").write_text(json.dumps(record))
    names, _ = pictures.draw_all(tmp_path / "06", tmp_path, photos([0, 1, 1], read), Options(gallery=False), "toys")
    assert names == ["count.png", "photo_map.png", "sheet.jpg", "tsne.png"]


def test_each_photo_has_a_place_of_its_own_on_the_map(tmp_path, read, monkeypatch):
    (tmp_path / "06").mkdir()
    pictures.draw_all(tmp_path / "06", tmp_path, photos([0] * 6, read), Options(picture_side=300), "toys")
    page = cv2.imread(str(tmp_path / "06/photo_map.png"))
    shown = {value for value in range(6) if (page == value).all(axis=2).sum() > 300}
    assert shown >= {1, 2, 3, 4, 5}  # 0 is black, as letters are
    monkeypatch.setattr(pictures, "GRID_IMAGES", 4)
    _, notes = pictures.draw_all(tmp_path / "06", tmp_path, photos([0] * 6, read), Options(), "toys")
    assert notes == ["photo map of 4 of 6 photos"]


def test_umap_that_is_not_there_is_said_before_anything_is_drawn(tmp_path, read, monkeypatch):
    (tmp_path / "06").mkdir()
    monkeypatch.setattr(layouts, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="extra umap"):
        pictures.draw_all(tmp_path / "06", tmp_path, photos([0, 1], read), Options(umap=True), "toys")
    assert list((tmp_path / "06").iterdir()) == []
