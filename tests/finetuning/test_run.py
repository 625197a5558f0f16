"""Fine-tuning from photos to exported models: what it writes, which layers learn, and that it survives a kill."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from lookalike.core.errors import UserError
from lookalike.finetuning import run
from lookalike.finetuning.classify import classify
from lookalike.finetuning.options import Options
from lookalike.finetuning.run import finetune
from lookalike.finetuning.tfrecord import read_records
from lookalike.networks.engines import open_extractor
from lookalike.networks.keras_files import load_model
from lookalike.networks.openvino_engine import openvino
from lookalike.networks.options import Options as ExtractionOptions
from lookalike.networks.quiet import keras, tf
from lookalike.networks.squares import Photo, read_square

SIZE = 24
FLOAT32 = {"INFERENCE_PRECISION_HINT": "f32"}
HELD_OUT = ["cross", "stripes"]
UNEQUAL = {"logs", "saved_model", "augmented", "tfrecords"}  # clock times; copies that not every run here writes
OPTIONS = {"seed": 3, "epochs": 4, "head_epochs": 3, "unfreeze": "second", "batch_size": 8, "holdout_classes": HELD_OUT}


def draw_photo(kind: str, rng: np.random.Generator) -> np.ndarray:
    """Return a drawn 30 x 30 photo: a bright shape on dark noise."""
    photo = rng.integers(0, 90, (30, 30, 3), dtype=np.uint8)
    x, y = (int(each) for each in rng.integers(10, 20, 2))
    colour = [int(each) for each in rng.integers(170, 256, 3)]
    if kind == "disc":
        cv2.circle(photo, (x, y), 8, colour, -1)
    elif kind == "ring":
        cv2.circle(photo, (x, y), 9, colour, 2)
    elif kind == "bar":
        cv2.rectangle(photo, (x - 2, 2), (x + 2, 28), colour, -1)
    elif kind == "cross":
        cv2.drawMarker(photo, (x, y), colour, cv2.MARKER_CROSS, 18, 4)
    else:
        photo[::4] = colour
    return photo


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Photos, names and labels of 12 photos of each of 5 kinds."""
    folder, rng = tmp_path_factory.mktemp("shapes"), np.random.default_rng(0)
    names = [f"{kind}/{number}.png" for kind in ("bar", "cross", "disc", "ring", "stripes") for number in range(12)]
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(folder / name), draw_photo(Path(name).parent.name, rng))
    return [Photo(folder / name) for name in names], names, [Path(name).parent.name for name in names]


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    """The file of a small network of two blocks with batch norms, weights drawn from a seed."""
    keras.utils.set_random_seed(0)
    images = keras.Input((SIZE, SIZE, 3), name="images")
    x = keras.layers.Rescaling(1 / 127.5, -1.0)(images)
    for name, filters in (("first", 8), ("second", 16)):
        x = keras.layers.Conv2D(filters, 3, strides=2, name=name)(x)
        x = keras.layers.BatchNormalization(name=f"{name}_norm")(x)
        x = keras.layers.ReLU(6.0)(x)
    model = keras.Model(images, keras.layers.GlobalAveragePooling2D(name="pooling")(x), name="small")
    path = tmp_path_factory.mktemp("backbone") / "small.keras"
    model.save(path)
    return path


@pytest.fixture(scope="module")
def finished(photos, backbone, tmp_path_factory):
    """A finished run: its folder, what it returned, the lines it logged."""
    folder, lines = tmp_path_factory.mktemp("finished"), []
    options = Options(backbone=str(backbone), **OPTIONS, write_augmented=True, write_tfrecords=True)
    made = finetune(*photos, options, folder, folder / "work", log=lines.append)
    shutil.rmtree(folder / "work")
    return folder, made, lines


def silent(line):
    """Log nowhere."""


def weights_of(folder: Path) -> list[np.ndarray]:
    return load_model(folder / "extractor.keras").get_weights()


def squares_of(photos, rows) -> np.ndarray:
    return np.stack([read_square(photos[0][row], SIZE) for row in rows])


def test_scores_hold_before_and_after_on_the_same_photos(finished):
    folder, made, lines = finished
    scores = made.scores
    assert json.loads((folder / "scores.json").read_text()) == scores
    assert scores["size"] == SIZE and scores["backbone"].endswith("small.keras") and scores["seed"] == 3
    for key in ("before", "after"):
        assert {"normalized_mutual_info", "adjusted_rand_index", "recall_at_1"} <= set(scores["holdout"][key])
        assert (scores["holdout"][key]["n_images"], scores["holdout"][key]["n_classes"]) == (24, 2)
    assert scores["n_train"] + scores["n_validation"] == 36
    assert any("24 photos of 2 classes" in line for line in lines)


def test_history_has_both_phases(finished):
    folder, made, lines = finished
    rows = list(csv.DictReader((folder / "history.csv").open()))
    assert [row["phase"] for row in rows] == ["head"] * 3 + ["backbone"] * 4
    assert sum("epoch" in line for line in lines) == len(rows)
    rates = [float(row["learning_rate"]) for row in rows[3:]]
    assert rates[0] == 0.01 and sorted(rates, reverse=True) == rates
    assert [row["epoch"] for row in made.history] == [0, 1, 2, 0, 1, 2, 3]


def test_samples_are_photos_beside_their_copies(finished):
    samples = finished[1].samples
    assert samples["augmented_five"][0] == ["original", "affine", "blur", "flip", "translate_left", "translate_right"]
    for titles, rows in samples.values():
        assert {len(row) for row in rows} == {len(titles)}
        assert {copy.shape for row in rows for copy in row} == {(SIZE, SIZE, 3)}


def test_tensorboard_reads_the_log(finished):
    (file,) = (finished[0] / "logs").glob("events*")
    events = list(tf.compat.v1.train.summary_iterator(str(file)))
    tags = [(event.step, value.tag) for event in events for value in event.summary.value]
    assert sum(tag == "val_accuracy" for _, tag in tags) == 7 and max(step for step, _ in tags) == 7


def test_only_the_unfrozen_layers_learn_and_no_batch_norm(finished, backbone):
    before, after = load_model(backbone), load_model(finished[0] / "extractor.keras")
    changed = {
        layer.name
        for layer in before.layers
        if any(
            (a != b).any() for a, b in zip(layer.get_weights(), after.get_layer(layer.name).get_weights(), strict=True)
        )
    }
    assert changed == {"second"}


def test_exports_compute_the_same_features_everywhere(finished, photos, tmp_path):
    folder = finished[0]
    squares = squares_of(photos, range(0, 60, 10))
    expected = np.asarray(load_model(folder / "extractor.keras")(squares))
    blob = squares.astype(np.float32)
    net = cv2.dnn.readNetFromTensorflow(str(folder / "extractor.pb"), "", cv2.dnn.ENGINE_CLASSIC)
    net.setInput(cv2.dnn.blobFromImages(list(squares)))
    found = {
        "h5": load_model(folder / "extractor.h5")(squares),
        "saved_model": tf.saved_model.load(str(folder / "saved_model")).signatures["serving_default"](
            images=tf.constant(blob)
        )["features"],
        "openvino": openvino.Core().compile_model(folder / "extractor.pb", "CPU", FLOAT32)([blob])[0],
        "opencv": net.forward(),
        "extraction": open_extractor(ExtractionOptions(backbone=str(folder / "extractor.keras")), tmp_path)(squares),
    }
    for name, features in found.items():
        np.testing.assert_allclose(np.asarray(features).reshape(expected.shape), expected, atol=1e-3, err_msg=name)


def test_classifier_files_agree_and_sum_to_one(finished, photos):
    folder = finished[0]
    squares = squares_of(photos, [0, 30])
    found = np.asarray(load_model(folder / "classifier.keras")(squares))
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(load_model(folder / "classifier.h5")(squares), found, atol=1e-6)
    assert (folder / "labels.txt").read_text().split("\n") == ["bar", "disc", "ring", ""]


def test_classify_names_the_likeliest_classes(finished, photos):
    found = classify(finished[0], photos[0][0].file, 2)
    assert len(found) == 2 and found[0][1] >= found[1][1]
    assert {name for name, _ in classify(finished[0], photos[0][0].file)} == {"bar", "disc", "ring"}


def test_classify_answers_faults_in_one_line(finished, tmp_path):
    (tmp_path / "text.jpg").write_text("no photo")
    for folder, photo in ((tmp_path, "text.jpg"), (finished[0], "text.jpg"), (finished[0], "absent.jpg")):
        with pytest.raises(UserError) as caught:
            classify(folder, tmp_path / photo)
        assert "\n" not in str(caught.value)


def test_the_five_copies_are_on_disk_in_a_folder_a_class(finished):
    folders = sorted((finished[0] / "augmented").iterdir())
    assert [folder.name for folder in folders] == ["bar", "disc", "ring"]
    files = [file for folder in folders for file in folder.iterdir()]
    assert len(files) == 5 * finished[1].scores["n_train"]
    assert cv2.imread(str(files[0])).shape == (30, 30, 3)


def test_training_from_tfrecords_equals_training_from_files(finished, photos, backbone, tmp_path):
    records = finished[0] / "tfrecords"
    encoded, names, labels = read_records(records)
    assert sorted(zip(names, labels, strict=True)) == sorted(zip(*photos[1:], strict=True))
    assert encoded[0] == photos[0][photos[1].index(names[0])].file.read_bytes()
    options = Options(backbone=str(backbone), tfrecords=records, **OPTIONS)
    finetune([], [], [], options, tmp_path, tmp_path / "work", log=silent)
    for mine, theirs in zip(weights_of(tmp_path), weights_of(finished[0]), strict=True):
        np.testing.assert_array_equal(mine, theirs)


KILLED = """
import json, os, signal, sys
from pathlib import Path
from lookalike.finetuning import checkpoints, export
from lookalike.finetuning.options import Options
from lookalike.finetuning.run import finetune
from lookalike.networks.squares import Photo

paths, names, labels, folder, backbone, options, place, log_place = json.loads(sys.argv[1])

def die(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)

def log(line):
    if log_place and line.startswith(log_place):
        die()

places = {"export": (export, "freeze"), "checkpoint": (checkpoints.np, "savez")}
if place:
    setattr(*places[place], die)
photos = [Photo(Path(path)) for path in paths]
finetune(photos, names, labels, Options(backbone=backbone, **options), Path(folder), Path(folder) / "work", log=log)
"""


@pytest.mark.parametrize(
    ("place", "log_place"),
    [("checkpoint", ""), ("", "backbone, epoch 2"), ("export", "")],
)
def test_a_killed_run_goes_on_to_the_same_bytes(place, log_place, finished, photos, backbone, tmp_path):
    files = [str(photo.file) for photo in photos[0]]
    request = json.dumps([files, *photos[1:], str(tmp_path), str(backbone), OPTIONS, place, log_place])
    done = subprocess.run([sys.executable, "-c", KILLED, request], capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    assert not (tmp_path / "scores.json").exists()
    finetune(*photos, Options(backbone=str(backbone), **OPTIONS), tmp_path, tmp_path / "work", log=silent)
    shutil.rmtree(tmp_path / "work")
    for file in (path for path in finished[0].rglob("*") if path.is_file()):
        name = file.relative_to(finished[0])
        if name.parts[0] not in UNEQUAL:
            assert (tmp_path / name).read_bytes() == file.read_bytes(), name
    left = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*")}
    assert left <= {path.name for path in finished[0].iterdir()}


def test_a_full_disk_is_one_line_and_loses_no_epoch(finished, photos, backbone, tmp_path, monkeypatch):
    savez, calls = np.savez, []

    def fill_up(*arguments, **arrays):
        calls.append(1)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        savez(*arguments, **arrays)

    monkeypatch.setattr(np, "savez", fill_up)
    with pytest.raises(UserError, match=r"expected room to write .*checkpoint.npz: No space left on device"):
        finetune(*photos, Options(backbone=str(backbone), **OPTIONS), tmp_path, tmp_path / "work", log=silent)
    with np.load(tmp_path / "work" / "checkpoint.npz") as state:
        assert len(json.loads(str(state["text"]))["history"]) == 2


@pytest.mark.parametrize("kept", ["of another backbone", "cut"])
def test_a_checkpoint_of_no_use_is_left(finished, photos, backbone, tmp_path, kept):
    def stop(line):
        if line.startswith("backbone, epoch 1"):
            raise KeyboardInterrupt

    other = tmp_path / "other.keras"
    other.write_bytes(backbone.read_bytes())
    start = str(other if kept == "of another backbone" else backbone)
    with pytest.raises(KeyboardInterrupt):
        finetune(*photos, Options(backbone=start, **OPTIONS), tmp_path, tmp_path / "work", log=stop)
    if kept == "cut":
        checkpoint = tmp_path / "work" / "checkpoint.npz"
        checkpoint.write_bytes(checkpoint.read_bytes()[:500])
    made = finetune(*photos, Options(backbone=str(backbone), **OPTIONS), tmp_path, tmp_path / "work", log=silent)
    assert made.scores == finished[1].scores


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unfreeze": "tenth"}, r"found 'tenth': its layers are first, first_norm"),
        ({"unfreeze": 0.01}, "found none from 0.01 on"),
        ({"unfreeze": "second_norm"}, "found none from 'second_norm' on"),
        ({"holdout_classes": 4}, "expected at most 3 of the 5 classes"),
        ({"holdout_classes": ["hat"]}, "found no photo of hat"),
        (
            {"backbone": "inception_v3", "weights": "random"},
            "expected a larger finetune.size for InceptionV3, found 32",
        ),
        ({"tfrecords": "docs"}, "expected TFRecord files"),
    ],
)
def test_bad_settings_are_one_line(change, message, photos, backbone, tmp_path):
    options = Options(**{"backbone": str(backbone), "size": 32} | OPTIONS | change)
    with pytest.raises(UserError, match=message) as caught:
        finetune(*photos, options, tmp_path, tmp_path / "work", log=silent)
    assert "\n" not in str(caught.value)


def test_photos_without_labels_are_one_line(photos, backbone, tmp_path):
    with pytest.raises(UserError, match="expected photos with labels to learn from, found none among 60"):
        finetune(*photos[:2], [""] * 60, Options(backbone=str(backbone)), tmp_path, tmp_path / "work")


@pytest.mark.parametrize(("mixed", "computed"), [(True, "float16"), ("bfloat16", "bfloat16"), (None, "float32")])
def test_mixed_arithmetic_ends_in_float32_models(mixed, computed, photos, backbone, tmp_path, monkeypatch):
    seen, train = [], run.train_backbone

    def watched(classifier, *rest):
        features = classifier.extractor(np.zeros((1, SIZE, SIZE, 3), np.float32))
        seen.append((features.dtype, {each.dtype for each in classifier.variables}, classifier.in_float16))
        return train(classifier, *rest)

    monkeypatch.setattr(run, "train_backbone", watched)
    options = OPTIONS | {"backbone": str(backbone), "loss": "softmax", "epochs": 2, "head_epochs": 1}
    made = finetune(*photos, Options(**options, mixed_precision=mixed), tmp_path, tmp_path / "work", log=silent)
    assert seen == [(computed, {"float32"}, computed == "float16")]
    assert np.isfinite([row["loss"] for row in made.history]).all()
    for name in ("extractor.keras", "classifier.keras"):
        model = load_model(tmp_path / name)
        assert {layer.compute_dtype for layer in model._flatten_layers()} == {"float32"}
        assert model(np.zeros((1, SIZE, SIZE, 3), np.float32)).dtype == "float32"


def test_a_full_memory_of_the_gpu_is_one_line(photos, backbone, tmp_path, monkeypatch):
    def fill_up(*arguments):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    monkeypatch.setattr(run, "train_backbone", fill_up)
    with pytest.raises(UserError, match=r"found it full: take a smaller --finetune\.batch_size"):
        finetune(*photos, Options(backbone=str(backbone), **OPTIONS), tmp_path, tmp_path / "work", log=silent)
