"""TensorFlow on a frozen graph: XLA and its trial, the precisions of a GPU (simulated), large batches."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from lookalike.networks import xla_trial
from lookalike.networks.child import ChildError
from lookalike.networks.devices import Wanted
from lookalike.networks.engines import open_extractor
from lookalike.networks.extraction import extract_rows
from lookalike.networks.freeze import freeze
from lookalike.networks.options import Options
from lookalike.networks.squares import Photo
from lookalike.networks.tensorflow_engine import compiled, open_graph

IMAGES = np.random.default_rng(5).integers(0, 256, (4, 64, 64, 3), dtype=np.uint8)
WAYS = ("CPU", "float32", 4)


@pytest.fixture(scope="module")
def tiny_model():
    """Two convolutions on 64 px: XLA compiles it in a moment."""
    import keras

    keras.utils.set_random_seed(0)
    photos = keras.Input((64, 64, 3), name="images")
    maps = keras.layers.Rescaling(1 / 127.5, -1)(photos)
    for width in (16, 32):
        maps = keras.layers.Conv2D(width, 5, strides=4, activation="relu")(maps)
    return keras.Model(photos, keras.layers.GlobalAveragePooling2D(name="features")(maps))


@pytest.fixture(scope="module")
def graph(tiny_model, tmp_path_factory):
    return freeze(tiny_model, tmp_path_factory.mktemp("graph") / "tiny.pb")


def cosines(one, other):
    return np.sum(one * other, axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)


def test_xla_is_tried_elsewhere_and_gives_the_same_vectors(graph, tiny_model):
    opened = open_graph(graph, 64, Wanted(xla=True))
    assert (opened.device, opened.batch, opened.xla) == ("CPU", 1, True)
    np.testing.assert_allclose(opened.features(IMAGES[:1]), np.asarray(tiny_model(IMAGES[:1])), atol=1e-3)


def test_on_a_processor_xla_is_only_used_where_it_is_asked_for(graph, monkeypatch):
    monkeypatch.setattr(xla_trial.child, "call", lambda *given, **options: pytest.fail("tried"))
    assert not open_graph(graph, 64, Wanted()).xla


def test_without_xla_where_its_trial_dies(graph, monkeypatch, capsys):
    def die(*given, **options):
        raise ChildError("it ended with signal 6: PTX version 8.5 does not support target 'sm_120'")

    monkeypatch.setattr(xla_trial.child, "call", die)
    opened = open_graph(graph, 64, Wanted(xla=True))
    assert not opened.xla and opened.features(IMAGES[:1]).shape == (1, 32)
    told = capsys.readouterr().err
    assert (
        told.startswith("note: computing without XLA, whose trial failed: it ended with signal 6") and "sm_120" in told
    )


@pytest.mark.parametrize("wrong", [lambda rows: -rows, lambda rows: rows * np.nan])
def test_without_xla_where_it_gives_other_vectors(graph, wrong, monkeypatch, capsys):
    plain = compiled(graph, 64, *WAYS)

    def other(function, path, size, device, precision, batch, made, **options):
        np.save(made, wrong(plain(xla_trial._photos(size, batch))))

    monkeypatch.setattr(xla_trial.child, "call", other)
    assert not xla_trial.xla_works(graph, 64, WAYS, plain)
    assert "its vectors are others" in capsys.readouterr().err


NAMES = ("SIMULATE_GPU", "IGNORE_PERFORMANCE")
SIMULATED_GPU = {f"TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_{name}": "1" for name in NAMES}
SIMULATED = """
import json, sys
import numpy as np
from pathlib import Path
from lookalike.networks.quiet import tf
from lookalike.networks.tensorflow_engine import compiled, in_bfloat16, load_graph, rewrite

path, images = Path(sys.argv[1]), np.load(sys.argv[2])
made = {}
for precision, xla in (("float16", False), ("bfloat16", True)):  # each compilation takes seconds
    made[precision] = compiled(path, 64, "GPU", precision, 4, xla=xla)(images).tolist()
half = rewrite(load_graph(path), "images:0", "features:0", ["auto_mixed_precision"])
types = [{a.type for n in graph.node for a in n.attr.values()} for graph in (half, in_bfloat16(half))]
found = [[each.as_datatype_enum in seen for each in (tf.float16, tf.bfloat16)] for seen in types]
print(json.dumps({"rows": made, "types": found}))
"""


def test_reduced_precision_of_a_gpu_is_near_float32(graph, tmp_path):
    np.save(tmp_path / "images.npy", IMAGES)
    command = [sys.executable, "-c", SIMULATED, str(graph), str(tmp_path / "images.npy")]
    given = {"capture_output": True, "text": True, "check": True}
    done = json.loads(subprocess.run(command, env=os.environ | SIMULATED_GPU, **given).stdout)
    assert done["types"] == [[True, False], [False, True]]
    exact = compiled(graph, 64, *WAYS)(IMAGES)
    for name, rows in done["rows"].items():
        assert cosines(np.float32(rows), exact).min() > (0.99 if name.startswith("bfloat16") else 0.999), name


WHOLE = """
import sys
import numpy as np
from pathlib import Path
from lookalike.networks import tensorflow_engine
from lookalike.networks.engines import open_extractor
from lookalike.networks.extraction import extract_rows
from lookalike.networks.options import Options
from lookalike.networks.squares import Photo

tensorflow_engine.has_gpu = lambda: True
options = Options(backbone=sys.argv[1], engine="tensorflow", precision=sys.argv[2], batch=8)
extractor = open_extractor(options, Path(sys.argv[3]))
made = [extractor.description[name] for name in ("device", "batch", "xla")]
assert (made, extractor.on_gpu) == (["GPU", 8, True], True), made
rows, errors = extract_rows([Photo(Path(name)) for name in sys.argv[4:]], extractor, views=["whole", "mirror"])
assert not any(errors)
np.save(Path(sys.argv[3]) / "rows.npy", rows)
"""


def test_the_whole_way_to_vectors_on_a_simulated_gpu(graph, drawn_photos, tmp_path):
    command = [sys.executable, "-c", WHOLE, str(graph), "bfloat16", str(tmp_path), *map(str, drawn_photos)]
    done = subprocess.run(command, env=os.environ | SIMULATED_GPU, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    exact = open_extractor(Options(backbone=str(graph), engine="tensorflow"), tmp_path)
    expected, _ = extract_rows([Photo(path) for path in drawn_photos], exact, views=["whole", "mirror"])
    assert cosines(np.load(tmp_path / "rows.npy"), expected).min() > 0.99
