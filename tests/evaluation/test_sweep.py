"""The sweep: ways as they are written, each setting's values combined; its table and recommendation on disk."""

import csv
import json

import numpy as np
import pytest

from lookalike.core.options import Options
from lookalike.evaluation.sweep import sweep, tried_numbers
from lookalike.evaluation.swept import expand


class Graph(Options):
    """Stands for the settings of a method."""

    neighbours: int = 15
    weights: str = "kernel"


def options_of(method):
    return {"graph": Graph(neighbours=20), "kmeans": Options()}.get(method)


def test_a_method_stands_for_its_settings_as_they_are():
    assert expand(["kmeans", "graph"], options_of) == {
        "kmeans": ("kmeans", Options()),
        "graph": ("graph", Graph(neighbours=20)),
    }


def test_values_of_settings_are_combined():
    ways = expand(["graph.neighbours=10/15+weights=shared"], options_of)
    assert list(ways) == ["graph, neighbours 10, weights shared", "graph, neighbours 15, weights shared"]
    assert ways["graph, neighbours 15, weights shared"] == ("graph", Graph(neighbours=15, weights="shared"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("grph", "known method"),
        ("graph.neighbours=many", "not neighbours many"),
        ("graph.sides=3", "not sides 3"),
        ("graph.neighbours", "method.setting=value"),
        ("graph.neighbours=", "method.setting=value"),
    ],
)
def test_what_does_not_exist_is_refused_in_one_line(text, message):
    with pytest.raises(ValueError, match=message) as error:
        expand([text], options_of)
    assert "\n" not in str(error.value)


def test_numbers_of_groups_are_those_of_all_levels():
    levels = [{"level": "coarse", "n_clusters": 6}, {"level": "medium", "n_clusters": 12}]
    assert tried_numbers(-1, levels) == {6: "estimated, coarse", 12: "estimated, medium"}
    assert tried_numbers(9, levels) == {9: "as set"}


def test_table_and_recommendation_are_written_and_ties_are_named(tmp_path, capsys):
    features = np.repeat(np.eye(3, dtype=np.float32), 20, axis=0) * 9 + np.random.default_rng(0).normal(size=(60, 3))
    ways = {
        "axis": lambda rows, seed: rows.argmax(axis=1),
        "chance": lambda rows, seed: np.random.default_rng(seed).integers(0, 3, len(rows)),
        "axis again": lambda rows, seed: rows.argmax(axis=1),
    }
    ranking = sweep(tmp_path, ways, features, [""] * 60, numbers={3: "as set"}, seed=0)
    assert ranking.n_tied == 2
    with (tmp_path / "sweep.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["method"], row["best"]) for row in rows] == [("axis", "yes"), ("axis again", "yes"), ("chance", "")]
    record = json.loads((tmp_path / "recommendation.json").read_text())
    assert record["tied"] == ["axis", "axis again"]
    assert record["numbers"] == {"3": "as set"}
    assert "numbers of groups tried: 3 (as set)" in capsys.readouterr().out
