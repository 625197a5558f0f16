"""The page in a real browser: one for all tests of a worker, pages of drawn photos, and what none of them may do."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from lookalike.clustering.outcome import Groups
from lookalike.clustering.relations import relate
from lookalike.clustering.space import Space
from lookalike.visual import gallery
from lookalike.visual.gallery_data import Details

DESK = {"viewport": {"width": 1360, "height": 860}}
PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}
WAIT = 10_000  # milliseconds at most for what a person waits for


@dataclass
class Visits:
    """Opens pages, and keeps what they complained of."""

    browser: object
    faults: list[str] = field(default_factory=list)
    contexts: list[object] = field(default_factory=list)

    def visitor(self, **options):
        """Return a browser of one person, with storage of its own."""
        context = self.browser.new_context(**(options or DESK))
        context.set_default_timeout(WAIT)
        self.contexts.append(context)
        return context

    def open(self, url, context=None, **options):
        """Open a page and wait until it shows something."""
        page = (context or self.visitor(**options)).new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda message: message.type == "error" and self._complaint(message.text))
        page.goto(url)
        page.wait_for_selector("#head_title > bdi", state="attached")
        return page

    def _complaint(self, text):
        if "ERR_FILE_NOT_FOUND" not in text:  # photos that were deleted are no fault of the page
            self.faults.append(text)


@pytest.fixture
def visits(chromium):
    """Pages of this test; at its end none may have thrown an error or broken its own policy."""
    visits = Visits(chromium)
    yield visits
    for context in visits.contexts:
        context.close()
    assert not visits.faults


def sha256(path):
    """Return the digest of a drawn photo, which is that of its path."""
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()


def colour_of(path, target):
    """Read a drawn photo of one colour."""
    return np.full((8, 12, 3), int(sha256(path)[:2], 16), np.uint8)


def draw(folder: Path, labels, paths=None, read=colour_of, **more) -> str:
    """Write the page of photos with these groups and return its address."""
    labels = np.asarray(labels, np.int64)
    n = len(labels)
    rng = np.random.default_rng(0)
    middles = rng.normal(size=(labels.max(initial=-1) + 2, 6)) * 3
    vectors = (middles[labels] + rng.normal(size=(n, 6))).astype(np.float32)
    paths = paths or [f"shelf/photo {row:02d}.jpg" for row in range(n)]
    relations = relate(Space(vectors, seed=0), labels)
    names = more.pop("names", [""] * n)
    named_by = more.pop("named_by", ["person"] * n)
    confidence = more.pop("confidence", np.linspace(1, 0.05, n, dtype=np.float32))
    groups = Groups(paths, labels, relations.own, confidence, np.zeros(n, bool), names, named_by)
    parts = {"image_names": list(paths), "images": "../img", "originals": "../raw", "taken": np.arange(n, dtype=float)}
    parts |= {"sha256s": [sha256(path) for path in paths], "true": [""] * n} | more
    details = Details(parts.pop("dataset", "toys"), groups, parts.pop("true"), relations, **parts)
    folder.mkdir(parents=True, exist_ok=True)
    gallery.write_gallery(folder, details, vectors[:, :2], read, title=details.dataset)
    return (folder / "gallery.html").as_uri()


LABELS = [0] * 14 + [1] * 9 + [2] * 6 + [-1] * 3
TRUE = ["cup"] * 12 + ["pan"] * 2 + ["pan"] * 9 + ["pot"] * 6 + [""] * 3
QUESTIONS = [
    ("belongs", 0, 1, 2),
    ("belongs", 20, 0, 2),
    ("same", 1, 2),
    ("split", 0, [10, 11, 12, 13]),
    ("copies", 0),
]


@pytest.fixture(scope="session")
def toys(tmp_path_factory):
    """The page of 32 photos in three groups, three in none, one pair of near copies, with a product catalogue."""
    folder = tmp_path_factory.mktemp("page") / "output"
    products = {"shelf/photo 03.jpg": {"path": "shelf/photo 03.jpg", "name": "Moomin mug", "maker": "Arabia"}}
    confidence = np.array([1.0] * 10 + [0.2] * 4 + [0.9] * 9 + [0.8] * 6 + [0.0] * 3, np.float32)
    more = {"copies": [np.array([4, 5])], "products": products, "questions": QUESTIONS, "facts": {"method": "drawn {}"}}
    return draw(folder, LABELS, true=TRUE, confidence=confidence, **more)


def groups_of(page):
    """Return the groups of the list as {name: size}."""
    rows = page.locator(".group").all()
    return {row.locator("b").inner_text(): int(row.locator("small").last.inner_text().split()[0]) for row in rows}


def cells(page):
    """Return the file names of the photos of the grid in view, in its order."""
    order = "cells => cells.map(c => [c.offsetTop, c.offsetLeft, c.title.split('\\n')[0]])"
    return [name for _, _, name in sorted(page.eval_on_selector_all(".cell", order))]


def kept_rows(page):
    """Return the corrections that the browser keeps."""
    return json.loads(page.evaluate("localStorage.getItem('lookalike:toys:edits')") or "[]")


def downloaded(page, press):
    """Return the path of the file that `press` makes the page download."""
    with page.expect_download() as waiting:
        press()
    return Path(waiting.value.path()), waiting.value.suggested_filename
