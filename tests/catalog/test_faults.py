"""Damaged and strange files of all kinds are rows: the short form of benchmarks/faults_files.py."""

import runpy
from pathlib import Path

import pytest

CAMPAIGN = Path(__file__).resolve().parents[2] / "benchmarks" / "faults_files.py"


@pytest.mark.filterwarnings("ignore::UserWarning")  # pytest takes away the filters of the product
def test_damaged_and_strange_files_end_in_rows():
    assert runpy.run_path(str(CAMPAIGN))["campaign"](250, seed=3) == []
