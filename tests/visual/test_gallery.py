"""The gallery: one file that names nothing outside itself, with every name as data and never as markup."""

import base64
import json
import re

import cv2
import numpy as np
import pytest

from lookalike.visual.gallery import write_gallery

EVIL = "</script><script>alert(1)</script>&\u2028.jpg"


@pytest.fixture
def page(tmp_path, read):
    def write(n=6, pred=(0, 0, 0, 1, 1, -1), rows=None, **options):
        rows = np.arange(n) if rows is None else np.array(rows)
        positions = np.random.default_rng(0).normal(size=(len(rows), 2))
        true = [EVIL, "a", "a", "", "b", "b"][:n]

        def read_photo(path, target):
            return read("7" if path == EVIL else path, target)

        paths = [EVIL, "2", "3", "4", "5", "broken"][:n]
        write_gallery(tmp_path / "g.html", rows, positions, np.array(pred), true, paths, read_photo, **options)
        return (tmp_path / "g.html").read_text(encoding="utf-8")

    return write


def data_of(text):
    return json.loads(re.search(r'<script id="data"[^>]*>(.*?)</script>', text, re.S).group(1))


def test_nothing_outside_the_file_is_named(page):
    text = page()
    assert not re.search(r"(src|href)\s*=\s*[\"'](?!data:)|https?://|//[a-z]+\.|@import", text)
    assert "default-src 'none'" in text


def test_names_are_data_and_never_markup(page):
    text = page(title="<b>shoes</b> & co")
    assert "alert(1)</script>" not in text
    assert text.count("<script") == text.count("</script>") == 2
    assert "<title>&lt;b&gt;shoes&lt;/b&gt; &amp; co</title>" in text
    data = data_of(text)
    assert data["paths"][0] == EVIL
    assert EVIL in data["names"]


def test_data_hold_every_image_cluster_and_size(page):
    data = data_of(page())
    assert [(c["id"], c["size"]) for c in data["groups"]] == [(0, 3), (1, 2), (-1, 1)]
    assert data["pred"] == [0, 0, 0, 1, 1, -1]
    assert [data["names"][i] for i in data["true"]] == [EVIL, "a", "a", "", "b", "b"]
    assert len(data["positions"]) == 12
    assert 0 <= min(data["positions"]) <= max(data["positions"]) <= 1
    atlas = cv2.imdecode(np.frombuffer(base64.b64decode(data["atlases"][0].split(",")[1]), np.uint8), 1)
    assert atlas.shape == (64, 64 * 32, 3)
    assert abs(int(atlas[32, 64 + 32, 0]) - 2) < 4


def test_exemplars_are_the_nearest_of_those_shown(page):
    data = data_of(page(rows=[0, 2, 3, 4, 5], distances=np.array([3, 0, 1, 5, 4, 0])))
    assert data["groups"][0] == {"id": 0, "size": 3, "colour": "#0072B2", "exemplars": [1, 0]}
    assert data["groups"][1]["exemplars"] == [3, 2]
    assert data["total"] == 6


def test_one_image(page):
    assert data_of(page(n=1, pred=(0,)))["positions"] == [0.5, 0.5]
