"""What the page of groups costs in a real browser, and what stage 06 costs beyond t-SNE. Prints a Markdown table.

    python benchmarks/gallery.py [--photos 1620 5000 50000] [--drawn 20250] [--browser FILE]

Drawn photos in groups of unequal size (the k-th of size 1 / k), a drawn layout; headless Chromium without a graphics
card. Processor time and memory are those of all processes of the browser; memory is the proportional set size after
the map was moved and the largest group scrolled through, less that of a browser with an empty page.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import psutil
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from lookalike.clustering.outcome import Groups  # noqa: E402
from lookalike.clustering.relations import relate  # noqa: E402
from lookalike.clustering.space import Space  # noqa: E402
from lookalike.visual import pictures  # noqa: E402
from lookalike.visual.gallery import write_gallery  # noqa: E402
from lookalike.visual.gallery_data import Details  # noqa: E402
from lookalike.visual.layouts import principal_axes, shown_rows, tsne  # noqa: E402
from lookalike.visual.options import Options  # noqa: E402

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--no-first-run"]
STEPS, PAUSE = 150, 16  # moves of the mouse in a measurement, milliseconds between them
SIDE = 400  # pixels of a drawn photo
FIRST_CELL = """
new MutationObserver((_, observer) => {
  if (!document.querySelector(".cell")) return;
  observer.disconnect();
  requestAnimationFrame(() => requestAnimationFrame(() => { window.firstGrid = performance.now(); }));
}).observe(document, {childList: true, subtree: true});
"""
SCROLL = (
    "const g = document.querySelector('#grid'), t = g.scrollTop; g.scrollTop += g.clientHeight; return g.scrollTop > t;"
)
COUNT_FRAMES = "window.frames_seen = 0; (function next() { window.frames_seen++; requestAnimationFrame(next); })()"


def draw_photo(i: int) -> np.ndarray:
    """Draw a photo of its own: a disc on a ground with some noise, uint8 (400, 400, 3)."""
    rng = np.random.default_rng(i)
    photo = np.full((SIDE, SIDE, 3), rng.integers(60, 256, 3), np.uint8)
    for _ in range(3):
        middle, colour = rng.integers(60, SIDE - 60, 2).tolist(), rng.integers(0, 256, 3).tolist()
        cv2.circle(photo, middle, int(rng.integers(30, 110)), colour, -1, cv2.LINE_AA)
    small = rng.normal(0, 14, (SIDE // 4, SIDE // 4, 3)).astype(np.float32)
    return np.clip(photo + cv2.resize(small, (SIDE, SIDE)), 0, 255).astype(np.uint8)


def draw_set(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw labels int (n,), features float32 (n, 64) and positions (n, 2)."""
    rng = np.random.default_rng(0)
    g = max(3, n // 70)
    share = 1 / np.arange(1, g + 1)
    labels = np.concatenate([np.arange(g), rng.choice(g, n - g, p=share / share.sum())])
    labels[rng.random(n) < 0.02] = -1
    _, packed = np.unique(labels, return_inverse=True)
    labels = packed - 1
    middles, spots = rng.normal(size=(g + 1, 64)), rng.uniform(0, 100, (g + 1, 2))
    features = (middles[labels] + rng.normal(size=(n, 64)) * 0.6).astype(np.float32)
    return labels, features, spots[labels] + rng.normal(size=(n, 2)) * 2


def details_of(n: int, labels: np.ndarray, features: np.ndarray, images: str) -> Details:
    """Make up what the page tells of the drawn photos."""
    relations = relate(Space(features, seed=0), labels)
    with np.errstate(invalid="ignore"):
        confidence = np.nan_to_num(np.clip(1 - relations.own / relations.following, 0, 1)).astype(np.float32)
    paths = [f"shelf {i % 97}/a photo of number {i:06d}.jpg" for i in range(n)]
    groups = Groups(paths, labels, relations.own, confidence, np.zeros(n, bool), [""] * n, [""] * n)
    true = [f"class {max(0, label) % 97}" for label in labels.tolist()]
    parts = {"sha256s": [f"{i:064x}" for i in range(n)], "taken": np.arange(n, dtype=float)}
    return Details("drawn", groups, true, relations, image_names=paths, images=images, originals=images, **parts)


def processes() -> list[psutil.Process]:
    """Return the processes of the browser."""
    return [one for one in psutil.Process().children(recursive=True) if "chrom" in one.name()]


def cpu() -> float:
    """Return the processor seconds that the browser has taken."""
    return sum(sum(one.cpu_times()[:2]) for one in processes())


def memory() -> float:
    """Return the memory of the browser in MiB."""
    return sum(one.memory_full_info().pss for one in processes()) / 2**20


def reachable(page: Page) -> int:
    """Count the photos that a click on a group and a click in its grid open, scrolling through every group."""
    seen: set[str] = set()
    page.evaluate("history.replaceState(null, '', '#')")
    groups = int(page.evaluate("document.querySelector('#group_space').offsetHeight / 60"))
    for place in range(groups):
        page.evaluate(f"document.querySelector('#group_list').scrollTop = {place * 60}")
        page.wait_for_timeout(30)
        ids = page.eval_on_selector_all(".group", "rows => rows.map(row => [row.offsetTop, row.dataset.group])")
        group = next(number for top, number in ids if top == place * 60)
        page.click(f".group[data-group='{group}']")
        page.wait_for_timeout(30)
        while True:
            seen |= set(page.eval_on_selector_all(".cell", "cells => cells.map(cell => cell.dataset.photo)"))
            if not page.evaluate(f"() => {{ {SCROLL} }}"):
                break
            page.wait_for_timeout(20)
    return len(seen)


def pan(page: Page) -> float:
    """Drag the map and return processor milliseconds a frame."""
    page.keyboard.press("v")
    page.wait_for_timeout(1500)
    page.evaluate(COUNT_FRAMES)
    box = page.locator("#map").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down()
    frames, before = page.evaluate("frames_seen"), cpu()
    for step in range(STEPS):
        page.mouse.move(middle[0] + 120 * np.sin(step / 12), middle[1] + 90 * np.cos(step / 15))
        page.wait_for_timeout(PAUSE)
    spent, shown = cpu() - before, page.evaluate("frames_seen") - frames
    page.mouse.up()
    return 1000 * spent / shown


def scroll_largest(page: Page) -> None:
    """Scroll through the largest group, for ten seconds at most."""
    page.keyboard.press("g")
    page.click(".group >> nth=1")  # above it are those in no group
    until = time.monotonic() + 10
    while time.monotonic() < until and page.evaluate(f"() => {{ {SCROLL} }}"):
        page.wait_for_timeout(50)


def measure(browser: Browser, n: int, folder: Path) -> dict[str, object]:
    """Write the page of n drawn photos and use it."""
    labels, features, positions = draw_set(n)
    pool = [draw_photo(i) for i in range(256)]
    details = details_of(n, labels, features, "img")
    started = time.perf_counter()
    write_gallery(folder, details, positions, lambda path, side: pool[int(path[-10:-4]) % 256], title="drawn")
    written = time.perf_counter() - started
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
    blank = browser.new_page(viewport={"width": 1360, "height": 860})
    blank.wait_for_timeout(1000)
    empty = memory()
    blank.close()
    page = browser.new_page(viewport={"width": 1360, "height": 860})
    page.add_init_script(FIRST_CELL)
    page.goto((folder / "gallery.html").as_uri())
    page.wait_for_function("() => window.firstGrid")
    first = page.evaluate("firstGrid") / 1000
    row = {
        "photos": f"{n:,}",
        "page, MB": f"{size:.1f}",
        "written, s": f"{written:.1f}",
        "first grid, s": f"{first:.2f}",
    }
    row["panning, CPU-ms a frame"] = f"{pan(page):.1f}"
    scroll_largest(page)
    row["memory over empty, MiB"] = f"{memory() - empty:.0f}"
    row["reached in two clicks"] = f"{reachable(page):,}" if n <= 5_000 else "not counted"
    page.close()
    return row


def draw_time(n: int, folder: Path) -> dict[str, str]:
    """Time the pictures and the page of n photos on disk against t-SNE alone on the rows that it sees."""
    labels, features, _ = draw_set(n)
    (folder / "img").mkdir()
    for i in range(500):
        cv2.imwrite(str(folder / f"img/{i}.jpg"), draw_photo(i))
    details = details_of(n, labels, features, "img")

    def read(path: str, side: int) -> np.ndarray:
        from lookalike.catalog import images

        return images.read(folder / f"img/{int(path[-10:-4]) % 500}.jpg", target=side)

    own = np.nan_to_num(details.relations.own, nan=2)
    photos = pictures.Photos(details.paths, list(details.true), labels, features, own, read)
    started = time.perf_counter()
    axes = principal_axes(features[shown_rows(n, Options().max_rows, seed=0)[0]], seed=0)
    tsne(axes, perplexity=Options().perplexity, seed=0)
    alone = time.perf_counter() - started
    (folder / "drawn").mkdir()
    started = time.perf_counter()
    relate(Space(features, seed=0), labels)
    pictures.draw_all(folder / "drawn", folder, photos, Options(), "drawn", details)
    whole = time.perf_counter() - started
    return {
        "photos": f"{n:,}",
        "06, s": f"{whole:.0f}",
        "t-SNE alone, s": f"{alone:.0f}",
        "beyond it, s": f"{whole - alone:.0f}",
    }


def show(rows: list[dict]) -> None:
    """Print rows as a Markdown table."""
    print("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(map(str, row.values())) + " |", flush=True)
    print(flush=True)


def main() -> None:
    """Measure pages of each size, then the stage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, nargs="*", default=[1620, 5000, 50000])
    parser.add_argument("--drawn", type=int, default=20250, help="photos of the whole stage; 0: not measured")
    parser.add_argument("--browser", default=shutil.which("chromium"))
    asked = parser.parse_args()
    rows = []
    for n in asked.photos:
        with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
            browser = driver.chromium.launch(executable_path=asked.browser, args=FLAGS)
            rows.append(measure(browser, n, Path(folder)))
            browser.close()
    if rows:
        show(rows)
    if asked.drawn:
        with tempfile.TemporaryDirectory() as folder:
            show([draw_time(asked.drawn, Path(folder))])


if __name__ == "__main__":
    main()
