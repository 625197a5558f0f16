"""Text encoders: their tokens, shapes and inputs, the vectors they lie among; one line for what is none."""

import json
import sys

import numpy as np
import pytest

from lookalike.core import features
from lookalike.core.artifacts import write_manifest
from lookalike.core.errors import UserError
from lookalike.core.shards import Part
from lookalike.networks.texts import TextEncoder, convert

from ..drawn_pair import TABLE, draw_text_encoder, draw_tokenizer, info, save

pytest.importorskip("tokenizers", reason="needs the extra `text`")
WIDE = np.hstack([TABLE, np.zeros((5, 2), np.float32)])


def extracted(folder, **sizes):
    """Write vectors of photos of length 5, of so many numbers by the name of the matrix."""
    folder.mkdir()
    arrays = {name: np.full((4, size), 5 / np.sqrt(size), np.float32) for name, size in sizes.items()}
    features.write(folder, [Part([{"path": f"{row}.jpg", "key": "", "error": None} for row in range(4)], arrays)])
    write_manifest(folder, "03_extract", {}, {}, counts={}, approximations=())
    return folder


@pytest.fixture
def opened(tmp_path):
    def convert_and_open(path, **sizes):
        photos = extracted(tmp_path / "photos", **(sizes or {"features": 3}))
        (tmp_path / "made").mkdir()
        made = convert(path, tmp_path / "made", photos)
        return made, TextEncoder(tmp_path / "made")

    return convert_and_open


@pytest.mark.parametrize(
    ("drawn", "tokens"),
    [
        ({"tokens": 6}, 6),
        ({"tokens": 3, "batch": 2, "kind": "int32"}, 3),
        ({"tokens": "t", "batch": 1}, 64),
    ],
)
def test_texts_are_cut_and_padded_to_the_tokens_of_the_network(drawn, tokens, opened, tmp_path):
    made, encoder = opened(draw_text_encoder(tmp_path / "text.onnx", **drawn))
    assert (made.matrix, made.dimension, made.tokens, encoder.matrix) == ("features", 3, tokens, "features")
    found = encoder(["red", "BLUE", "red green", "blue " * tokens + "red " * 10_000])
    half = np.sqrt(12.5)
    np.testing.assert_allclose(found, [[5, 0, 0], [0, 0, 5], [half, half, 0], [0, 0, 5]], atol=1e-5)
    assert found.dtype == np.float32
    assert encoder(["lorry \udcff"]).shape == (1, 3)  # of unknown words it has a vector, too
    with pytest.raises(UserError, match=r"expected words that tokenizer\.json knows, found none in ' '"):
        encoder(["red", " "])


def test_where_the_network_leaves_it_open_the_tokenizer_says_how_many_tokens(opened, tmp_path):
    path = draw_text_encoder(tmp_path / "text.onnx", tokens="t")
    draw_tokenizer(tmp_path / "tokenizer.json", lambda tokenizer: tokenizer.enable_padding(length=9, pad_id=1))
    made, _ = opened(path)
    padding = json.loads((tmp_path / "made" / "tokenizer.json").read_text())["padding"]
    assert (made.tokens, padding["pad_id"]) == (9, 1)


def test_a_tokenizer_of_more_tokens_than_the_network_knows_is_another_one(opened, tmp_path):
    _, encoder = opened(draw_text_encoder(tmp_path / "text.onnx", table=TABLE[:4]))
    assert encoder(["red"]).shape == (1, 3)
    with pytest.raises(
        UserError, match=r"tokens below 4, .* found token 4 of 'blue': tokenizer\.json is that of another"
    ):
        encoder(["red", "blue"])


def test_a_network_of_tokens_alone_may_call_them_as_it_likes(opened, tmp_path):
    weights, ids = {"table": TABLE, "middle": np.array([1])}, info("text", ["n", 1], 7)
    nodes = [("Gather", ["table", "text"], ["each"], {}), ("ReduceSum", ["each", "middle"], ["v"], {"keepdims": 0})]
    save(tmp_path / "text.onnx", nodes, [ids], [info("v", ["n", 3])], weights)
    draw_tokenizer(tmp_path / "tokenizer.json")
    np.testing.assert_allclose(opened(tmp_path / "text.onnx")[1](["green"]), [[0, 5, 0]], atol=1e-5)


def test_a_text_belongs_to_the_eye_of_its_dimension_or_else_of_its_name(opened, tmp_path):
    assert opened(draw_text_encoder(tmp_path / "text.onnx"), features=9, other=6, clip=3)[0].matrix == "clip"
    path = draw_text_encoder(tmp_path / "clip_text.onnx")
    photos = extracted(tmp_path / "alike", features=6, siglip=3, clip=3)
    assert convert(path, tmp_path / "made", photos).matrix == "clip"
    path = path.rename(tmp_path / "other.onnx")
    with pytest.raises(UserError, match=r"expected one eye .* found clip 3, siglip 3: begin other\.onnx with its name"):
        convert(path, tmp_path / "made", photos)


def test_principal_components_are_not_what_a_text_lies_among(opened, tmp_path):
    assert opened(draw_text_encoder(tmp_path / "text.onnx"), features=2, backbone=3)[0].matrix == "backbone"


def no_tokenizer(path):
    path.with_name("tokenizer.json").unlink()


def broken_tokenizer(path):
    path.with_name("tokenizer.json").write_text("{")


def cut(path):
    path.write_bytes(path.read_bytes()[:200])


def of_photos(path):
    save(path, [("Flatten", ["pixels"], ["v"], {})], [info("pixels", [1, 3, 1, 1])], [info("v", [1, 3])], {})


@pytest.mark.parametrize(
    ("drawn", "harm", "words"),
    [
        ({}, no_tokenizer, r"expected tokenizer\.json beside the text encoder, found none at .*: copy it"),
        ({}, broken_tokenizer, r"expected a tokenizer in .*: copy it again"),
        ({}, cut, r"expected a whole network in .*text\.onnx"),
        ({}, of_photos, r"expected the inputs input_ids .* found pixels \[1,3,1,1\]: export the text encoder alone"),
        ({"table": WIDE}, None, r"photos' vectors \(features 3\), found vectors of 5 numbers in text\.onnx: take the"),
        ({"vectors": ("a", "b")}, None, r"expected one output of .* found 2 of them \(a .*, b .*\): export the text"),
        ({"vectors": ()}, None, r"found 0 and no vector among its outputs \(last_hidden_state .*\): export the text"),
    ],
)
def test_what_is_no_text_encoder_of_these_photos_is_one_line(drawn, harm, words, opened, tmp_path):
    path = draw_text_encoder(tmp_path / "text.onnx", **drawn)
    if harm:
        harm(path)
    with pytest.raises(UserError, match=words) as error:
        opened(path)
    assert "\n" not in str(error.value)


def test_without_the_package_the_remedy_is_told(opened, tmp_path, monkeypatch):
    path = draw_text_encoder(tmp_path / "text.onnx")
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(UserError, match=r"expected the package tokenizers, .* found none: .*lookalike\[text\]"):
        opened(path)
