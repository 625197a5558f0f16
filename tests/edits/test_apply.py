"""What people said holds after any grouping: random sequences of corrections on random groupings."""

import time

import numpy as np
import pytest

from lookalike.edits.apply import apply
from lookalike.edits.rows import digest

N = 40


def sha(number):
    return f"{number:064x}"


SHA256S = [sha(number) for number in range(N)]


def row(op, photos, time, **fields):
    names = {name: [sha(n) for n in value] if name in ("to", "from") else value for name, value in fields.items()}
    return {"op": op, "photos": [sha(n) for n in photos], **names, "time": f"2026-01-01T00:00:{time:02d}Z"}


def groups_of(labels):
    return [np.flatnonzero(labels == number).tolist() for number in np.unique(labels[labels >= 0])]


def person(rng, count):
    """Corrections of a person who sees a grouping, changes it, and sees it changed; some after another grouping."""
    rows, found = [], rng.integers(-1, 6, N)
    for now in range(count):
        found = rng.integers(-1, 6, N) if rng.random() < 0.2 else found
        labels = apply(found, SHA256S, rows).labels
        groups = groups_of(labels)
        own = groups[rng.integers(len(groups))]
        other = groups[rng.integers(len(groups))]
        some = rng.choice(N, rng.integers(1, 5), replace=False).tolist()
        part = own[: max(1, len(own) // 2)]
        rows.append(
            [
                row("move", some, now, to=rng.permutation(other)[:3].tolist()),
                row("move", some[:1], now, to=[]),
                row("merge", sorted({*own, *other}), now),
                row("split", part, now, **{"from": own[len(part) :]}),
                row("lock", own, now),
                row("confirm", own, now),
                row("name", own, now, name=f"name {now}"),
                row("undo", [0], now, row=digest(rows[rng.integers(len(rows))]) if rows else sha(0)),
            ][rng.integers(8)]
        )
    return rows


def together(labels, photos):
    values = {int(labels[int(photo, 16)]) for photo in photos}
    return len(values) == 1 and -1 not in values


def holds(labels, one, newer):
    photos = one["photos"]
    moved_later = {photo for other in newer if other["op"] == "move" for photo in other["photos"]}
    if one["op"] == "move" and one["to"]:
        left = moved_later | {photo for other in newer if other["op"] == "split" for photo in other["photos"]}
        return together(labels, photos + [photo for photo in one["to"] if photo not in left - set(photos)])
    if one["op"] == "move":
        return all(labels[int(photo, 16)] == -1 for photo in photos)
    if one["op"] == "split":
        others = {labels[int(p, 16)] for p in one["from"] if p not in moved_later}
        return together(labels, photos) and labels[int(photos[0], 16)] not in others
    return one["op"] == "name" or together(labels, photos)


@pytest.mark.parametrize("seed", range(300))
def test_every_correction_that_no_newer_one_contradicts_holds_after_any_grouping(seed):
    rng = np.random.default_rng(seed)
    rows = person(rng, int(rng.integers(1, 25)))
    found = rng.integers(-1, rng.integers(1, 9), N)
    labels, names, report = apply(found, SHA256S, rows)
    said = [one for one in rows if one["op"] != "undo"]
    contradicted = {id(conflict.older) for conflict in report.conflicts}
    standing = [one for one in said if id(one) not in {id(other) for other in report.undone}]
    assert len(report.held) + len(contradicted) + len(report.undone) + len(report.gone) == len(said)
    for number, one in enumerate(standing):
        if id(one) in {id(held) for held in report.held}:
            assert holds(labels, one, standing[number + 1 :]), one
    numbers = np.unique(labels[labels >= 0])
    assert numbers.tolist() == list(range(len(numbers)))
    assert set(names) <= set(numbers.tolist())
    for conflict in report.conflicts:
        assert rows.index(conflict.older) < rows.index(conflict.newer)


def grouped(*sizes, noise=0):
    return np.array([label for label, size in enumerate(sizes) for _ in range(size)] + [-1] * noise)


def test_nothing_said_changes_nothing():
    found = grouped(3, 2, noise=1)
    labels, names, report = apply(found, SHA256S[:6], [])
    assert labels.tolist() == found.tolist() and labels.dtype == np.int32
    assert names == {} and not report.held


def test_the_number_of_groups_is_that_found_and_splits_less_merges():
    found = grouped(4, 3, 2, 1)  # 0-3, 4-6, 7-8, 9
    merge = row("merge", [4, 5, 6, 9], 0)
    split = row("split", [0, 1], 1, **{"from": [2, 3]})
    assert apply(found, SHA256S[:10], [merge]).labels.tolist() == [0] * 4 + [1] * 3 + [2] * 2 + [1]
    assert apply(found, SHA256S[:10], [split]).labels.tolist() == [4, 4, 0, 0] + [1] * 3 + [2] * 2 + [3]
    assert apply(found, SHA256S[:10], [merge, split]).labels.tolist() == [3, 3, 0, 0] + [1] * 3 + [2] * 2 + [1]


def test_a_free_number_goes_to_the_last_group():
    assert apply(grouped(2, 2, 2), SHA256S[:6], [row("merge", [0, 1, 2, 3], 0)]).labels.tolist() == [0] * 4 + [1] * 2


def test_a_name_follows_the_photos_into_another_division():
    rows = [row("name", range(5), 0, name="shoes"), row("name", range(5, 10), 1, name="hats")]
    assert apply(grouped(5, 5), SHA256S[:10], rows).names == {0: "shoes", 1: "hats"}
    other = np.array([1, 1, 1, 1, 0, 0, 0, 0, 2, 2])
    assert apply(other, SHA256S[:10], rows).names == {1: "shoes", 0: "hats"}
    taken_away = row("name", range(5), 2, name="")
    _, names, report = apply(grouped(5, 5), SHA256S[:10], [*rows, taken_away])
    assert names == {1: "hats"}
    assert [(one.older["name"], one.newer["name"]) for one in report.conflicts] == [("shoes", "")]


def test_photos_added_to_merged_groups_come_along():
    merge = row("merge", range(6), 0)
    with_new = np.array([0, 0, 0, 1, 1, 1, 0, 1, 1, 2])  # rows 6 to 9 are new
    assert apply(with_new, SHA256S[:10], [merge]).labels.tolist() == [0] * 9 + [1]


def test_a_move_holds_while_one_of_the_photos_it_led_to_is_there():
    found, moved = grouped(3, 4), row("move", [0], 0, to=[3, 4, 5])
    assert apply(found, SHA256S[:7], [moved]).labels.tolist() == [1, 0, 0, 1, 1, 1, 1]
    others = ["f" * 64, *SHA256S[1:3], "e" * 64, "d" * 64, *SHA256S[5:7]]
    assert apply(found, others, [moved]).report.gone == [moved]
    others[0] = SHA256S[0]
    assert apply(found, others, [moved]).labels[0] == 1


def test_moved_photos_do_not_draw_the_group_after_them():
    moved = row("move", [0, 1, 2, 3], 0, to=[5])
    assert apply(grouped(5, 2), SHA256S[:7], [moved]).labels.tolist() == [1, 1, 1, 1, 0, 1, 1]


def test_copies_of_a_file_are_corrected_alike():
    labels = apply(
        grouped(2, 2), [SHA256S[0], SHA256S[1], SHA256S[2], SHA256S[0]], [row("move", [0], 0, to=[2])]
    ).labels
    assert labels.tolist() == [1, 0, 1, 1]


def test_an_undo_takes_back_and_may_be_taken_back():
    lock, found = row("lock", [0, 2], 0), grouped(2, 2)
    undo = row("undo", [0], 1, row=digest(lock))
    redo = row("undo", [0], 2, row=digest(undo))
    assert apply(found, SHA256S[:4], [lock, undo]).labels.tolist() == [0, 0, 1, 1]
    assert apply(found, SHA256S[:4], [lock, undo]).report.undone == [lock]
    labels, _, report = apply(found, SHA256S[:4], [lock, undo, redo])
    assert labels.tolist() == [0, 0, 0, 1] and report.held == [lock]


def test_of_two_that_contradict_the_newer_holds_and_both_are_told():
    rows = [row("lock", [0, 1, 2], 0), row("split", [2], 1, **{"from": [0, 1]}), row("merge", [0, 1, 2], 2)]
    labels, _, report = apply(grouped(3, 1), SHA256S[:4], rows[:2])
    assert labels.tolist() == [0, 0, 2, 1]
    assert [(one.older, one.newer, one.photos) for one in report.conflicts] == [(rows[0], rows[1], 1)]
    labels, _, report = apply(grouped(3, 1), SHA256S[:4], rows)
    assert labels.tolist() == [0, 0, 0, 1]
    assert (rows[1], rows[2]) in [(one.older, one.newer) for one in report.conflicts]


def test_a_split_holds_where_another_method_puts_all_in_one_group():
    split = row("split", [0, 1], 0, **{"from": [2, 3]})
    assert apply(grouped(6), SHA256S[:6], [split]).labels.tolist() == [1, 1, 0, 0, 0, 0]


def test_photos_in_no_group_can_be_grouped_and_others_taken_out():
    rows = [row("merge", [3, 4], 0), row("move", [0], 1, to=[])]
    assert apply(grouped(3, noise=2), SHA256S[:5], rows).labels.tolist() == [-1, 0, 0, 1, 1]


@pytest.mark.parametrize("found", [[], [-1, -1], [0]])
def test_groupings_of_next_to_nothing(found):
    rows = [row("merge", [0, 1], 0), row("name", [0], 1, name="x"), row("move", [1], 2, to=[])]
    labels, _, report = apply(np.array(found, int), SHA256S[: len(found)], rows)
    assert len(labels) == len(found)
    assert len(report.held) + len(report.conflicts) + len(report.gone) == 3


def test_a_hundred_thousand_photos_take_seconds():
    rng = np.random.default_rng(0)
    names = [f"{number:064x}" for number in range(100_000)]
    found = rng.integers(0, 700, len(names))
    rows = []
    for number in range(200):
        own, other = (np.flatnonzero(found == group).tolist() for group in rng.integers(0, 700, 2))
        rows.append(row("merge", own + other, 0) if number % 2 else row("move", own[:5], 0, to=other[:5]))
    started = time.process_time()
    report = apply(found, names, rows).report
    assert time.process_time() - started < 5
    assert len(report.held) > 100
