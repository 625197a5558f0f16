"""The whole pipeline as a user runs it: from a folder of drawn photos to groups, scores and pictures."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from lookalike.clustering import METHODS

ROOT = Path(__file__).resolve().parents[1]
STAGES = ["00_make_labels", "01_preprocess", "03_extract", "04_cluster", "05_evaluate", "06_visualize"]
RESULTS = [*STAGES[:3], "04_cluster", "04_found", "04_near_duplicates", *STAGES[4:]]  # folders, sorted
STEPS = [*STAGES[:3], "04_near_duplicates", "04_found", *STAGES[3:]]  # in the order of a run
FLAGS = ["--dataset", "toys"]
SECTION_FLAGS = {
    "01_preprocess": ["--run.shard_size", "7"],
    "03_extract": ["--extract.backbone", "handcrafted", "--run.shard_size", "7"],
    "04_cluster": ["--cluster.method", "som", "--cluster.n_clusters", "3"],
}
ALL_FLAGS = [*FLAGS, *SECTION_FLAGS["03_extract"], *SECTION_FLAGS["04_cluster"], "--run.progress", "off"]


def draw(path, kind, seed, side=96):
    """A filled circle, square or cross of its own colour on a light, slightly noisy ground."""
    rng = np.random.default_rng(seed)
    image = np.full((side, side, 3), 225, np.uint8) - rng.integers(0, 12, (side, side, 3), np.uint8)
    x, y = rng.integers(36, 60, 2).tolist()
    if kind == 0:
        cv2.circle(image, (x, y), 24, (30, 40, 200), -1)
    elif kind == 1:
        cv2.rectangle(image, (x - 22, y - 22), (x + 22, y + 22), (200, 90, 30), -1)
    else:
        cv2.line(image, (x - 26, y), (x + 26, y), (40, 160, 40), 12)
        cv2.line(image, (x, y - 26), (x, y + 26), (40, 160, 40), 12)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imencode(path.suffix, image)[1].tofile(path)


@pytest.fixture(scope="session")
def toys(tmp_path_factory):
    """A folder with raw_img/toys: 3 kinds x 8 drawn photos, named kind_product_image.png."""
    folder = tmp_path_factory.mktemp("toys")
    for kind in range(3):
        for image in range(8):
            draw(folder / "raw_img" / "toys" / f"{kind}_7_{image}.png", kind, seed=10 * kind + image)
    return folder


@pytest.fixture(scope="session")
def finished(toys, tmp_path_factory):
    """The same folder after run_all.py."""
    folder = tmp_path_factory.mktemp("finished") / "place"
    shutil.copytree(toys, folder)
    done = run(folder, "run_all", *ALL_FLAGS)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def place(toys, tmp_path):
    return shutil.copytree(toys, tmp_path / "place")


@pytest.fixture
def done_place(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "place", symlinks=True)


def command(script, *flags):
    return [sys.executable, str(ROOT / f"{script}.py"), *flags]


def run(folder, script, *flags, **options):
    return subprocess.run(command(script, *flags), cwd=folder, capture_output=True, text=True, timeout=300, **options)


def run_stage(folder, stage, *flags, **options):
    return run(folder, stage, *FLAGS, "--run.progress", "off", *SECTION_FLAGS.get(stage, []), *flags, **options)


def manifests(folder):
    files = sorted((folder / "output" / "toys").glob("*/manifest.json"))
    return {file.parent.name: file.read_bytes() for file in files}


def clusters(folder):
    with (folder / "output" / "toys" / "04_cluster" / "clusters.csv").open(newline="", encoding="utf-8") as file:
        return {row["path"]: int(row["cluster"]) for row in csv.DictReader(file)}


def scores(folder):
    return json.loads((folder / "output" / "toys" / "05_evaluate" / "scores.json").read_text())


def test_photos_become_groups_scores_and_pictures(finished):
    assert list(manifests(finished)) == RESULTS
    assert set(clusters(finished).values()) == {0, 1, 2}
    found = scores(finished)
    assert found["n_images"] == 24
    assert found["n_true"] == found["n_clusters"] == 3
    assert found["normalized_mutual_info"] == pytest.approx(1)
    assert {"adjusted_rand_index", "adjusted_mutual_info", "accuracy"} <= set(found)
    pictures = {path.name for path in (finished / "output" / "toys" / "06_visualize").iterdir()}
    assert {"tsne.png", "sheet.jpg", "u_matrix.png", "photo_map.png", "gallery.html"} <= pictures


def test_labels_are_written_row_by_row(finished):
    true = (finished / "output/toys/00_make_labels/labels_true.txt").read_text().split()
    pred = (finished / "output/toys/04_cluster/labels_pred.tsv").read_text().split()
    assert true == ["0"] * 8 + ["1"] * 8 + ["2"] * 8
    assert [int(label) for label in pred] == list(clusters(finished).values())
    assert np.load(finished / "output/toys/04_cluster/labels_pred.npy").tolist() == [int(label) for label in pred]


def test_true_and_predicted_labels_have_the_same_rows(done_place):
    assert run_stage(done_place, "04_cluster", "--cluster.first", "10").returncode == 0
    folder = done_place / "output" / "toys"
    true = (folder / "00_make_labels" / "labels_true.txt").read_text().splitlines()
    pred = (folder / "04_cluster" / "labels_pred.txt").read_text().splitlines()
    assert len(true) == len(pred) == 24
    assert "-1" not in pred[:10]
    assert set(pred[10:]) == {"-1"}


def test_a_second_run_finds_every_stage_up_to_date(done_place):
    before = manifests(done_place)
    done = run(done_place, "run_all", *ALL_FLAGS)
    assert done.returncode == 0, done.stderr
    assert [line.split(" -> ")[0] for line in done.stdout.splitlines()] == [f"{step}: up to date" for step in STEPS]
    assert manifests(done_place) == before


def test_a_change_of_one_setting_reruns_what_depends_on_it(done_place):
    done = run(done_place, "run_all", *ALL_FLAGS, "--cluster.n_clusters", "4")
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines if "up to date" in line] == STEPS[:4]
    assert len(set(clusters(done_place).values())) == 4
    history = (done_place / "output" / "toys" / "scores_history.csv").read_text().splitlines()
    assert len(history) == 3


def test_after_add_change_and_delete_only_those_are_computed(done_place):
    photos = done_place / "raw_img" / "toys"
    draw(photos / "2_7_99.png", 2, seed=99)
    draw(photos / "1_7_3.png", 1, seed=77)
    (photos / "0_7_0.png").unlink()
    done = run(done_place, "run_all", *ALL_FLAGS)
    assert "24 photos prepared, 2 of them new" in done.stdout
    assert "24 vectors of 504 numbers, 2 of them new" in done.stdout
    assert set(clusters(done_place)) == {path.name for path in photos.iterdir()}
    assert sorted(path.name for path in (done_place / "img" / "toys").glob("*.jpg")) == [
        f"{path.name}.jpg" for path in sorted(photos.iterdir())
    ]


@pytest.mark.parametrize("shard_size", ["1", "4", "1000"])
def test_any_number_of_shards_gives_the_same_features(done_place, shard_size):
    sys.path.insert(0, str(ROOT))
    from lookalike.core import features

    folder = done_place / "output" / "toys" / "03_extract"
    before = features.load(folder)
    before = before[0], np.asarray(before[1])
    shutil.rmtree(folder)
    done = run_stage(done_place, "03_extract", "--run.shard_size", shard_size)
    assert done.returncode == 0, done.stderr
    after = features.load(folder)
    assert after[0] == before[0]
    np.testing.assert_array_equal(np.asarray(after[1]), before[1])


def test_an_identical_rerun_writes_identical_manifests(done_place):
    before = manifests(done_place)
    shutil.rmtree(done_place / "output")
    shutil.rmtree(done_place / "img")
    run(done_place, "run_all", *ALL_FLAGS)
    assert manifests(done_place) == before


def test_processes_make_the_same_files(done_place):
    before, table = manifests(done_place), done_place / "output" / "toys" / "04_cluster" / "clusters.csv"
    groups = table.read_bytes()
    shutil.rmtree(done_place / "output")
    shutil.rmtree(done_place / "img")
    done = run(done_place, "run_all", *ALL_FLAGS, "--run.executor", "processes", "--run.workers", "3")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert manifests(done_place) == before
    assert table.read_bytes() == groups


@pytest.mark.parametrize("stage", STAGES[1:])
def test_a_stage_without_its_inputs_says_what_to_run(place, stage):
    done = run_stage(place, stage)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    first = {"04_cluster": "04_near_duplicates"}.get(stage, stage)  # the first step of its script
    assert f"{first} needs" in done.stderr
    assert "run python 0" in done.stderr


def test_a_stale_input_says_what_to_run(done_place):
    draw(done_place / "raw_img" / "toys" / "2_7_99.png", 2, seed=99)
    run_stage(done_place, "00_make_labels")
    run_stage(done_place, "01_preprocess")
    done = run_stage(done_place, "04_cluster")
    assert done.returncode == 1
    assert "03_extract is older than 01_preprocess: run python 03_extract.py --dataset toys" in done.stderr


KILLED = """
import os, runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs are born deaf to Ctrl-C
from lookalike.core import stage
stage.Stage.publish = lambda *a, **k: os.kill(os.getpid(), signal.{signal})
sys.argv = {argv!r}
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def killed_at_publishing(folder, stage, how):
    argv = command(stage, *FLAGS, "--run.progress", "off", *SECTION_FLAGS.get(stage, []))[1:]
    code = KILLED.format(signal=how, argv=argv)
    path = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, env=path)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("how", ["SIGKILL", "SIGINT"])
def test_kill_and_ctrl_c_lose_nothing_and_a_rerun_completes(done_place, stage, how):
    before = manifests(done_place)
    images = sorted(path.name for path in (done_place / "img" / "toys").iterdir())
    done = killed_at_publishing(done_place, stage, how)
    assert done.returncode == (-signal.SIGKILL if how == "SIGKILL" else 130), done.stderr
    assert manifests(done_place) == before
    assert sorted(path.name for path in (done_place / "img" / "toys").iterdir()) == images
    if how == "SIGINT":
        assert "stopped; earlier results are untouched, the same command continues" in done.stderr
        return
    assert run(done_place, "run_all", *ALL_FLAGS).returncode == 0
    assert manifests(done_place) == before


def test_what_a_crash_left_beside_finished_results_goes_with_the_next_run(done_place):
    before = manifests(done_place)
    left = [(done_place / "output" / "toys", "06_visualize"), (done_place / "img", "toys")]
    for parent, name in left:
        (parent / f".{name}.old").mkdir()
        (parent / f".{name}.old" / "older.png").write_bytes(b"older")
    assert run(done_place, "run_all", *ALL_FLAGS).returncode == 0
    assert [parent / f".{name}.old" for parent, name in left if (parent / f".{name}.old").exists()] == []
    assert manifests(done_place) == before


@pytest.mark.parametrize(("stage", "words"), [("01_preprocess", "3 of them new"), ("03_extract", "3 of them new")])
def test_a_killed_run_keeps_its_finished_shards(place, stage, words):
    for earlier in STAGES[: STAGES.index(stage)]:
        run_stage(place, earlier)
    code = (
        "import lookalike.core.shards as shards\n"
        "write, done = shards._write_shard, []\n"
        "def stop_at_the_fourth_shard(stem, part):\n"
        "    done.append(stem)\n"
        "    if len(done) == 4: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    write(stem, part)\n"
        "shards._write_shard = stop_at_the_fourth_shard\n"
    )
    argv = command(stage, *FLAGS, "--run.progress", "off", *SECTION_FLAGS[stage])[1:]
    code = (
        "import os, runpy, signal, sys\n"
        + code
        + f"sys.argv = {argv!r}\nrunpy.run_path(sys.argv[0], run_name='__main__')"
    )
    path = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=place, env=path, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    again = run_stage(place, stage)
    assert words in again.stdout, again.stdout + again.stderr


@pytest.mark.parametrize("stage", STAGES)
def test_a_full_disk_is_one_line_and_loses_nothing(done_place, stage):
    """The disk is full after 200 bytes of any file: the limit of the shell's `ulimit -f`."""
    before = manifests(done_place)

    def limit():
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))

    draw(done_place / "raw_img" / "toys" / "2_7_99.png", 2, seed=99)
    done = run_stage(done_place, stage, "--debug", preexec_fn=limit)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "cannot write" in done.stderr.splitlines()[-1]
    assert manifests(done_place) == before
    again = run_stage(done_place, stage)
    assert again.returncode == 0, again.stderr


def test_prepared_photos_of_someone_else_are_not_touched(place):
    (place / "img" / "toys").mkdir(parents=True)
    (place / "img" / "toys" / "mine.jpg").write_bytes(b"mine")
    run_stage(place, "00_make_labels")
    done = run_stage(place, "01_preprocess")
    assert done.returncode == 1
    assert "found other files: move them or pass --img DIR" in done.stderr
    assert (place / "img" / "toys" / "mine.jpg").read_bytes() == b"mine"


def test_odd_files_are_rows_of_a_report(place):
    photos = place / "raw_img" / "toys"
    names = ["0_a b.png", "1_ü'\"<b>&.png", "2_line\nbreak.png", "1_日本語,x.png"]
    for number, name in enumerate(names):
        draw(photos / name, number % 3, seed=50 + number)
    (photos / "0_empty.jpg").touch()
    (photos / "0_text.jpg").write_text("<html>")
    (photos / "1_cut.png").write_bytes((photos / "1_7_0.png").read_bytes()[:900])
    shutil.copy(photos / "0_7_0.png", photos / "0_7_0copy.png")
    done = run(place, "run_all", *ALL_FLAGS)
    assert done.returncode == 0, done.stderr
    assert "29 photos (1 empty, 1 not_an_image, 1 truncated: see problems.csv)" in done.stdout
    assert "1 exact duplicates" in done.stdout
    assert set(names) <= set(clusters(place))
    assert len(clusters(place)) == 29


@pytest.mark.parametrize("kind", ["no folder", "empty folder", "only bad files"])
def test_no_photos_is_one_line(tmp_path, kind):
    photos = tmp_path / "photos"
    if kind != "no folder":
        photos.mkdir()
    if kind == "only bad files":
        (photos / "a.jpg").touch()
        (photos / "b.txt").write_text("x")
    done = run(tmp_path, "run_all", *ALL_FLAGS, "--photos", "photos")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "00_make_labels: expected" in done.stderr


@pytest.mark.parametrize("count", [1, 2])
def test_one_photo_and_two_identical_ones_have_a_defined_result(tmp_path, count):
    for number in range(count):
        draw(tmp_path / "photos" / f"{number}_1_1.png", 0, seed=1)
    flags = [*FLAGS, "--photos", "photos", *SECTION_FLAGS["03_extract"], "--cluster.n_clusters", "1"]
    done = run(tmp_path, "run_all", *flags)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert set(clusters(tmp_path).values()) == {0}
    assert scores(tmp_path)["n_clusters"] == 1


def test_more_groups_than_photos_is_one_line(done_place):
    done = run_stage(done_place, "04_cluster", "--cluster.n_clusters", "25")
    assert done.returncode == 1
    assert "expected a number of clusters from 1 to 24 (the images), found 25" in done.stderr


def test_photos_may_lie_anywhere_and_later_steps_remember_where(tmp_path, toys):
    photos = shutil.copytree(toys / "raw_img" / "toys", tmp_path / "my photos")
    (tmp_path / "work").mkdir()
    done = run(tmp_path / "work", "run_all", *ALL_FLAGS, "--photos", str(photos))
    assert done.returncode == 0, done.stderr
    again = run_stage(tmp_path / "work", "01_preprocess", "--preprocess.background", "auto")
    assert again.returncode == 0, again.stderr
    assert not list(photos.glob("*.jpg"))


@pytest.mark.parametrize("method", METHODS)
def test_every_method_runs_as_a_stage_and_the_next_follow(done_place, method):
    done = run(done_place, "04_cluster", *FLAGS, "--cluster.method", method, "--run.progress", "off")
    assert done.returncode == 0, done.stderr
    assert f"by {method}" in done.stdout
    assert len(clusters(done_place)) == 24
    if method in ("hierarchical", "local_match"):  # a tree to draw, and noise
        for stage in ("05_evaluate", "06_visualize"):
            assert run_stage(done_place, stage).returncode == 0
        pictures = {path.name for path in (done_place / "output/toys/06_visualize").iterdir()}
        assert "sheet.jpg" in pictures
        assert ("dendrogram.png" in pictures) is (method == "hierarchical")


def test_the_number_of_groups_is_estimated_with_an_interval(done_place):
    done = run(done_place, "04_cluster", *FLAGS, "--run.progress", "off")
    assert "3 groups (3-" in done.stdout
    count = json.loads((done_place / "output/toys/04_cluster/count.json").read_text())
    assert count["n_clusters"] == 3
    assert {"level", "n_clusters", "low", "high"} == set(count["levels"][0])
    assert run_stage(done_place, "05_evaluate").returncode == 0
    assert re.search("estimated: .*medium 3", (done_place / "output/toys/05_evaluate/report.md").read_text())
    missing = run(done_place, "04_cluster", *FLAGS, "--cluster.level", "finest")
    assert missing.returncode == 1
    assert re.search(r"cluster.level: expected a level that was found, .*medium \(3\).*; found finest", missing.stderr)


def test_folders_of_groups_hold_links_to_the_photos(done_place):
    flags = [*SECTION_FLAGS["04_cluster"], "--cluster.folders", "link"]
    assert run(done_place, "04_cluster", *FLAGS, *flags).returncode == 0
    links = sorted((done_place / "output/toys/groups/cluster_with_8").glob("cluster_*/*"))
    assert len(links) == 24
    assert all(link.resolve() == (done_place / "raw_img/toys" / link.name).resolve() for link in links)


def test_a_sweep_compares_and_recommends(done_place):
    ways = "kmeans,graph.neighbours=5/8,hierarchical"
    flags = ["--cluster.swept", ways, "--cluster.n_clusters", "3", "--run.progress", "off"]
    done = run(done_place, "04_cluster", *FLAGS, *flags, "--sweep")
    assert done.returncode == 0, done.stderr
    assert "04_sweep: recommended: " in done.stdout
    folder = done_place / "output/toys/04_sweep"
    rows = list(csv.DictReader((folder / "sweep.csv").open()))
    names = ("kmeans", "graph, neighbours 5", "graph, neighbours 8", "hierarchical")
    assert {row["method"] for row in rows} == {f"{name}, 3 groups" for name in names}
    swept = json.loads((folder / "manifest.json").read_text())["parameters"]["ways"]
    assert swept["graph, neighbours 8"][1]["neighbours"] == 8
    assert {"stability", "silhouette", "agreement", "normalized_mutual_info", "seconds"} <= set(rows[0])
    assert len(list(folder.glob("sheet_*.jpg"))) == 3


TINY = ["--finetune.backbone", "mobilenet_0.25", "--finetune.weights", "random", "--finetune.size", "32"]
TAUGHT = [*TINY, "--finetune.epochs", "1", "--finetune.head_epochs", "1", "--finetune.holdout_classes", "1"]


def test_a_network_is_taught_used_and_asked(done_place):
    early = run_stage(done_place, "03_extract", "--extract.weights", "finetuned")
    assert "03_extract needs 02_finetune" in early.stderr
    assert "run python 02_finetune.py --dataset toys" in early.stderr
    done = run_stage(done_place, "02_finetune", *TAUGHT)
    assert done.returncode == 0, done.stderr
    found = json.loads((done_place / "output/toys/02_finetune/scores.json").read_text())["holdout"]
    keys = {"normalized_mutual_info", "adjusted_rand_index", "recall_at_1"}
    assert keys <= set(found["before"]) & set(found["after"])
    flags = [*FLAGS, "--extract.weights", "finetuned", "--extract.side_by_side", "true"]
    both = run(done_place, "03_extract", *flags)
    assert "24 vectors of 512 numbers" in both.stdout, both.stderr
    photo = done_place / "raw_img/toys/1_7_0.png"
    asked = run(done_place, "02_finetune", *FLAGS, "--classify", str(photo))
    assert {line.split()[0] for line in asked.stdout.splitlines()} < set("012")


def test_a_pattern_without_a_group_is_a_bad_setting(place):
    done = run_stage(place, "00_make_labels", "--make_labels.pattern", "^x_")
    assert done.returncode == 2
    assert "make_labels.pattern: expected a regular expression with a group" in done.stderr


def test_a_linkage_that_the_metric_does_not_allow_is_one_line(done_place):
    flags = ["--cluster.method", "hierarchical", "--cluster.hierarchical.linkage", "ward"]
    done = run_stage(done_place, "04_cluster", *flags, "--cluster.hierarchical.metric", "cosine")
    assert done.returncode == 1
    assert "cluster.hierarchical.metric: expected euclidean with linkage ward, found cosine" in done.stderr


NO_SOCKETS = """
import socket
def refuse(*arguments, **options):
    raise AssertionError("a socket was opened")
socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = socket.getaddrinfo = refuse
"""


def test_a_whole_run_sends_nothing_and_leaves_nothing_at_home(place, tmp_path):
    home, patch = tmp_path / "home", tmp_path / "patch"
    home.mkdir()
    patch.mkdir()
    (patch / "sitecustomize.py").write_text(NO_SOCKETS)
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    flags = [*FLAGS, *SECTION_FLAGS["03_extract"], "--search.enabled", "true"]
    done = run(place, "run_all", *flags, env=kept | {"HOME": str(home), "PYTHONPATH": str(patch)})
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert [path.name for path in home.rglob("*")] == []


def test_photos_named_once_are_those_prepared_later(done_place, tmp_path):
    """00 read photos elsewhere; 01 without the flag must not take the files of the same names in raw_img."""
    other = tmp_path / "other"
    for photo in sorted((done_place / "raw_img" / "toys").iterdir()):
        draw(other / photo.name, 2 - int(photo.name[0]), seed=7)
    assert run_stage(done_place, "00_make_labels", "--photos", str(other)).returncode == 0
    assert run_stage(done_place, "01_preprocess").returncode == 0
    from lookalike.catalog import images

    prepared = images.read(done_place / "img" / "toys" / "0_7_0.png.jpg").astype(int)
    there, here = (images.read(folder / "0_7_0.png") for folder in (other, done_place / "raw_img" / "toys"))
    assert np.abs(prepared - there).mean() < 0.5 * np.abs(prepared - here).mean()


def test_a_table_for_people_may_be_sorted_cut_or_deleted(done_place):
    table = done_place / "output" / "toys" / "04_cluster" / "clusters.csv"
    before = scores(done_place)
    lines = table.read_text().splitlines()
    for text in ("\n".join([lines[0], *sorted(lines[1:], reverse=True)]), lines[0], None):
        table.write_text(text) if text is not None else table.unlink()
        done = run_stage(done_place, "05_evaluate")
        assert done.returncode == 0, done.stderr
        assert scores(done_place) == before
    drawn = run_stage(done_place, "06_visualize")
    assert drawn.returncode == 0, drawn.stderr


def test_other_labels_leave_everything_but_scores_and_pictures_up_to_date(done_place):
    done = run(done_place, "run_all", *ALL_FLAGS, "--make_labels.source", "none")
    assert done.returncode == 0, done.stderr
    told = [line.split(":")[0] for line in done.stdout.splitlines() if "up to date" in line]
    assert told == ["01_preprocess", "03_extract", "04_near_duplicates", "04_found", "04_cluster"]
    assert scores(done_place)["n_labelled"] == 0
    assert scores(done_place)["stability"] is not None


def test_folders_are_a_step_of_their_own(done_place):
    groups = done_place / "output" / "toys" / "groups"

    def ran(*flags):
        done = run(done_place, "run_all", *ALL_FLAGS, *flags)
        assert done.returncode == 0, done.stderr
        return [line.split(":")[0] for line in done.stdout.splitlines() if "up to date" not in line]

    assert ran("--cluster.folders", "link") == ["04_folders"]
    shutil.rmtree(groups)
    assert ran("--cluster.folders", "link") == ["04_folders"]
    (groups / "mine.txt").write_text("mine")
    ran("--cluster.folders", "link", "--cluster.n_clusters", "2")
    links = [path for path in groups.rglob("*") if path.is_symlink()]
    assert len(links) == 24
    assert all(link.exists() for link in links)
    assert ran("--cluster.n_clusters", "2") == []
    assert [path.name for path in groups.iterdir()] == ["mine.txt"]


def test_two_results_do_not_share_prepared_photos(done_place):
    done = run(done_place, "run_all", *ALL_FLAGS, "--output", "results", "--preprocess.background", "auto")
    assert done.returncode == 1
    assert "pass --img DIR" in done.stderr
    assert run(done_place, "run_all", *ALL_FLAGS).returncode == 0


def test_a_second_run_on_the_same_results_is_one_line(done_place):
    from lookalike.core.locks import hold

    with hold(done_place / "output" / "toys" / ".lock", what="toys"):
        done = run_stage(done_place, "05_evaluate")
    assert done.returncode == 1
    assert "expected one run at a time on output/toys, found another at work" in done.stderr


def test_damage_is_named_and_mended(done_place):
    folder = done_place / "output" / "toys"
    matrix = folder / "03_extract" / "features_00000.npy"
    data = bytearray(matrix.read_bytes())
    before = manifests(done_place)
    data[-3] ^= 8
    matrix.write_bytes(data)
    told = run(done_place, "run_all", *ALL_FLAGS, "--verify")
    assert told.returncode == 1
    assert "03_extract: features_00000.npy has other bytes than were written: run python 03_extract.py" in told.stdout
    refused = run_stage(done_place, "04_cluster")
    assert refused.returncode == 1
    assert "needs 03_extract as it was written" in refused.stderr
    assert run_stage(done_place, "03_extract").returncode == 0
    (folder / "00_make_labels" / "catalog.parquet").write_bytes(b"PAR1")
    (folder / "06_visualize" / "sheet.jpg").unlink()
    done = run(done_place, "run_all", *ALL_FLAGS)
    assert done.returncode == 0, done.stderr
    assert manifests(done_place) == before
    assert run(done_place, "run_all", *ALL_FLAGS, "--verify").returncode == 0


def test_results_of_an_older_format_are_made_anew(done_place):
    for file in (done_place / "output" / "toys").glob("*/manifest.json"):
        record = json.loads(file.read_text())
        record |= {"format": 1, "files": {name: entry[0] for name, entry in record["files"].items()}}
        file.write_text(json.dumps(record))
    (done_place / "img" / "toys" / ".lookalike.json").write_text('"digest of an older table"')
    (done_place / "img" / "toys" / ".lookalike.parquet").unlink()
    done = run_stage(done_place, "05_evaluate")
    assert re.search(r"needs \w+, found one that is damaged or of another version in .*: run python ", done.stderr)
    done = run(done_place, "run_all", *ALL_FLAGS)
    assert done.returncode == 0, done.stderr
    assert "up to date" not in done.stdout


def test_bad_settings_of_any_stage_are_found_before_the_first_one_runs(place):
    for flags in (
        ["--extract.backbone", "mobilenet_v9"],
        ["--extract.weights", "missing.h5"],
        ["--finetune.enabled", "true"],
    ):
        done = run(place, "run_all", *FLAGS, *flags)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        assert not (place / "output").exists()


def test_advice_has_the_places_in_use(place):
    done = run_stage(place, "01_preprocess", "--output", "my results", "--img", "small")
    assert "run python 00_make_labels.py --dataset toys --output 'my results' --img small" in done.stderr


def edit(folder, *words):
    done = run(folder, "edit", *FLAGS, *words)
    assert done.returncode == 0, done.stderr
    return done


def named(folder):
    with (folder / "output" / "toys" / "04_cluster" / "clusters.csv").open(newline="", encoding="utf-8") as file:
        return {row["path"]: row["name"] for row in csv.DictReader(file)}


def corrected(place):
    """Name the circles, move a square to them and lock them, make one group of the others; return who is a circle."""
    groups = clusters(place)
    circles, squares, crosses = (str(groups[f"{kind}_7_0.png"]) for kind in range(3))
    edit(place, "name", circles, 'Round, "<b>"')
    edit(place, "move", 'Round, "<b>"', "1_7_3.png")
    edit(place, "merge", squares, crosses)
    edit(place, "lock", circles)
    return lambda path: path.startswith("0_") or path == "1_7_3.png"


def is_kept(place, is_round):
    groups = clusters(place)
    photos = {path for path in groups if "_7_" in path}
    rounds = {groups[path] for path in photos if is_round(path)}
    others = {groups[path] for path in photos if not is_round(path)}
    assert len(rounds) == len(others) == 1
    called = {named(place)[path] for path in photos if is_round(path)}
    assert called == {'Round, "<b>"'}
    return rounds != others


def test_corrections_hold_over_every_rerun(done_place):
    is_round = corrected(done_place)
    assert is_kept(done_place, is_round)
    assert len(set(clusters(done_place).values())) == 2
    done = run(done_place, "run_all", *ALL_FLAGS)
    told = [line.split(":")[0] for line in done.stdout.splitlines() if "up to date" in line]
    assert told == STEPS[: STEPS.index("05_evaluate")]
    assert scores(done_place)["n_clusters"] == 2
    report = (done_place / "output/toys/05_evaluate/report.md").read_text()
    assert "| corrections | 4 edits held |" in report
    photos = done_place / "raw_img" / "toys"
    draw(photos / "9_new.png", 0, seed=5)
    (photos / "0_7_1.png").rename(photos / "0_7_99.png")
    (photos / "2_7_1.png").unlink()
    for script, method in (("run_all", "kmeans"), ("04_cluster", "hdbscan")):
        flags = [*SECTION_FLAGS["03_extract"]] if script == "run_all" else []
        done = run(done_place, script, *FLAGS, *flags, "--cluster.method", method, "--cluster.n_clusters", "6")
        assert done.returncode == 0, done.stderr
        assert "4 edits held" in done.stdout
        assert is_kept(done_place, is_round)
        assert len(clusters(done_place)) == 24


def test_groups_are_called_by_titles_where_no_person_named_them(done_place):
    titles = ["Red *disc*", "Blue box", "Green cross"]
    rows = [f"{kind}_7_{number}.png,{titles[kind]} {number}\n" for kind in range(3) for number in range(8)]
    (done_place / "shop.csv").write_text("top_img,title\n" + "".join(rows))
    edit(done_place, "name", str(clusters(done_place)["1_7_0.png"]), "boxes")
    done = run(done_place, "run_all", *ALL_FLAGS, "--make_labels.products", "shop.csv")
    told = [line.split(":")[0] for line in done.stdout.splitlines() if "up to date" in line]
    assert told == ["01_preprocess", "03_extract", "04_near_duplicates", "04_found"]
    assert [named(done_place)[f"{kind}_7_0.png"] for kind in range(3)] == ["red disc", "boxes", "green cross"]
    output = done_place / "output" / "toys"
    assert "| red disc | 8 |" in (output / "05_evaluate" / "report.md").read_text()
    assert '"called":"red disc"' in (output / "06_visualize" / "gallery.html").read_text()
    edit(done_place, "name", "red disc", "discs")
    assert set(named(done_place).values()) == {"discs", "boxes", "green cross"}
    assert run_stage(done_place, "04_cluster", "--cluster.names", "[]").returncode == 0
    assert set(named(done_place).values()) == {"discs", "boxes", ""}
    edit(done_place, "name", "discs", "")
    assert set(named(done_place).values()) == {"", "boxes"}


def test_a_correction_groups_nothing_again(done_place):
    before = manifests(done_place)
    edit(done_place, "split", "0_7_0.png", "0_7_1.png")
    after = manifests(done_place)
    assert [name for name in before if before[name] != after[name]] == ["04_cluster"]
    assert len(set(clusters(done_place).values())) == 4
    groups = done_place / "output" / "toys" / "04_cluster"
    assert [int(line) for line in (groups / "labels_pred.txt").read_text().split()] == list(
        clusters(done_place).values()
    )
    edit(done_place, "undo")
    assert set(clusters(done_place).values()) == {0, 1, 2}


def test_edits_of_another_place_are_taken_in_once(done_place, tmp_path):
    other = shutil.copytree(done_place, tmp_path / "other", symlinks=True)
    is_round = corrected(other)
    exported = done_place / "exported.jsonl"
    shutil.copy(other / "edits" / "toys.jsonl", exported)
    with exported.open("a") as file:
        file.write('{"op": "explode"}\n{"op": "na')
    for new in (4, 0):
        done = run(done_place, "04_cluster", *FLAGS, "--apply-edits", str(exported))
        assert done.returncode == 0, done.stderr
        assert f"{new} new edits" in done.stdout
        assert "row 5: expected an op of" in done.stdout and "row 6: expected a row of JSON" in done.stdout
        assert is_kept(done_place, is_round)
    assert clusters(done_place) == clusters(other)
    assert len((done_place / "edits" / "toys.jsonl").read_text().splitlines()) == 4
    exported.write_text(json.dumps({"op": "lock", "photos": ["0" * 64], "time": "2026-01-01"}))
    refused = run(done_place, "04_cluster", *FLAGS, "--apply-edits", str(exported))
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert "expected edits of this dataset" in refused.stderr


def test_a_correction_of_nothing_is_one_line(done_place, tmp_path):
    for where, words, line in (
        (done_place, ["name", "9", "x"], "edit: expected the number or name of a group, found none: 9"),
        (done_place, ["undo"], "edit: expected an edit to undo, found none"),
        (tmp_path, ["lock", "0"], "run python 04_cluster.py"),
    ):
        done = run(where, "edit", *FLAGS, *words)
        assert done.returncode == 1
        assert line in done.stderr and len(done.stderr.splitlines()) == 1
        assert not (where / "edits" / "toys.jsonl").exists()


def test_confirmed_groups_are_taught(done_place):
    confirmed = ["--finetune.classes", "confirmed"]
    none = run_stage(done_place, "02_finetune", *TINY, *confirmed)
    assert none.returncode == 1
    assert "expected confirmed groups to learn from, found none" in none.stderr
    groups = clusters(done_place)
    for kind in range(2):
        edit(done_place, "confirm", str(groups[f"{kind}_7_0.png"]))
    edit(done_place, "name", str(groups["0_7_0.png"]), "round")
    done = run_stage(
        done_place, "02_finetune", *TINY, *confirmed, "--finetune.epochs", "1", "--finetune.head_epochs", "1"
    )
    assert done.returncode == 0, done.stderr
    assert " photos of 2 classes" in done.stdout
    labels = (done_place / "output/toys/02_finetune/labels.txt").read_text().splitlines()
    assert set(labels) == {"round", "confirmed 2"}


SHARED = """
import runpy, sys
from lookalike.core import crew
crew.LEAST_ROWS, share = 1, crew.Crew.map
crew.Crew.map = lambda self, step, *more: print("shared", step.func.__name__) or share(self, step, *more)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.parametrize("executor", ["processes", "ray"])
def test_groups_are_the_same_whoever_passes_over_the_rows(done_place, tmp_path, executor):
    if executor == "ray":
        pytest.importorskip("ray", reason="needs the extra `ray`")
    found = {}
    for name in ("local", executor):
        where = shutil.copytree(done_place, tmp_path / name, symlinks=True)
        flags = [*FLAGS, *SECTION_FLAGS["04_cluster"], "--cluster.seed", "1", "--run.executor", name]
        start = [sys.executable, "-c", SHARED, *command("04_cluster", *flags)[1:]]
        done = subprocess.run(
            start, cwd=where, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
        )
        assert done.returncode == 0, done.stderr
        assert ("shared _assign" in done.stdout) == (name != "local")
        output = where / "output" / "toys"
        found[name] = {
            file.relative_to(output).as_posix(): file.read_bytes()
            for file in output.glob("*04_*/**/*")
            if file.is_file() and file.name != "run.json"
        }
        assert not [path for path in output.iterdir() if path.name.startswith(".04")]
    assert "04_cluster/clusters.csv" in found["local"]
    assert found["local"] == found[executor]
