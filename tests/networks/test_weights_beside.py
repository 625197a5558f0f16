"""Files of weights beside a network's file: found by name, and part of what the network is known by."""

import pytest

from lookalike.networks.graph import graph_key
from lookalike.networks.options import Options
from lookalike.networks.weights_beside import model_digest, weights_beside

SHAPE = (1, 3, 64, 64)
LONG = "a name of more than a hundred and twenty-seven letters, which protobuf tells by two bytes " * 2 + ".data"


@pytest.mark.parametrize("name", ["own.onnx.data", "weights", "w" * 127, "w" * 128, LONG])
def test_external_data_of_onnx_is_found_by_its_name(name, drawn_cnn, tmp_path):
    drawn_cnn(tmp_path / "own.onnx", SHAPE, save_as_external_data=True, location=name, size_threshold=0)
    assert weights_beside(tmp_path / "own.onnx") == [tmp_path / name]
    assert Options(backbone=str(tmp_path / "own.onnx")).files() == sorted([tmp_path / "own.onnx", tmp_path / name])


def test_most_files_have_none(drawn_cnn, tmp_path):
    drawn_cnn(tmp_path / "own.onnx", SHAPE)
    (tmp_path / "empty.onnx").touch()
    for name in ("own.onnx", "empty.onnx", "absent.onnx", "own.pb"):
        assert weights_beside(tmp_path / name) == []


def test_other_weights_are_another_network(tmp_path):
    (tmp_path / "own.xml").write_text("<net/>")
    digests, keys = set(), set()
    for weights in (b"one", b"two"):
        (tmp_path / "own.bin").write_bytes(weights)
        digests.add(model_digest(tmp_path / "own.xml"))
        keys.add(graph_key(Options(backbone=str(tmp_path / "own.xml"))))
    (tmp_path / "own.bin").unlink()
    digests.add(model_digest(tmp_path / "own.xml"))
    assert len(digests) == 3 and len(keys) == 2
