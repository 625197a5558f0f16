"""The engine jax: the vectors of the other engines, from a process without Keras; what it cannot run is one line."""

import os
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from lookalike.core.errors import UserError
from lookalike.networks import engines
from lookalike.networks.engines import choose_engine, open_extractor
from lookalike.networks.graph import graph_key, write_description
from lookalike.networks.options import Options
from lookalike.networks.quiet import keras
from lookalike.networks.reopened import reopen

ROOT = Path(__file__).resolve().parents[2]
needs_jax = pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed")
IMAGES = np.random.default_rng(6).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A network of few layers, as .keras and as .h5; its last layer is a map, "maps"."""
    folder = tmp_path_factory.mktemp("models")
    keras.utils.set_random_seed(1)
    images = keras.Input((32, 32, 3))
    maps = keras.layers.Conv2D(8, 3, 2, activation="relu")(images)
    maps = keras.layers.BatchNormalization()(keras.layers.DepthwiseConv2D(3)(maps))
    maps = keras.layers.Conv2D(6, 1, activation="relu", name="maps")(maps)
    vectors = keras.layers.Dense(5)(keras.layers.GlobalAveragePooling2D()(maps))
    model = keras.Model(images, vectors)
    for suffix in (".keras", ".h5"):
        model.save(folder / f"own{suffix}")
    return folder


def same(one, other):
    np.testing.assert_allclose(one, other, atol=1e-4)
    cosine = np.sum(one * other, axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    np.testing.assert_allclose(cosine, 1, atol=1e-4)


@needs_jax
@pytest.mark.parametrize(
    ("file", "changes"),
    [("own.keras", {"scaling": "torch"}), ("own.h5", {"scaling": "caffe", "layer": "maps"})],
)
def test_model_files_give_the_vectors_of_the_other_engines(models, file, changes, tmp_path):
    options = {"backbone": str(models / file), **changes}
    jax, other = (open_extractor(Options(engine=each, **options), tmp_path / each) for each in ("jax", "tensorflow"))
    assert (jax.size, jax.dimension, jax.description["engine"]) == (32, other.dimension, "jax")
    assert jax.description["weights_sha256"] == other.description["weights_sha256"]
    same(jax(IMAGES), other(IMAGES))


@needs_jax
def test_it_needs_no_tensorflow_and_keras_only_in_a_process_of_its_own(models, tmp_path):
    (tmp_path / "tensorflow.py").write_text("raise ImportError('not installed')")
    code = (
        "import sys, numpy as np; from pathlib import Path; from lookalike.networks.engines import open_extractor;"
        "from lookalike.networks.options import Options;"
        f"options = Options(backbone={str(models / 'own.keras')!r}, engine='jax');"
        f"open_extractor(options, Path({str(tmp_path)!r}))(np.zeros((1, 32, 32, 3), np.uint8));"
        "print([name for name in ('keras', 'tensorflow', 'openvino') if name in sys.modules])"
    )
    variables = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=variables)
    assert (done.stdout, done.stderr) == ("[]\n", "")


@needs_jax
def test_the_same_network_is_the_same_file(models, tmp_path):
    options = Options(backbone=str(models / "own.keras"), engine="jax")
    one, two = ((tmp_path / each) for each in ("one", "two"))
    for folder in (one, two):
        open_extractor(options, folder)
    assert (one / "extractor.keras").read_bytes() == (two / "extractor.keras").read_bytes()
    assert graph_key(options) != graph_key(options.model_copy(update={"engine": "tensorflow"}))


@needs_jax
def test_a_result_opens_again_also_where_jax_has_gone(models, tmp_path, monkeypatch, drawn_photos):
    options = Options(backbone=str(models / "own.keras"), engine="jax", views=["whole"])
    extractor = open_extractor(options, tmp_path)
    write_description(tmp_path, {"features": extractor.description})
    parameters = options.model_dump(mode="json")
    photo = drawn_photos[0].read_bytes()
    here = reopen(tmp_path, parameters)([photo])["features"]
    monkeypatch.setattr("lookalike.networks.reopened.find_spec", lambda name: None)
    same(here, reopen(tmp_path, parameters)([photo])["features"])


@pytest.mark.parametrize(
    ("name", "able"),
    [
        ("own.pb", "auto, tensorflow or openvino, which read"),
        ("saved", "auto, tensorflow or openvino, which read"),
        ("own.onnx", "auto or openvino, which alone reads"),
        ("own.xml", "auto or openvino, which alone reads"),
    ],
)
def test_what_it_cannot_run_is_a_bad_setting(name, able, tmp_path):
    path = tmp_path / name
    model = path / "saved_model.pb" if name == "saved" else path
    model.parent.mkdir(exist_ok=True)
    model.touch()
    with pytest.raises(ValidationError, match=able):
        Options(backbone=str(path), engine="jax")
    with pytest.raises(UserError, match=r"expected the .*openvino engine for .*, found jax, which cannot run it"):
        choose_engine("jax", str(path))


def test_the_line_that_installs_jax_is_the_extra_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for extra, where in {"jax": "'jax==", "jax-gpu": "'jax[cuda12]=="}.items():
        (wanted,) = project["optional-dependencies"][extra]
        assert f"'{wanted}'".startswith(where) and f"'{wanted}'" in engines.INSTALL_JAX


def test_without_jax_the_line_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"expected JAX .* found none installed: run pip install 'jax==") as caught:
        choose_engine("jax", "mobilenet_v2")
    assert "\n" not in str(caught.value)
