"""Settings of extraction: what a table of choices or the disk can tell is refused before a network is built."""

import pytest
from pydantic import ValidationError

from lookalike.networks.options import Options, eye_name


@pytest.mark.parametrize(
    ("changes", "setting", "words"),
    [
        ({"backbone": "mobilnet"}, "backbone", "mobilenet_v2, "),
        ({"backbone": "nowhere.pb"}, "backbone", ".keras, .h5, .pb, .onnx, .xml file"),
        ({"weights": "nowhere.h5"}, "weights", "imagenet, finetuned, random or a file of weights that is there"),
        ({"backbone": "mobilenet_v2+mobilnet"}, "backbone", "mobilenet_v2, "),
        ({"backbone": "mobilenet_v2+"}, "backbone", "mobilenet_v2, "),
        ({"backbone": "resnet50+resnet50"}, "backbone", "eyes of different names"),
        ({"backbone": "resnet50+handcrafted+vgg16", "weights": "finetuned"}, "weights", "and only one, takes"),
        ({"weights": "imagenett"}, "weights", "that is there"),
        ({"seed": -1}, "seed", "greater than or equal to 0"),
        ({"pca": 1}, "pca", "a share of the variance below 1 or a whole number of components from 2 on"),
        ({"pca": 2.5}, "pca", "whole number"),
        ({"pca": -0.5}, "pca", "greater than or equal to 0"),
        ({"side_by_side": True}, "side_by_side", "extract.weights finetuned"),
        ({"layer": "Conv1"}, "layer", "none without a model file"),
        ({"backbone": "handcrafted", "size": 64}, "size", "128 with the handcrafted backbone"),
        ({"engine": "onnx"}, "engine", "'openvino'"),
        ({"pooling": "max"}, "pooling", "'cls'"),
        ({"scaling": "siglip"}, "scaling", "'clip'"),
        ({"precision": "int8"}, "precision", "'bfloat16'"),
        ({"batch": 0}, "batch", "greater than or equal to 1"),
        ({"views": ["turned"]}, "views.0", "'mirror'"),
        ({"views": []}, "views", "at least 1"),
    ],
)
def test_bad_values_are_refused_by_name(changes, setting, words):
    with pytest.raises(ValidationError) as caught:
        Options(**changes)
    fault = caught.value.errors()[0]
    assert ".".join(str(part) for part in fault["loc"]) == setting
    assert words in fault["msg"] and "\n" not in fault["msg"]


@pytest.mark.parametrize("backbone", ["handcrafted", "ResNet50V2", "convnext_tiny"])
def test_names_of_the_table_and_of_keras_are_taken(backbone):
    assert Options(backbone=backbone).backbone == backbone


def test_model_files_and_folders_that_are_there_are_taken(tmp_path):
    for name in ("own.pb", "own.keras", "own.h5", "saved_model.pb"):
        (tmp_path / name).touch()
    for path in (tmp_path / "own.pb", tmp_path / "own.keras", tmp_path):
        assert Options(backbone=str(path), layer="x").layer == "x"
        assert Options(weights=str(path), layer="x").layer == "x"
        assert Options(weights=str(path)).files() == [path]
    assert Options(weights=str(tmp_path / "own.h5")).files() == [tmp_path / "own.h5"]


def test_a_model_file_takes_no_weights_of_its_own(tmp_path):
    for name in ("own.pb", "other.h5"):
        (tmp_path / name).touch()
    with pytest.raises(ValidationError, match="none of its own with the model file"):
        Options(backbone=str(tmp_path / "own.pb"), weights=str(tmp_path / "other.h5"))


def test_each_of_several_eyes_has_the_weights_that_are_its_own(tmp_path):
    (tmp_path / "own.onnx").touch()
    (tmp_path / "w.h5").touch()
    backbone, weights = f"{tmp_path / 'own.onnx'}+mobilenet_v2+handcrafted", str(tmp_path / "w.h5")
    options = Options(backbone=backbone, weights=weights, layer="x")
    assert options.files() == [tmp_path / "own.onnx", tmp_path / "w.h5"]
    assert [eye.weights for eye in options.eyes()] == ["imagenet", weights, "imagenet"]
    assert [eye_name(eye.backbone) for eye in options.eyes()] == ["own", "mobilenet_v2", "handcrafted"]
    with pytest.raises(ValidationError, match="only one, takes the weights"):
        Options(backbone=f"{tmp_path / 'own.onnx'}+handcrafted", weights=weights)
    with pytest.raises(ValidationError, match=r"which alone reads .*own\.onnx"):
        Options(backbone=backbone, engine="tensorflow")


def test_a_file_with_a_plus_in_its_name_is_one_eye(tmp_path):
    (tmp_path / "a+b.onnx").touch()
    assert len(Options(backbone=str(tmp_path / "a+b.onnx")).eyes()) == 1


@pytest.mark.parametrize("name", ["own.onnx", "own.xml"])
def test_what_openvino_alone_reads_is_not_for_tensorflow(name, tmp_path):
    (tmp_path / name).touch()
    for setting in ("backbone", "weights"):
        assert Options(**{setting: str(tmp_path / name)}, layer="x", engine="openvino").layer == "x"
        with pytest.raises(ValidationError, match=f"auto or openvino, which alone reads .*{name}"):
            Options(**{setting: str(tmp_path / name)}, engine="tensorflow")


@pytest.mark.parametrize("keep", [0, 0.95, 2, 64])
def test_principal_components_are_a_share_or_a_number(keep):
    assert Options(pca=keep).pca == keep
