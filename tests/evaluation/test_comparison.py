"""The sweep measures each way alike and recommends without looking at true labels."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from lookalike.core.errors import UserError
from lookalike.evaluation import comparison


def blobs(n=60, k=3):
    rng = np.random.default_rng(0)
    true = np.arange(n) % k
    return (10 * np.eye(k)[true] + rng.normal(size=(n, k))).astype(np.float32), true


def nearest_axis(features, seed):
    return features.argmax(axis=1)


def by_chance(features, seed):
    return np.random.default_rng(seed).integers(0, 3, len(features))


def test_recommends_the_way_that_finds_the_groups():
    features, true = blobs()
    ways = {"chance": by_chance, "axis": nearest_axis, "again": nearest_axis}
    candidates = comparison.compare(ways, features, [""] * len(true), max_rows=50, seed=0)
    ranking = comparison.rank(candidates)
    best = ranking.candidates[0]
    assert [one.name for one in ranking.candidates] == ["axis", "again", "chance"]
    assert best.scores["stability"] == pytest.approx(1)
    assert best.scores["accuracy"] is None


def test_ways_that_find_the_same_tie_and_none_is_the_winner():
    features, true = blobs()
    renamed = {"axis": nearest_axis, "chance": by_chance, "other": lambda rows, seed: 5 - nearest_axis(rows, seed)}
    ranking = comparison.rank(comparison.compare(renamed, features, [""] * len(true), max_rows=50, seed=0))
    assert ranking.recommended == ["axis", "other"]
    assert ranking.reason.startswith("2 ways tie, alike within noise: axis; other. axis: best mean rank")
    assert comparison.table(ranking, labelled=False)["best"] == ["yes", "yes", ""]
    alone = comparison.rank(comparison.compare({"axis": nearest_axis}, features, [""] * 60, max_rows=50, seed=0))
    assert alone.reason.startswith("axis: best mean rank")


def test_agreement_is_the_adjusted_mutual_information_of_pairs():
    rng = np.random.default_rng(0)
    ways = [rng.integers(-1, 4, 60) for _ in range(3)]
    features, _ = blobs()
    named = {str(number): lambda rows, seed, one=one: one[: len(rows)] for number, one in enumerate(ways)}
    found = comparison.compare(named, features, [""] * 60, max_rows=50, seed=0)
    expected = np.mean([adjusted_mutual_info_score(ways[0], other) for other in ways[1:]])
    assert found[0].scores["agreement"] == pytest.approx(expected, abs=1e-9)


def test_true_labels_are_shown_and_do_not_decide():
    features, _ = blobs()
    wrong = ["a" if row < 30 else "b" for row in range(60)]
    ways = {"axis": nearest_axis, "halves": lambda rows, seed: (np.arange(len(rows)) < len(rows) / 2).astype(int)}
    candidates = comparison.compare(ways, features, wrong, max_rows=50, seed=0)
    ranking = comparison.rank(candidates)
    columns = comparison.table(ranking, labelled=True)
    assert columns["method"] == ["axis", "halves"]
    assert float(columns["accuracy"][1]) == 1
    assert "accuracy" not in comparison.table(ranking, labelled=False)


def test_a_way_that_cannot_is_left_out(capsys):
    def cannot(features, seed):
        raise UserError("expected more photos")

    features, true = blobs()
    candidates = comparison.compare(
        {"no": cannot, "axis": nearest_axis}, features, [""] * len(true), max_rows=50, seed=0
    )
    assert [one.name for one in candidates] == ["axis"]
    assert "no left out: expected more photos" in capsys.readouterr().out
    with pytest.raises(UserError, match=r"cluster\.swept"):
        comparison.compare({"no": cannot}, features, [""] * len(true), max_rows=50, seed=0)
