"""Losses against values worked out by hand, and what each must reward."""

from pkgutil import resolve_name

import numpy as np
import pytest

from lookalike.finetuning import LOSSES
from lookalike.finetuning.losses import cosine, proxy_anchor, softmax, supcon

TIGHT = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], np.float32)
CLASSES = np.array([0, 0, 1, 1], np.int32)
OPTIONS = {"temperature": 0.5, "smoothing": 0.0}


@pytest.mark.parametrize("name", LOSSES)
def test_a_tight_grouping_costs_less_than_a_mixed_one(name):
    loss = resolve_name(LOSSES[name].function)
    tight = np.asarray(loss(CLASSES, TIGHT, TIGHT, **OPTIONS))
    mixed = np.asarray(loss(CLASSES, TIGHT[::-1], TIGHT[::-1], **OPTIONS))
    assert tight.shape == (4,)
    assert tight.mean() < mixed.mean()


def test_softmax_of_even_logits_is_the_logarithm_of_the_number_of_classes():
    scores = np.zeros((2, 3), np.float32)
    np.testing.assert_allclose(softmax(CLASSES[:2], scores, scores, **OPTIONS), np.log(3), rtol=1e-6)


def test_smoothing_moves_part_of_the_target_to_all_classes():
    scores = np.log(np.array([[0.7, 0.2, 0.1]], np.float32))
    expected = -(0.7 + 0.3 / 3) * np.log(0.7) - 0.3 / 3 * (np.log(0.2) + np.log(0.1))
    found = softmax(CLASSES[:1], scores, scores, temperature=1.0, smoothing=0.3)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_cosine_divides_by_the_temperature():
    found = cosine(CLASSES[:1], TIGHT[:1], TIGHT[:1], **OPTIONS)
    np.testing.assert_allclose(found, np.log(1 + np.exp(-2)), rtol=1e-5)


def test_supcon_adds_the_contrast_of_each_photo_with_the_others():
    contrast = -np.log(np.exp(2) / (np.exp(2) + 2))
    expected = contrast + np.asarray(cosine(CLASSES, TIGHT, TIGHT, **OPTIONS))
    np.testing.assert_allclose(supcon(CLASSES, TIGHT, TIGHT, **OPTIONS), expected, rtol=1e-5)


def test_proxy_anchor_of_perfect_prototypes():
    pull = np.log1p(2 * np.exp(-32 * 0.9))
    push = np.log1p(2 * np.exp(32 * 0.1))
    np.testing.assert_allclose(proxy_anchor(CLASSES, TIGHT, TIGHT, **OPTIONS), pull + push, rtol=1e-5)
