"""Splits depend on names alone; an epoch shows each photo once."""

import numpy as np

from lookalike.finetuning.sampling import class_weights, epoch_rows, name_hash, validation_mask

NAMES = [f"shoes/{number}.jpg" for number in range(2_000)]


def test_the_hash_of_a_name_never_changes():
    assert name_hash("shoes/1.jpg") == 0.7551713172966595


def test_the_share_is_about_what_was_asked_for():
    assert 0.08 < validation_mask(NAMES, np.arange(2_000) % 5, 0.1).mean() < 0.12


def test_a_new_photo_moves_no_other():
    classes = np.arange(2_000) % 5
    before = validation_mask(NAMES[:1_500], classes[:1_500], 0.1)
    assert (validation_mask(NAMES, classes, 0.1)[:1_500] == before).all()


def test_each_class_keeps_two_photos_to_train_on():
    classes = np.repeat(np.arange(700), 3)[:2_000]
    trains = ~validation_mask(NAMES, classes, 0.9)
    assert np.bincount(classes[trains]).min() >= 2 or np.bincount(classes).min() < 2
    assert np.bincount(classes[trains])[:600].min() == 2


def test_class_weights_make_classes_count_the_same():
    classes = np.array([0, 0, 0, 1])
    weights = class_weights(classes, 2)
    assert weights[classes].mean() == 1
    np.testing.assert_allclose(3 * weights[0], weights[1])


def test_an_epoch_shows_each_photo_at_most_once_in_another_order_each_time():
    classes = np.arange(50) % 5
    first, again, second = (epoch_rows(classes, 8, 1, seed=1, epoch=epoch) for epoch in (0, 0, 1))
    assert first.shape == (6, 8) and len(set(first.ravel())) == 48
    assert (first == again).all() and (first != second).any()


def test_fewer_photos_than_a_batch_are_one_step():
    assert epoch_rows(np.zeros(5, int), 32, 1, seed=0, epoch=0).shape == (1, 5)


def test_photos_of_a_class_stand_side_by_side_for_a_contrastive_loss():
    classes = np.arange(60) % 3
    rows = epoch_rows(classes, 8, 4, seed=0, epoch=0)
    assert len(set(rows.ravel())) == rows.size
    groups = classes[rows].reshape(-1, 4)
    assert (groups == groups[:, :1]).all()
