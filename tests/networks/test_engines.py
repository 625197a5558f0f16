"""Engines: equal vectors, no matter the batch; precisions; the graph is kept; one line for a bad choice."""

import subprocess
import sys

import numpy as np
import pytest

from lookalike.core.errors import UserError
from lookalike.networks import ENGINES
from lookalike.networks.engines import choose_engine, open_extractor
from lookalike.networks.freeze import freeze

IMAGES = np.random.default_rng(4).integers(0, 256, (11, 64, 64, 3), dtype=np.uint8)
SMALL = ("mobilenet_v2_0.35", "random")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("graphs")


@pytest.mark.parametrize("engine", ENGINES)
def test_engines_equal_keras(engine, folder, small_model):
    extractor = open_extractor(*SMALL, engine=engine, size=64, folder_for_pb=folder)
    np.testing.assert_allclose(extractor(IMAGES), np.asarray(small_model(IMAGES)), atol=1e-3)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_vector_is_the_same_alone_and_in_any_batch(engine, folder):
    extractor = open_extractor(*SMALL, engine=engine, size=64, folder_for_pb=folder)
    together = extractor(IMAGES)
    np.testing.assert_array_equal(np.concatenate([extractor(IMAGES[i : i + 1]) for i in range(len(IMAGES))]), together)
    np.testing.assert_array_equal(extractor(IMAGES[::-1])[::-1], together)


def test_a_vector_is_the_same_with_any_number_of_workers(folder):
    one, four = (open_extractor(*SMALL, engine="openvino", size=64, folder_for_pb=folder, workers=n) for n in (1, 4))
    np.testing.assert_array_equal(one(IMAGES), four(IMAGES))


@pytest.mark.parametrize("engine", ENGINES)
def test_bfloat16_is_near_float32(engine, folder):
    exact, coarse = (
        open_extractor(*SMALL, engine=engine, precision=precision, size=64, folder_for_pb=folder)(IMAGES)
        for precision in ("float32", "bfloat16")
    )
    assert coarse.dtype == np.float32
    cosine = np.sum(exact * coarse, axis=1) / np.linalg.norm(exact, axis=1) / np.linalg.norm(coarse, axis=1)
    assert cosine.min() > 0.9


def test_threads_may_call_a_new_extractor_at_once(folder):
    open_extractor(*SMALL, engine="openvino", size=64, folder_for_pb=folder)
    code = f"""
import numpy as np, threading
from pathlib import Path
from lookalike.networks.engines import open_extractor
extractor = open_extractor(*{SMALL!r}, engine="openvino", size=64, folder_for_pb=Path({str(folder)!r}), workers=4)
together = threading.Barrier(8)
def call():
    together.wait()
    extractor(np.zeros((1, 64, 64, 3), np.uint8))
threads = [threading.Thread(target=call) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_description_names_what_a_result_depends_on(folder):
    described = open_extractor(*SMALL, engine="openvino", size=64, folder_for_pb=folder).describe()
    assert described["input_node"] == "images" and described["output_node"] == "features"
    assert (described["engine"], described["precision"], described["size"]) == ("openvino", "float32", 64)
    assert len(described["weights_sha256"]) == 64


def test_a_kept_graph_needs_no_tensorflow(folder):
    open_extractor(*SMALL, engine="openvino", size=64, folder_for_pb=folder)
    code = (
        "import sys; from pathlib import Path; from lookalike.networks.engines import open_extractor;"
        f"open_extractor('{SMALL[0]}', 'random', engine='openvino', size=64, folder_for_pb=Path({str(folder)!r}));"
        "print('tensorflow' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "False\n" and result.stderr == ""


def test_a_damaged_or_different_graph_is_made_anew(tmp_path):
    first = open_extractor(*SMALL, engine="openvino", size=32, folder_for_pb=tmp_path)(IMAGES[:1, :32, :32])
    (tmp_path / "extractor.pb").write_bytes(b"damaged")
    again = open_extractor(*SMALL, engine="openvino", size=32, folder_for_pb=tmp_path)(IMAGES[:1, :32, :32])
    other = open_extractor(*SMALL, engine="openvino", size=32, seed=1, folder_for_pb=tmp_path)(IMAGES[:1, :32, :32])
    np.testing.assert_array_equal(again, first)
    assert not np.allclose(other, first)


def test_a_graph_is_known_by_its_content_not_its_name(small_model, tmp_path):
    for name in ("one.pb", "two.pb"):
        freeze(small_model, tmp_path / name)
    one = open_extractor(str(tmp_path / "one.pb"), "imagenet", engine="openvino", folder_for_pb=tmp_path)
    made = (tmp_path / "extractor.pb").stat().st_mtime_ns
    two = open_extractor(str(tmp_path / "two.pb"), "imagenet", engine="openvino", folder_for_pb=tmp_path)
    assert (tmp_path / "extractor.pb").stat().st_mtime_ns == made
    assert one.describe()["weights_sha256"] == two.describe()["weights_sha256"]


def test_a_whole_model_as_weights_stands_for_the_backbone(small_model, tmp_path):
    freeze(small_model, tmp_path / "tuned.pb")
    tuned = open_extractor("mobilenet_v2", str(tmp_path / "tuned.pb"), engine="openvino", folder_for_pb=tmp_path)
    np.testing.assert_allclose(tuned(IMAGES), np.asarray(small_model(IMAGES)), atol=1e-3)
    with pytest.raises(UserError, match=r"expected no extract\.weights with the model file"):
        open_extractor(str(tmp_path / "tuned.pb"), "other.h5", folder_for_pb=tmp_path)


def test_auto_takes_openvino_without_a_gpu(monkeypatch):
    monkeypatch.setattr("lookalike.networks.engines.Path.exists", lambda path: False)
    assert choose_engine("auto") == "openvino"
    monkeypatch.setattr("lookalike.networks.engines.find_spec", lambda name: None)
    assert choose_engine("auto") == "tensorflow"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"engine": "onnx"}, "auto or one of tensorflow, openvino, found 'onnx'"),
        ({"precision": "int8"}, "float32, bfloat16, float16, found 'int8'"),
        ({"precision": "float16", "engine": "openvino"}, "float32 or bfloat16 with openvino, found float16"),
        ({"layer": "Conv1"}, "only with a model file as backbone, found 'Conv1'"),
        ({"size": 16}, "larger extract.size for MobileNetV2, found 16"),
    ],
)
def test_bad_choices_are_one_line(options, message, tmp_path):
    with pytest.raises(UserError, match=message) as caught:
        open_extractor(*SMALL, **({"size": 64} | options), folder_for_pb=tmp_path)
    assert "\n" not in str(caught.value)
