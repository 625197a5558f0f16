"""The sweep measures each way alike and recommends without looking at true labels."""

import numpy as np
import pytest

from lookalike.core.errors import UserError
from lookalike.evaluation import comparison as sweep


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
    candidates = sweep.compare(ways, features, [""] * len(true), max_rows=50, seed=0)
    ranked, reason = sweep.recommend(candidates)
    assert [one.name for one in ranked] == ["axis", "again", "chance"]
    assert reason.startswith("axis: best mean rank")
    assert ranked[0].scores["stability"] == pytest.approx(1)
    assert ranked[0].scores["accuracy"] is None


def test_true_labels_are_shown_and_do_not_decide():
    features, _ = blobs()
    wrong = ["a" if row < 30 else "b" for row in range(60)]
    ways = {"axis": nearest_axis, "halves": lambda rows, seed: (np.arange(len(rows)) < len(rows) / 2).astype(int)}
    candidates = sweep.compare(ways, features, wrong, max_rows=50, seed=0)
    ranked, _ = sweep.recommend(candidates)
    columns = sweep.table(ranked, labelled=True)
    assert columns["method"] == ["axis", "halves"]
    assert float(columns["accuracy"][1]) == 1
    assert "accuracy" not in sweep.table(ranked, labelled=False)


def test_a_way_that_cannot_is_left_out(capsys):
    def cannot(features, seed):
        raise UserError("expected more photos")

    features, true = blobs()
    candidates = sweep.compare({"no": cannot, "axis": nearest_axis}, features, [""] * len(true), max_rows=50, seed=0)
    assert [one.name for one in candidates] == ["axis"]
    assert "no left out: expected more photos" in capsys.readouterr().out
    with pytest.raises(UserError, match=r"cluster\.swept"):
        sweep.compare({"no": cannot}, features, [""] * len(true), max_rows=50, seed=0)
