"""Vectors of a whole set of photos: what fails at the end loses no vector."""

from types import SimpleNamespace

import numpy as np
import pytest

from lookalike.core import features
from lookalike.core.errors import UserError
from lookalike.core.files import file_digest
from lookalike.networks.engines import open_extractor
from lookalike.networks.options import Options
from lookalike.networks.vectors import extract_all

RUN = SimpleNamespace(executor="local", shard_size=5)


@pytest.fixture
def photos(drawn_photos):
    return {
        "path": [path.name for path in drawn_photos],
        "image": drawn_photos,
        "digest": [file_digest(path) for path in drawn_photos],
    }


def run(photos, draft, **changes):
    options = Options(backbone="handcrafted", views=["whole"], **changes)
    return extract_all(photos, draft, None, {"features": open_extractor(options, draft)}, options, RUN)


def test_a_failed_reduction_loses_no_vector(photos, tmp_path, monkeypatch):
    def fail(*arguments):
        raise UserError("out of luck")

    with monkeypatch.context() as patched:
        patched.setattr("lookalike.networks.vectors.reduce_features", fail)
        with pytest.raises(UserError, match="out of luck"):
            run(photos, tmp_path, pca=3)
    done = run(photos, tmp_path, pca=3)
    assert (done.images, done.computed) == (23, 0)
    assert features.load(tmp_path)[1].shape == (23, 3)


def test_vectors_as_text_are_those_of_the_shards(photos, tmp_path):
    run(photos, tmp_path, tsv=True)
    paths, matrix = features.load(tmp_path)
    assert paths == photos["path"]
    np.testing.assert_allclose(np.loadtxt(tmp_path / "features.tsv", delimiter="\t"), matrix, rtol=1e-4, atol=1e-6)


def test_no_photo_that_decodes_is_one_line(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"text")
    photos = {"path": ["a.jpg"], "image": [tmp_path / "a.jpg"], "digest": [file_digest(tmp_path / "a.jpg")]}
    with pytest.raises(UserError, match="expected at least one photo that decodes, found 1 that do not"):
        run(photos, tmp_path)


def test_components_do_not_depend_on_how_the_rows_are_cut(photos, tmp_path):
    found = []
    for size in (23, 4):
        RUN.shard_size = size
        draft = tmp_path / str(size)
        draft.mkdir()
        run(photos, draft, pca=0.9)
        found.append(features.load(draft)[1])
    RUN.shard_size = 5
    np.testing.assert_allclose(found[0], found[1], atol=1e-4)
