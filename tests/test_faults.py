"""Kills and damage: the short form of benchmarks/faults.py."""

import runpy
from pathlib import Path

import pytest

CAMPAIGNS = Path(__file__).resolve().parents[1] / "benchmarks" / "faults.py"


@pytest.fixture(scope="module")
def campaigns():
    return runpy.run_path(str(CAMPAIGNS))


def test_killed_runs_end_in_the_same_bytes(campaigns, tmp_path):
    said = []
    outcome = campaigns["kill_campaign"](tmp_path / "toys", 4, seed=5, say=said.append)
    assert outcome["kills"] >= 4
    assert (outcome["stuck"], outcome["different files"]) == (0, 0), said


def test_damage_is_named_and_made_good(campaigns, tmp_path):
    said = []
    outcome = campaigns["damage_campaign"](tmp_path / "toys", 3, seed=5, say=said.append)
    assert outcome["named by --verify"] == outcome["damages"] == 3, said
    assert outcome["made again"] == outcome["cut or deleted"], said
