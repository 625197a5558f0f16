"""Rewrite convolutions in groups of channels, which neither OpenVINO nor OpenCV reads from a TensorFlow graph.
One channel a group becomes a depthwise convolution; larger groups become a convolution each, concatenated."""

from collections.abc import Iterator

import numpy as np

from lookalike.networks.quiet import tf

__all__ = ["without_groups"]

Node = tf.compat.v1.NodeDef
CHANNELS = 3  # axis of the channels of images, and of the output channels of a kernel


def without_groups(graph: tf.compat.v1.GraphDef, traced: tf.Graph) -> tf.compat.v1.GraphDef:
    """Return a graph that computes the same, in which every convolution (NHWC) sees all channels of its input.

    traced: the graph that was frozen to `graph`; it tells the shapes without another copy of the weights.
    """
    convolutions = {node.name for node in graph.node if node.op == "Conv2D"}
    known = convolutions <= {each.name for each in traced.get_operations()}
    shapes = traced if known else _imported(graph)
    nodes = [new for node in graph.node for new in _rewritten(node, shapes)]
    return tf.compat.v1.GraphDef(node=nodes, versions=graph.versions, library=graph.library)


def _imported(graph: tf.compat.v1.GraphDef) -> tf.Graph:
    with tf.Graph().as_default() as scratch:
        tf.import_graph_def(graph, name="")
    return scratch


def _rewritten(node: Node, shapes: tf.Graph) -> Iterator[Node]:
    if node.op != "Conv2D" or node.attr["data_format"].s != b"NHWC":
        return iter([node])
    images, kernel = (each.shape for each in shapes.get_operation_by_name(node.name).inputs)
    groups = (images[CHANNELS] or 1) // (kernel[2] or 1)
    if groups <= 1:
        return iter([node])
    steps, spread = node.attr["strides"].list.i, node.attr["dilations"].list.i
    plain = steps[1] == steps[2] and all(each == 1 for each in spread)
    return _depthwise(node, kernel.as_list(), groups) if kernel[2] == 1 and plain else _split(node, groups)


def _depthwise(node: Node, kernel: list[int], groups: int) -> Iterator[Node]:
    height, width, _, outputs = kernel
    yield _constant(f"{node.name}/shape", [height, width, groups, outputs // groups])
    yield _node(f"{node.name}/kernel", "Reshape", [node.input[1], f"{node.name}/shape"], T=tf.float32, Tshape=tf.int32)
    own = Node(name=node.name, op="DepthwiseConv2dNative", input=[node.input[0], f"{node.name}/kernel"])
    for name in ("T", "strides", "padding", "explicit_paddings", "data_format", "dilations"):
        own.attr[name].CopyFrom(node.attr[name])
    yield own


def _split(node: Node, groups: int) -> Iterator[Node]:
    axis = f"{node.name}/axis"
    yield _constant(axis, CHANNELS)
    for place, part in enumerate(("images", "kernel")):
        given = [axis, node.input[place]]
        yield _node(f"{node.name}/{part}", "Split", given, T=tf.float32, num_split=groups)
    for group in range(groups):
        own = Node(name=f"{node.name}/group_{group}", op="Conv2D", attr=node.attr)
        own.input.extend(f"{node.name}/{part}:{group}" for part in ("images", "kernel"))
        yield own
    parts = [f"{node.name}/group_{group}" for group in range(groups)]
    yield _node(node.name, "ConcatV2", [*parts, axis], T=tf.float32, Tidx=tf.int32, N=groups)


def _node(name: str, op: str, inputs: list[str], **attributes: tf.DType | int) -> Node:
    node = Node(name=name, op=op, input=inputs)
    for key, value in attributes.items():
        if isinstance(value, int):
            node.attr[key].i = value
        else:
            node.attr[key].type = value.as_datatype_enum
    return node


def _constant(name: str, value: int | list[int]) -> Node:
    node = _node(name, "Const", [], dtype=tf.int32)
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(np.asarray(value, np.int32)))
    return node
