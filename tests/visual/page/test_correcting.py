"""Correcting groups on the page: it shows what the stages make of its file, and nothing that was said is lost."""

import json
import os
import random
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from lookalike.edits import report
from lookalike.edits.apply import apply
from lookalike.edits.rows import digest, fault
from lookalike.visual import gallery

from .conftest import downloaded, draw, groups_of, kept_rows, sha256

ROOT = Path(__file__).resolve().parents[3]
NASTY = [
    'a "quoted" one.jpg', "it's.jpg", "<img src=x onerror=alert(1)>.jpg", "two\nlines.jpg", "\u202egpj.exe.jpg",
    "100%25 of #1?.jpg", "-rf.jpg", "$(touch bad) `id`.jpg", "caf\udce9.jpg", "folder/back\\slash.jpg",
]  # fmt: skip


def choose(page, name, **how):
    page.locator(".group", has_text=name).first.click(**how)
    page.wait_for_function("name => document.querySelector('#head_title').textContent.includes(name)", arg=name)


def waits_for(page, count):
    page.wait_for_function(
        "count => document.querySelector('#waiting').textContent === count", arg=str(count) if count else ""
    )


def name_group(page, name):
    page.keyboard.press("r")
    page.fill("#name_value", name)
    page.keyboard.press("Enter")
    page.wait_for_function("name => document.querySelector('#head_title').textContent === name", arg=name)


def test_a_name_that_was_found_is_shown_and_said_by_nobody_until_it_is_taken_over(visits, tmp_path):
    found = {"names": ["<b>cups</b>"] * 14 + ["pans"] * 9 + [""] * 3, "named_by": ["products"] * 23 + [""] * 3}
    page = visits.open(draw(tmp_path, [0] * 14 + [1] * 9 + [2] * 3, **found))
    choose(page, "group 2")
    choose(page, "<b>cups</b>")
    page.keyboard.press("l")
    waits_for(page, 1)
    assert [row["op"] for row in kept_rows(page)] == ["lock"]
    choose(page, "pans")
    name_group(page, "pans")
    assert [row.get("name") for row in kept_rows(page)] == [None, "pans"]
    name_group(page, "lids")
    assert "pans" not in page.inner_text("#group_list")


def test_corrections_are_kept_undone_and_exported(visits, toys):
    page = visits.open(toys)
    choose(page, "group 2")
    name_group(page, "pots")
    choose(page, "group 0")
    for place, key in ((12, "Control"), (13, "Shift")):
        page.click(f".cell >> nth={place}", modifiers=[key])
    page.keyboard.press("t")
    page.fill("#group_words", "pan")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('#head_count').textContent.startsWith('12 photos')")
    page.click("#lock")
    page.wait_for_selector("#lock[aria-pressed=true]")
    page.click("#confirm")
    waits_for(page, 4)
    page.reload()
    waits_for(page, 4)
    assert groups_of(page) == {"in no group": 3, "group 0 🔒 ✓": 12, "group 1": 11, "pots": 6}
    page.click("#corrections")
    file, name = downloaded(page, lambda: page.click("#export"))
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [row["op"] for row in rows] == ["name", "move", "lock", "confirm"]
    assert not [fault(row) for row in rows if fault(row)]
    page.wait_for_function("name => document.querySelector('#commands').textContent.includes(name)", arg=name)
    page.keyboard.press("Escape")
    page.keyboard.press("z")
    waits_for(page, 5)  # the file may have been taken in, so an undo is a row, too
    assert kept_rows(page)[-1]["row"] == digest(rows[-1])
    page.keyboard.press("z")
    page.keyboard.press("z")
    page.wait_for_function("() => document.querySelector('#head_count').textContent.startsWith('14 photos')")
    assert groups_of(page) == {"in no group": 3, "group 0": 14, "group 1": 9, "pots": 6}
    choose(page, "group 1")
    choose(page, "pots", modifiers=["Control"])
    page.keyboard.press("m")
    page.wait_for_function("() => document.querySelector('#group_count').textContent === '2 groups'")
    assert groups_of(page) == {"in no group": 3, "pots": 15, "group 0": 14}


def test_two_tabs_lose_nothing(visits, toys):
    person = visits.visitor()
    one, other = visits.open(toys, person), visits.open(toys, person)
    choose(one, "group 1")
    name_group(one, "pans")
    waits_for(other, 1)
    choose(other, "group 2")
    name_group(other, "pots")
    waits_for(one, 2)
    one.keyboard.press("z")
    waits_for(other, 1)
    assert [row["name"] for row in kept_rows(one)] == ["pans"]


@pytest.mark.parametrize("how", ["refused", "full"])
def test_storage_that_fails_is_told_and_nothing_is_lost(visits, toys, how):
    person = visits.visitor()
    error = "SecurityError" if how == "refused" else "QuotaExceededError"
    refuse = f"() => {{ throw new DOMException('no', '{error}'); }}"
    person.add_init_script(f"Storage.prototype.setItem = {refuse};")
    if how == "refused":
        person.add_init_script(f"Object.defineProperty(window, 'localStorage', {{get: {refuse}}});")
    person.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined});")
    page = visits.open(toys, person)
    choose(page, "group 1")
    assert page.locator("#refused").is_hidden()
    name_group(page, "pans")
    page.wait_for_selector("#refused", state="visible")
    page.locator("#size").fill("160")
    assert page.locator("#refused").is_visible()
    page.click("#corrections")
    file, _ = downloaded(page, lambda: page.click("#export"))
    assert json.loads(file.read_text())["name"] == "pans"
    page.keyboard.press("Escape")
    page.click(".cell >> nth=0")
    page.click("text=Copy path")
    page.wait_for_selector("#text_dialog[open]")
    assert page.input_value("#text_value").startswith("shelf/photo")


def test_review_asks_one_question_at_a_time(visits, toys):
    page = visits.open(toys)
    page.keyboard.press("q")

    def asked(words, done):
        text = f"{done} answer{'' if done == 1 else 's'}"
        page.wait_for_function(
            "([words, done]) => document.querySelector('#review_body').textContent.includes(words) && "
            "document.querySelector('#review_count').textContent.startsWith(done)",
            arg=[words, text],
        )

    asked("Does it belong to group 0?", 0)
    page.keyboard.press("y")
    asked("Does it belong to group 1?", 1)
    page.keyboard.press("2")  # to the second of the other groups
    asked("Do both groups show the same?", 2)
    assert groups_of(page) == {"in no group": 3, "group 0": 14, "group 1": 8, "group 2": 7}
    page.keyboard.press("z")
    asked("Does it belong to group 1?", 1)
    page.keyboard.press("n")
    asked("Do both groups show the same?", 2)
    assert groups_of(page) == {"in no group": 4, "group 0": 14, "group 1": 8, "group 2": 6}
    page.keyboard.press("z")
    asked("Does it belong to group 1?", 1)
    page.keyboard.press("Space")
    asked("Do both groups show the same?", 2)
    page.reload()
    asked("Do both groups show the same?", 2)
    assert [row["op"] for row in kept_rows(page)] == ["move"]
    page.keyboard.press("y")
    asked("Are these two groups in group 0?", 3)
    assert page.locator("#group_count").inner_text() == "2 groups"
    page.keyboard.press("y")
    asked("Which copy to keep?", 4)
    assert sorted(groups_of(page).values()) == [3, 4, 10, 15]
    page.keyboard.press("y")
    asked("No question is left", 5)
    assert page.evaluate("() => { const bar = document.querySelector('#review_bar'); return bar.value === bar.max; }")
    page.click("#drop")
    page.wait_for_function("() => document.querySelector('#selected').textContent === '1 selected'")


@pytest.fixture(scope="module")
def nasty(tmp_path_factory):
    """A page of photos with such names as a disk may hold, and the photos."""
    folder = tmp_path_factory.mktemp("it's %41 here")
    for path in NASTY:
        for place in ("raw", "img"):
            file = folder / place / path
            file.parent.mkdir(parents=True, exist_ok=True)
            cv2.imencode(".jpg", np.full((40, 60, 3), 90, np.uint8))[1].tofile(os.fsencode(file))
    true = [NASTY[2], *["\u202ename"] * 9]
    return draw(folder / "output", [0] * 5 + [1] * 5, NASTY, true=true, names=[NASTY[2]] * 5 + ['"; --'] * 5)


def test_names_of_any_kind_are_shown_found_and_taken_away(visits, nasty, tmp_path):
    page = visits.open(nasty)
    assert page.locator(".cell").count() == len(NASTY)
    for place in range(len(NASTY)):
        page.click(f".cell >> nth={place}")
        page.wait_for_function("() => document.querySelector('#large')?.naturalWidth === 60")
    page.keyboard.press("Escape")
    assert page.locator("img[src=x]").count() == 0
    page.keyboard.press("Control+a")
    page.keyboard.press("g")
    home = tmp_path / "home"
    (home / "Downloads").mkdir(parents=True)
    for button, base in (("#take_folder", "picked"), ("#take_folders", "picked/*")):
        page.click("#take")
        file, name = downloaded(page, lambda button=button: page.click(button))
        shutil.copy(file, home / "Downloads" / name)
        page.wait_for_selector("#text_dialog[open]")
        command = page.input_value("#text_value")
        here = tmp_path / button.strip("#")
        here.mkdir()
        subprocess.run(["bash", "-euc", command], cwd=here, env=os.environ | {"HOME": str(home)}, check=True)
        copied = [
            os.fsencode(found.relative_to(folder)) for folder in here.glob(base) for found in folder.rglob("*.jpg")
        ]
        assert sorted(copied) == sorted(map(os.fsencode, NASTY))
        page.keyboard.press("Escape")
    page.click("#take")
    file, _ = downloaded(page, lambda: page.click("#take_nul"))
    assert sorted(file.read_bytes().rstrip(b"\0").split(b"\0")) == sorted(map(os.fsencode, NASTY))


@pytest.mark.parametrize("labels", [[-1] * 5, [0] * 5, [0]], ids=["no group", "one group", "one photo"])
def test_few_groups_and_photos_that_are_gone(visits, tmp_path, labels):
    page = visits.open(draw(tmp_path / "output", labels))
    page.click(".cell >> nth=0")
    page.wait_for_selector("#large_frame .thumb")  # there is no folder img/: its thumbnail, and a word on it
    for key in ("v", "u", "q", "g", "n", "m", "c", "z"):
        page.keyboard.press(key)
    page.wait_for_selector("#pane_photos", state="visible")


PROBE = "globalThis.probe = {current, edit, undo, photos, sha256, rows: () => pending};\n"
SAY = """commands => {
  Date.now = () => 1e12;  // a machine may be so fast, or another clock so far ahead, that time seems to stand
  const {current, edit, undo} = probe, ids = () => [...current.groups.keys()].filter(id => id >= 0);
  for (const [what, some, which] of commands) {
    const one = current.groups.get(ids()[which % ids().length]);
    if (what === "move") edit.move(some, one.id);
    if (what === "leading") edit.move(one.members.slice(0, some.length + 2), ids()[some[0] % ids().length]);
    if (what === "out") edit.move(some, -1);
    if (what === "split") edit.split(some);
    if (what === "merge") edit.merge([...new Set([one.id, ids()[some[0] % ids().length]])]);
    if (what === "name") edit.name(one.id, `named ${some[0]}`);
    if (what === "lock") edit.lock(one.id);
    if (what === "undo") undo();
  }
  const names = [...current.groups.values()].filter(group => group.id >= 0).map(group => [group.id, group.name]);
  return {rows: probe.rows(), label: [...current.label], names, row: [...probe.photos.row]};
}"""


def partition(labels, names):
    members = {}
    for row, label in enumerate(labels):
        members.setdefault(int(label), []).append(row)
    return {tuple(rows): names.get(label, "") for label, rows in members.items() if label >= 0}


def test_the_page_shows_what_the_stage_will_make(visits, tmp_path, monkeypatch):
    shutil.copytree(gallery.PAGE, tmp_path / "page")
    (tmp_path / "page/probe.js").write_text(PROBE)
    monkeypatch.setattr(gallery, "PAGE", tmp_path / "page")
    monkeypatch.setattr(gallery, "SCRIPTS", (*gallery.SCRIPTS, "probe"))
    n, chance = 30, random.Random(0)
    kinds = ["move", "move", "leading", "out", "split", "merge", "name", "lock", "undo"]
    paths = [f"{row}.jpg" for row in range(n)]
    sha256s = [sha256(path) for path in paths]
    person = visits.visitor()
    for turn in range(5):
        found = np.unique([chance.randrange(-1, 5) for _ in range(n)], return_inverse=True)[1] - 1
        labels, names, rows, log = found, {}, [], []
        for _ in range(2):  # the second time on what the first has made
            more = {
                "names": [names.get(label, "") for label in labels.tolist()],
                "found": found,
                "said": rows,
                "log": log,
            }
            page = visits.open(draw(tmp_path / "output", labels, paths, dataset=f"toys {turn}", **more), person)
            assert page.locator("#waiting").inner_text() == ""
            commands = [(chance.choice(kinds), chance.sample(range(n), 3), chance.randrange(9)) for _ in range(8)]
            shown = page.evaluate(SAY, commands)
            page.close()
            rows = sorted([*rows, *shown["rows"]], key=lambda row: row["time"])
            label = np.empty(n, int)
            label[shown["row"]] = shown["label"]
            labels, names, became = apply(found, sha256s, rows)
            assert partition(label, dict(shown["names"])) == partition(labels, names)
            (tmp_path / report.NAME).write_text(json.dumps(report.as_json(became, [])))
            log = report.history(tmp_path)


def test_a_file_of_the_page_goes_through_the_stages_and_comes_back(visits, tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    for row in range(24):
        file = tmp_path / f"photos/{row:02d}.png"
        file.parent.mkdir(exist_ok=True)
        photo = np.full((64, 64, 3), ((40, 60, 200), (60, 190, 40), (200, 80, 60))[row % 3], np.int16)
        cv2.imwrite(str(file), np.clip(photo + rng.normal(0, 12, photo.shape), 0, 255).astype(np.uint8))
    places = [f"--{name}={tmp_path / name}" for name in ("photos", "output", "img", "edits")]
    common = ["--dataset=toys", *places, "--run.progress=off"]
    clustered, drawn = ["--cluster.method=kmeans", "--cluster.n_clusters=3"], ["--visualize.max_rows=12"]

    def run(script, *more):  # in this process, which has loaded most of what they need
        monkeypatch.setattr(sys, "argv", [script, *common, *more])
        runpy.run_path(str(ROOT / script), run_name="__main__")

    run("run_all.py", "--extract.backbone=handcrafted", *clustered, *drawn)
    url = (tmp_path / "output/toys/06_visualize/gallery.html").as_uri()
    person = visits.visitor()
    page = visits.open(url, person)
    assert list(groups_of(page).values()) == [8, 8, 8]
    choose(page, "group 0")
    name_group(page, 'red\'s "own"')
    page.click(".cell >> nth=0", modifiers=["Control"])
    page.click(".cell >> nth=2", modifiers=["Shift"])
    page.keyboard.press("n")
    page.wait_for_function("() => document.querySelector('#group_count').textContent === '4 groups'")
    name_group(page, "a few")
    choose(page, "group 1")
    choose(page, "group 2", modifiers=["Control"])
    page.keyboard.press("m")
    page.wait_for_function("() => document.querySelector('#group_count').textContent === '3 groups'")
    shown = groups_of(page)
    page.click("#corrections")
    file, _ = downloaded(page, lambda: page.click("#export"))
    run("04_cluster.py", *clustered, "--apply-edits", str(file))
    run("06_visualize.py", *drawn)
    page.close()
    page = visits.open(url, person)
    waits_for(page, 0)
    assert sorted(groups_of(page).values()) == sorted(shown.values()) == [3, 5, 16]
    assert {"a few": 3, 'red\'s "own"': 5}.items() <= groups_of(page).items()
