"""Search from the shell, as a user runs it."""

import json
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ["--dataset", "toys", "--run.progress", "off"]


@pytest.fixture
def ask(call_here):
    return lambda folder, *flags: call_here(folder, "07_search", *flags)


@pytest.fixture
def search(ask):
    def run(folder, *flags):
        done = ask(folder, *flags)
        assert done.returncode == 0, done.stderr.decode()
        return [line.split("\t") for line in done.stdout.decode().splitlines()]

    return run


def kinds(rows):
    return [Path(row[2]).name[0] for row in rows]


def test_a_photo_of_the_dataset_finds_its_kind_and_not_itself(finished, search):
    rows = search(finished, "--query", "1_7_2.png", "--top", "5")
    assert kinds(rows) == ["1"] * 5
    assert all(Path(row[2]).name != "1_7_2.png" for row in rows)
    scores = [float(row[0]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert all((finished / row[2]).is_file() for row in rows)


def test_any_file_finds_its_kind(finished, tmp_path, search, draw):
    draw(tmp_path / "new, one.png", 2, 99)
    assert kinds(search(finished, "--query", str(tmp_path / "new, one.png"), "--top", "4")) == ["2"] * 4


def test_a_photo_of_the_dataset_by_another_name_is_that_photo(finished, tmp_path, search):
    shutil.copy(finished / "raw_img/toys/1_7_2.png", tmp_path / "upload.png")
    assert search(finished, "--query", str(tmp_path / "upload.png")) == search(finished, "--query", "1_7_2.png")


def test_a_prepared_query_has_the_vector_of_the_dataset(finished, tmp_path):
    from lookalike.core import features
    from lookalike.search.sight import Sight

    output = finished / "output" / "toys"
    sight = Sight(output / "01_preprocess", output / "03_extract")
    paths, rows = features.load(output / "03_extract")
    for row in (0, 11, 23):
        data = (finished / "raw_img/toys" / paths[row]).read_bytes()
        assert np.array_equal(sight.vectors(sight.prepare(data))["features"], rows[row])


def test_several_queries_and_one_to_be_unlike(finished, search):
    both = search(finished, "--query", "0_7_0.png", "--query", "1_7_0.png", "--top", "14")
    assert set(kinds(both)) == {"0", "1"}
    away = search(finished, "--query", "0_7_0.png", "--query", "1_7_0.png", "--unlike", "1_7_1.png", "--top", "7")
    assert set(kinds(away)) == {"0"}


def test_words_category_and_group(finished, search):
    assert [Path(row[2]).name for row in search(finished, "--words", "DISC red")] == ["0_7_3.png", "0_7_4.png"]
    assert len(search(finished, "--category", "discs")) == 2
    within = search(finished, "--query", "2_7_0.png", "--words", "disc")
    assert [Path(row[2]).name[0] for row in within] == ["0", "0"]
    group = search(finished, "--query", "1_7_0.png", "--top", "1")[0][1].removeprefix("group ")
    assert len(search(finished, "--group", group)) == 8


def test_json_and_paths_for_other_programs(finished, ask):
    rows = json.loads(ask(finished, "--query", "0_7_0.png", "--top", "2", "--json").stdout)
    assert {row["path"][0] for row in rows} == {"0"}
    assert rows[0]["score"] >= rows[1]["score"]
    paths = ask(finished, "--query", "0_7_0.png", "--top", "2", "-0").stdout
    assert [os.fsdecode(path) for path in paths.split(b"\0")] == [*(row["file"] for row in rows), ""]


def test_a_part_of_a_photo(place, search):
    both = np.full((96, 192, 3), 225, np.uint8)
    both[:, :96] = cv2.imread(str(place / "raw_img/toys/0_7_1.png"))
    both[:, 96:] = cv2.imread(str(place / "raw_img/toys/1_7_1.png"))
    cv2.imwrite(str(place / "both.png"), both)
    for kind, crop in (("0", "0,0,96,96"), ("1", "96,0,96,96")):
        assert kinds(search(place, "--query", "both.png", "--crop", crop, "--top", "4")) == [kind] * 4


def test_reranking_keeps_the_hits(finished, search):
    plain, again = (search(finished, "--query", "1_7_0.png", *more) for more in ([], ["--rerank"]))
    assert sorted(row[2] for row in plain) == sorted(row[2] for row in again)


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (
            ["--query", "nothing.png"],
            "expected a photo to search with, found neither a file nor a photo of the dataset",
        ),
        (["--query", "products.csv"], "expected a photo, found one that does not read"),
        (["--query", "0_7_0.png", "--crop", "1,2,3"], "expected a crop as x,y,width,height in pixels, found 1,2,3"),
        (["--query", "0_7_0.png", "--crop", "500,0,9,9"], "expected a crop inside its 96 x 96 pixels, found 500,0,9,9"),
        (["--words", "zebra"], "expected a photo with words 'zebra', found none"),
        (["--query", "0_7_0.png", "--min_score", "1.1"], "expected a photo with a score of at least 1.1, found none"),
        (["--query", "0_7_0.png", "--category", "no"], "expected a category of this dataset, found 'no'"),
        (["--query", "0_7_0.png", "--group", "99"], "expected the number or name of a group, found none: 99"),
        (["--query", "0_7_0.png", "--features", "base"], "expected vectors of features, found 'base'"),
    ],
)
def test_what_cannot_be_found_is_one_line(finished, flags, line, ask):
    done = ask(finished, *flags)
    assert done.returncode == 1
    assert done.stdout == b""
    assert line in done.stderr.decode()
    assert len(done.stderr.decode().splitlines()) == 1


def test_a_query_without_its_value(finished, ask):
    done = ask(finished, "--query")
    assert done.returncode == 2
    assert b"--query: expected one argument" in done.stderr


def test_the_index_follows_the_photos(place, search, draw, call):
    search(place, "--query", "0_7_0.png")
    made = (place / "output/toys/07_search/manifest.json").read_bytes()
    search(place, "--query", "0_7_1.png")
    assert (place / "output/toys/07_search/manifest.json").read_bytes() == made
    draw(place / "raw_img/toys/2_7_99.png", 2, 500)
    flags = ["--extract.backbone", "handcrafted", "--make_labels.products", "products.csv"]
    assert call(place, "run_all", *flags).returncode == 0
    assert any("2_7_99" in row[2] for row in search(place, "--query", "2_7_0.png"))


def test_stale_features_are_one_line(place, search, ask, draw, call):
    search(place, "--query", "0_7_0.png")
    draw(place / "raw_img/toys/2_7_99.png", 2, 500)
    for script in ("00_make_labels", "01_preprocess"):
        assert call(place, script).returncode == 0
    done = ask(place, "--query", "0_7_0.png")
    assert done.returncode == 1
    assert "03_extract is older than 01_preprocess: run python 03_extract.py" in done.stderr.decode()


def test_without_features_the_command_is_told(tmp_path, call):
    done = call(tmp_path, "07_search", "--query", "a.png")
    assert done.returncode == 1
    assert "07_search needs 03_extract, found none" in done.stderr.decode()


def test_without_groups_photos_are_found_all_the_same(place, ask):
    shutil.rmtree(place / "output/toys/04_cluster")
    done = ask(place, "--query", "0_7_0.png", "--top", "3")
    assert done.returncode == 0
    assert b"groups are not told" in done.stderr
    assert done.stdout.decode().count("in no group") == 3


def test_run_all_makes_the_index_where_it_is_asked_to(place, call):
    shutil.rmtree(place / "output/toys/07_search", ignore_errors=True)
    flags = ["--extract.backbone", "handcrafted", "--make_labels.products", "products.csv", "--search.enabled", "true"]
    done = call(place, "run_all", *flags)
    assert b"07_search: 24 photos to search" in done.stdout
