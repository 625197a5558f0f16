"""The projector files: vectors, names and sprite agree in number and order, whatever the names hold."""

import cv2
import numpy as np

from lookalike.visual import projector
from lookalike.visual.projector import atlas, write_projector


def test_vectors_names_and_sprite_agree(tmp_path, read):
    features = np.arange(20, dtype=np.float64).reshape(5, 4)
    paths = ["1", "2", "3", "4", "broken"]
    groups, classes = np.array([0, 0, 1, -1, 1]), ["cat", "", "a\tb", "<写>", "$x$\n"]
    assert write_projector(tmp_path, features, paths, groups, classes, read, called={1: "big\ncats"}, seed=0) == []
    stored = np.fromfile(tmp_path / "features.bytes", np.float32).reshape(5, 4)
    assert np.array_equal(stored, features)
    assert (tmp_path / "metadata.tsv").read_text(encoding="utf-8").splitlines() == [
        "Name\tGroup\tLabel",
        "1\tgroup 0\tcat",
        "2\tgroup 0\tunlabelled",
        "3\tbig cats\ta b",
        "4\tin no group\t<写>",
        "broken\tbig cats\t$x$",
    ]
    sprite = cv2.imread(str(tmp_path / "sprite.png"))
    assert sprite.shape == (100, 150, 3)  # three columns, two rows of 50 pixels
    assert sprite[25, 75].tolist() == [2, 2, 2]
    config = (tmp_path / "projector_config.pbtxt").read_text()
    assert "tensor_shape: 5\n  tensor_shape: 4" in config


def test_many_photos_get_smaller_thumbnails_and_then_a_sample(tmp_path, read, monkeypatch):
    monkeypatch.setattr(projector, "SPRITE_SIDE", 100)
    monkeypatch.setattr(projector, "MAX_IMAGES", 30)
    notes = write_projector(tmp_path, np.eye(40), [str(i) for i in range(40)], [0] * 40, [""] * 40, read, seed=0)
    assert notes == ["projector shows 30 of 40 photos"]
    assert max(cv2.imread(str(tmp_path / "sprite.png")).shape) <= 100
    names = [line.split("\t")[0] for line in (tmp_path / "metadata.tsv").read_text().splitlines()[1:]]
    vectors = np.fromfile(tmp_path / "features.bytes", np.float32).reshape(30, 40)
    assert vectors.argmax(axis=1).tolist() == [int(name) for name in names]


def test_an_atlas_fills_row_by_row():
    squares = np.arange(3, dtype=np.uint8).reshape(3, 1, 1, 1).repeat(3, axis=3)
    assert atlas(squares, 2)[..., 0].tolist() == [[0, 1], [2, 255]]
