"""Engines: equal vectors, no matter the batch; precisions; the graph is kept; one line for a bad choice."""

import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from lookalike.core.errors import UserError
from lookalike.networks import ENGINES
from lookalike.networks.engines import choose_engine, open_extractor
from lookalike.networks.freeze import freeze
from lookalike.networks.graph import graph_key, write_description
from lookalike.networks.options import Options

NEEDS_JAX = pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed")
ENGINES_HERE = [pytest.param(name, marks=[NEEDS_JAX] if name == "jax" else []) for name in ENGINES]
IMAGES = np.random.default_rng(4).integers(0, 256, (11, 64, 64, 3), dtype=np.uint8)
SMALL = {"backbone": "mobilenet_v2_0.35", "weights": "random", "engine": "openvino", "size": 64}


def small(**changes):
    return Options(**SMALL | changes)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("graphs")


@pytest.mark.parametrize("engine", ENGINES_HERE)
def test_engines_equal_keras(engine, folder, small_model):
    extractor = open_extractor(small(engine=engine), folder)
    np.testing.assert_allclose(extractor(IMAGES), np.asarray(small_model(IMAGES)), atol=1e-3)


@pytest.mark.parametrize("engine", ENGINES_HERE)
def test_a_vector_is_the_same_alone_and_in_any_batch(engine, folder):
    extractor = open_extractor(small(engine=engine), folder)
    together = extractor(IMAGES)
    np.testing.assert_array_equal(np.concatenate([extractor(IMAGES[i : i + 1]) for i in range(len(IMAGES))]), together)
    np.testing.assert_array_equal(extractor(IMAGES[::-1])[::-1], together)


def test_a_vector_is_the_same_with_any_number_of_workers(folder):
    one, four = (open_extractor(small(), folder, workers=n) for n in (1, 4))
    np.testing.assert_array_equal(one(IMAGES), four(IMAGES))


@pytest.mark.parametrize("engine", ENGINES_HERE)
def test_bfloat16_is_near_float32(engine, folder):
    exact, coarse = (
        open_extractor(small(engine=engine, precision=precision), folder)(IMAGES)
        for precision in ("float32", "bfloat16")
    )
    assert coarse.dtype == np.float32
    cosine = np.sum(exact * coarse, axis=1) / np.linalg.norm(exact, axis=1) / np.linalg.norm(coarse, axis=1)
    assert cosine.min() > 0.9


def test_threads_may_call_a_new_extractor_at_once(folder):
    open_extractor(small(), folder)
    code = f"""
import numpy as np, threading
from pathlib import Path
from lookalike.networks.engines import open_extractor
from lookalike.networks.options import Options
extractor = open_extractor(Options(**{SMALL!r}), Path({str(folder)!r}), workers=4)
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
    described = open_extractor(small(), folder).description
    assert described["input_node"] == "images" and described["output_node"] == "features"
    assert (described["engine"], described["precision"], described["size"]) == ("openvino", "float32", 64)
    assert len(described["weights_sha256"]) == 64


def described(options, folder, **places):
    """Open an extractor and write down what it is, as a run of 03 does."""
    extractor = open_extractor(options, folder, **places)
    write_description(folder, {"features": extractor.description})
    return extractor


def test_a_kept_graph_needs_no_tensorflow(tmp_path):
    described(small(), tmp_path)
    code = (
        "import sys; from pathlib import Path; from lookalike.networks.engines import open_extractor;"
        "from lookalike.networks.options import Options;"
        f"open_extractor(Options(**{SMALL!r}), Path({str(tmp_path)!r}));"
        "print('tensorflow' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "False\n" and result.stderr == ""


def test_a_damaged_or_different_graph_is_made_anew(tmp_path):
    photo = IMAGES[:1, :32, :32]
    first = described(small(size=32), tmp_path)(photo)
    (tmp_path / "extractor.pb").write_bytes(b"damaged")
    again = described(small(size=32), tmp_path)(photo)
    other = described(small(size=32, seed=1), tmp_path)(photo)
    np.testing.assert_array_equal(again, first)
    assert not np.allclose(other, first)


def test_a_published_graph_of_the_same_key_is_taken(tmp_path):
    published, draft = tmp_path / "published", tmp_path / "draft"
    first = described(small(size=32), published)
    (published / "extractor.pb").touch()
    taken = described(small(size=32, engine="tensorflow", views=["whole"]), draft, kept=[published])
    assert (draft / "extractor.pb").read_bytes() == (published / "extractor.pb").read_bytes()
    assert taken.description["weights_sha256"] == first.description["weights_sha256"]


def test_a_graph_is_known_by_its_content_not_its_name(small_model, tmp_path):
    for name in ("one.pb", "two.pb"):
        freeze(small_model, tmp_path / name)
    one, two = (Options(backbone=str(tmp_path / name)) for name in ("one.pb", "two.pb"))
    assert graph_key(one) == graph_key(two) != graph_key(small())
    described(one, tmp_path)
    made = (tmp_path / "extractor.pb").stat().st_mtime_ns
    open_extractor(two, tmp_path)
    assert (tmp_path / "extractor.pb").stat().st_mtime_ns == made


def test_the_content_of_a_saved_model_is_in_the_key(tmp_path):
    (tmp_path / "own" / "variables").mkdir(parents=True)
    (tmp_path / "own" / "saved_model.pb").touch()
    weights = tmp_path / "own" / "variables" / "variables.data"
    weights.write_bytes(b"old")
    before = graph_key(Options(backbone=str(tmp_path / "own")))
    weights.write_bytes(b"new")
    assert graph_key(Options(backbone=str(tmp_path / "own"))) != before


def test_a_whole_model_as_weights_stands_for_the_backbone(small_model, tmp_path):
    freeze(small_model, tmp_path / "tuned.pb")
    tuned = open_extractor(Options(weights=str(tmp_path / "tuned.pb"), engine="openvino"), tmp_path)
    np.testing.assert_allclose(tuned(IMAGES), np.asarray(small_model(IMAGES)), atol=1e-3)
    assert tuned.description["backbone"] == str(tmp_path / "tuned.pb")


def test_auto_takes_openvino_without_a_gpu(monkeypatch):
    monkeypatch.setattr("lookalike.networks.engines.Path.exists", lambda path: False)
    assert choose_engine("auto") == "openvino"
    monkeypatch.setattr("lookalike.networks.engines.find_spec", lambda name: None)
    assert choose_engine("auto") == "tensorflow"


def test_auto_takes_tensorflow_on_a_gpu_that_it_can_use(monkeypatch):
    monkeypatch.setattr("lookalike.networks.engines.nvidia_gpu", lambda: True)
    for found, engine in ((True, "tensorflow"), (False, "openvino")):
        monkeypatch.setattr("lookalike.networks.tensorflow_engine.has_gpu", lambda found=found: found)
        assert choose_engine("auto") == engine


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"precision": "float16"}, "float32 or bfloat16 with openvino, found float16"),
        ({"backbone": "inception_v3", "size": 64}, "larger extract.size for InceptionV3, found 64"),
    ],
)
def test_what_a_network_cannot_do_is_one_line(changes, message, tmp_path):
    with pytest.raises(UserError, match=message) as caught:
        open_extractor(small(**changes), tmp_path)
    assert "\n" not in str(caught.value)
