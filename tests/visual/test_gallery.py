"""The page: one file that names nothing outside its folder, with every name as data and never as markup."""

import base64
import hashlib
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from lookalike.clustering.outcome import Groups
from lookalike.clustering.relations import relate
from lookalike.clustering.space import Space
from lookalike.edits.rows import digest
from lookalike.visual import gallery
from lookalike.visual.gallery_data import Details

EVIL = "</script><script>alert(1)</script>&\u2028{{data}}.jpg"


def details_of(pred, paths, true=None, **more):
    n = len(pred)
    labels = np.array(pred, np.int64)
    relations = relate(Space(np.random.default_rng(0).normal(size=(n, 5)).astype(np.float32), seed=0), labels)
    confidence = np.linspace(1, 0, n, dtype=np.float32)
    named = more.pop("names", [""] * n), more.pop("named_by", ["person"] * n)
    groups = Groups(paths, labels, relations.own, confidence, np.zeros(n, bool), *named)
    sha256s = [hashlib.sha256(path.encode()).hexdigest() for path in paths]
    parts = {"image_names": [f"{path}.jpg" for path in paths], "images": "../img", "originals": "../raw"} | more
    return Details("toys", groups, true or [""] * n, relations, sha256s, np.arange(n, dtype=float), **parts)


@pytest.fixture
def page(tmp_path, read):
    def write(pred=(0, 0, 0, 1, 1, -1), title="toys", **more):
        paths = [EVIL, "2", "3", "4", "5", "broken"][: len(pred)]
        true = [EVIL, "a", "a", "", "b", "b"][: len(pred)]
        positions = np.random.default_rng(0).normal(size=(len(pred), 2))

        def read_photo(path, target):
            return read("7" if path == EVIL else path, target)

        gallery.write_gallery(tmp_path, details_of(pred, paths, true, **more), positions, read_photo, title=title)
        return (tmp_path / "gallery.html").read_text(encoding="utf-8")

    return write


def data_of(text):
    return json.loads(re.search(r'<script id="data"[^>]*>(.*?)</script>', text, re.S).group(1))


def array(data, name, kind):
    return np.frombuffer(base64.b64decode(data["arrays"][name]), kind).tolist()


def test_nothing_outside_its_folder_is_named(page):
    text = page()
    assert not re.search(r"(src|href)\s*=\s*[\"'](?!data:)|https?://|@import", text)
    assert "default-src 'none'" in text


def test_the_policy_admits_the_script_and_style_of_the_page_and_no_other(page):
    text = page()
    for tag in ("style", 'script type="module"'):
        inside = re.search(f"<{tag}>(.*?)</{tag.split()[0]}>", text, re.S).group(1)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag.split()[0]}-src 'sha256-{digest}'" in text
    assert "unsafe" not in text


def test_names_are_data_and_never_markup(page):
    text = page(title="<b>shoes</b> & co", names=[EVIL, EVIL, EVIL, "", "", ""])
    assert "alert(1)</script>" not in text
    assert text.count("<script") == text.count("</script>") == 2
    assert "<title>&lt;b&gt;shoes&lt;/b&gt; &amp; co</title>" in text
    data = data_of(text)
    assert EVIL in data["paths"]
    assert EVIL in data["labels"]
    assert data["groups"][0]["name"] == EVIL


def test_every_photo_is_there_groups_together_and_the_surest_first(page):
    data = data_of(page())
    pred = array(data, "pred", "<i4")
    assert sorted(data["paths"]) == sorted([EVIL, "2", "3", "4", "5", "broken"])
    assert pred in ([0, 0, 0, 1, 1, -1], [1, 1, 0, 0, 0, -1])
    of_zero = [path for path, group in zip(data["paths"], pred, strict=True) if group == 0]
    assert of_zero == [EVIL, "2", "3"]
    assert [data["labels"][code] for code in array(data, "label", "<u4")][pred.index(0)] == EVIL
    assert bytes.fromhex(hashlib.sha256(b"4").hexdigest()) in base64.b64decode(data["sha256"])


def test_similar_photos_copies_and_questions_are_told_by_place(page):
    questions = [("belongs", 4, 0), ("same", 0, 1), ("copies", 0)]
    data = data_of(page(copies=[np.array([3, 1])], questions=questions))
    place = {path: number for number, path in enumerate(data["paths"])}
    assert data["copies"] == [[place["4"], place["2"]]]
    assert data["questions"] == [["belongs", place["5"], 0], ["same", 0, 1], ["copies", 0]]
    inside = np.reshape(array(data, "inside", "<i4"), (6, data["similar"]))
    assert set(inside[place["4"]]) == {place["5"], -1}
    assert set(inside[place["broken"]]) == {-1}


def test_rows_of_corrections_are_told_by_place_with_the_groups_as_found(page):
    sha256s = [hashlib.sha256(path.encode()).hexdigest() for path in ("2", "5", "gone")]
    row = {"op": "move", "photos": sha256s[:1], "to": sha256s[1:], "from": [], "time": "2024-01-01", "by": "someone"}
    data = data_of(page(said=[row], found=np.array([0, 1, 0, 1, 1, -1])))
    place = {path: number for number, path in enumerate(data["paths"])}
    told = {"op": "move", "photos": [place["2"]], "to": [place["5"]], "from": [], "time": "2024-01-01"}
    assert data["said"] == [told | {"key": digest(row)}]
    assert array(data, "found", "<i4")[place["2"]] == 1
    assert sorted(array(data, "row", "<i4")) == list(range(6))


def test_the_page_tells_where_prepared_photos_and_originals_are(page):
    data = data_of(page(image_names=["other~1.jpg", "2", "3.jpg", "4.jpg", "5.jpg", "broken.jpg"]))
    image = dict(zip(data["paths"], data["image"], strict=True))
    assert (data["images"], data["originals"]) == ("../img", "../raw")
    assert (image[EVIL], image["2"], image["3"]) == ("other~1.jpg", [""], [".jpg"])


def test_above_a_size_sheets_of_thumbnails_lie_beside_the_page(page, tmp_path, monkeypatch):
    data = data_of(page())
    assert [sheet[:16] for sheet in data["sheets"]] == ["data:image/webp;"]
    sheet = Image.open(io.BytesIO(base64.b64decode(data["sheets"][0].split(",")[1])))
    assert sheet.size == (data["columns"] * 96, 96)
    monkeypatch.setattr(gallery, "SINGLE_FILE", 5)
    monkeypatch.setattr(gallery, "SHEET_PHOTOS", 4)
    data = data_of(page())
    assert data["sheets"] == ["thumbnails/00000.webp", "thumbnails/00001.webp"]
    colours = np.asarray(Image.open(tmp_path / data["sheets"][0]))[32, 32::64][:4].mean(axis=1)
    expected = [7.0 if path == EVIL else float(path) for path in data["paths"][:4]]
    assert np.abs(colours - expected).max() < 4


@pytest.mark.parametrize("pred", [(0,), (-1,), (-1, -1), (0, 1)])
def test_few_photos_or_groups(page, pred):
    data = data_of(page(pred))
    assert len(data["paths"]) == len(pred)
    assert len(data["groups"]) == len({group for group in pred if group >= 0})


def test_equal_input_makes_equal_bytes(page):
    assert page() == page()


def test_a_name_that_was_found_is_shown_but_not_said(page):
    named_by = ["products"] * 3 + ["person"] * 2 + [""]
    groups = data_of(page(names=[EVIL] * 3 + ["hats"] * 2 + [""], named_by=named_by))["groups"]
    assert [(group["name"], group["called"]) for group in groups] == [("", EVIL), ("hats", "")]
