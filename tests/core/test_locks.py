"""A lock keeps other processes out, serves this one again, and ends with it."""

import subprocess
import sys
from pathlib import Path

import pytest

from lookalike.core.errors import UserError
from lookalike.core.locks import hold

ROOT = Path(__file__).resolve().parents[2]
TRY = "import sys; from pathlib import Path; from lookalike.core.locks import hold\n"
TRY += "with hold(Path(sys.argv[1]), what='toys', shared=sys.argv[2] == 'shared'): pass"


def other_process_gets(path, shared):
    done = subprocess.run([sys.executable, "-c", TRY, str(path), shared], capture_output=True, text=True, cwd=ROOT)
    return done.returncode == 0, done.stderr


def test_another_process_is_kept_out_with_a_line(tmp_path):
    with hold(tmp_path / ".lock", what="toys"):
        got, error = other_process_gets(tmp_path / ".lock", "alone")
        assert not got
        assert "expected one run at a time on toys, found another at work" in error
    assert other_process_gets(tmp_path / ".lock", "alone")[0]


def test_readers_share_and_keep_a_writer_out(tmp_path):
    with hold(tmp_path / ".lock", what="toys", shared=True):
        assert other_process_gets(tmp_path / ".lock", "shared")[0]
        assert not other_process_gets(tmp_path / ".lock", "alone")[0]


def test_a_process_takes_its_own_lock_again(tmp_path):
    with hold(tmp_path / ".lock", what="toys"):
        with hold(tmp_path / ".lock", what="toys"), hold(tmp_path / ".lock", what="toys", shared=True):
            pass
        assert not other_process_gets(tmp_path / ".lock", "alone")[0]


def test_an_error_inside_frees_the_lock(tmp_path):
    with pytest.raises(UserError), hold(tmp_path / ".lock", what="toys"):
        raise UserError("x")
    assert other_process_gets(tmp_path / ".lock", "alone")[0]


def test_a_process_may_wait_for_its_turn(tmp_path):
    waiting = "with hold(Path(sys.argv[1]), what='toys', wait=True): print('in')"
    code = TRY.splitlines()[0] + "\n" + waiting
    with hold(tmp_path / ".lock", what="toys"):
        other = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / ".lock")], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(1)
    assert other.communicate(timeout=20)[0] == "in\n"
