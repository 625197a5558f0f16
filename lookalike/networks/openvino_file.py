"""Turn a network in ONNX or in OpenVINO's own format into the extractor that the openvino engine runs.
It becomes a .xml of one fixed shape with its weights in a .bin, from photos (NHWC, 0-255) to vectors."""

from collections.abc import Iterator
from pathlib import Path

from lookalike.core.errors import UserError
from lookalike.networks import SCALINGS
from lookalike.networks.openvino_engine import BATCH, openvino
from lookalike.networks.pooling import tokens_to_average
from lookalike.networks.sides import side_of
from lookalike.networks.silence import silent_stderr
from lookalike.networks.weights_beside import model_digest, weights_beside

__all__ = ["convert_file", "inputs_of", "read_network", "reason_of", "unnumbered"]

LAYOUTS = {"NCHW": (1, 2, 3), "NHWC": (3, 1, 2)}  # axes of channels, height and width
RGB = openvino.Dimension(3)
RANKS = (2, 3, 4)  # of vectors, tokens and maps

Output = openvino.Output
Model = openvino.Model


def convert_file(
    path: Path, made: Path, *, size: int | None, layer: str, scaling: str, pooling: str, section: str = "extract"
) -> tuple[int, int, str]:
    """Write the extractor of an .onnx or .xml file; return its input size, dimension and the sha256 of its weights.

    layer: name of the output to take; "" for the first that is a vector a photo, else the first. Maps are averaged over
    their places, tokens (n, t, d) as `tokens_to_average` says. section: of the settings, which errors name. Raises
    UserError.
    """
    output = _output(read_network(path), layer, path, section)
    images = _images(output, path)
    side = _side(images, size, path, section)
    model, layout = _fixed(output, images, side, path)
    try:
        model = _prepared(_pooled(model, layout, pooling), layout, scaling)
    except (ValueError, RuntimeError) as error:
        raise UserError(f"expected {path.name} to turn photos into vectors: {reason_of(error)}") from error
    openvino.save_model(model, made, compress_to_fp16=False)
    return side, model.output().shape[1], model_digest(path)


def read_network(path: Path) -> Model:
    """Read a network's file. Raises UserError where it is cut, no network, or its weights are not beside it."""
    try:
        with silent_stderr():
            return openvino.Core().read_model(path)
    except RuntimeError as error:
        missing = [each.name for each in weights_beside(path) if not each.is_file()]
        if missing:
            names = ", ".join(missing)
            raise UserError(f"expected the weights of {path} in {names} beside it, found none: copy both") from error
        raise UserError(f"expected a whole network in {path}: {reason_of(error)}: export or copy it again") from error


def _output(model: Model, layer: str, path: Path, section: str) -> Output:
    """Return the tensor to take: that of the name, also one inside, or the first vector, or the first output."""
    ends = [result.input_value(0) for result in model.get_results()]
    if not layer:
        return next((end for end in ends if end.partial_shape.rank == 2), ends[0])
    inside = (output for node in model.get_ordered_ops() for output in node.outputs())
    found = next((output for output in inside if layer in output.get_names()), None)
    if found is None:
        names = ", ".join(min(end.get_names(), default="?") for end in model.outputs)
        raise UserError(f"expected {section}.layer to be an output of {path.name} ({names}), found {layer!r}")
    return found


def _images(output: Output, path: Path) -> Output:
    """Return the one input that an output is computed from; UserError where it is no input of images."""
    inputs = list(inputs_of(output))
    if len(inputs) != 1 or not _layouts(inputs[0]):
        found = ", ".join(f"{min(each.get_names(), default='?')} {each.partial_shape}" for each in inputs) or "none"
        raise UserError(
            f"expected one input of square images, (n, 3, s, s) or (n, s, s, 3), in {path.name}, found {found}: export "
            f"the image encoder alone, or name an output that needs nothing else with --extract.layer"
        )
    return inputs[0]


def inputs_of(output: Output) -> Iterator[Output]:
    """Yield the inputs of a network that an output is computed from."""
    seen, waiting = set(), [output.get_node()]
    while waiting:
        node = waiting.pop()
        if node.get_friendly_name() in seen:
            continue
        seen.add(node.get_friendly_name())
        if node.get_type_name() == "Parameter":
            yield node.output(0)
        waiting += [value.get_node() for value in node.input_values()]


def _layouts(images: Output) -> list[str]:
    """Return the layouts that the shape of an input allows: those in which it names three channels, else any."""
    shape = images.partial_shape
    if shape.rank != 4:
        return []
    allowed = {
        layout: shape[channels].is_static
        for layout, (channels, height, width) in LAYOUTS.items()
        if shape[channels].compatible(RGB) and shape[height].compatible(shape[width])
    }
    return [layout for layout, sure in allowed.items() if sure] or list(allowed)


def _side(images: Output, size: int | None, path: Path, section: str) -> int:
    """Return the side of the photos: that of the file where it is fixed, else the one asked for."""
    shape = images.partial_shape
    axes = LAYOUTS[_layouts(images)[0]][1:]
    own = next((shape[axis].get_length() for axis in axes if shape[axis].is_static), None)
    return side_of(own, size, path.name, section)


def _fixed(output: Output, images: Output, side: int, path: Path) -> tuple[Model, str]:
    """Return the part of a network from its images to an output, of one fixed shape, and the layout of its images.

    The number of photos is the file's where it is fixed. Where the shape allows two layouts, that which fits counts.
    """
    model = Model([output], [images.get_node()], "extractor")
    given = images.partial_shape[0]
    batch = given.get_length() if given.is_static else BATCH
    for layout in _layouts(images):
        shape = [batch, side, side, 3] if layout == "NHWC" else [batch, 3, side, side]
        try:
            model.reshape(shape)
        except RuntimeError as error:
            reason = reason_of(error)
            continue
        found = model.output().partial_shape
        if found.is_static and found.rank.get_length() in RANKS and found[0] == batch:
            return model, layout
        reason = f"its output is {found} for {batch} of them, name another with --extract.layer"
    raise UserError(f"expected {path.name} to turn photos of {side} x {side} pixels into vectors: {reason}")


def _pooled(model: Model, layout: str, pooling: str) -> Model:
    """Return the model with an output (n, d)."""
    from openvino import opset15 as ops

    output = model.get_results()[0].input_value(0)
    features = ops.convert(output, "f32")
    rank = len(output.shape)
    if rank == 3:
        taken = tokens_to_average(output.shape[1], pooling)
        features = ops.slice(features, *([each] for each in (taken.start, taken.stop, 1, 1)))
    if rank > 2:
        places = LAYOUTS[layout][1:] if rank == 4 else (1,)
        features = ops.reduce_mean(features, ops.constant(list(places)), keep_dims=False)
    return Model([features.output(0)], model.get_parameters(), "extractor")


def _prepared(model: Model, layout: str, scaling: str) -> Model:
    """Return the model with an input "images" of float32 NHWC pixels 0-255 and an output "features"."""
    steps = openvino.preprocess.PrePostProcessor(model)
    steps.input().tensor().set_element_type(openvino.Type.f32).set_layout(openvino.Layout("NHWC"))
    steps.input().model().set_layout(openvino.Layout(layout))
    row = SCALINGS[scaling]
    if row.bgr:
        steps.input().preprocess().reverse_channels()
    if scaling != "raw":
        steps.input().preprocess().mean(list(row.mean)).scale(list(row.deviation))
    model = steps.build()
    model.input().get_tensor().set_names({"images"})
    model.output().get_tensor().set_names({"features"})
    return unnumbered(model)


def unnumbered(model: Model) -> Model:
    """Return a network whose nodes are named by their places: else numbers of this process stand in its file."""
    for number, node in enumerate(model.get_ordered_ops()):
        node.set_friendly_name(f"{node.get_type_name()}_{number}")
    return model


def reason_of(error: Exception) -> str:
    """Return the last line of what OpenVINO says, which is the fault itself, without its advice."""
    return str(error).strip().splitlines()[-1].partition(" Please ")[0]
