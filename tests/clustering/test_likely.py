"""Names by likelihood: what a group is nearer to than others, or what a classifier takes it for, else none."""

import numpy as np
import pytest

from lookalike.clustering import likely
from lookalike.clustering.head import Head
from lookalike.clustering.likely import by_head, by_vocabulary
from lookalike.clustering.names import name_groups
from lookalike.clustering.outcome import Name
from lookalike.core.arrays import unit_rows
from lookalike.core.vocabulary import Vocabulary

LABELS = np.array([0, 0, 1, 1, -1, 3])
WORDS = ["hat", "cup", "photo", "lorry", "none"]


def spoken(rows, vectors, labels=LABELS, words=WORDS, named=()):
    vectors = np.array(vectors, np.float32)
    rank = by_vocabulary(labels, unit_rows(np.array(rows, np.float32)), Vocabulary("features", words, vectors))
    return rank(named)


def test_a_word_names_the_group_that_it_is_nearer_to_than_to_others():
    rows = np.eye(5)[[0, 0, 1, 1, 2, 2]] + [0, 0, 0, 0, 3]
    vectors = [[0.3, 0, 0, 0, 1], [0, 0.3, 0, 0, 1], [0, 0, 0, 0, 9], [0, 0, 0, 1, 0], [0, 0, 0.3, 0, 1]]
    assert spoken(rows, vectors) == {0: ["hat"], 1: ["cup"], 3: []}  # "photo" fits all alike, "none" is no name
    assert spoken(rows, vectors, named=(0,)) == {1: ["cup"], 3: []}
    assert spoken(rows, vectors, labels=np.zeros(6, int)) == {}  # the only group differs from none
    assert spoken(rows, vectors, labels=np.full(6, -1)) == {}


def test_of_many_words_that_fit_as_well_none_is_the_name():
    rows, alike = np.eye(3)[[0, 0, 1, 1, 2, 2]], np.repeat(np.eye(3)[:1], 6, axis=0)
    assert spoken(rows, [*alike, [0, 1, 0]], words=[*"abcdef", "cup"]) == {0: [], 1: ["cup"], 3: []}


@pytest.mark.parametrize("block", [1, 4_096])
def test_a_head_names_what_it_takes_the_photos_of_a_group_for(block, monkeypatch):
    monkeypatch.setattr(likely, "BLOCK_ROWS", block)
    rows = np.log(np.array([[8, 1, 1], [4, 5, 1], [6, 2, 2], [6, 3, 1], [1, 1, 1], [1, 1, 1]], np.float32))
    head = Head(
        np.hstack([np.eye(3), np.zeros((3, 9))]).astype(np.float32), np.zeros(12, np.float32), list("abcdefghijkl")
    )
    head.bias[3:] = -99
    assert by_head(LABELS, rows, head)(()) == {0: ["a", "b"], 1: ["a", "b"], 3: ["a", "b", "c"]}
    assert by_head(LABELS, rows / 9, head._replace(bias=np.zeros(12, np.float32)))(()) == {0: [], 1: [], 3: []}
    names = name_groups(LABELS, {3: "A"}, {"head": by_head(LABELS, rows, head)})
    assert names[0] == Name("a, b", "head")  # "A" is taken
    assert names[1] == Name("a 2", "head")
