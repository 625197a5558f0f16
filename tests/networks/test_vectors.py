"""Vectors of a whole set of photos: what fails at the end loses no vector."""

import numpy as np
import pytest

from config import Run
from lookalike.core import features
from lookalike.core.errors import UserError
from lookalike.core.files import file_digest
from lookalike.networks.engines import open_extractor
from lookalike.networks.options import Options
from lookalike.networks.squares import Photo
from lookalike.networks.vectors import extract_all


def run(files, folder, *, shard_size=5, **changes):
    """Extract the vectors of files into folder / "draft", the work beside it."""
    options = Options(backbone="handcrafted", views=["whole"], **changes)
    draft = folder / "draft"
    draft.mkdir(parents=True, exist_ok=True)
    photos = [Photo(file, file_digest(file)) for file in files]
    places = ([file.name for file in files], photos, draft, folder / "work", [])
    how = Run(shard_size=shard_size)
    extractors = {"features": open_extractor(options, draft)}
    return extract_all(*places, extractors, lambda workers: extractors, options, how)


def test_a_failed_reduction_loses_no_vector(drawn_photos, tmp_path, monkeypatch):
    def fail(*arguments):
        raise UserError("out of luck")

    with monkeypatch.context() as patched:
        patched.setattr("lookalike.networks.vectors.reduce_features", fail)
        with pytest.raises(UserError, match="out of luck"):
            run(drawn_photos, tmp_path, pca=3)
    done = run(drawn_photos, tmp_path, pca=3)
    assert (done.images, done.computed) == (23, 0)
    assert features.load(tmp_path / "draft")[1].shape == (23, 3)


def test_vectors_as_text_are_those_of_the_files(drawn_photos, tmp_path):
    run(drawn_photos, tmp_path, tsv=True)
    paths, matrix = features.load(tmp_path / "draft")
    assert paths == [file.name for file in drawn_photos]
    np.testing.assert_allclose(
        np.loadtxt(tmp_path / "draft" / "features.tsv", delimiter="\t"), matrix, rtol=1e-4, atol=1e-6
    )


def test_no_photo_that_decodes_is_one_line(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"text")
    with pytest.raises(UserError, match="expected at least one photo that decodes, found 1 that do not"):
        run([tmp_path / "a.jpg"], tmp_path)


def test_components_do_not_depend_on_how_the_rows_are_cut(drawn_photos, tmp_path):
    for size in (23, 4):
        run(drawn_photos, tmp_path / str(size), shard_size=size, pca=0.9)
    first, second = ({p.name: p.read_bytes() for p in (tmp_path / size / "draft").iterdir()} for size in ("23", "4"))
    assert first == second
