"""Layouts: one for any number of photos, the same for the same seed; places of a grid taken once."""

import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from lookalike.core.errors import UserError
from lookalike.visual import layouts


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 30)
    features = (rng.normal(size=(90, 20)) + 8 * np.eye(3, 20)[labels]).astype(np.float32)
    return layouts.principal_axes(features, seed=0), labels


def test_groups_stay_together_and_the_seed_decides(blobs):
    axes, labels = blobs
    positions = layouts.tsne(axes, seed=0)
    assert silhouette_score(positions, labels) > 0.6
    assert np.array_equal(layouts.tsne(axes, seed=0), positions)


def test_above_max_rows_a_sample_is_shown_and_said():
    rows, notes = layouts.shown_rows(90, 40, seed=0)
    assert len(set(rows)) == 40
    assert notes == ["t-SNE of 40 of 90 photos"]
    rows, notes = layouts.shown_rows(90, 90, seed=0)
    assert rows.tolist() == list(range(90))
    assert notes == []


@pytest.mark.parametrize(
    "features", [np.ones((1, 5)), np.eye(2), np.eye(9), np.ones((30, 4)), np.arange(12.0)[:, None]]
)
def test_few_or_identical_photos_have_a_layout(features):
    positions = layouts.tsne(layouts.principal_axes(features, seed=0), seed=0)
    assert positions.shape == (len(features), 2)
    assert np.isfinite(positions).all()
    (rows, cols), places = layouts.on_grid(positions)
    assert len({tuple(place) for place in places.tolist()}) == len(features)
    assert (places < [rows, cols]).all()
    assert rows * cols - len(features) < cols


def test_a_grid_keeps_what_is_left_right_up_and_down():
    corners = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0], [9.0, 9.0]])
    (rows, cols), places = layouts.on_grid(np.concatenate([corners, np.full((12, 2), 4.5)]))
    assert places[:4].tolist() == [[rows - 1, 0], [rows - 1, cols - 1], [0, 0], [0, cols - 1]]


def test_umap_keeps_groups_together_without_a_word(blobs):
    pytest.importorskip("umap", reason="umap-learn, of the extra umap, is not installed")
    code = (
        "import numpy as np\n"
        "from lookalike.visual import layouts\n"
        "rows = np.repeat(np.eye(3, 20), 30, axis=0) * 8 + np.random.default_rng(0).normal(size=(90, 20))\n"
        "axes = layouts.principal_axes(rows, seed=0)\n"
        "first, again = layouts.umap(axes, seed=0), layouts.umap(axes, seed=0)\n"
        "assert np.array_equal(first, again)\n"
        "print(*first.ravel())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert silhouette_score(np.array(done.stdout.split(), float).reshape(-1, 2), blobs[1]) > 0.6


@pytest.mark.skipif(find_spec("umap") is not None, reason="the extra umap is installed")
def test_without_umap_one_line_names_the_extra(blobs):
    with pytest.raises(UserError, match=r"visualize\.umap: expected the extra umap.*pip install") as error:
        layouts.umap(blobs[0], seed=0)
    assert "\n" not in str(error.value)
