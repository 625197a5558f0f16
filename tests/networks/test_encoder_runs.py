"""A network in ONNX from the settings to groups and queries, and what happens when its weights change."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lookalike.core import features
from lookalike.core.stage import is_current
from lookalike.networks import SCALINGS
from lookalike.networks.squares import Photo, read_square
from lookalike.networks.views import crop, mirror
from lookalike.search.sight import Sight

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ["--dataset", "drawn", "--run.progress", "off"]
NETWORK = ["--extract.backbone", "own.onnx", "--extract.scaling", "clip"]


def run(folder, script, *flags):
    command = [sys.executable, str(ROOT / f"{script}.py"), *FLAGS, *flags]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.fixture(scope="module")
def grouped(drawn_photos, drawn_cnn, tmp_path_factory):
    """A folder with drawn photos, grouped by the vectors of an ONNX network whose weights lie beside it."""
    folder = tmp_path_factory.mktemp("encoder")
    (folder / "raw_img").mkdir()
    (folder / "raw_img" / "drawn").symlink_to(drawn_photos[0].parent)
    external = {"save_as_external_data": True, "location": "own.onnx.data", "size_threshold": 0}
    network = drawn_cnn(folder / "own.onnx", ["n", 3, 64, 64], **external)
    done = run(folder, "run_all", *NETWORK, "--cluster.n_clusters", "3")
    assert done.returncode == 0, done.stderr
    return folder, network


def expected(path, network):
    """Return the mean vector, in float64, of the three views of a prepared photo."""
    photo = read_square(Photo(path), 64)[None]
    mean, deviation, _ = SCALINGS["clip"]
    views = [np.divide(view - np.array(mean), deviation) for view in (photo, mirror(photo), crop(photo))]
    return np.mean([network(view) for view in views], axis=0)[0]


def test_features_are_what_the_network_computes(grouped):
    folder, network = grouped
    paths, rows = features.load(folder / "output" / "drawn" / "03_extract")
    assert rows.shape == (23, 6)
    prepared = sorted((folder / "img" / "drawn").glob("*.jpg"))
    assert len(prepared) == 23
    by_name = {path.stem: expected(path, network) for path in prepared}
    for path, row in zip(paths, rows, strict=True):
        np.testing.assert_allclose(row, by_name[Path(path).stem], rtol=1e-4)


def test_a_query_is_seen_as_the_photos_were(grouped, drawn_photos):
    folder, _ = grouped
    output = folder / "output" / "drawn"
    sight = Sight(output / "01_preprocess", output / "03_extract")
    paths, rows = features.load(output / "03_extract")
    for row in (0, 7, 22):
        data = (drawn_photos[0].parent / paths[row]).read_bytes()
        assert np.array_equal(sight.vectors(sight.prepare(data))["features"], rows[row])
    done = run(folder, "07_search", "--query", str(drawn_photos[3]), "--top", "2")
    assert done.returncode == 0 and len(done.stdout.splitlines()) >= 2, done.stderr


def test_other_weights_beside_the_file_make_the_features_out_of_date(grouped, monkeypatch):
    from config import Settings

    folder, _ = grouped
    monkeypatch.chdir(folder)
    settings = Settings(dataset="drawn", extract={"backbone": "own.onnx", "scaling": "clip"})
    assert is_current(settings, "03_extract")
    before = Path("own.onnx.data").read_bytes()
    changed = np.frombuffer(before, np.float32) * np.float32(2)
    Path("own.onnx.data").write_bytes(changed.tobytes())
    assert not is_current(settings, "03_extract")
    old = features.load(Path("output/drawn/03_extract"))[1][:]
    assert run(folder, "03_extract", *NETWORK).returncode == 0
    np.testing.assert_allclose(features.load(Path("output/drawn/03_extract"))[1][:], 2 * old, rtol=1e-4)
    Path("own.onnx.data").unlink()
    done = run(folder, "03_extract", *NETWORK)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "expected the weights of own.onnx in own.onnx.data beside it, found none" in done.stderr


def test_an_engine_that_cannot_run_it_is_a_bad_setting(grouped):
    done = run(grouped[0], "03_extract", *NETWORK, "--extract.engine", "tensorflow")
    assert done.returncode != 0
    assert "auto or openvino, which alone reads own.onnx" in done.stderr
