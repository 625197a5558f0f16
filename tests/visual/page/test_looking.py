"""Looking through groups, photos and the map as a person does: with a mouse, with keys, on a phone, in the dark."""

import re
import time

import cv2
import numpy as np
import pytest

from lookalike.visual import gallery

from .conftest import DESK, PHONE, cells, colour_of, downloaded, draw, groups_of

AXE_STATES = {
    "photos": "g", "map": "v", "review": "q", "help": "?", "corrections": "#corrections", "name": "r", "group": "t",
    "take": "#take",
}  # fmt: skip
"""Views by key, dialogs by key or button."""


def choose(page, name, **how):
    page.locator(".group", has_text=name).first.click(**how)
    page.wait_for_function("name => document.querySelector('#head_title').textContent.includes(name)", arg=name)


def test_groups_then_photos_then_one_photo(visits, toys):
    page = visits.open(toys)
    assert list(groups_of(page).items()) == [("in no group", 3), ("group 0", 14), ("group 1", 9), ("group 2", 6)]
    choose(page, "group 0")
    assert len(cells(page)) == 14
    assert page.locator(".line").inner_text() == "less sure from here on"
    assert page.locator(".cell.mismatch").count() == 2
    assert page.locator("#near_groups .chip").all_inner_texts() != []
    page.click(".cell >> nth=0")
    facts = page.locator("#photo dl").inner_text()
    for word in ("path", "true label", "confidence", "distance to its group", "second-best group", "distance to it"):
        assert word in facts
    assert page.locator("#photo h3").all_inner_texts()[:2] == ["Most similar in its group", "Most similar outside"]
    name = page.locator("#photo h2").inner_text()
    assert page.locator("#photo a").get_attribute("href") == f"../raw/shelf/{name.replace(' ', '%20')}"
    page.click("#photo_after")
    page.wait_for_function("name => document.querySelector('#photo h2').textContent !== name", arg=name)
    page.go_back()
    page.wait_for_function("() => document.querySelector('#photo').hidden")
    page.select_option("#order", "worst")
    page.wait_for_function("() => location.hash.includes('order=worst')")
    assert "drawn" in page.locator("#facts_line").inner_text()


def test_the_address_opens_the_same_view_again(visits, toys):
    page = visits.open(toys)
    choose(page, "group 1")
    choose(page, "group 2", modifiers=["Control"])
    page.select_option("#sort", "name")
    page.click(".cell >> nth=2")
    page.wait_for_selector("#photo h2")
    seen = cells(page), page.locator("#photo h2").inner_text(), page.locator("#head_title").inner_text()
    again = visits.open(page.url)
    again.wait_for_selector("#photo h2")
    assert (cells(again), again.locator("#photo h2").inner_text(), again.locator("#head_title").inner_text()) == seen
    page.keyboard.press("v")
    page.wait_for_function("() => location.hash.includes('view=map')")
    page.reload()
    page.wait_for_selector("#pane_map", state="visible")
    page.go_back()
    page.wait_for_selector("#pane_photos", state="visible")


def test_search_and_filters(visits, toys):
    page = visits.open(toys)

    def found(count):
        pattern = f"^{count} photos?( of 32)?$"
        page.wait_for_function(
            "pattern => RegExp(pattern).test(document.querySelector('#head_count').textContent)", arg=pattern
        )

    for words, count in [("photo 03", 1), ("POT", 6), ("group 1", 9), ("arabia moomin", 1), ("nothing at all", 0)]:
        page.fill("#words", words)
        found(count)
    assert page.locator("#empty_words").is_visible()
    page.click("#empty_reset")
    found(32)
    for only, count in [("none", 3), ("copies", 2), ("mismatch", 2)]:
        page.select_option("#only", only)
        found(count)
    page.click("#reset")
    page.select_option("#label", label="pan")
    found(11)
    page.click("#reset")
    page.locator("#unsure").fill("0.5")
    found(7)


def test_a_click_opens_ctrl_toggles_shift_takes_a_range(visits, toys):
    page = visits.open(toys)
    choose(page, "group 0")

    def selected(text):
        page.wait_for_function("text => document.querySelector('#selected').textContent === text", arg=text)

    page.click(".cell >> nth=1", modifiers=["Control"])
    page.click(".cell >> nth=5", modifiers=["Shift"])
    selected("5 selected")
    page.click(".cell >> nth=3", modifiers=["Control"])
    selected("4 selected")
    assert page.locator("#tray_thumbs button").count() == 4
    page.reload()
    selected("4 selected")
    page.keyboard.press("Escape")
    page.wait_for_selector("#tray", state="hidden")
    page.select_option("#only", "mismatch")
    page.wait_for_function("() => document.querySelectorAll('.cell').length === 2")
    page.keyboard.press("Control+a")
    selected("2 selected")


def drag(page, points, key):
    page.keyboard.down(key)
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in [*points[1:], points[0]]:
        page.mouse.move(*point, steps=3)
    page.mouse.up()
    page.keyboard.up(key)


def test_the_map_moves_zooms_and_takes_a_lasso(visits, toys):
    page = visits.open(toys)
    page.keyboard.press("v")
    page.wait_for_function("() => document.querySelector('#map').width > 100")
    box = page.locator("#map").bounding_box()
    left, top, right, bottom = box["x"] + 2, box["y"] + 60, box["x"] + box["width"] - 3, box["y"] + box["height"] - 3
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    drag(page, corners, "Shift")
    page.wait_for_function("() => parseInt(document.querySelector('#selected').textContent) >= 30")
    drag(page, corners, "Alt")
    page.wait_for_selector("#tray", state="hidden")
    middle = (left + right) / 2, (top + bottom) / 2
    page.mouse.move(*middle)
    page.mouse.wheel(0, -400)
    page.wait_for_function(
        "() => parseFloat(new URLSearchParams(location.hash.slice(1)).get('map')?.split(',')[2]) > 1.5"
    )
    for _ in range(12):  # however far it is dragged, the map stays in sight
        page.mouse.move(left + 20, middle[1])
        page.mouse.down()
        page.mouse.move(right - 20, middle[1], steps=2)
        page.mouse.up()
    page.wait_for_function("() => new URLSearchParams(location.hash.slice(1)).get('map').startsWith('-0.05')")
    choose(page, "group 2")
    page.wait_for_function("() => !new URLSearchParams(location.hash.slice(1)).get('map').startsWith('-0.05')")
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    page.wait_for_selector("#unstack[aria-pressed=true]")
    page.wait_for_function("() => !location.hash.includes('map=')")
    page.mouse.dblclick(middle[0] + 40, middle[1] + 40)  # the grid of photos fills the view
    page.wait_for_function("() => location.hash.includes('group=')")
    assert page.locator("#photo").is_hidden()


def test_keys_alone_reach_everything(visits, toys):
    page = visits.open(toys)
    for key in ("/", "p", "o", "t", "Enter"):
        page.keyboard.press(key)
        if key == "t":
            page.wait_for_function("() => document.querySelectorAll('.cell').length === 6")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector("#photo h2")
    first = page.locator("#photo h2").inner_text()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("first => document.querySelector('#photo h2').textContent !== first", arg=first)
    page.keyboard.press("Escape")
    page.keyboard.press("Space")
    page.wait_for_selector("#tray", state="visible")
    page.keyboard.press("n")
    page.wait_for_function("() => document.querySelector('#group_count').textContent === '4 groups'")
    page.keyboard.press("r")
    page.keyboard.type("little pot")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('#head_title').textContent === 'little pot'")
    page.keyboard.press("z")
    page.keyboard.press("z")
    page.wait_for_function("() => document.querySelector('#group_count').textContent === '3 groups'")
    page.keyboard.press("?")
    page.wait_for_selector("#help_dialog[open]")
    page.keyboard.press("Escape")
    page.wait_for_selector("#help_dialog:not([open])", state="attached")


def test_a_phone_in_the_dark(visits, toys):
    page = visits.open(toys, **PHONE, color_scheme="dark")
    dark = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every(part => part < 60)"
    assert page.evaluate(dark)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.tap(".group >> nth=1")
    page.wait_for_selector("#left", state="hidden")
    page.tap(".cell >> nth=1")
    page.wait_for_selector("#photo h2")
    assert page.locator("#photo").bounding_box()["height"] == 800
    page.tap("#close_photo")
    page.go_back()
    page.wait_for_selector("#left", state="visible")
    page.tap("[data-tab=photos]")
    finger = page.context.new_cdp_session(page)

    def touch(kind, *points):
        spots = [{"x": x, "y": y, "id": k} for k, (x, y) in enumerate(points)]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})

    box = page.locator(".cell >> nth=2").bounding_box()
    touch("touchStart", (box["x"] + 30, box["y"] + 30))
    page.wait_for_selector("#tray", state="visible")  # a long touch selects
    touch("touchEnd")
    page.wait_for_function("() => document.querySelector('#selected').textContent === '1 selected'")
    page.tap("[data-tab=map]")
    page.wait_for_function("() => document.querySelector('#map').width > 100")
    touch("touchStart", (150, 400), (240, 400))
    for step in range(1, 9):
        touch("touchMove", (150 - 10 * step, 400), (240 + 10 * step, 400))
    touch("touchEnd")
    page.wait_for_function(
        "() => parseFloat(new URLSearchParams(location.hash.slice(1)).get('map')?.split(',')[2]) > 1.5"
    )
    assert page.locator("#photo").is_hidden()
    page.tap("[data-tab=review]")
    page.wait_for_selector("#yes", state="visible")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_fault_of_access_in_any_view_or_dialog(visits, toys, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    page = visits.open(toys, **DESK, color_scheme=scheme)
    choose(page, "group 0")
    page.click(".cell >> nth=1", modifiers=["Control"])
    page.click(".cell >> nth=0")
    page.wait_for_selector("#photo h2")
    for name, press in AXE_STATES.items():
        (page.click if press.startswith("#") else page.keyboard.press)(press)
        if name in ("photos", "map", "review"):
            page.wait_for_selector(f"#pane_{name}", state="visible")
        else:
            page.wait_for_selector("dialog[open]")
        found = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
        worst = [
            (fault["id"], fault["nodes"][0]["html"]) for fault in found if fault["impact"] in ("serious", "critical")
        ]
        assert not worst, name
        if page.locator("dialog[open]").count():
            page.keyboard.press("Escape")
        if name == "review":
            page.keyboard.press("g")


def test_fifty_thousand_photos(visits, tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    n, g = 50_000, 700
    labels = np.concatenate([np.arange(g), rng.integers(-1, g, n - g)])
    per_sheet = gallery.SHEET_PHOTOS
    sheet = next(gallery.map_thumbnails(gallery._sheet, ["one"] * per_sheet, colour_of, gallery.SMALL_SIDE, per_sheet))
    monkeypatch.setattr(gallery, "map_thumbnails", lambda *_: (sheet for _ in range(0, n, per_sheet)))
    url = draw(tmp_path / "output", labels, [f"{row:05d}.jpg" for row in range(n)])
    started = time.perf_counter()
    page = visits.open(url)
    page.wait_for_selector(".cell")
    assert time.perf_counter() - started < 10
    assert page.locator("#group_count").inner_text() == "700 groups"
    assert page.locator(".group").count() < 40
    page.evaluate("document.querySelector('#grid').scrollTop = 1e9")
    page.wait_for_function("() => [...document.querySelectorAll('.cell')].some(c => c.offsetTop > 1e5)")
    assert page.locator(".cell").count() < 600
    page.keyboard.press("v")
    page.wait_for_function("() => document.querySelector('#map_note').textContent.startsWith('dots')")
    shown = int(re.sub(r"\D", "", page.locator("#map_note").inner_text()))
    assert shown > 40_000
    page.keyboard.press("g")
    page.fill("#words", "00017")
    page.wait_for_function("() => document.querySelector('#head_count').textContent.startsWith('1 photo')")


def test_photos_in_tars_are_shown_as_far_as_a_page_from_disk_can(visits, tmp_path):
    paths = ["a.tar/hat/1.jpg", "b/2.jpg", "b/3.jpg"]
    for name in ("raw/b/2.jpg", "raw/b/3.jpg", "img/b/2.jpg", "img/b/3.jpg", "img/a.tar/hat/1.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(tmp_path / name), np.full((40, 60, 3), 90, np.uint8))
    page = visits.open(draw(tmp_path / "output", [0, 0, 0], paths, tars={"photos": ["a.tar"]}))
    page.click(".cell[title^='1.jpg']")
    page.wait_for_function("() => document.querySelector('#large')?.naturalWidth === 60")
    link = page.get_by_text("Open the prepared photo")
    assert link.get_attribute("href").endswith("img/a.tar/hat/1.jpg")

    names = [f"photos-000000.tar/{path}" for path in paths]
    tars = {"photos": ["a.tar"], "images": ["photos-000000.tar"]}
    page = visits.open(draw(tmp_path / "packed", [0, 0, 0], paths, tars=tars, image_names=names))
    page.click(".cell[title^='1.jpg']")
    page.wait_for_selector("#large_frame .thumb")
    assert "lies in a tar file, which python 07_search.py --serve --dataset toys shows" in page.inner_text("#photo")
    assert page.locator("#photo").get_by_text("Open the").count() == 0
    page.click(".cell[title^='2.jpg']")  # whose original is a file
    page.wait_for_function("() => document.querySelector('#large')?.naturalWidth === 60")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+a")
    page.keyboard.press("g")
    page.click("#take")
    file, _ = downloaded(page, lambda: page.click("#take_folder"))
    assert sorted(file.read_bytes().rstrip(b"\0").split(b"\0")) == [b"b/2.jpg", b"b/3.jpg"]
    assert "1 photo in tar files is left out" in page.inner_text("#text_dialog")
