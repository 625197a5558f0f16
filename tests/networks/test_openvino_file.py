"""Networks in ONNX and OpenVINO's format: layouts, shapes, scaling, tokens, number formats; one line for a bad file."""

import numpy as np
import pytest
from onnx import TensorProto, helper, save_model

from lookalike.core.errors import UserError
from lookalike.networks import SCALINGS
from lookalike.networks.engines import choose_engine, open_extractor
from lookalike.networks.openvino_engine import openvino
from lookalike.networks.openvino_file import convert_file
from lookalike.networks.options import Options

IMAGES = np.random.default_rng(1).integers(0, 256, (6, 64, 64, 3), dtype=np.uint8)
PLAIN = {"size": None, "layer": "", "scaling": "raw", "pooling": "auto"}
FIXED = (1, 3, 64, 64)


def opened(path, tmp_path, **options):
    return open_extractor(Options(backbone=str(path), **options), tmp_path / "made", workers=2)


def scaled(images, scaling):
    """Return pixels as `SCALINGS` says, in float64."""
    mean, deviation, bgr = SCALINGS[scaling]
    return (images[..., ::-1] if bgr else images).astype(float) / deviation - np.divide(mean, deviation)


def close(found, expected, atol=1e-5):
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=atol * np.abs(expected).max())


SHAPES = [
    [1, 3, 64, 64],
    [1, 64, 64, 3],
    ["n", 3, 64, 64],
    ["n", 64, 64, 3],
    ["n", 3, "h", "w"],
    ["n", "h", "w", 3],
    ["n", "c", "h", "w"],
    [5, 3, 64, "w"],
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "-".join(map(str, shape)))
def test_layout_and_size_are_those_of_the_input(shape, drawn_cnn, tmp_path):
    expected = drawn_cnn(tmp_path / "own.onnx", shape)(IMAGES)
    extractor = opened(tmp_path / "own.onnx", tmp_path, size=64)
    assert (extractor.size, extractor.dimension) == (64, 6)
    assert extractor.batch == (shape[0] if isinstance(shape[0], int) else 4)
    close(extractor(IMAGES), expected)


def test_a_network_of_any_size_sees_224_pixels(drawn_cnn, tmp_path):
    drawn_cnn(tmp_path / "own.onnx", ["n", 3, "h", "w"])
    assert opened(tmp_path / "own.onnx", tmp_path).size == 224


@pytest.mark.parametrize("scaling", SCALINGS)
def test_pixels_are_scaled_as_the_setting_says(scaling, drawn_cnn, tmp_path):
    expected = drawn_cnn(tmp_path / "own.onnx", FIXED)(scaled(IMAGES, scaling))
    close(opened(tmp_path / "own.onnx", tmp_path, scaling=scaling)(IMAGES), expected)


def test_float16_weights_and_pixels(drawn_cnn, tmp_path):
    expected = drawn_cnn(tmp_path / "own.onnx", ["n", 3, 64, 64], "float16")(scaled(IMAGES, "clip"))
    close(opened(tmp_path / "own.onnx", tmp_path, scaling="clip")(IMAGES), expected, atol=1e-3)


@pytest.mark.parametrize("half", [False, True])
def test_openvinos_own_format(half, drawn_cnn, tmp_path):
    expected = drawn_cnn(tmp_path / "own.onnx", ["n", 3, "h", "w"])(IMAGES)
    openvino.save_model(openvino.Core().read_model(tmp_path / "own.onnx"), tmp_path / "own.xml", compress_to_fp16=half)
    found = opened(tmp_path / "own.xml", tmp_path, size=64)(IMAGES)
    close(found, expected, atol=1e-2 if half else 1e-5)


@pytest.mark.parametrize("leading", [0, 1, 5])
@pytest.mark.parametrize("batch", ["n", 1])
def test_tokens_become_the_class_token_or_the_mean_of_the_patches(leading, batch, drawn_transformer, tmp_path):
    tokens = drawn_transformer(tmp_path / "own.onnx", leading, batch)(scaled(IMAGES, "torch"))
    assert tokens.shape == (6, leading + 16, 8)
    given = {"path": tmp_path / "own.onnx", "tmp_path": tmp_path, "scaling": "torch"}
    mean = tokens[:, leading:].mean(axis=1)
    close(opened(pooling="mean", **given)(IMAGES), mean)
    close(opened(**given)(IMAGES), tokens[:, 0] if leading else mean)
    if leading:
        close(opened(pooling="cls", **given)(IMAGES), tokens[:, 0])
    else:
        with pytest.raises(UserError, match=r"16 tokens have no class token before them: take --extract.pooling mean"):
            opened(pooling="cls", **given)


def test_a_vector_comes_before_tokens_and_any_output_can_be_named(drawn_transformer, tmp_path):
    tokens = drawn_transformer(tmp_path / "own.onnx", with_vector=True)(scaled(IMAGES, "tf"))
    given = {"path": tmp_path / "own.onnx", "tmp_path": tmp_path, "scaling": "tf"}
    close(opened(**given)(IMAGES), tokens.max(axis=1))
    close(opened(layer="last_hidden_state", **given)(IMAGES), tokens[:, 0])
    assert opened(layer="maps", **given).dimension == 8


def test_an_output_that_needs_no_text_can_be_taken_from_two_encoders(tmp_path):
    node, info = helper.make_node, helper.make_tensor_value_info
    nodes = [node("ReduceMean", ["pixels"], ["image"], axes=[2, 3], keepdims=0), node("Cast", ["ids"], ["text"], to=1)]
    inputs = [info("pixels", TensorProto.FLOAT, FIXED), info("ids", TensorProto.INT64, [1, 7])]
    outputs = [info("text", TensorProto.FLOAT, [1, 7]), info("image", TensorProto.FLOAT, [1, 3])]
    graph = helper.make_graph(nodes, "two", inputs, outputs)
    save_model(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), tmp_path / "two.onnx"
    )
    close(opened(tmp_path / "two.onnx", tmp_path, layer="image")(IMAGES), IMAGES.mean(axis=(1, 2)))
    with pytest.raises(UserError, match=r"expected one input of square images, .* in two\.onnx, found ids \[1,7\]"):
        opened(tmp_path / "two.onnx", tmp_path)


def test_the_same_photo_has_the_same_vector_in_any_batch_and_with_any_workers(drawn_transformer, tmp_path):
    drawn_transformer(tmp_path / "own.onnx")
    extractor = opened(tmp_path / "own.onnx", tmp_path)
    together = extractor(IMAGES)
    np.testing.assert_array_equal(np.concatenate([extractor(IMAGES[row : row + 1]) for row in range(6)]), together)
    one = open_extractor(Options(backbone=str(tmp_path / "own.onnx")), tmp_path / "one", workers=1)
    np.testing.assert_array_equal(one(IMAGES), together)


def test_the_same_file_gives_the_same_bytes(drawn_transformer, tmp_path):
    drawn_transformer(tmp_path / "own.onnx")
    for name in ("one", "two"):
        convert_file(tmp_path / "own.onnx", tmp_path / f"{name}.xml", **PLAIN)
    for suffix in (".xml", ".bin"):
        one, two = ((tmp_path / name).with_suffix(suffix).read_bytes() for name in ("one", "two"))
        assert one == two


def test_openvino_runs_it_whatever_else_there_is(drawn_cnn, tmp_path, monkeypatch):
    monkeypatch.setattr("lookalike.networks.engines.Path.exists", lambda path: True)
    assert choose_engine("auto", "own.onnx") == "openvino"
    with pytest.raises(UserError, match=r"expected the openvino engine for own\.xml, found tensorflow"):
        choose_engine("tensorflow", "own.xml")
    monkeypatch.setattr("lookalike.networks.engines.find_spec", lambda name: None)
    with pytest.raises(UserError, match="found none installed"):
        choose_engine("auto", "own.onnx")


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def without_weights(path):
    path.with_suffix(".onnx.data").unlink()


def short_of_weights(path):
    cut(path.with_suffix(".onnx.data"))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (cut, r"expected a whole network in .*own\.onnx: .*: export or copy it again"),
        (lambda path: path.write_bytes(b""), r"expected a whole network in .*own\.onnx"),
        (lambda path: path.write_bytes(b"these are no layers"), r"expected a whole network in .*own\.onnx"),
        (short_of_weights, r"expected a whole network in .*own\.onnx: .*own\.onnx\.data"),
        (without_weights, r"expected the weights of .*own\.onnx in own\.onnx\.data beside it, found none: copy both"),
    ],
)
def test_a_damaged_file_is_one_line(damage, words, drawn_cnn, tmp_path, capfd):
    drawn_cnn(tmp_path / "own.onnx", FIXED, save_as_external_data=True, location="own.onnx.data", size_threshold=0)
    damage(tmp_path / "own.onnx")
    with pytest.raises(UserError, match=words) as caught:
        opened(tmp_path / "own.onnx", tmp_path)
    assert "\n" not in str(caught.value) and capfd.readouterr().err == ""


def test_openvinos_format_without_its_weights_is_one_line(drawn_cnn, tmp_path):
    drawn_cnn(tmp_path / "own.onnx", FIXED)
    openvino.save_model(openvino.Core().read_model(tmp_path / "own.onnx"), tmp_path / "own.xml")
    (tmp_path / "own.bin").unlink()
    with pytest.raises(UserError, match=r"expected the weights of .*own\.xml in own\.bin beside it, found none"):
        opened(tmp_path / "own.xml", tmp_path)


@pytest.mark.parametrize(
    ("shape", "options", "words"),
    [
        (FIXED, {"layer": "nowhere"}, r"extract\.layer to be an output of own\.onnx \(vector\), found 'nowhere'"),
        (FIXED, {"size": 32}, r"expected extract\.size 64, which own\.onnx is made for, found 32"),
        (FIXED, {"layer": "kernel"}, r"expected one input of square images.*found none"),
        ((1, 3, 64, 32), {}, r"expected one input of square images.*found pixels \[1,3,64,32\]"),
    ],
)
def test_what_a_network_cannot_do_is_one_line(shape, options, words, drawn_cnn, tmp_path):
    drawn_cnn(tmp_path / "own.onnx", shape)
    with pytest.raises(UserError, match=words) as caught:
        opened(tmp_path / "own.onnx", tmp_path, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ([1, 3, 4, 64, 64], r"found pixels \[1,3,4,64,64\]"),
        ([1, 64], r"found pixels \[1,64\]"),
        ([1, 4, 64, 64], r"found pixels \[1,4,64,64\]"),
    ],
)
def test_an_input_that_is_no_image_is_one_line(shape, words, tmp_path):
    info = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("pixels", "vector")]
    graph = helper.make_graph([helper.make_node("Relu", ["pixels"], ["vector"])], "drawn", info[:1], info[1:])
    save_model(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), tmp_path / "own.onnx"
    )
    with pytest.raises(UserError, match=words):
        opened(tmp_path / "own.onnx", tmp_path)


@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_one_line(poison, drawn_cnn, tmp_path):
    drawn_cnn(tmp_path / "own.onnx", FIXED, poison=poison)
    extractor = opened(tmp_path / "own.onnx", tmp_path, layer="maps")
    with pytest.raises(UserError, match=r"expected finite numbers from .*own\.onnx, found some that are not"):
        extractor(IMAGES)
