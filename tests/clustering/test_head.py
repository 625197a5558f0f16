"""The last layer of a classifier from files of Keras, old and new; one line for what holds none."""

import h5py
import numpy as np
import pytest

from lookalike.clustering.head import read_head
from lookalike.core.errors import UserError

KERNEL, BIAS = np.arange(6.0).reshape(2, 3), np.array([1.0, 2, 3])


@pytest.fixture
def files(tmp_path):
    """Write weights by the places of their arrays, and three names; return both files."""

    def write(arrays, names="tench, Tinca tinca\ngoldfish\nray\n"):
        with h5py.File(tmp_path / "top.h5", "w") as file:
            for place, array in arrays.items():
                file[place] = array
        (tmp_path / "names.txt").write_text(names)
        return tmp_path / "top.h5", tmp_path / "names.txt"

    return write


@pytest.mark.parametrize(
    "places", [("dense/dense/kernel:0", "dense/dense/bias:0"), ("layers/d/vars/0", "layers/d/vars/1")]
)
def test_the_layer_of_as_many_classes_as_names(places, files):
    others = {
        "conv/kernel": np.zeros((3, 3, 2, 3)),
        "conv/bias": np.zeros(3),
        "fc/0": np.zeros((2, 4)),
        "fc/1": np.zeros(4),
    }
    head = read_head(*files(others | dict(zip(places, (KERNEL, BIAS), strict=True))))
    assert head.kernel.dtype == head.bias.dtype == np.float32
    np.testing.assert_array_equal(head.kernel, KERNEL)
    np.testing.assert_array_equal(head.bias, BIAS)
    assert head.classes == ["tench", "goldfish", "ray"]


@pytest.mark.parametrize(
    ("arrays", "names", "words"),
    [
        ({"d/0": KERNEL, "d/1": BIAS}, "one\ntwo\n", r"one dense layer of 2 classes.* found 2 x 3: take the weights"),
        (
            {"conv/0": np.zeros((1, 1, 2, 3)), "conv/1": BIAS},
            "a\nb\nc\n",
            r"of 3 classes.* found none: take the weights",
        ),
    ],
)
def test_another_number_of_classes_is_one_line(arrays, names, words, files):
    with pytest.raises(UserError, match=words):
        read_head(*files(arrays, names))


def test_files_that_do_not_read_are_one_line(files):
    weights, names = files({"d/0": KERNEL, "d/1": BIAS})
    whole = weights.read_bytes()
    for content in (whole[: len(whole) // 2], b"no weights", b""):
        weights.write_bytes(content)
        with pytest.raises(UserError, match=r"expected whole weights in .*top\.h5, found"):
            read_head(weights, names)
    weights.write_bytes(whole)
    names.write_bytes(b"\xff\n")
    with pytest.raises(UserError, match=r"expected names of classes in UTF-8"):
        read_head(weights, names)
