"""Find where photos go into a frozen graph that was made elsewhere: a placeholder of images, the batch that a queue
gives, or, where a graph takes the bytes of a JPEG, the image that it makes of them."""

from typing import NamedTuple

from lookalike.networks.quiet import tf

__all__ = ["ImageInput", "image_input"]

RESIZE = {"ResizeBilinear", "ResizeBicubic", "ResizeNearestNeighbor", "ResizeArea"}
DECODE = {"DecodeJpeg", "DecodePng", "DecodeImage"}
DEQUEUE = {"QueueDequeue", "QueueDequeueV2", "QueueDequeueMany", "QueueDequeueManyV2"}
ON_THE_WAY = {"Cast", "ExpandDims", "Identity"}  # between a decoder and the resize
KNOWS_SCALARS = 24  # version of graphs before which no shape and the shape of a number were written alike


class ImageInput(NamedTuple):
    """The tensor (n, s, s, 3) that photos can take the place of, its dtype, and s where the graph fixes it."""

    tensor: str
    dtype: tf.DType
    size: int | None


def image_input(graph: tf.compat.v1.GraphDef) -> ImageInput | None:
    """Return the input of images of a frozen graph, None where it has none.

    From a decoder of bytes, the way is followed to the batch of one image of the network's size: its resize, or else
    the batch that it is made to.
    """
    for find in (_placeholder, _queue, _decoded):
        found = next((each for node in graph.node if (each := find(node, graph)) is not None), None)
        if found is not None:
            return found
    return None


def _placeholder(node: tf.compat.v1.NodeDef, graph: tf.compat.v1.GraphDef) -> ImageInput | None:
    dtype = tf.DType(node.attr["dtype"].type) if node.op == "Placeholder" else tf.string
    if not (dtype.is_floating or dtype.is_integer):
        return None
    shape = node.attr["shape"].shape
    sides = [each.size for each in shape.dim]
    if len(sides) == 4:
        return ImageInput(f"{node.name}:0", dtype, sides[1] if sides[1] > 0 else None)
    unknown = shape.unknown_rank or (not sides and graph.versions.producer < KNOWS_SCALARS)
    return ImageInput(f"{node.name}:0", dtype, None) if unknown else None


def _queue(node: tf.compat.v1.NodeDef, graph: tf.compat.v1.GraphDef) -> ImageInput | None:
    types = [tf.DType(each) for each in node.attr["component_types"].list.type] if node.op in DEQUEUE else []
    place = next((place for place, dtype in enumerate(types) if dtype.is_floating or dtype == tf.uint8), None)
    return None if place is None else ImageInput(f"{node.name}:{place}", types[place], None)


def _decoded(node: tf.compat.v1.NodeDef, graph: tf.compat.v1.GraphDef) -> ImageInput | None:
    if node.op not in DECODE:
        return None
    batch, here = None, node
    while here is not None:
        batch = here if here.op == "ExpandDims" else batch
        following = [each for each in graph.node if any(_source(name) == here.name for name in each.input[:1])]
        resize = next((each for each in following if each.op in RESIZE), None)
        if resize is not None:
            return ImageInput(f"{resize.name}:0", tf.float32, _size_of(resize, graph))
        here = next((each for each in following if each.op in ON_THE_WAY), None)
    return None if batch is None else ImageInput(f"{batch.name}:0", tf.DType(batch.attr["T"].type), None)


def _size_of(resize: tf.compat.v1.NodeDef, graph: tf.compat.v1.GraphDef) -> int | None:
    constant = next((node for node in graph.node if node.name == _source(resize.input[1])), None)
    return int(tf.make_ndarray(constant.attr["value"].tensor)[0]) if constant and constant.op == "Const" else None


def _source(name: str) -> str:
    return name.lstrip("^").split(":")[0]
