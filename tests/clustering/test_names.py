"""Names of groups: words that most of a group's photos have and most others lack, never two the same."""

from itertools import chain

import numpy as np
import pytest

from lookalike.clustering.names import find, from_texts, name_groups
from lookalike.clustering.outcome import PERSON, Name


def grouped(*groups):
    """Return labels and texts of photos, from a list of texts a group."""
    return np.repeat(np.arange(len(groups)), [len(texts) for texts in groups]), list(chain.from_iterable(groups))


def test_a_name_is_what_a_group_shares_and_others_lack():
    titles = grouped(
        ["Red summer shoe", "Blue summer shoe", "Shoe for summer"],
        ["Summer hat, red", "Hat for summer", "Straw hat (summer)"],
        ["Cup", "Pan", "Pot"],
        ["", "", ""],
    )
    assert find(*titles, {}) == {0: "shoe", 1: "hat"}


def test_words_that_always_go_together_are_one_name():
    assert find(*grouped(["Ice cream A1", "ICE CREAM, large"], ["Face cream", "Hand cream"]), {})[0] == "ice cream"


def test_one_photo_of_a_group_or_too_few_name_it_not():
    assert find(*grouped(["hat"], ["shoe", "", ""]), {}) == {}
    assert find(*grouped(["hat"] * 2 + [""] * 18, ["shoe"] * 2 + [""] * 19), {}) == {0: "hat"}


def test_photos_in_no_group_count_as_others():
    labels, texts = np.array([0, 0, -1, -1, -1]), ["red hat", "blue hat", "blue", "blue", "hat-stand"]
    assert find(labels, texts, {}) == {0: "hat"}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Žluté ŠATY 12", "žluté šaty"),
        ("赤い靴", "赤い靴"),
        ("हिन्दी", "हिन्दी"),
        ("<script>alert(1)</script>", "alert script"),
        ("\udcff\u202eboot\x00", "boot"),
        ("4711 -- x", None),
        ("Group none group", None),
    ],
)
def test_words_are_of_any_script_and_hold_no_markup(written, name):
    assert find(*grouped([written] * 3, ["cup"] * 3), {}).get(0) == name


def test_groups_of_the_same_words_are_told_apart():
    shoes = [["shoe"] * 4, ["shoe leather"] * 3, ["shoe"] * 2]
    others = [[word] * 9 for word in ("hat", "cup")]
    assert find(*grouped(*shoes, *others), {4: "cup"}) == {0: "shoe", 1: "shoe leather", 2: "shoe 2", 3: "hat"}
    assert find(*grouped(["a b shoe"] * 3, ["hat"] * 3), {1: "shoe"}) == {0: "shoe 2"}
    assert find(*grouped(["shoe\nred"] * 3, ["hat"] * 3), {1: "Shoe"}) == {0: "shoe, red"}


def test_names_do_not_depend_on_numbers_and_order_of_groups():
    labels, texts = grouped(["shoe red"] * 4, ["shoe"] * 4, ["shoe"] * 4, ["hat"] * 3, ["cup"] * 9)
    named = find(labels, texts, {})
    number = np.random.default_rng(0).permutation(5)
    assert find(number[labels], texts, {}) == {int(number[group]): name for group, name in named.items()}
    assert len(set(named.values())) == len(named) == 5


def test_a_person_comes_first_then_the_sources_in_their_order():
    labels = np.array([0, 0, 1, 1, 2, 2, 3, 3, -1])
    titles = ["shoe", "shoe", "hat", "hat", "", "", "", "", ""]
    paths = ["left", "left", "right", "right", "hat", "hat", "", "", ""]
    titles, paths = from_texts(labels, titles), from_texts(labels, paths)
    assert name_groups(labels, {0: "12"}, {"products": titles, "paths": paths}) == {
        0: Name("12", PERSON),
        1: Name("hat", "products"),
        2: Name("hat 2", "paths"),
    }
    assert name_groups(labels, {0: "12"}, {"paths": paths, "products": titles})[2] == Name("hat", "paths")
    assert name_groups(labels, {}, {}) == {}


@pytest.mark.parametrize("labels", [[], [-1, -1], [0, 0]])
def test_nothing_written_or_nothing_grouped_is_no_name(labels):
    assert find(np.array(labels, np.int32), ["", "Group 3"][: len(labels)], {}) == {}
    assert find(np.array(labels, np.int32), ["shoe"] * len(labels), {}) == ({0: "shoe"} if 0 in labels else {})
