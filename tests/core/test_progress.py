"""Progress off a terminal is plain lines with rate and time left."""

import pytest

from lookalike.core import progress as module
from lookalike.core.progress import progress, set_progress


@pytest.fixture(autouse=True)
def restore():
    yield
    set_progress("auto")


def test_lines_have_counts_rate_and_time_left(monkeypatch, capsys):
    clock = iter([0.0, 5.0, 12.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    set_progress("lines")
    with progress("extract", 100) as advance:
        advance(20)
        advance(28)
    assert capsys.readouterr().err == "extract: 48 of 100 images, 4/s, 13 s left\n"


def test_off_prints_nothing(capsys):
    set_progress("off")
    with progress("extract", 10) as advance:
        advance(10)
    assert capsys.readouterr().err == ""


def test_a_bar_is_drawn_where_asked(capsys):
    set_progress("bar")
    with progress("extract", 10) as advance:
        advance(10)
    assert "| 0/10 [" in capsys.readouterr().err
