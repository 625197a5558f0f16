"""The side of the squares that the network in a file sees."""

import pytest

from lookalike.core.errors import UserError
from lookalike.networks.sides import side_of


@pytest.mark.parametrize(("own", "asked", "side"), [(96, None, 96), (96, 96, 96), (None, 64, 64), (None, None, 224)])
def test_the_own_side_comes_before_the_one_asked_for(own, asked, side):
    assert side_of(own, asked, "own.pb", "extract") == side


def test_another_side_than_the_own_is_one_line():
    with pytest.raises(UserError, match=r"expected extract\.size 96, which own\.pb is made for, found 64"):
        side_of(96, 64, "own.pb", "extract")
