"""Small networks drawn in ONNX, with what they compute in NumPy: a CNN, and a transformer with leading tokens."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

TYPES = {"float32": TensorProto.FLOAT, "float16": TensorProto.FLOAT16}
KERNEL = (np.random.default_rng(2).standard_normal((6, 3, 5, 5)) / 40).astype(np.float32)


def patches_of(pixels, side, step):
    """Return float64 (n, rows, columns, 3 * side * side) of pixels (n, 3, h, w)."""
    windows = np.lib.stride_tricks.sliding_window_view(pixels.astype(float), (side, side), (2, 3))
    windows = windows[:, :, ::step, ::step].transpose(0, 2, 3, 1, 4, 5)
    return windows.reshape(*windows.shape[:3], -1)


def save(path, nodes, inputs, outputs, weights, dtype, **options):
    """Write an ONNX model; inputs and outputs are shapes by name."""
    infos = [
        [helper.make_tensor_value_info(name, TYPES[dtype], shape) for name, shape in each.items()]
        for each in (inputs, outputs)
    ]
    constants = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    graph = helper.make_graph(nodes, "drawn", *infos, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save_model(model, path, **options)


@pytest.fixture(scope="session")
def drawn_cnn():
    """Write a convolution, ReLU and mean to a file; return the function of scaled pixels (n, h, w, 3) in it.

    shape: of its input, which also says the layout.
    """

    def draw(path, shape, dtype="float32", poison=None, **options):
        kernel = KERNEL.astype(dtype) * (1 if poison is None else np.array(poison, dtype))
        pixels, nodes = "pixels", []
        if shape[3] == 3:
            nodes, pixels = [helper.make_node("Transpose", ["pixels"], ["turned"], perm=[0, 3, 1, 2])], "turned"
        nodes += [
            helper.make_node("Conv", [pixels, "kernel"], ["maps"], strides=[4, 4], kernel_shape=[5, 5]),
            helper.make_node("Relu", ["maps"], ["positive"]),
            helper.make_node("GlobalAveragePool", ["positive"], ["mean"]),
            helper.make_node("Flatten", ["mean"], ["vector"]),
        ]
        save(path, nodes, {"pixels": shape}, {"vector": [shape[0], 6]}, {"kernel": kernel}, dtype, **options)
        flat = kernel.reshape(6, -1).T.astype(float)
        return lambda scaled: np.maximum(patches_of(scaled.transpose(0, 3, 1, 2), 5, 4) @ flat, 0).mean(axis=(1, 2))

    return draw


@pytest.fixture(scope="session")
def drawn_transformer():
    """Write a transformer of one block for 64 px, patches of 16, a class token and registers before them.

    Returns the function of scaled pixels (n, 64, 64, 3) that gives its tokens (n, leading + 16, 8), as float64.
    """

    def draw(path, leading=5, batch="n", with_vector=False):
        rng = np.random.default_rng(3)
        patch, start, *square = (rng.standard_normal(shape) / 8 for shape in ((768, 8), (1, leading, 8), *[(8, 8)] * 3))
        weights = {"start": start, "query": square[0], "key": square[1], "value": square[2]}
        weights = {name: array.astype(np.float32) for name, array in weights.items()}
        weights["patch"] = np.ascontiguousarray(patch.T.reshape(8, 3, 16, 16), np.float32)
        weights |= {
            "zero": np.array([0]),
            "one": np.array([1]),
            "rest": np.array([leading, 8]),
            "flat": np.array([0, 8, -1]),
        }
        node = helper.make_node
        nodes = [
            node("Conv", ["pixels", "patch"], ["maps"], strides=[16, 16]),
            node("Reshape", ["maps", "flat"], ["columns"]),
            node("Transpose", ["columns"], ["patches"], perm=[0, 2, 1]),
            node("Shape", ["pixels"], ["shape"]),
            node("Slice", ["shape", "zero", "one"], ["count"]),
            node("Concat", ["count", "rest"], ["wide"], axis=0),
            node("Expand", ["start", "wide"], ["leading"]),
            node("Concat", ["leading", "patches"], ["tokens"], axis=1),
            *(node("MatMul", ["tokens", name], [f"{name}s"]) for name in ("query", "key", "value")),
            node("Transpose", ["keys"], ["turned"], perm=[0, 2, 1]),
            node("MatMul", ["querys", "turned"], ["likeness"]),
            node("Softmax", ["likeness"], ["attention"], axis=-1),
            node("MatMul", ["attention", "values"], ["seen"]),
            node("Add", ["tokens", "seen"], ["last_hidden_state"]),
            node("ReduceMax", ["last_hidden_state"], ["largest"], axes=[1], keepdims=0),
        ]
        outputs = {"last_hidden_state": [batch, leading + 16, 8]} | ({"largest": [batch, 8]} if with_vector else {})
        save(path, nodes, {"pixels": [batch, 3, 64, 64]}, outputs, weights, "float32")

        def tokens(scaled):
            own = patches_of(scaled.transpose(0, 3, 1, 2), 16, 16).reshape(len(scaled), 16, -1) @ patch
            rows = np.concatenate([np.repeat(start, len(scaled), axis=0), own], axis=1)
            query, key, value = (rows @ each for each in square)
            attention = np.exp(query @ key.transpose(0, 2, 1))
            return rows + attention / attention.sum(axis=-1, keepdims=True) @ value

        return tokens

    return draw
