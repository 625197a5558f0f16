"""Which photos train, validate and are held out, and the lines about what is left out."""

import numpy as np
import pytest

from lookalike.core.errors import UserError
from lookalike.finetuning.data import LabelledPhotos
from lookalike.finetuning.split import divide

LABELS = ["bag"] * 30 + ["hat"] * 10 + ["sock"] * 2 + ["tie"]
NAMES = [f"{number}.jpg" for number in range(len(LABELS))]
GOOD = [None] * len(LABELS)


def divided(labels=LABELS, errors=GOOD, held_out=(), lines=None, **options):
    log = (lines if lines is not None else []).append
    names = NAMES[: len(labels)]
    photos = LabelledPhotos([b""] * len(names), names, labels, np.empty((len(names), 1, 1, 3), np.uint8), errors, "")
    return divide(photos, held_out, **{"share": 0.2, "balanced": True} | options, log=log)


def test_every_labelled_photo_has_one_part():
    parts = divided(held_out=["hat"])
    assert parts.classes == ["bag", "sock"]
    assert sorted([*parts.train, *parts.validation, *parts.holdout]) == list(range(42))
    assert [LABELS[row] for row in parts.holdout] == ["hat"] * 10
    assert (parts.numbers[parts.holdout] == -1).all() and 0 < len(parts.validation) < 15


def test_balanced_photos_of_a_large_class_count_less():
    parts = divided()
    sums = [parts.weights[parts.train][parts.numbers[parts.train] == number].sum() for number in range(3)]
    np.testing.assert_allclose(sums, sums[0], rtol=1e-5)
    assert (divided(balanced=False).weights == 1).all()


def test_a_class_with_one_photo_is_left_out_with_a_line():
    lines = []
    assert divided(lines=lines).classes == ["bag", "hat", "sock"]
    assert lines == ["left out 1 classes with one readable photo, since learning needs 2: tie"]


def test_unreadable_photos_are_left_out_with_a_line():
    lines = []
    errors = ["truncated: cut off"] * 5 + [None] * 36 + ["empty: the file has 0 bytes"] + [None]
    parts = divided(errors=errors, lines=lines)
    assert parts.classes == ["bag", "hat"]
    assert lines[0].startswith("left out 6 unreadable photos: 0.jpg (truncated: cut off), ") and lines[0].endswith(
        "..."
    )


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["bag"] * 5, "expected at least 2 classes .* found only 'bag'"),
        (["bag", "hat", "tie"], "expected at least 2 classes .* found none"),
    ],
)
def test_too_little_to_learn_from_is_one_line(labels, message):
    with pytest.raises(UserError, match=message):
        divided(labels=labels, errors=[None] * len(labels))


def test_no_readable_photo_is_one_line():
    with pytest.raises(UserError, match="found none"):
        divided(errors=["empty"] * len(LABELS))
