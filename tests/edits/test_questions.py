"""A person is asked first what puts most right: strays, halves of one thing, two things in one group."""

import time

import numpy as np
import pytest

from lookalike.edits.questions import as_rows, questions

MIDDLES = 3 * np.eye(6, 16)


def photos(*kinds, seed=0):
    """Rows of photos of these kinds, near their kind's middle."""
    return (MIDDLES[list(kinds)] + np.random.default_rng(seed).normal(0, 0.3, (len(kinds), 16))).astype(np.float32)


def of(kind, asked):
    return [one for one in asked if one.kind == kind]


def test_a_stray_photo_is_asked_about_with_the_group_where_it_fits():
    labels = np.repeat([0, 1, 2], 10)
    rows = photos(*[0] * 9, 1, *[1] * 10, *[2] * 10)
    first = of("belongs", questions(labels, rows))[0]
    assert first.photos == (9,) and first.groups == (0, 1, 2)


def test_two_groups_of_one_thing_are_asked_about_the_larger_first():
    labels = np.repeat([0, 1, 2, 3], [8, 12, 10, 10])
    rows = photos(*[0] * 20, *[1] * 10, *[2] * 10)
    first = questions(labels, rows)[0]
    assert first.kind == "same" and first.groups == (1, 0)
    assert 0 < first.gain <= 8  # photos of the smaller


def test_a_group_of_two_things_is_asked_about_with_the_smaller_part():
    labels = np.repeat([0, 1, 2], [10, 14, 10])
    rows = photos(*[0] * 10, *[1, 2, 1] * 4, 1, 1, *[3] * 10)
    first = questions(labels, rows)[0]
    assert first.kind == "split" and first.groups == (1,)
    assert first.photos == (11, 14, 17, 20)


def test_copies_come_last_and_change_nothing():
    asked = questions(np.repeat([0, 1], 5), photos(*[0] * 5, *[1] * 5), [np.array([3, 1])])
    assert asked[-1].kind == "copies" and asked[-1].photos == (3, 1) and asked[-1].gain == 0
    assert not of("copies", asked[:-1])


def test_the_most_useful_come_first_and_all_are_numbers_of_python():
    rng = np.random.default_rng(1)
    asked = questions(rng.integers(-1, 5, 60), photos(*rng.integers(0, 6, 60)), limit=40)
    assert 0 < len(asked) <= 40 and {one.kind for one in asked} <= {"belongs", "same", "split"}
    assert [one.gain for one in asked] == sorted((one.gain for one in asked), reverse=True)
    assert all(type(number) is int for one in asked for number in one.photos + one.groups)
    assert all(type(one.gain) is float for one in asked)


def test_the_groups_numbers_and_photos_in_none_change_no_question():
    rng = np.random.default_rng(2)
    labels, rows = rng.integers(0, 5, 60), photos(*rng.integers(0, 6, 60))
    some, names = np.r_[labels, [-1] * 5], np.array([7, 3, 11, 4, 90])
    asked = questions(labels, rows)
    others = questions(np.r_[names[labels], [-1] * 5], np.r_[rows, photos(*[0] * 5)])
    assert len(asked) == len(others)
    assert [one.gain for one in asked] == pytest.approx([one.gain for one in others])
    assert asked == questions(labels, rows.copy())
    assert not {one for question in questions(some, np.r_[rows, photos(*[0] * 5)]) for one in question.photos} & {
        *range(60, 65)
    }


@pytest.mark.parametrize("labels", [[], [-1, -1], [0], [0, 0, 0], [0, 1], [4, 4, -1]])
def test_groupings_of_next_to_nothing(labels):
    for rows in (np.zeros((len(labels), 16)), photos(*[0] * len(labels))):
        assert all(np.isfinite(one.gain) for one in questions(np.array(labels, int), rows))


def test_fifty_thousand_photos_in_five_thousand_groups_take_seconds():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5_000, 50_000)
    rows = rng.normal(size=(5_000, 128))[labels] + rng.normal(size=(50_000, 128))
    started = time.process_time()
    assert len(questions(labels, rows)) == 1_000
    assert time.process_time() - started < 20


def test_the_page_is_told_photos_groups_and_the_place_of_copies():
    rng = np.random.default_rng(0)
    middles = np.repeat(np.eye(6)[:4], 12, axis=0)
    rows = middles + rng.normal(scale=0.2, size=(48, 6))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    labels = np.repeat([0, 0, 1, 2], 12)
    labels[40] = 1
    copies = [np.array([3, 2]), np.array([30, 31])]
    told = as_rows(questions(labels, rows, copies))
    assert told[-2:] == [["copies", 0], ["copies", 1]]
    by_kind = {one[0]: one for one in reversed(told[:-2])}
    _, photo, *others = by_kind["belongs"]
    assert photo == 40 and others[0] == 2 and 1 not in others
    _, group, photos = by_kind["split"]
    assert group == 0 and set(photos) in (set(range(12)), set(range(12, 24)))
    assert len(by_kind["same"]) == 3
