"""Functions called in a process of their own: what they return, what a user can mend, and how they can end."""

import pytest

from lookalike.core.errors import UserError
from lookalike.networks.child import ChildError, call, call_on_jax


def test_it_returns_what_the_function_returns():
    assert call("os.path:join", "one", "two") == "one/two"
    assert call("os:getenv", "ASKED", environment={"ASKED": "yes"}) == "yes"


def test_what_a_user_can_mend_keeps_its_line():
    with pytest.raises(UserError, match=r"expected extract.backbone to be a file .*found 'mobilnet'"):
        call("lookalike.networks.backbones:find_backbone", "mobilnet")


@pytest.mark.parametrize(
    ("function", "arguments", "words"),
    [
        ("os:abort", (), "it ended with signal 6"),
        ("os:listdir", ("nowhere",), "it ended with status 1: FileNotFoundError"),
        ("time:sleep", (60,), "it took more than 1 s"),
    ],
)
def test_how_it_ended_is_one_line(function, arguments, words):
    with pytest.raises(ChildError, match=words) as caught:
        call(function, *arguments, timeout=1 if function == "time:sleep" else None)
    assert "\n" not in str(caught.value)


def test_a_network_that_keras_does_not_open_on_jax_is_one_line():
    with pytest.raises(UserError, match=r"expected own\.keras to be a network .*: take another --extract\.engine"):
        call_on_jax("os:abort", network="own.keras")
