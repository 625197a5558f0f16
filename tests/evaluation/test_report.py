"""The report: its files, its keys, and names that hold markup."""

import csv
import json

import numpy as np
import pytest

from lookalike.evaluation.options import Options
from lookalike.evaluation.report import escape, evaluate, write_report

PINNED = {
    "n_images",
    "n_true",
    "n_clusters",
    "adjusted_rand_index",
    "normalized_mutual_info",
    "adjusted_mutual_info",
    "accuracy",
}
TRUE = ["a|b", "a|b", "<b>x</b>", "<b>x</b>", ""]
PATHS = ["1.jpg", "dir/2 [x](y).jpg", "3\n.jpg", "4.jpg", "5.jpg"]


def report(folder, pred, true=TRUE, advice=None):
    features = np.random.default_rng(0).normal(size=(len(pred), 4)).astype(np.float32)
    scores, notes = evaluate(true, pred, features, Options())
    confusions = write_report(
        folder,
        true,
        pred,
        (PATHS * 140)[: len(pred)],
        features,
        scores,
        {1: "<i>shoes|"},
        title="shoes",
        facts={"method": "som"},
        advice=advice,
        approximations=notes,
    )
    return confusions, (folder / "report.md").read_text(encoding="utf-8")


def test_every_file_is_written_and_scores_hold_the_pinned_keys(tmp_path):
    confusions, text = report(tmp_path, np.array([0, 0, 0, 1, 1]))
    scores = json.loads((tmp_path / "scores.json").read_text())
    assert set(scores) >= PINNED
    assert (scores["n_images"], scores["n_labelled"], scores["n_true"]) == (5, 4, 2)
    assert len(confusions) == 1
    for name in ("groups.csv", "contingency.csv", "confusions.csv"):
        with (tmp_path / name).open(newline="", encoding="utf-8") as file:
            assert len(list(csv.reader(file))) >= 2
    assert "5 images in 2 groups; 4 of them have a true label, of 2 classes." in text
    assert "| method | som |" in text
    assert "| 1 | &lt;i&gt;shoes\\| | 2 |" in text


def test_advice_is_a_command_to_copy(tmp_path):
    assert "python" not in report(tmp_path, np.array([0, 0, 0, 1, 1]))[1]
    _, text = report(
        tmp_path, np.array([0, 0, 0, 1, 1]), advice=("20 groups are *right*", "python run_all.py --a_b 'c d'")
    )
    assert "\n20 groups are \\*right\\*:\n\n    python run_all.py --a_b 'c d'\n\n## Scores" in text


def test_names_are_escaped_so_that_tables_keep_their_columns(tmp_path):
    _, text = report(tmp_path, np.array([0, 0, 0, 1, 1]))
    assert "<b>" not in text
    assert "a\\|b" in text
    row = next(line for line in text.splitlines() if "dir/2" in line or "1.jpg" in line)
    assert row.count(" | ") == 6


@pytest.mark.parametrize("pred", [[0] * 5, [-1] * 5, [0, 1, 2, 3, 4]])
def test_a_report_of_any_grouping_is_written(tmp_path, pred):
    _, text = report(tmp_path, np.array(pred))
    assert "## Worst confusions" in text
    assert ("(100.0%) in none" in text) == (pred[0] == -1)


def test_a_report_without_labels_says_so(tmp_path):
    _, text = report(tmp_path, np.array([0, 0, 1, 1, 1]), true=[""] * 5)
    assert "no true labels" in text
    assert "Adjusted Rand" not in text
    assert json.loads((tmp_path / "scores.json").read_text())["accuracy"] is None


def test_without_labels_the_stability_of_the_grouping_is_a_score():
    asked = []

    def regroup(rows, n_groups, seed):
        asked.append((len(rows), n_groups))
        return pred[rows]

    pred = np.array([0, 0, 0, 0, 1, 1, 1, 1, -1, -1])
    features = np.random.default_rng(0).normal(size=(10, 2)).astype(np.float32)
    bounds = Options(stability_rows=4)
    scores, notes = evaluate([""] * 10, pred, features, bounds, regroup)
    assert scores["stability"] == 1
    assert notes == ["stability from 2 samples of 4 of 10 images"]
    assert asked == [(4, 2)] * 2  # as many groups as the grouping has among these photos, none for noise
    assert "stability" not in evaluate([""] * 10, pred, features, Options(stability_runs=0), regroup)[0]
    assert "stability" not in evaluate(["a"] * 10, pred, features, bounds, regroup)[0]


def test_seven_hundred_groups_are_listed_in_part(tmp_path):
    _, text = report(tmp_path, np.arange(700) % 699, true=["a", "b"] * 350)
    assert "... and 499 more in groups.csv." in text


def test_one_image(tmp_path):
    _, text = report(tmp_path, np.array([0]), true=["a"])
    assert "1 images in 1 groups" in text


def test_escape():
    assert escape("*a*\n<i>_$x$") == "\\*a\\* &lt;i&gt;\\_\\$x\\$"
