"""Search by words of what is seen, and groups called by them, with a drawn pair of networks: from the shell, the API
and the page."""

import csv
import shutil
from urllib.parse import quote

import pytest

from ..drawn_pair import draw_image_encoder, draw_text_encoder
from .test_server import Server

pytest.importorskip("tokenizers", reason="needs the extra `text`")
SEEN = ["--extract.backbone", "image.onnx", "--extract.views", "whole"]
READ = ["--extract.text_encoder", "text.onnx", "--extract.vocabulary", "words.txt"]
GROUPED = ["--cluster.method", "kmeans", "--cluster.n_clusters", "3", "--cluster.names", "vocabulary,products"]
RED, BLUE, GREEN = "012"  # how photos of a colour are called


@pytest.fixture(scope="module")
def paired(finished, call, tmp_path_factory):
    """A copy of the folder whose vectors are of a drawn pair, with groups that a vocabulary named."""
    folder = shutil.copytree(finished, tmp_path_factory.mktemp("paired") / "place", symlinks=True)
    draw_image_encoder(folder / "image.onnx")
    draw_text_encoder(folder / "text.onnx")
    (folder / "words.txt").write_text("Red\nGreen\nBlue\n", encoding="utf-8")
    for script, flags in (("03_extract", [*SEEN, *READ]), ("04_cluster", GROUPED)):
        done = call(folder, script, *flags)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def run(call_here):
    """Run a script in this process; return its lines, or where it failed, the one of the error."""

    def lines(folder, script, *flags):
        done = call_here(folder, script, *flags)
        told = done.stderr if done.returncode else done.stdout
        return told.decode().splitlines()

    return lines


def kinds(lines):
    return "".join(line.split("\t")[2].rpartition("/")[2][0] for line in lines)


def names(folder):
    with (folder / "output/toys/04_cluster/clusters.csv").open(encoding="utf-8") as file:
        return {(row["path"][0], row["name"], row["named_by"]) for row in csv.DictReader(file)}


def test_words_find_what_shows_them(paired, run):
    lines = run(paired, "07_search", "--text", "RED", "--top", "9")
    assert kinds(lines)[:8] == RED * 8
    assert lines[0].split("\t")[:2] == ["1.0000", "Red"]
    assert float(lines[8].split("\t")[0]) < 0.5


def test_groups_are_called_by_the_vocabulary(paired):
    assert names(paired) == {(RED, "Red", "vocabulary"), (BLUE, "Blue", "vocabulary"), (GREEN, "Green", "vocabulary")}


def test_a_text_goes_with_photos_and_filters(paired, run):
    both = run(paired, "07_search", "--text", "red", "--query", "1_7_0.png", "--top", "15", "--rerank")
    assert set(kinds(both)) == {RED, BLUE}
    assert 0.6 < float(both[0].split("\t")[0]) < 0.8
    assert set(kinds(run(paired, "07_search", "--text", "red blue", "--unlike", "1_7_0.png", "--top", "8"))) == {RED}
    assert kinds(run(paired, "07_search", "--text", "red", "--words", "disc")) == RED * 2
    assert kinds(run(paired, "07_search", "--text", "red", "--group", "Blue", "--top", "3")) == BLUE * 3


def test_long_texts_are_cut_and_empty_ones_told(paired, finished, run):
    assert kinds(run(paired, "07_search", "--text", "green " * 2_000, "--top", "8")) == GREEN * 8
    (line,) = run(paired, "07_search", "--text", "  ")
    assert "expected words that tokenizer.json knows, found none" in line
    (line,) = run(finished, "07_search", "--text", "red")
    assert "expected a text encoder to search by text with, found none: run 03_extract.py with" in line


def test_only_what_depends_on_words_is_made_again(paired, run, tmp_path):
    place = shutil.copytree(paired, tmp_path / "place", symlinks=True)
    (place / "words.txt").write_text("Red\nScarlet\nGreen\nBlue\nGroup\n", encoding="utf-8")
    assert [line.split(":")[0] for line in run(place, "03_extract", *SEEN, *READ)] == ["03_text"]
    run(place, "04_cluster", *GROUPED)
    assert (BLUE, "Blue", "vocabulary") in names(place)
    assert run(place, "03_extract", *SEEN) == []  # without a text encoder there are no words
    assert "expected a text encoder" in run(place, "07_search", "--text", "red")[-1]
    run(place, "04_cluster", *GROUPED)
    assert {by for _, _, by in names(place)} <= {"products", ""}


def test_principal_components_and_several_eyes(paired, run, tmp_path):
    place = shutil.copytree(paired, tmp_path / "place", symlinks=True)
    run(place, "03_extract", *SEEN, *READ, "--extract.pca", "2")
    found = run(place, "07_search", "--text", "green", "--top", "8")
    assert kinds(found) == GREEN * 8
    run(place, "03_extract", "--extract.backbone", "image.onnx+handcrafted", *SEEN[2:], *READ)
    assert "expected --features image with a text, found features" in run(place, "07_search", "--text", "green")[-1]
    assert kinds(run(place, "07_search", "--text", "green", "--features", "image", "--top", "8")) == GREEN * 8
    run(place, "04_cluster", *GROUPED)
    assert {name for _, name, _ in names(place)} == {"Red", "Green", "Blue"}


@pytest.fixture(scope="module")
def served(paired, tmp_path_factory):
    server = Server(shutil.copytree(paired, tmp_path_factory.mktemp("served") / "place", symlinks=True))
    yield server
    server.stop()


def test_the_api_takes_a_text(served):
    hits = served.json("GET", "/api/search?text=blue&count=8")["hits"]
    assert {hit["path"][0] for hit in hits} == {BLUE}
    assert hits[0]["score"] == pytest.approx(1, abs=1e-4)
    assert "found none" in served.json("GET", "/api/search?text=%20", status=400)["error"]
    assert len(served.json("GET", f"/api/search?text={quote('blue ' * 2_000)}")["hits"]) == 20
    assert "text" in served.json("GET", f"/api/search?text={'b' * 10_001}", status=422)["error"]


def test_the_page_searches_by_what_is_seen(served, chromium):
    context = chromium.new_context(viewport={"width": 1360, "height": 860})
    page, faults = context.new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(served.address)
    page.wait_for_selector(".cell")
    for start in (lambda: page.click("#by_text"), lambda: page.keyboard.press("Enter")):
        page.fill("#words", "green lorry")
        page.wait_for_selector("#empty_reset", state="visible")
        start()
        page.wait_for_selector("#alike[aria-busy=false]")
        assert [cell.get_attribute("title")[0] for cell in page.query_selector_all(".cell")][:8] == [GREEN] * 8
        assert page.locator(".cell.weak").count() == 0  # scores of texts are lower than those of photos
        assert page.inner_text("#alike_like") == "“green lorry”"
        page.click("#leave")
    page.click("#by_text")
    page.wait_for_selector("#toast:has-text('what is to be seen')", state="visible")
    context.close()
    assert not faults
