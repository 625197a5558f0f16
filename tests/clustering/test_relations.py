"""Second-best groups, most similar photos inside and outside a group, groups in an order of likeness."""

import re

import numpy as np
import pytest

from lookalike.clustering import neighbours, relations
from lookalike.clustering.relations import relate
from lookalike.clustering.space import Space


@pytest.fixture
def drawn():
    rng = np.random.default_rng(0)
    middles = np.array([[5, 0, 0], [4.5, 1, 0], [0, 5, 0], [0, 0, 5]], float)
    labels = np.repeat([0, 1, 2, 3], 20)
    labels[5] = labels[70] = -1
    rows = (middles[np.repeat([0, 1, 2, 3], 20)] + rng.normal(scale=0.15, size=(80, 3))).astype(np.float32)
    return rows, labels


def expected_similar(rows, labels, row, same):
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = unit @ unit[row]
    mine = (labels == labels[row]) & (labels[row] >= 0)
    cosines[~mine if same else mine] = -np.inf
    cosines[row] = -np.inf
    best = np.argsort(-cosines, kind="stable")[:6]
    return [number if np.isfinite(cosines[number]) else -1 for number in best]


@pytest.mark.parametrize("searched", [1, 32])
def test_similar_photos_are_the_nearest_inside_and_outside(drawn, monkeypatch, searched):
    monkeypatch.setattr(relations, "SEARCHED", searched)
    rows, labels = drawn
    found = relate(Space(rows, seed=0), labels)
    for row in range(0, 80, 7):
        if labels[row] >= 0:
            assert found.inside[row].tolist() == expected_similar(rows, labels, row, True)
    # Outside, what the nearest of all lack comes from the second-best group.
    assert all(labels[other] != labels[row] for row in range(80) for other in found.outside[row] if labels[row] >= 0)
    assert (found.outside[:20] >= 0).all()
    assert set(labels[found.outside[10]]) <= {1, -1}


def test_second_best_is_the_nearest_other_group(drawn):
    rows, labels = drawn
    found = relate(Space(rows, seed=0), labels)
    assert set(found.second[labels == 0]) == {1}
    assert found.second[5] == 0  # in no group: the nearest
    assert np.isnan(found.own[5])
    assert (found.own < found.following)[labels >= 0].all()


def test_groups_near_each_other_follow_each_other(drawn):
    found = relate(Space(drawn[0], seed=0), drawn[1])
    order = found.order.tolist()
    assert sorted(order) == [0, 1, 2, 3]
    assert abs(order.index(0) - order.index(1)) == 1
    assert found.near[0].tolist()[:1] == [1]
    assert found.near[0].tolist()[3:] == [-1] * 5


@pytest.mark.parametrize("labels", [[], [0], [-1], [0, 0], [0, 1], [-1, -1, -1]])
def test_few_photos_or_groups(labels):
    rows = np.random.default_rng(0).normal(size=(len(labels), 4)).astype(np.float32)
    found = relate(Space(rows, seed=0), np.array(labels, np.int64))
    assert found.inside.shape == found.outside.shape == (len(labels), 6)
    assert len(found.order) == len({label for label in labels if label >= 0})


def test_what_is_not_exact_is_told(drawn, monkeypatch):
    assert relate(Space(drawn[0], seed=0), drawn[1]).approximations == []
    monkeypatch.setattr(neighbours, "EXACT_ROWS", 30)
    (told,) = relate(Space(drawn[0], seed=0), drawn[1]).approximations
    assert re.fullmatch(
        r"approximate neighbours: the nearest \d+ of \d+ lists searched, recall [\d.]+ on 80 rows", told
    )
