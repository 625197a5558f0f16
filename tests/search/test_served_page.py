"""The served page as a person uses it: look-alikes, a photo that is brought, corrections that are saved, regrouping."""

import json
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
