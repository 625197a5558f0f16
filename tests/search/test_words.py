"""Words that are written about photos: in any case, width and accent, all of them, as text and nothing else."""

import numpy as np
import pytest

from lookalike.search.words import Words, write

PATHS = ["schuhe/Größe 42.jpg", "b/日本の靴.jpg", 'c/"quoted" 50%.jpg', "d/plain.jpg"]
PRODUCTS = {
    "b/日本の靴.jpg": {"path": "b/日本の靴.jpg", "name": "ＡＢＣ shoe", "genre_id": "3"},
    "d/plain.jpg": {"path": "d/plain.jpg", "name": "Café AND table", "genre_id": "4"},
}


@pytest.fixture
def words(tmp_path):
    write(tmp_path, PATHS, ["boot", "boot", "", "cup"], PRODUCTS)
    return Words(tmp_path)


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        ("GRÖSSE", [0]),
        ("grosse 42", [0]),
        ("日本", [1]),
        ("本", [1]),
        ("abc", [1]),
        ("cafe", [3]),
        ("foo AND", []),
        ('"quoted"', [2]),
        ("50%", [2]),
        ("_", []),
        ("[a-z]*", []),
        ("\\E", []),
        ("\\", []),
        ("\0", []),
        (".", [0, 1, 2, 3]),
        ("日本の靴.jpg", [1]),
        ("boot", [0, 1]),
        ("shoe boot", [1]),
        ("", [0, 1, 2, 3]),
        ("   ", [0, 1, 2, 3]),
        ("a" * 50_000, []),
        ("a" * 200, []),
        ("(" * 200, []),
        ("jpg " * 5_000, [0, 1, 2, 3]),
        ("\ud800", []),
    ],
)
def test_every_word_must_be_written_somewhere(words, asked, rows):
    assert np.flatnonzero(words.matching(asked)).tolist() == rows


def test_categories_are_those_of_the_catalogue(words):
    assert words.categories() == {"3": 1, "4": 1}
    assert np.flatnonzero(words.of_category("3")).tolist() == [1]
    assert words.product(1) == {"name": "ＡＢＣ shoe", "genre_id": "3"}
    assert words.product(0) == {}
    assert words.about([3, 0]) == [("cup", {"name": "Café AND table", "genre_id": "4"}), ("boot", {})]
    assert words.about([]) == []


def test_what_was_asked_before_is_answered_alike(words):
    first = [words.matching("boot"), words.of_category("3")]
    first[0][:] = False  # whoever was given them may change them
    assert np.flatnonzero(words.matching("boot")).tolist() == [0, 1]
    assert np.flatnonzero(words.of_category("3")).tolist() == [1]


def test_without_a_catalogue_labels_are_the_categories(tmp_path):
    write(tmp_path, ["a", "b"], ["cup", ""], {})
    assert Words(tmp_path).categories() == {"cup": 1}
