"""Several eyes: how far they agree, what weight that gives, and the same joined vector for photos and queries."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from lookalike.core import features
from lookalike.core.arrays import unit_rows
from lookalike.networks.engines import handcrafted_extractor
from lookalike.networks.extraction import extract_rows
from lookalike.networks.fusion import ENOUGH, WEIGHT, Eye, Fusion, agreement, eyes_in_words, learn_fusion
from lookalike.networks.squares import Photo
from lookalike.networks.vectors import Extracted
from lookalike.search.sight import Sight

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ["--dataset", "drawn", "--run.progress", "off"]
EYES = ["--extract.backbone", "own.onnx+twin.onnx+handcrafted"]


def groups(seed, *, n=600, k=30, spread=0.3, turn=None):
    """Rows around k centres; turn: shuffles which rows are of which centre."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % k if turn is None else np.random.default_rng(turn).permutation(n) % k
    return (rng.standard_normal((k, 24))[labels] + spread * rng.standard_normal((n, 24))).astype(np.float32)


def test_eyes_that_see_the_same_groups_agree_and_others_do_not():
    same, other = agreement(groups(1), groups(2)), agreement(groups(1), groups(2, turn=5))
    assert same > 0.8 and abs(other - 0.5) < 0.03
    assert agreement(groups(1), groups(1)) == 1
    assert agreement(groups(1), groups(2)) == same == agreement(groups(2), groups(1))


def test_agreement_is_what_is_said_of_it():
    one, two = groups(1, n=60), groups(2, n=60)
    shares = []
    for own, other in ((one, two), (two, one)):
        own, other = (unit_rows(eye) @ unit_rows(eye).T for eye in (own, other))
        kept = []
        for row in range(60):
            ranked = [place for place in np.argsort(-own[row]) if place != row]
            kept += [other[row, a] > other[row, b] for a in ranked[:5] for b in ranked[19:40]]
        shares.append(np.mean(kept))
    assert agreement(one, two) == pytest.approx(min(shares), abs=1e-4)


def test_a_constant_eye_and_too_few_photos_have_no_weight():
    rows = groups(1)
    assert agreement(rows, np.ones((600, 5), np.float32)) == 0 == agreement(rows, np.zeros((600, 5), np.float32))
    assert agreement(rows[:20], rows[:20]) is None and agreement(rows[:21], rows[:21]) == 1
    assert agreement(rows[:0], rows[:0]) is None
    assert learn_fusion({"a": rows[:20], "b": rows[:20]}).eyes == {"a": Eye(1), "b": Eye(0, None)}


def test_each_further_eye_is_weighed_by_the_first_alone():
    eyes = learn_fusion({"a": groups(1), "b": groups(2), "c": groups(3, turn=5)}).eyes
    assert [eye.weight for eye in eyes.values()] == [1, WEIGHT, 0]
    assert eyes["b"].agreement > ENOUGH > eyes["c"].agreement
    assert learn_fusion({"base": groups(1), "finetuned": groups(2, turn=5)}).eyes["finetuned"] == Eye(1)
    assert learn_fusion({"own": groups(1), "finetuned": groups(2, turn=5)}).eyes["finetuned"].weight == 0


def test_a_sample_tells_what_all_rows_would(monkeypatch):
    one, two = groups(1, n=1500), groups(2, n=1500, spread=0.8)
    everything = agreement(one, two)
    monkeypatch.setattr("lookalike.networks.fusion.QUERIES", 200)
    assert agreement(one, two) == pytest.approx(everything, abs=0.02)


def test_joined_rows_have_the_weights_as_lengths():
    eyes = {"a": groups(1)[:5], "b": groups(2)[:5, :7], "c": groups(3)[:5]}
    rows = Fusion({"b": Eye(1), "a": Eye(0.6), "c": Eye(0)}).join(eyes)
    assert rows.shape == (5, 31) and rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows[:, :7], axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(rows[:, 7:], axis=1), 0.6, rtol=1e-5)


def histograms(seed, **how):
    """Rows of 30 shares around k histograms, of which one bin is large in all."""
    shares = np.abs(groups(seed, **how)) @ np.abs(np.random.default_rng(seed).standard_normal((24, 30)))
    shares[:, 3] += 3 * shares.sum(axis=1)
    return unit_rows(np.sqrt(shares / shares.sum(axis=1, keepdims=True)).astype(np.float32))


def test_an_eye_of_histograms_is_evened_and_a_row_joined_alike_among_any_others():
    eyes = {"a": groups(1), "handcrafted": histograms(2)}
    fusion = learn_fusion(eyes, ["handcrafted"])
    rows = fusion.join(eyes)
    assert rows.shape == (600, 24 + 30) and fusion.eyes["handcrafted"].weight == WEIGHT
    np.testing.assert_allclose(np.linalg.norm(rows[:, 24:], axis=1), WEIGHT, rtol=1e-5)
    spread = [np.linalg.svd(unit - unit.mean(axis=0), compute_uv=False) for unit in (eyes["handcrafted"], rows[:, 24:])]
    assert spread[0][0] / spread[0][20] > 2 * spread[1][0] / spread[1][20]
    for start, stop in ((0, 1), (7, 90), (599, 600)):
        part = {name: rows[start:stop] for name, rows in eyes.items()}
        np.testing.assert_array_equal(fusion.join(part), rows[start:stop])
    twins = learn_fusion(eyes | {"handcrafted": np.ones((600, 30), np.float32)}, ["handcrafted"])
    assert twins.eyes["handcrafted"] == Eye(0, 0.0) and not twins.axes


def test_an_eye_that_does_not_agree_keeps_the_axes_that_it_was_compared_on():
    fusion = learn_fusion({"a": groups(1), "b": histograms(2, turn=5)}, ["b"])
    assert fusion.eyes["b"].weight == 0 and list(fusion.axes) == ["b"]
    assert fusion.join({"a": groups(1)}).shape == (600, 24)


def test_evened_histograms_tell_groups_that_one_large_bin_hides():
    hidden, shown = histograms(2), groups(1)
    fusion = learn_fusion({"a": shown, "b": hidden}, ["b"])
    assert fusion.eyes["b"].agreement > agreement(shown, hidden) + 0.01


def test_the_weights_are_told_with_their_reason():
    told = eyes_in_words({"a": Eye(), "b": Eye(0.6, 0.771), "c": Eye(0, 0.5), "d": Eye(0, None)})
    assert told == (
        "a + 0.6 b (agrees in 77 % of cases) + 0 c (agrees in 50 % of cases, 66 % are needed)"
        " + 0 d (too few photos to weigh it)"
    )


def run(folder, script, *flags):
    command = [sys.executable, str(ROOT / f"{script}.py"), *FLAGS, *flags]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def extract(folder, *flags):
    done = run(folder, "03_extract", *EYES, *flags)
    assert done.returncode == 0, done.stderr
    return folder / "output" / "drawn" / "03_extract", done.stdout


@pytest.fixture(scope="module")
def place(drawn_photos, drawn_cnn, tmp_path_factory):
    """A folder with drawn photos, prepared, and a network in ONNX for two sizes."""
    folder = tmp_path_factory.mktemp("eyes")
    (folder / "raw_img").mkdir()
    (folder / "raw_img" / "drawn").symlink_to(drawn_photos[0].parent)
    drawn_cnn(folder / "own.onnx", ["n", 3, 64, 64])
    drawn_cnn(folder / "twin.onnx", ["n", 96, 96, 3])
    for script in ("00_make_labels", "01_preprocess"):
        done = run(folder, script)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("flags", [(), ("--extract.pca", "4"), ("--extract.dtype", "float16")], ids=" ".join)
def test_a_query_is_joined_as_the_photos_were(place, drawn_photos, flags):
    folder, said = extract(place, *flags)
    described = json.loads((folder / "description.json").read_text())
    assert {name: one["weight"] for name, one in described.items()} == {"own": 1, "twin": WEIGHT, "handcrafted": 0}
    weighed = {name: {key: one[key] for key in ("weight", "agreement")} for name, one in described.items()}
    assert json.loads((folder / "manifest.json").read_text())["counts"]["eyes"] == weighed
    assert eyes_in_words({name: Eye(**eye) for name, eye in weighed.items()}) in said.splitlines()[-1]
    sight = Sight(folder.parent / "01_preprocess", folder)
    paths, _ = features.load(folder)
    assert features.names(folder) == ["features", "handcrafted", "own", "twin"]
    for row in (0, 7, 22):
        seen = sight.vectors(sight.prepare((drawn_photos[0].parent / paths[row]).read_bytes()))
        for name in features.names(folder):
            np.testing.assert_allclose(seen[name], features.load(folder, name=name)[1][row], rtol=1e-4, atol=1e-5)


def test_a_query_is_evened_as_the_photos_were(place, drawn_photos):
    folder, _ = extract(place, "--extract.backbone", "handcrafted+own.onnx", "--extract.seed", "2")
    paths, rows = features.load(folder)
    described = json.loads((folder / "description.json").read_text())
    assert {name: one["evened"] for name, one in described.items()} == {"handcrafted": True, "own": False}
    assert rows.shape[1] < 504
    sight = Sight(folder.parent / "01_preprocess", folder)
    seen = sight.vectors(sight.prepare((drawn_photos[0].parent / paths[9]).read_bytes()))
    np.testing.assert_allclose(seen["features"], rows[9], rtol=1e-4, atol=1e-5)


def test_joined_features_are_those_of_the_eyes(place):
    folder, _ = extract(place)
    described = json.loads((folder / "description.json").read_text())
    eyes = {name: np.asarray(features.load(folder, name=name)[1]) for name in described}
    assert [eye.shape for eye in eyes.values()] == [(23, 6), (23, 6), (23, 504)]
    joined = np.asarray(features.load(folder)[1])
    assert joined.shape == (23, 12) and np.array_equal(joined, learn_fusion(eyes).join(eyes))


def test_that_eyes_are_weighed_by_a_sample_is_told(monkeypatch):
    eyes = {"a": Eye(), "b": Eye(0.6, 0.8)}
    assert Extracted(20_001, 0, {}, eyes).approximations == ["eyes are weighed by 20,000 of 20,001 vectors"]
    for images, found in ((20_000, eyes), (20_001, {}), (20_001, {"base": Eye(), "finetuned": Eye()})):
        assert Extracted(images, 0, {}, found).approximations == []
    monkeypatch.setattr("lookalike.networks.fusion.ROWS", 300)
    sampled, every = (learn_fusion({"a": groups(1)[:n], "b": groups(2)[:n]}).eyes["b"] for n in (600, 300))
    assert sampled.agreement == pytest.approx(every.agreement, abs=0.05)
    assert sampled.weight == WEIGHT


def test_an_eye_joined_after_pca_or_in_shards_is_not_extracted_again(place):
    extract(place, "--run.shard_size", "5", "--extract.pca", "2")
    _, said = extract(place, "--run.shard_size", "23", "--extract.pca", "3")
    assert "23 vectors of 3 numbers, 0 of them new" in said


def test_workers_in_processes_give_the_same_vectors(place):
    here = {file.name: file.read_bytes() for file in extract(place)[0].glob("*.npy")}
    flags = ("--run.executor", "processes", "--run.shard_size", "12", "--run.workers", "2", "--extract.seed", "1")
    there = {file.name: file.read_bytes() for file in extract(place, *flags)[0].glob("*.npy")}
    assert here == there and len(here) == 4


def test_a_photo_that_came_later_is_joined_with_those_that_are_known(drawn_photos, drawn_cnn, tmp_path):
    (tmp_path / "raw_img" / "drawn").mkdir(parents=True)
    drawn_cnn(tmp_path / "own.onnx", ["n", 3, 64, 64])
    for photos, new in ((drawn_photos[:22], 22), (drawn_photos[22:], 1)):
        for photo in photos:
            shutil.copy(photo, tmp_path / "raw_img" / "drawn")
        for script in ("00_make_labels", "01_preprocess"):
            assert run(tmp_path, script).returncode == 0
        done = run(tmp_path, "03_extract", "--extract.backbone", "own.onnx+handcrafted", "--extract.pca", "2")
        assert f"{new} of them new" in done.stdout, done.stderr


def test_the_eye_of_the_foreground_sees_photos_without_background(tmp_path):
    photos = []
    for number, colour in enumerate([(250, 250, 250), (30, 60, 200)]):
        drawn = np.full((200, 240, 3), colour, np.uint8)
        cv2.circle(drawn, (110, 100), 50, (20, 160, 40), -1)
        cv2.imwrite(str(tmp_path / f"{number}.png"), drawn)
        photos.append(Photo(tmp_path / f"{number}.png"))
    whole = handcrafted_extractor(1)
    apart = [np.ptp(extract_rows(photos, eye)[0], axis=0).max() for eye in (whole, whole.on_foreground("auto"))]
    assert apart[0] > 0.3 > 0.05 > apart[1]


def test_original_and_foreground_are_two_eyes_to_a_query_as_well(place, drawn_photos):
    flags = ("--extract.backbone", "own.onnx", "--extract.foreground", "edges")
    folder, said = extract(place, *flags)
    described = json.loads((folder / "description.json").read_text())
    assert list(described) == ["own", "foreground"] and described["foreground"]["background"] == "edges"
    assert features.unjoined(folder) == ["own"]  # what a head or a text encoder was trained with
    assert described["own"]["graph"] == described["foreground"]["graph"] and "agrees in" in said
    sight = Sight(folder.parent / "01_preprocess", folder)
    paths, _ = features.load(folder)
    seen = sight.vectors(sight.prepare((drawn_photos[0].parent / paths[3]).read_bytes()))
    for name in ("features", "own", "foreground"):
        np.testing.assert_allclose(seen[name], features.load(folder, name=name)[1][3], rtol=1e-4, atol=1e-5)
    assert not np.allclose(seen["own"], seen["foreground"])
