"""Exports of networks and class names that a form cannot hold as they are."""

import numpy as np
import pytest

from lookalike.finetuning.export import export, read_labels, write_labels
from lookalike.finetuning.heads import Classifier, cosine_head
from lookalike.networks.keras_files import load_model
from lookalike.networks.quiet import keras


def test_a_network_that_h5_cannot_hold_is_left_out_of_it(tmp_path):
    images = keras.Input((8, 8, 3), name="images")
    added = keras.layers.GlobalAveragePooling2D()(keras.ops.add(images, 3.0))
    extractor = keras.Model(images, added, name="sum")
    files = export(Classifier(extractor, cosine_head(3, 2, 0)), 10.0, ["a", "b"], tmp_path)
    assert sorted(file.name for file in files) == sorted(file.name for file in tmp_path.iterdir())
    assert not list(tmp_path.glob("*.h5"))
    np.testing.assert_allclose(load_model(tmp_path / "extractor.keras")(np.ones((1, 8, 8, 3), np.float32)), 4.0)


@pytest.mark.parametrize("name", ["plain", "two\nlines", "back\\slash \\n", "Käse ", ""])
def test_labels_come_back_a_line_each(name, tmp_path):
    write_labels(tmp_path / "labels.txt", [name, "last"])
    assert (tmp_path / "labels.txt").read_text("utf-8").count("\n") == 2
    assert read_labels(tmp_path / "labels.txt") == [name, "last"]
