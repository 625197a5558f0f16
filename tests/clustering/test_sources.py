"""Sources of names beside texts: which vectors a head and a vocabulary read, and why a head cannot."""

from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from lookalike.clustering.sources import open_sources
from lookalike.core import features, vocabulary
from lookalike.core.artifacts import write_manifest
from lookalike.core.shards import Part

LABELS, PATHS = np.array([0, 0, 1, 1]), [f"{row}.jpg" for row in range(4)]
PLAIN = {"l2": False, "weights": "imagenet"}


@pytest.fixture
def sources(tmp_path):
    """Open sources of vectors of which the named matrix tells the groups apart; return them, and why one is unused."""

    def run(matrices, telling, parameters=PLAIN, names=("vocabulary", "head")):
        arrays = {name: np.zeros((4, size), np.float32) for name, size in matrices.items()}
        if telling:
            arrays[telling][:, :2] = np.eye(2)[LABELS] * 5
        (tmp_path / "03").mkdir()
        rows = [{"path": path, "key": "", "error": None} for path in PATHS]
        features.write(tmp_path / "03", [Part(rows, arrays)])
        write_manifest(tmp_path / "03", "03_extract", parameters, {}, counts={}, approximations=())
        (tmp_path / "text").mkdir()
        vocabulary.write(tmp_path / "text", telling or "features", ["cup", "hat"], np.eye(2, 3, dtype=np.float32))
        with h5py.File(tmp_path / "top.h5", "w") as file:
            file["d/kernel"], file["d/bias"] = np.eye(3), np.zeros(3)
        (tmp_path / "classes.txt").write_text("hat\ncup\npot\n")
        options = SimpleNamespace(names=names, head=tmp_path / "top.h5", head_names=tmp_path / "classes.txt")
        return open_sources(options, PATHS, LABELS, tmp_path, tmp_path / "03", tmp_path / "text")

    return run


@pytest.mark.parametrize(
    ("matrices", "telling", "parameters"),
    [
        ({"features": 3}, "features", PLAIN),
        ({"features": 2, "backbone": 3}, "backbone", PLAIN),
        ({"features": 7, "net": 3, "handcrafted": 4}, "net", PLAIN),
        ({"features": 6, "base": 3, "finetuned": 3}, "base", PLAIN | {"weights": "finetuned"}),
    ],
)
def test_names_come_from_vectors_that_are_neither_joined_nor_reduced(matrices, telling, parameters, sources):
    found, unused = sources(matrices, telling, parameters)
    assert list(found) == ["vocabulary", "head"]
    assert unused == []
    assert {group: names[0] for group, names in found["vocabulary"](()).items()} == {0: "cup", 1: "hat"}
    assert {group: names[0] for group, names in found["head"](()).items()} == {0: "hat", 1: "cup"}
    assert found["head"]((0,)).keys() == {1}


@pytest.mark.parametrize(
    ("matrices", "parameters", "words"),
    [
        ({"features": 3}, PLAIN | {"l2": True}, "extract.l2 took the lengths"),
        ({"features": 4}, PLAIN, "it reads vectors of 3 numbers of one network, found features 4"),
        ({"features": 6, "a": 3, "b": 3}, PLAIN, "found a 3, b 3"),
        ({"features": 3}, PLAIN | {"weights": "finetuned"}, "of one network that is not fine-tuned, found features 3"),
    ],
)
def test_a_head_of_other_vectors_is_told_and_names_nothing(matrices, parameters, words, sources):
    found, (reason,) = sources(matrices, "", parameters, names=("head",))
    assert found == {}
    assert reason.startswith("no names by cluster.head: ")
    assert words in reason


def test_sources_are_those_of_the_settings_in_their_order(sources):
    assert list(sources({"features": 3}, "features", names=("head", "vocabulary"))[0]) == ["head", "vocabulary"]
