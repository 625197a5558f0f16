"""Photos and prepared photos in tars: the results of those in folders, whatever is changed, killed or damaged."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
FLAGS = ["--dataset", "toys", "--run.progress", "off", "--run.shard_size", "7"]
ALL_FLAGS = [*FLAGS, "--extract.backbone", "handcrafted", "--cluster.method", "kmeans", "--cluster.n_clusters", "3"]
IN_TARS = ["--preprocess.format", "tar"]
KINDS = {"cross": (40, 160, 40), "disc": (30, 40, 200), "ring": (200, 90, 30)}


def draw(path, kind, seed):
    rng = np.random.default_rng(seed)
    image = np.full((96, 96, 3), 225, np.uint8) - rng.integers(0, 12, (96, 96, 3), np.uint8)
    middle = tuple(rng.integers(36, 60, 2).tolist())
    cv2.circle(image, middle, 24, KINDS[kind], {"cross": 2, "disc": -1, "ring": 9}[kind])
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image)


def pack(tar, photos, *kinds):
    tar.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(tar, "w") as file:
        for kind in kinds:
            file.add(photos / kind, kind)


def run(folder, *flags, script="run_all", flags_of=ALL_FLAGS):
    command = [sys.executable, str(ROOT / f"{script}.py"), *flags_of, *flags]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)


def results(folder):
    """Return what a person would compare: rows of labels, vectors, groups, scores."""
    out = folder / "output" / "toys"
    files = ["00_make_labels/labels_true.txt", "03_extract/features_00000.npy", "04_cluster/labels_pred.txt"]
    files += ["05_evaluate/scores.json"]
    with (out / "04_cluster" / "clusters.csv").open(newline="", encoding="utf-8") as file:
        rows = [row | {"path": row["path"].rpartition(".tar/")[2]} for row in csv.DictReader(file)]
    return {name: (out / name).read_bytes() for name in files} | {"rows": rows}


@pytest.fixture(scope="session")
def in_folders(tmp_path_factory):
    """The results of 24 drawn photos in three folders."""
    folder = tmp_path_factory.mktemp("folders")
    for number, kind in enumerate(KINDS):
        for seed in range(8):
            draw(folder / "raw_img" / "toys" / kind / f"{seed}.png", kind, 10 * number + seed)
    done = run(folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def finished(in_folders, tmp_path_factory):
    """The same photos in two tars, and their results with prepared photos in a tar."""
    folder, photos = tmp_path_factory.mktemp("tars") / "place", in_folders / "raw_img" / "toys"
    pack(folder / "raw_img" / "toys" / "shard-000.tar", photos, "cross", "disc")
    pack(folder / "raw_img" / "toys" / "shard-001.tar", photos, "ring")
    done = run(folder, *IN_TARS)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def place(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "place", symlinks=True)


def manifests(folder):
    return {file.parent.name: file.read_bytes() for file in sorted((folder / "output/toys").glob("*/manifest.json"))}


def test_tars_give_the_results_of_folders(in_folders, finished):
    assert results(finished) == results(in_folders)
    assert [path.name for path in sorted((finished / "img" / "toys").iterdir()) if path.name[0] != "."] == [
        "photos-000000.tar"
    ]


def test_one_tar_beside_a_folder_gives_them_too(in_folders, tmp_path):
    photos = in_folders / "raw_img" / "toys"
    pack(tmp_path / "raw_img" / "toys" / "c.tar", photos, "cross", "disc")
    shutil.copytree(photos / "ring", tmp_path / "raw_img" / "toys" / "ring")
    assert run(tmp_path).returncode == 0
    assert results(tmp_path) == results(in_folders)


@pytest.mark.parametrize("how", [["--run.shard_size", "1"], ["--run.executor", "processes", "--run.workers", "3"]])
def test_shards_and_executors_make_the_same_files(place, how):
    before, tar = manifests(place), (place / "img/toys/photos-000000.tar").read_bytes()
    shutil.rmtree(place / "output")
    shutil.rmtree(place / "img")
    done = run(place, *IN_TARS, *how)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert manifests(place) == before
    assert (place / "img/toys/photos-000000.tar").read_bytes() == tar


def test_a_second_run_finds_every_stage_up_to_date(place):
    done = run(place, *IN_TARS)
    assert all("up to date" in line for line in done.stdout.splitlines()), done.stdout


def test_of_a_tar_that_was_saved_again_only_what_changed_is_computed(place, in_folders, tmp_path):
    photos = shutil.copytree(in_folders / "raw_img" / "toys", tmp_path / "photos")
    draw(photos / "ring" / "3.png", "ring", 99)
    (photos / "ring" / "4.png").unlink()
    pack(place / "raw_img" / "toys" / "shard-001.tar", photos, "ring")
    done = run(place, *IN_TARS)
    assert "23 photos prepared, 1 of them new" in done.stdout, done.stdout + done.stderr
    assert "23 vectors of 504 numbers, 1 of them new" in done.stdout


def test_a_tar_saved_again_between_two_steps_is_noticed(place, in_folders, tmp_path):
    photos = shutil.copytree(in_folders / "raw_img" / "toys", tmp_path / "photos")
    draw(photos / "ring" / "3.png", "ring", 99)
    pack(place / "raw_img" / "toys" / "shard-001.tar", photos, "ring")
    shutil.rmtree(place / "img")
    done = run(place, *IN_TARS, script="01_preprocess", flags_of=FLAGS)
    assert "23 photos prepared, 24 of them new, 1 quarantined" in done.stdout, done.stdout + done.stderr
    told = (place / "output" / "toys" / "01_preprocess" / "quarantine.csv").read_text()
    assert "shard-001.tar/ring/3.png,changed,changed since 00_make_labels: run it again" in told


def test_a_kill_at_publishing_loses_nothing(place):
    before = manifests(place)
    draw(place / "raw_img" / "toys" / "ring" / "new.png", "ring", 5)
    flags = [*FLAGS, *IN_TARS]
    assert run(place, script="00_make_labels", flags_of=FLAGS).returncode == 0
    code = (
        "import os, runpy, signal, sys\nfrom lookalike.core import stage\n"
        "stage.Stage.publish = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"sys.argv = {[str(ROOT / '01_preprocess.py'), *flags]!r}\nrunpy.run_path(sys.argv[0], run_name='__main__')"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=place, capture_output=True, text=True, env=environment)
    assert done.returncode == -signal.SIGKILL, done.stderr
    again = run(place, script="01_preprocess", flags_of=flags)
    assert "25 photos prepared, 0 of them new" in again.stdout, again.stdout + again.stderr
    shutil.rmtree(place / "raw_img" / "toys" / "ring")
    assert run(place, *IN_TARS).returncode == 0
    assert manifests(place) == before


def test_damage_of_a_tar_is_named_and_mended(place):
    tar = place / "img" / "toys" / "photos-000000.tar"
    whole, before = tar.read_bytes(), manifests(place)
    tar.write_bytes(whole[:600] + b"damage" + whole[606:])
    done = run(place, "--verify")
    assert done.returncode == 1
    assert "photos-000000.tar/shard-000.tar/cross/0.png.jpg has other bytes than were written" in done.stdout
    tar.unlink()
    done = run(place, *IN_TARS)
    assert "24 photos prepared, 24 of them new" in done.stdout
    assert (tar.read_bytes(), manifests(place)) == (whole, before)


def test_bad_tars_are_rows_of_a_report(place):
    tar = place / "raw_img" / "toys" / "shard-001.tar"
    tar.write_bytes(tar.read_bytes()[:-30_000])
    shutil.copy(tar, tar.with_name("more.tar.gz"))
    tar.with_name("no.tar").write_text("text")
    done = run(place, script="00_make_labels", flags_of=FLAGS)
    assert done.returncode == 0
    assert "3 unreadable: see problems.csv" in done.stdout
    with (place / "output" / "toys" / "00_make_labels" / "problems.csv").open(newline="") as file:
        told = {row["path"]: row["error"] for row in csv.DictReader(file)}
    assert "files before are read: download it or make it again" in told["shard-001.tar"]
    assert "decompress it" in told["more.tar.gz"]
    assert told["no.tar"].startswith("expected a tar that ends in blocks of zeros, found its end at byte 4")
