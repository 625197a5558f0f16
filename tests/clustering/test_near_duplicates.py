"""Near copies are reported as groups with one to keep; what is merely similar is not."""

import numpy as np

from lookalike.clustering.near_duplicates import columns, find


def rows():
    """Ten directions far apart; rows 10 and 11 are row 3 with a little noise, row 12 is row 5."""
    rng = np.random.default_rng(0)
    base = rng.normal(size=(10, 64))
    copies = base[[3, 3, 5]] + [[0.02], [0.04], [0.0]] * rng.normal(size=(3, 64))
    return np.concatenate([base, copies]).astype(np.float32)


def test_copies_are_found_and_only_they():
    groups = find(rows(), similarity=0.98, seed=0)
    assert sorted(sorted(group.tolist()) for group in groups) == [[3, 10, 11], [5, 12]]
    assert next(group for group in groups if len(group) == 3)[0] in (3, 10)  # the one in the middle is kept


def test_one_photo_or_a_higher_bar_finds_none():
    assert find(rows()[:1], similarity=0.98, seed=0) == []
    assert len(find(rows(), similarity=0.99999, seed=0)) == 1


def test_columns_name_the_keeper_first():
    table = columns(rows(), [f"{row}.jpg" for row in range(13)], similarity=0.98, seed=0)
    assert table["keep"] == [True, False, False, True, False]
    assert table["group"] == [1, 1, 1, 2, 2]
    assert set(table["path"][3:]) == {"5.jpg", "12.jpg"}
    assert [float(value) >= 0.98 for value in table["similarity"]] == [True] * 5
