"""What is made of the vectors of all photos at once."""

import numpy as np
import pytest

from config import Run
from lookalike.networks import finishing, pca


@pytest.mark.parametrize("block", [1, 3, 100])
def test_principal_components_are_the_same_however_many_rows_are_read_at_once(tmp_path, monkeypatch, block):
    rng = np.random.default_rng(0)
    rows = (rng.normal(size=(50, 12)) * np.geomspace(5, 0.1, 12) + 30).astype(np.float32)
    for number, start in enumerate((0, 20, 40)):
        np.save(tmp_path / f"backbone_{number:05d}.npy", rows[start : start + 20])
    monkeypatch.setattr(finishing, "BLOCK_ROWS", block)
    monkeypatch.setattr(pca, "BLOCK_ROWS", block)
    finishing.reduce_features(tmp_path, 4, Run(), tmp_path / "work")
    made = np.concatenate([np.load(tmp_path / f"features_{number:05d}.npy") for number in range(3)])
    centred = rows - rows.mean(axis=0)
    _, _, axes = np.linalg.svd(centred.astype(np.float64), full_matrices=False)
    assert made.shape == (50, 4) and made.dtype == np.float32
    np.testing.assert_allclose(np.abs(made), np.abs(centred @ axes[:4].T), atol=1e-3)
