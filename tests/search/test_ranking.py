"""What is found: the query left out, near copies folded, a threshold, and enough of them."""

import numpy as np
import pytest

from lookalike.search.index import VectorIndex, build
from lookalike.search.ranking import direction, find


@pytest.fixture
def line(tmp_path):
    """Forty rows that turn away from the first one step by step."""
    angles = np.linspace(0, np.pi / 2, 40)
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    build(tmp_path, rows, seed=0)
    return VectorIndex(tmp_path, rows), rows


def test_the_query_is_left_out_and_the_rest_is_in_order(line):
    index, rows = line
    hits = find(index, rows[0], 5, left_out=[0])
    assert [hit.row for hit in hits] == [1, 2, 3, 4, 5]
    assert hits[0].score == pytest.approx(np.cos(np.pi / 78))


def test_near_copies_are_one_hit_and_the_count_is_kept(line):
    index, rows = line
    copies = np.full(40, -1)
    copies[1:31] = 7
    hits = find(index, rows[0], 5, left_out=[0], copy_of=copies)
    assert [hit.row for hit in hits] == [1, 31, 32, 33, 34]
    assert hits[0].copies == list(range(2, 31))


def test_a_threshold_ends_the_list(line):
    index, rows = line
    hits = find(index, rows[0], 40, min_score=0.9)
    assert 0 < len(hits) < 40
    assert all(hit.score >= 0.9 for hit in hits)
    assert find(index, -rows[0], 40, min_score=0.9) == []


def test_like_several_and_unlike_one(line):
    index, rows = line
    middle = find(index, direction(rows[[0, 39]]), 1)[0].row
    assert middle in (19, 20)
    away = find(index, direction(rows[[20]], rows[[39]]), 1)[0].row
    assert away < 20
