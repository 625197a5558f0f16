"""Scaling and principal components, with and without enough memory."""

from typing import get_args

import numpy as np
import pytest

from lookalike.clustering import scaling
from lookalike.clustering.methods.options import Scaling


@pytest.fixture
def features():
    return np.random.default_rng(0).standard_normal((200, 12)).astype(np.float32) * np.arange(1, 13, dtype=np.float32)


def test_rows_of_length_one_and_rows_of_zeros(features):
    features[3] = 0
    scaled, _ = scaling.prepare(features, scaling="l2", components=0, seed=0)
    lengths = np.linalg.norm(scaled, axis=1)
    assert lengths[3] == 0 and np.allclose(np.delete(lengths, 3), 1, atol=1e-6)


def test_minmax_spans_each_column_and_keeps_a_constant_one(features):
    features[:, 5] = 7
    scaled, _ = scaling.prepare(features, scaling="minmax", components=0, seed=0)
    assert np.allclose(scaled.min(axis=0), -1) and np.allclose(np.delete(scaled.max(axis=0), 5), 1)


def test_components_keep_the_distances_of_low_rank_rows():
    rng = np.random.default_rng(0)
    flat = (rng.standard_normal((50, 3)) @ rng.standard_normal((3, 30))).astype(np.float32)
    reduced, notes = scaling.prepare(flat, scaling="none", components=3, seed=0)
    assert reduced.shape == (50, 3) and not notes
    assert np.allclose(
        np.linalg.norm(reduced[0] - reduced[1:], axis=1), np.linalg.norm(flat[0] - flat[1:], axis=1), rtol=1e-4
    )


def test_axes_from_a_sample_are_said(features, monkeypatch):
    monkeypatch.setattr(scaling.sample_rows, "__kwdefaults__", {"n_bytes": 12 * 4 * 50})
    _, notes = scaling.prepare(features, scaling="none", components=2, seed=0)
    assert notes == ["principal axes from 50 of 200 rows"]


def test_a_table_too_large_for_memory_goes_to_disk(features, monkeypatch):
    kept, _ = scaling.prepare(features, scaling="l2", components=4, seed=0)
    monkeypatch.setattr(scaling, "MEMORY_BYTES", 10)
    mapped, _ = scaling.prepare(features, scaling="l2", components=4, seed=0)
    assert isinstance(mapped, np.memmap) and np.array_equal(mapped, kept)


def test_the_choices_of_the_options_are_those_there_are():
    assert set(get_args(Scaling)) == set(scaling.SCALINGS)


@pytest.mark.parametrize("shape", [(300, 40), (30, 200), (60, 2_100)])
def test_principal_axes_are_those_of_the_singular_values(shape):
    spread = np.geomspace(10, 0.1, shape[1])
    rows = (3 + spread * np.random.default_rng(0).normal(size=shape)).astype(np.float32)
    mean, axes = scaling.principal_axes(rows, 5, seed=0)
    np.testing.assert_allclose(mean, rows.mean(axis=0))
    expected = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)[2][:5]
    assert axes.shape == expected.shape and axes.dtype == np.float32
    np.testing.assert_allclose(np.abs(np.sum(axes * expected, axis=1)), 1, atol=1e-3 if shape[1] < 2_048 else 0.05)
    assert (axes[np.arange(5), np.abs(axes).argmax(axis=1)] > 0).all()


def test_there_are_no_more_axes_than_rows_or_columns():
    rows = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)
    assert scaling.principal_axes(rows, 128, seed=0)[1].shape == (4, 6)
    assert scaling.principal_axes(rows[:, :3], 128, seed=0)[1].shape == (3, 3)
