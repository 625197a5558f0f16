"""Ranking anew by local features: the same with what is kept in memory as without it, and what it puts first."""

import cv2
import numpy as np
import pytest

from lookalike.search import rerank as module
from lookalike.search.ranking import Hit
from lookalike.search.rerank import LocalFeatures, rerank


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Six photos of noise in blocks: row 5 is row 0, turned a little; the others have nothing in common."""
    folder, files = tmp_path_factory.mktemp("blocks"), []
    for row in range(6):
        rng = np.random.default_rng(row % 5)
        blocks = np.kron(rng.integers(0, 255, (30, 30), np.uint8), np.ones((10, 10), np.uint8))
        turn = cv2.getRotationMatrix2D((150, 150), 10 if row == 5 else 0, 1)
        files.append(folder / f"{row}.png")
        cv2.imwrite(str(files[-1]), cv2.warpAffine(blocks, turn, (300, 300)))
    return files


HITS = [Hit(row, 0.9 - row / 100) for row in range(1, 6)]


@pytest.mark.parametrize("kept", [0, 2, 100])
def test_the_same_thing_comes_first_however_many_are_kept(images, kept):
    local = LocalFeatures(images, kept=kept)
    for _ in range(2):
        for query in (0, images[0].read_bytes()):
            found = rerank(HITS, [query], local)
            assert [hit.row for hit in found] == [5, 1, 2, 3, 4]
            assert found[0].score == HITS[4].score


def test_a_photo_is_looked_at_once(images, monkeypatch):
    looked, look = [], module.features_in
    monkeypatch.setattr(module, "features_in", lambda photo: looked.append(photo) or look(photo))
    local = LocalFeatures(images)
    for query in (0, 1, 0):
        rerank(HITS, [query], local)
    assert sorted(looked) == images


def test_a_photo_that_is_gone_gains_nothing(images, tmp_path):
    local = LocalFeatures([*images[:5], tmp_path / "gone.png"])
    assert [hit.row for hit in rerank(HITS, [0], local)] == [1, 2, 3, 4, 5]
