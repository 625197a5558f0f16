"""The served page as a person uses it: look-alikes, a photo that is brought, corrections that are saved, regrouping."""

import json
import re
import shutil

import pytest

from .test_server import Server

WAIT = 20_000


@pytest.fixture(scope="module")
def served(finished, chromium, tmp_path_factory):
    server = Server(shutil.copytree(finished, tmp_path_factory.mktemp("served page") / "place", symlinks=True))
    yield server
    server.stop()


@pytest.fixture
def own_page_server(place, chromium):
    server = Server(place)
    yield server
    server.stop()


@pytest.fixture
def page(served, chromium):
    context = chromium.new_context(viewport={"width": 1360, "height": 860})
    context.set_default_timeout(WAIT)
    page, faults = context.new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: message.type == "error" and faults.append(message.text))  # 400: its own answer
    page.goto(served.address)
    page.wait_for_selector(".cell")
    yield page
    context.close()
    assert not [fault for fault in faults if "status of 400" not in fault]


def found(page):
    """Return the file names in the grid and their scores, once all is found."""
    page.wait_for_selector("#alike[aria-busy=false]")
    cells = page.eval_on_selector_all(
        ".cell", "cells => cells.map(cell => [cell.title.split('\\n')[0], cell.querySelector('.score')?.textContent])"
    )
    return [name for name, _ in cells], [float(score) for _, score in cells]


def test_like_some_photos_and_less_like_others(page):
    page.fill("#words", "1_7_")
    page.wait_for_function("() => document.querySelectorAll('.cell').length === 8")
    page.click(".cell >> nth=0", modifiers=["Control"])
    page.click(".cell >> nth=1", modifiers=["Control"])
    page.fill("#words", "")
    page.click("#similar")
    names, _ = found(page)
    assert {name[0] for name in names[:6]} == {"1"}
    assert len(names) == 20
    assert page.locator("#alike_like .small").count() == 2
    assert page.locator(".cell.weak").count() > 0
    page.click("#more")
    page.wait_for_function("() => document.querySelectorAll('.cell').length === 22")
    page.locator("#least").fill("0.9")
    page.wait_for_function("() => document.querySelectorAll('.cell').length < 20")
    assert min(found(page)[1]) >= 0.9
    page.locator("#least").fill("0")
    page.wait_for_function("() => document.querySelectorAll('.cell').length === 20")
    page.locator(".cell[title^='0_']").first.click(modifiers=["Control"])
    page.click("#unlike")
    assert found(page)[0][0][0] != "0"
    assert page.locator("#alike_unlike .small").count() == 1
    page.click("#leave")
    page.wait_for_function("() => document.querySelectorAll('.cell').length === 24")


def test_a_photo_that_is_brought_and_a_part_of_one(page, draw, tmp_path):
    draw(tmp_path / "brought.png", 2, 77)
    page.set_input_files("#upload", str(tmp_path / "brought.png"))
    names, _ = found(page)
    assert {name[0] for name in names[:5]} == {"2"}
    (tmp_path / "no photo.png").write_bytes(b"no photo")
    page.set_input_files("#upload", str(tmp_path / "no photo.png"))
    page.wait_for_function("() => document.querySelector('#alike_note').textContent.includes('expected a photo')")
    page.click("#leave")
    page.fill("#words", "1_7_3")
    page.wait_for_function("() => document.querySelectorAll('.cell').length === 1")
    page.click(".cell")
    page.wait_for_function("() => document.querySelector('#large')?.naturalWidth")
    page.click("text=By a part of it")
    box = page.locator("#large").bounding_box()
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 10, box["y"] + box["height"] - 10, steps=4)
    page.mouse.up()
    page.fill("#words", "")
    names, _ = found(page)
    assert {name[0] for name in names[:3]} == {"1"}


def test_corrections_are_saved_at_once_and_taken_in_by_regrouping(page, served):
    page.click(".group >> nth=0")
    page.keyboard.press("r")
    page.fill("#name_value", "<b>round</b> things")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('#waiting').textContent === '1'")
    log = served.folder / "edits" / "toys.jsonl"
    page.click("#corrections")
    page.wait_for_function("() => document.querySelector('#mine_note').textContent.includes('saved in')")
    assert json.loads(log.read_text())["name"] == "<b>round</b> things"
    page.click("#regroup")
    page.wait_for_selector("#reload", state="visible", timeout=60_000)
    assert "groups after" in page.inner_text("#job_note")
    page.click("#reload")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.group b')].some(b => b.textContent === '<b>round</b> things')"
    )
    assert page.inner_text("#waiting") == ""


def test_why_two_photos_are_alike(page):
    page.fill("#words", "1_7_")
    page.wait_for_function("() => document.querySelectorAll('.cell').length === 8")
    page.click(".cell >> nth=0", modifiers=["Control"])
    assert page.locator("#compare").is_hidden()
    page.click(".cell >> nth=1", modifiers=["Control"])
    page.keyboard.press("x")
    page.wait_for_selector("#compare_dialog[aria-busy=false]")
    page.wait_for_selector("#compared", state="visible")
    assert page.inner_text("#compare_note").startswith("Cosine 0.9")
    assert "no map" in page.inner_text("#compare_note")
    assert page.is_disabled("#as_parts")
    page.click("#as_photos")
    assert page.get_attribute("#compared", "aria-label") == "Two photos"
    seen = page.evaluate(
        "() => { const c = document.querySelector('#compared'); const d = c.getContext('2d');"
        " return [d.getImageData(c.width / 4, c.height / 2, 1, 1).data[2], c.width > c.height]; }"
    )
    assert seen == [pytest.approx(200, abs=60), True]  # the first photo is drawn there, beside the second
    page.keyboard.press("Escape")
    page.wait_for_selector("#compare_dialog", state="hidden")


def test_a_result_is_compared_with_what_was_brought(page, draw, tmp_path):
    draw(tmp_path / "brought.png", 2, 77)
    page.set_input_files("#upload", str(tmp_path / "brought.png"))
    found(page)
    page.click(".cell >> nth=0")
    page.click("text=Why alike?")
    page.wait_for_selector("#compared", state="visible")
    assert page.inner_text("#compare_note").startswith("Cosine 0.")


def test_look_alikes_in_another_order(page):
    page.fill("#words", "1_7_0")
    page.wait_for_function("() => document.querySelectorAll('.cell').length === 1")
    page.click(".cell")
    page.keyboard.press("f")
    page.fill("#words", "")
    page.select_option("#sort", "name")
    page.wait_for_function("() => document.querySelectorAll('.cell').length === 20")
    names = found(page)[0]
    assert names == sorted(names)
    page.select_option("#sort", "group")
    page.wait_for_selector(".section")
    assert page.locator(".section").count() >= 2
    page.select_option("#sort", "best")
    page.wait_for_selector(".section", state="detached")
    scores = found(page)[1]
    assert scores == sorted(scores, reverse=True)
    page.click("#leave")
    assert page.locator("#sort [value=group]").is_hidden()


def test_words_and_categories(page):
    page.select_option("#category", "discs")
    page.wait_for_function("() => document.querySelectorAll('.cell').length === 2")
    page.click("#reset")
    page.wait_for_function("() => document.querySelectorAll('.cell').length === 24")
    page.keyboard.press("/")
    page.keyboard.type("red DISC")  # the name of two photos, and of their group unless another test renamed it
    page.wait_for_function("() => [2, 8].includes(document.querySelectorAll('.cell').length)")
    page.click(".cell[title^='0_7_3']")
    assert "Red disc" in page.inner_text("#photo_body")
    page.fill("#words", "nothing of that name")
    page.wait_for_selector("#empty_reset", state="visible")


def test_a_photo_that_is_pasted_or_dropped(page, draw, tmp_path):
    draw(tmp_path / "brought.png", 0, 78)
    bring = """([bytes, kind, target]) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(bytes)], "brought.png", {type: "image/png"}));
      const event = kind === "paste" ? new ClipboardEvent("paste", {clipboardData: data, bubbles: true})
        : new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true});
      document.querySelector(target).dispatchEvent(event);
    }"""
    for kind in ("paste", "drop"):
        page.evaluate(bring, [list((tmp_path / "brought.png").read_bytes()), kind, "#centre"])
        names, _ = found(page)
        assert {name[0] for name in names[:5]} == {"0"}
        page.click("#leave")


def test_by_touch_on_a_phone(served, chromium):
    context = chromium.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    context.set_default_timeout(WAIT)
    page = context.new_page()
    page.goto(served.address)
    page.tap("#tabs [data-tab=photos]")
    page.wait_for_selector(".cell")
    assert page.locator("#words").bounding_box()["width"] > 90
    page.tap("#pick")
    page.tap(".cell >> nth=0")
    page.tap(".cell >> nth=1")
    page.tap("#compare")
    page.wait_for_selector("#compared", state="visible")
    box = page.locator("#compared").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    close = page.locator("#compare_dialog .close")
    assert close.bounding_box()["y"] < 800 - 38
    close.tap()
    page.tap("#similar")
    assert len(found(page)[0]) == 20
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    context.close()


def test_two_browsers_hear_of_each_other(own_page_server, chromium):
    pages = []
    for _ in range(2):
        context = chromium.new_context(viewport={"width": 1360, "height": 860})
        context.set_default_timeout(WAIT)
        pages.append(context.new_page())
        pages[-1].goto(own_page_server.address)
        pages[-1].wait_for_selector(".cell")
    first, second = pages
    for page, name in ((first, "mine"), (second, "yours")):
        page.click(".group >> nth=0")
        page.keyboard.press("r")
        page.fill("#name_value", name)
        page.keyboard.press("Enter")
        page.wait_for_function("() => document.querySelector('#waiting').textContent !== ''")
    first.wait_for_selector("#toast:has-text('changed by it')", state="visible")
    assert first.inner_text(".group b >> nth=0") == "yours"  # what was said last counts, in both
    assert second.inner_text(".group b >> nth=0") == "yours"
    first.click("#corrections")
    assert "by another browser" in first.inner_text("#mine")
    assert re.search(r"overruled on \d+ photos", first.inner_text("#mine"))
    rows = [json.loads(line) for line in (own_page_server.folder / "edits" / "toys.jsonl").read_text().splitlines()]
    assert [row["name"] for row in rows] == ["mine", "yours"]  # and neither is lost
    for page in pages:
        page.context.close()
