"""A drawn pair of networks: one tells how red, green and blue a photo is, the other how red, green and blue a text."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

COLOURS = ("red", "green", "blue")
GREY = 30  # saturation that counts as none, of 255
TABLE = np.vstack([np.full((2, 3), 0.1), np.eye(3)]).astype(np.float32)  # of padding, unknown words and the colours
INTEGERS = {"int64": TensorProto.INT64, "int32": TensorProto.INT32}


def save(file: Path, nodes, inputs, outputs, weights) -> Path:
    constants = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    drawn = [helper.make_node(*each[:3], **each[3]) for each in nodes]
    graph = helper.make_graph(drawn, "drawn", inputs, outputs, constants)
    onnx.save_model(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), file)
    return file


def info(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def draw_image_encoder(file: Path) -> Path:
    """Write a network whose vector is the mean saturation of each colour."""
    nodes = [
        ("Conv", ["pixels", "kernel", "grey"], ["excess"], {}),
        ("Relu", ["excess"], ["colours"], {}),
        ("ReduceMean", ["colours"], ["vector"], {"axes": [2, 3], "keepdims": 0}),
    ]
    kernel = (np.eye(3) - 1 / 3).astype(np.float32)[:, :, None, None]
    weights = {"kernel": kernel, "grey": np.full(3, -GREY, np.float32)}
    return save(file, nodes, [info("pixels", ["n", 3, 32, 32])], [info("vector", ["n", 3])], weights)


def draw_text_encoder(file: Path, *, tokens=6, batch="n", kind="int64", table=TABLE, vectors=("vector",)) -> Path:
    """Write a network that adds the vectors of a text's own tokens, and a tokenizer of words beside it.

    tokens, batch: of its inputs, numbers or names of open ones. vectors: names of its outputs of rank 2.
    """
    nodes = [
        ("Gather", ["table", "input_ids"], ["each"], {}),
        ("Cast", ["attention_mask"], ["own"], {"to": TensorProto.FLOAT}),
        ("Unsqueeze", ["own", "last"], ["column"], {}),
        ("Mul", ["each", "column"], ["last_hidden_state"], {}),
        *(("ReduceSum", ["last_hidden_state", "middle"], [name], {"keepdims": 0}) for name in vectors),
    ]
    inputs = [info(name, [batch, tokens], INTEGERS[kind]) for name in ("input_ids", "attention_mask")]
    outputs = [info("last_hidden_state", [batch, tokens, table.shape[1]])]
    outputs += [info(name, [batch, table.shape[1]]) for name in vectors]
    save(file, nodes, inputs, outputs, {"table": table, "last": np.array([2]), "middle": np.array([1])})
    draw_tokenizer(file.with_name("tokenizer.json"))
    return file


def draw_tokenizer(file: Path, change=lambda tokenizer: None) -> None:
    """Write a tokenizer that knows three colours, whatever their case. change: what else is done to it."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    words = {word: number for number, word in enumerate(("[PAD]", "[UNK]", *COLOURS))}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    change(tokenizer)
    tokenizer.save(str(file))
