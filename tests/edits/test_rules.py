"""What people said holds after any grouping: random sequences of corrections on random groupings."""

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
    for time in range(count):
        found = rng.integers(-1, 6, N) if rng.random() < 0.2 else found
        labels = apply(found, SHA256S, rows).labels
        groups = groups_of(labels)
        own = groups[rng.integers(len(groups))]
        other = groups[rng.integers(len(groups))]
        some = rng.choice(N, rng.integers(1, 5), replace=False).tolist()
        part = own[: max(1, len(own) // 2)]
        rows.append(
            [
                row("move", some, time, to=rng.permutation(other)[:3].tolist()),
                row("move", some[:1], time, to=[]),
                row("merge", sorted({*own, *other}), time),
                row("split", part, time, **{"from": own[len(part) :]}),
                row("lock", own, time),
                row("confirm", own, time),
                row("name", own, time, name=f"name {time}"),
                row("undo", [0], time, row=digest(rows[rng.integers(len(rows))]) if rows else sha(0)),
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
