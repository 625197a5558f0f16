"""Streaming principal components against scikit-learn's, however the rows are cut."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from config import Run
from lookalike.core import crew
from lookalike.core.crew import Crew
from lookalike.core.errors import UserError
from lookalike.core.features import of_files
from lookalike.networks import pca
from lookalike.networks.pca import fit_pca, project

ROWS = (np.random.default_rng(0).standard_normal((300, 12)) * np.arange(1, 13) + 100).astype(np.float32)


def test_equals_scikit_learn():
    found, expected = fit_pca(ROWS, 5), PCA(5).fit(ROWS)
    np.testing.assert_allclose(found.variances, expected.explained_variance_, rtol=1e-4)
    np.testing.assert_allclose(np.abs(project(ROWS, found)), np.abs(expected.transform(ROWS)), atol=1e-2)


def test_share_of_the_variance_keeps_as_few_as_needed():
    found = fit_pca(ROWS, 0.95)
    assert len(found.components) == PCA(0.95).fit(ROWS).n_components_
    assert found.kept >= 0.95


@pytest.mark.parametrize("executor", ["local", "processes", "ray"])
def test_files_and_workers_leave_no_trace(tmp_path, monkeypatch, executor):
    if executor == "ray":
        pytest.importorskip("ray", reason="needs the extra `ray`")
    monkeypatch.setattr(crew, "LEAST_ROWS", 1)
    monkeypatch.setattr(pca, "BLOCK_ROWS", 64)
    files = [tmp_path / f"{number}.npy" for number in range(7)]
    for file, part in zip(files, np.array_split(ROWS, 7), strict=True):
        np.save(file, part)
    one = fit_pca(ROWS, 4)
    with Crew(Run(executor=executor, workers=2), tmp_path / "work") as group:
        seven = fit_pca(group.share(of_files(files)), 4)
    assert all(np.asarray(a).tobytes() == np.asarray(b).tobytes() for a, b in zip(one, seven, strict=True))


def test_a_row_is_projected_alike_among_any_others():
    wide = np.random.default_rng(1).random((600, 504)).astype(np.float32)
    found = fit_pca(wide, 64)
    whole = project(wide, found)
    for start, stop in ((0, 1), (0, 7), (5, 38), (100, 433), (599, 600)):
        np.testing.assert_array_equal(project(wide[start:stop], found), whole[start:stop])


def test_the_largest_loading_is_positive():
    one = fit_pca(ROWS, 4)
    assert (one.components[np.arange(4), np.abs(one.components).argmax(axis=1)] > 0).all()


def test_fewer_rows_than_asked_for_keep_the_rank():
    assert len(fit_pca(ROWS[:4], 10).components) == 3


def test_equal_rows_none_and_nonsense_are_told():
    with pytest.raises(UserError, match="found 5 equal ones"):
        fit_pca(np.ones((5, 3), np.float32), 2)
    with pytest.raises(UserError, match="found none"):
        fit_pca(np.ones((0, 3), np.float32), 2)
    with pytest.raises(ValueError, match="above 0"):
        fit_pca(ROWS, 0)
