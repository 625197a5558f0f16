"""The server under attack: the short form of benchmarks/hostile.py."""

import runpy
import shutil
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def hostile(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield runpy.run_path(str(BENCHMARKS / "hostile.py"))
    for name in ("served", "hostile_requests", "hostile_uploads"):
        sys.modules.pop(name, None)


def test_hostile_uploads_and_requests_change_nothing(hostile, finished, tmp_path):
    place = shutil.copytree(finished, tmp_path / "place", symlinks=True)
    server, said = hostile["serve_alone"](place), []
    try:
        faults = hostile["campaign"](server, 50, 50, seed=1, say=said.append)
    finally:
        server.stop()
    assert not faults, "\n".join([*faults, *said])


def test_the_campaign_knows_a_fault(hostile):
    attack = hostile["Attack"]("kind", [b"GET"])
    for status in (500, 502, 0, -1):
        assert hostile["faults_of"]([(attack, status)])
    assert not hostile["faults_of"]([(attack, 200), (attack, 404), (attack, 503)])
    same = ({"a": (1, 1)}, [["x"]], 10**9)
    assert not hostile["changes"](same, same)
    for other in (({}, [["x"]], 10**9), ({"a": (1, 2)}, [["x"]], 10**9), ({"a": (1, 1)}, [[]], 10**9)):
        assert hostile["changes"](same, other)
    assert hostile["changes"](same, (*same[:2], 2 * 10**9))
