"""Frozen graphs: the same features in TensorFlow, OpenVINO and OpenCV, the same bytes; model files made elsewhere."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from lookalike.core.errors import UserError
from lookalike.networks.engines import open_extractor
from lookalike.networks.freeze import freeze, main
from lookalike.networks.keras_files import layer_model, load_model
from lookalike.networks.openvino_engine import openvino
from lookalike.networks.options import Options
from lookalike.networks.quiet import keras, tf

IMAGES = np.random.default_rng(1).integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def frozen(small_model, tmp_path_factory):
    return freeze(small_model, tmp_path_factory.mktemp("frozen") / "small.pb")


@pytest.fixture(scope="module")
def expected(small_model):
    return np.asarray(small_model(IMAGES))


@pytest.fixture(scope="module")
def tiny_model():
    """One convolution with its own scaling."""
    images = keras.Input((64, 64, 3))
    scaled = keras.layers.Rescaling(1 / 255)(images)
    maps = keras.layers.Conv2D(6, 5, strides=4, activation="relu", name="maps")
    return keras.Model(images, keras.layers.GlobalAveragePooling2D(name="mean")(maps(scaled)))


def close(found, expected):
    np.testing.assert_allclose(np.asarray(found).reshape(expected.shape), expected, atol=1e-3)


def test_tensorflow_reads_the_graph(frozen, expected):
    graph = tf.compat.v1.GraphDef.FromString(frozen.read_bytes())
    assert graph.node[0].name == "images" and graph.node[-1].name == "features"
    run = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(graph, name=""), []).prune("images:0", "features:0")
    close(run(tf.constant(IMAGES, tf.float32)), expected)


def test_openvino_reads_the_graph(frozen, expected):
    compiled = openvino.Core().compile_model(frozen, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    close(compiled([IMAGES.astype(np.float32)])[0], expected)


def test_opencv_reads_the_graph(frozen, expected):
    net = cv2.dnn.readNetFromTensorflow(str(frozen), "", cv2.dnn.ENGINE_CLASSIC)
    net.setInput(cv2.dnn.blobFromImages(list(IMAGES)))
    close(net.forward(), expected)


def test_same_weights_give_the_same_bytes(small_model, frozen, tmp_path):
    assert freeze(small_model, tmp_path / "again.pb").read_bytes() == frozen.read_bytes()


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_command_converts_a_model_file(suffix, tiny_model, tmp_path, capsys):
    tiny_model.save(tmp_path / f"model.{suffix}")
    assert main([str(tmp_path / f"model.{suffix}"), str(tmp_path / "model.pb")]) == 0
    assert "images (64, 64, 3) -> features (6,)" in capsys.readouterr().out
    extractor = open_extractor(Options(backbone=str(tmp_path / "model.pb"), engine="tensorflow"), tmp_path)
    close(extractor(IMAGES), np.asarray(tiny_model(IMAGES)))


def test_command_answers_a_bad_file_in_one_line(tmp_path, capsys):
    (tmp_path / "model.h5").write_text("no model")
    assert main([str(tmp_path / "model.h5"), str(tmp_path / "model.pb")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "model.pb").exists()


def test_command_says_where_a_saved_model_is_frozen(tmp_path, capsys):
    assert main([str(tmp_path), str(tmp_path / "model.pb")]) == 1
    assert f"found the folder {tmp_path}: --extract.backbone takes that of a SavedModel" in capsys.readouterr().err


def test_unknown_layer_names_the_last_ones(small_model):
    with pytest.raises(UserError, match=r"found 'nowhere'; its last layers are .*pooling"):
        layer_model(small_model, "nowhere")


@pytest.mark.parametrize("engine", ["tensorflow", "openvino"])
@pytest.mark.parametrize("suffix", ["keras", "h5", "pb", "saved"])
def test_any_model_file_is_a_backbone(engine, suffix, tiny_model, tmp_path):
    path = tmp_path / f"own.{suffix}"
    if suffix == "pb":
        freeze(tiny_model, path)
    elif suffix == "saved":
        tiny_model.export(path, verbose=False)
    else:
        tiny_model.save(path)
    extractor = open_extractor(Options(backbone=str(path), engine=engine), tmp_path)
    assert (extractor.size, extractor.dimension) == (64, 6)
    close(extractor(IMAGES), np.asarray(tiny_model(IMAGES)))


def test_a_layer_of_a_model_file_is_averaged_over_its_places(tiny_model, tmp_path):
    tiny_model.save(tmp_path / "tiny.keras")
    options = {"layer": "maps", "scaling": "tf", "engine": "tensorflow"}
    extractor = open_extractor(Options(backbone=str(tmp_path / "tiny.keras"), **options), tmp_path)
    prepared = keras.applications.mobilenet_v2.preprocess_input(IMAGES.astype(np.float32))
    close(extractor(IMAGES), np.asarray(layer_model(tiny_model, "maps")(prepared)).mean(axis=(1, 2)))


def test_tensorflow_1_graph_with_its_own_node_names(tmp_path):
    weights = np.random.default_rng(2).standard_normal((5, 5, 3, 4)).astype(np.float32) / 255
    with tf.Graph().as_default() as graph:
        photo = tf.compat.v1.placeholder(tf.float32, (None, 32, 32, 3), name="input/photo")
        maps = tf.nn.relu(tf.nn.conv2d(photo, weights, 4, "VALID"), name="conv/relu")
        tf.nn.softmax(tf.reduce_sum(maps, (1, 2)), name="scores")
    (tmp_path / "old.pb").write_bytes(graph.as_graph_def().SerializeToString())
    images = IMAGES[:, :32, :32]
    expected = np.asarray(tf.nn.relu(tf.nn.conv2d(images.astype(np.float32), weights, 4, "VALID"))).mean(axis=(1, 2))
    extractor = open_extractor(Options(backbone=str(tmp_path / "old.pb"), layer="conv/relu"), tmp_path)
    assert extractor.size == 32
    close(extractor(images), expected)
    with pytest.raises(UserError, match="expected a node 'conv/gelu'"):
        open_extractor(Options(backbone=str(tmp_path / "old.pb"), layer="conv/gelu"), tmp_path)


@pytest.mark.parametrize("name", ["empty.pb", "text.pb", "text.keras"])
def test_files_that_are_no_models_are_one_line(name, tmp_path):
    (tmp_path / name).write_bytes(b"" if name.startswith("empty") else b"these are no layers")
    with pytest.raises(UserError, match=name) as caught:
        open_extractor(Options(backbone=str(tmp_path / name)), tmp_path)
    assert "\n" not in str(caught.value)


def test_load_model_of_a_missing_file():
    with pytest.raises(UserError, match="no such file"):
        load_model(Path("nowhere.keras"))
