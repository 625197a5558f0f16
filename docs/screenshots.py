"""Make the README's pictures of the page from the demo's result: python docs/screenshots.py (after make demo)

page.jpg: a group and one of its photos. loop.jpg: a correction, its export, and the page after it was taken in.
"""

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
GALLERY = "sample/06_visualize/gallery.html"
VIEW = {"width": 1200, "height": 720}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
HEAD = 0.62  # share of a picture's height that the loop shows


def main() -> None:
    """Drive the page of the demo and write both pictures."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport=VIEW, device_scale_factor=1)
        page.goto((ROOT / "output" / GALLERY).as_uri())
        page.click(".group >> nth=3")
        page.click(".cell >> nth=4")
        page.wait_for_function("() => document.querySelector('#large')?.complete")
        picture(page).save(DOCS / "page.jpg", quality=82)
        steps = correct(page, Path(folder))
        join(steps).save(DOCS / "loop.jpg", quality=80)
        browser.close()


def correct(page: Page, folder: Path) -> list[Image.Image]:
    """Split three photos off and name the new group; export, take the file in and open the page anew."""
    page.keyboard.press("Escape")
    for place in (8, 9, 10):
        page.click(f".cell >> nth={place}", modifiers=["Control"])
    page.wait_for_selector("#tray", state="visible")
    steps = [picture(page)]
    page.click("#split")
    page.keyboard.press("r")
    page.fill("#name_value", "basketballs, again")
    page.keyboard.press("Enter")
    page.click("#corrections")
    steps.append(picture(page))
    with page.expect_download() as found:
        page.click("#export")
    file = folder / "sample.jsonl"
    found.value.save_as(file)
    shutil.copytree(ROOT / "output", folder / "output", symlinks=True)
    shutil.copytree(ROOT / "img", folder / "img")
    flags = ["--dataset", "sample", "--output", "output", "--img", "img", "--edits", "edits"]
    flags += ["--photos", str(ROOT / "raw_img" / "sample"), "--run.progress", "off"]
    run(folder, "04_cluster", *flags[:-4], *flags[-2:], "--apply-edits", str(file))
    run(folder, "run_all", *flags, "--extract.backbone", "handcrafted")
    page.goto((folder / "output" / GALLERY).as_uri())
    page.wait_for_selector(".group")
    page.fill("#words", "again")
    page.wait_for_function("() => document.querySelectorAll('.cell').length === 3")
    return [*steps, picture(page)]


def run(folder: Path, script: str, *flags: str) -> None:
    subprocess.run([sys.executable, str(ROOT / f"{script}.py"), *flags], cwd=folder, check=True)


def picture(page: Page) -> Image.Image:
    """Return what is seen, once nothing is being loaded."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(300)
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def join(steps: list[Image.Image]) -> Image.Image:
    """Put pictures below each other, each cut to a part."""
    width, height = steps[0].size
    cut = round(height * HEAD)
    joined = Image.new("RGB", (width, len(steps) * (cut + 8) - 8), "white")
    for place, step in enumerate(steps):
        top = 0 if place else height - cut  # what is selected is at the foot of the first
        joined.paste(step.crop((0, top, width, top + cut)), (0, place * (cut + 8)))
    return joined


if __name__ == "__main__":
    main()
