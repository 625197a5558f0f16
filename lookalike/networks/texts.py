"""Texts as vectors among those of photos: a text encoder in ONNX or OpenVINO's format, and the tokenizer it reads by.

The network gets one fixed shape: texts are cut and padded to as many tokens as its input has, else tokenizer.json says,
else 64, which CLIP and SigLIP both take.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lookalike.core import features
from lookalike.core.arrays import unit_rows
from lookalike.core.errors import UserError
from lookalike.core.files import write_json
from lookalike.networks.openvino_engine import openvino
from lookalike.networks.openvino_file import inputs_of, read_network, reason_of, unnumbered
from lookalike.networks.options import TOKENIZER

__all__ = ["Made", "TextEncoder", "convert", "matrix_of"]

NETWORK, DESCRIPTION = "text.xml", "text.json"
TOKENS = 64  # where neither the network nor the tokenizer says
PADS = ("<pad>", "[PAD]")  # tokens that fill a text up, where tokenizer.json does not say; else that of number 0
IDS = "input_ids"
BESIDE = ("attention_mask", "position_ids", "token_type_ids")  # inputs that follow from the tokens
LONGEST = 10_000  # letters of a text that are read
SAMPLED = 10_000  # photos whose vectors tell how long those of texts are to be


class Made(NamedTuple):
    """A converted text encoder: the matrix of photos that its vectors lie among, their numbers, its tokens."""

    matrix: str
    dimension: int
    tokens: int
    photos: int


class TextEncoder:
    """Turns texts into vectors; may be called from several threads. matrix: of the photos' vectors they lie among."""

    def __init__(self, folder: Path) -> None:
        """Open what `convert` wrote into a folder. Raises UserError where the package tokenizers is not installed."""
        described = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        self.matrix, self._length, self._known = (described[name] for name in ("matrix", "length", "known"))
        self._tokenizer = _open_tokenizer(folder / TOKENIZER)
        self._network = openvino.compile_model(folder / NETWORK, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        self._seen(np.zeros((1, 2, self._network.input(0).shape[1]), np.int64))  # see `open_graph`

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Return the vectors of m texts, float32 (m, d), as long as those of photos are in the mean.

        Of a text the first tokens that fit are read. Raises UserError for one of which the tokenizer knows nothing.
        """
        read = np.stack([self._tokens(text) for text in texts])
        batch = self._network.input(0).shape[0]
        blocks = [read[start : start + batch] for start in range(0, len(read), batch)]
        vectors = np.concatenate([self._seen(block) for block in blocks])
        if not np.isfinite(vectors).all():
            raise UserError("expected finite vectors of texts, found others: export the text encoder again in float32")
        return (unit_rows(vectors) * self._length).astype(np.float32)

    def _tokens(self, text: str) -> np.ndarray:
        """Return the numbers of a text's tokens and which of them are the text's own: int64 (2, tokens)."""
        read = self._tokenizer.encode(text[:LONGEST].encode("utf-8", "replace").decode("utf-8"))
        if not text.strip() or not any(read.attention_mask):
            raise UserError(f"expected words that {TOKENIZER} knows, found none in {text[:40]!r}")
        if self._known and max(read.ids) >= self._known:  # the network would take any vector for it, and say nothing
            found = f"token {max(read.ids):,} of {text[:40]!r}: {TOKENIZER} is that of another one"
            raise UserError(f"expected tokens below {self._known:,}, which the text encoder knows, found {found}")
        return np.array([read.ids, read.attention_mask], np.int64)

    def _seen(self, tokens: np.ndarray) -> np.ndarray:
        """Return the vectors (n, d) of tokens (n, 2, t), n at most the network's batch."""
        n, batch = len(tokens), self._network.input(0).shape[0]
        ids, mask = np.resize(tokens, (batch, *tokens.shape[1:])).swapaxes(0, 1)
        positions = np.broadcast_to(np.arange(ids.shape[1]), ids.shape)
        values = {IDS: ids, "attention_mask": mask, "position_ids": positions, "token_type_ids": np.zeros_like(ids)}
        given = {port: values[port.any_name].astype(port.element_type.to_dtype()) for port in self._network.inputs}
        request = self._network.create_infer_request()
        request.infer(given)
        return request.get_output_tensor().data[:n].copy()


def convert(path: Path, folder: Path, extracted: Path) -> Made:
    """Write the text encoder of an .onnx or .xml file into a folder, with its tokenizer.

    extracted: the published folder of 03, one of whose matrices has to have vectors of as many numbers. Raises
    UserError.
    """
    model = _with_known_inputs(_text_output(read_network(path), path), path)
    tokenizer = _open_tokenizer(path.with_name(TOKENIZER))
    known, tokens = _known(model.input(IDS)), _fill_up(tokenizer, model.input(IDS).partial_shape[1])
    try:
        model.reshape({port: [_batch(port), tokens] for port in model.inputs})
        dimension = model.output().shape[1]
    except RuntimeError as error:
        raise UserError(
            f"expected {path.name} to turn {tokens} tokens into a vector: {reason_of(error)}: export it with an input "
            f"of fixed length, or have {TOKENIZER} pad to that"
        ) from error
    matrix = _fitting(extracted, dimension, path)
    rows = features.load(extracted, name=matrix)[1]
    sample = rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), SAMPLED)).astype(int))]
    length = float(np.linalg.norm(sample, axis=1).mean()) or 1.0
    openvino.save_model(unnumbered(model), folder / NETWORK, compress_to_fp16=False)
    tokenizer.save(str(folder / TOKENIZER))
    write_json(folder / DESCRIPTION, {"matrix": matrix, "length": length, "known": known})
    return Made(matrix, dimension, tokens, len(rows))


def matrix_of(folder: Path) -> str:
    """Return the matrix of photos that the vectors of a published text encoder lie among."""
    return json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))["matrix"]


def _open_tokenizer(file: Path):
    try:
        from tokenizers import Tokenizer  # late: an extra
    except ImportError:
        remedy = 'install it (pip install "lookalike[text]")'
        raise UserError(f"expected the package tokenizers, which reads {file.name}, found none: {remedy}") from None
    if not file.is_file():
        raise UserError(f"expected {file.name} beside the text encoder, found none at {file}: copy it from its source")
    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:  # the package has no other kind
        raise UserError(f"expected a tokenizer in {file}: {error}: copy it again from its source") from error


def _text_output(model: openvino.Model, path: Path) -> openvino.Output:
    """Return the one output of a network that is a vector a text."""
    ends = [result.input_value(0) for result in model.get_results()]
    vectors = [end for end in ends if end.partial_shape.rank == 2 and end.element_type.is_real()]
    if len(vectors) != 1:
        told = ", ".join(f"{min(end.get_names(), default='?')} {end.partial_shape}" for end in vectors or ends)
        kind = "of them" if vectors else "and no vector among its outputs"
        raise UserError(
            f"expected one output of {path.name} that is a vector a text, found {len(vectors)} {kind} ({told}): export "
            f"the text encoder with the vector that is compared with photos alone"
        )
    return vectors[0]


def _with_known_inputs(output: openvino.Output, path: Path) -> openvino.Model:
    """Return the part of a network from tokens to an output (n, d) of float32, its inputs named as we know them."""
    inputs = list(inputs_of(output))
    fitting = [port for port in inputs if port.partial_shape.rank == 2 and port.element_type.is_integral_number()]
    names = {port: next((name for name in (IDS, *BESIDE) if name in port.get_names()), "") for port in inputs}
    if len(inputs) == 1 and fitting:
        names = {fitting[0]: IDS}  # of any name
    if fitting != inputs or IDS not in names.values() or "" in names.values():
        told = ", ".join(f"{min(port.get_names(), default='?')} {port.partial_shape}" for port in inputs) or "none"
        known = f"{IDS} (n, tokens), whole numbers, and maybe {', '.join(BESIDE)}"
        raise UserError(f"expected the inputs {known} in {path.name}, found {told}: export the text encoder alone")
    features_of = openvino.opset15.convert(output, "f32")
    model = openvino.Model([features_of.output(0)], [port.get_node() for port in inputs], "text_encoder")
    for port, name in names.items():
        port.get_tensor().set_names({name})
    return model


def _fill_up(tokenizer, asked: openvino.Dimension) -> int:
    """Have a tokenizer cut and pad every text to one number of tokens, which is returned."""
    padding, truncation = tokenizer.padding or {}, tokenizer.truncation or {}
    told = padding.get("length") or truncation.get("max_length") or TOKENS
    tokens = asked.get_length() if asked.is_static else told
    filler = next((token for token in PADS if tokenizer.token_to_id(token) is not None), PADS[0])
    pad = {"pad_id": tokenizer.token_to_id(filler) or 0, "pad_token": filler}
    pad |= {name: padding[name] for name in ("pad_id", "pad_token", "pad_type_id", "direction") if name in padding}
    tokenizer.enable_truncation(max_length=tokens)
    tokenizer.enable_padding(length=tokens, **pad)
    return tokens


def _known(ids: openvino.Output) -> int:
    """Return how many tokens the table has that their numbers look into, 0 where that cannot be told."""
    for target in ids.get_target_inputs():
        node, place = target.get_node(), target.get_index()
        rows = node.input_value(0).partial_shape
        if node.get_type_name() == "Gather" and place == 1 and rows.is_static:
            return rows[0].get_length()
        known = _known(node.output(0)) if node.get_type_name() in ("Convert", "Reshape") and place == 0 else 0
        if known:
            return known
    return 0


def _batch(port: openvino.Output) -> int:
    given = port.partial_shape[0]
    return given.get_length() if given.is_static else 1


def _fitting(extracted: Path, dimension: int, path: Path) -> str:
    """Return the matrix of photos that vectors of so many numbers lie among: of eyes alike, that of the file's name."""
    sizes = {name: features.load(extracted, name=name)[1].shape[1] for name in features.unjoined(extracted)}
    fitting = [name for name, size in sizes.items() if size == dimension]
    told = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
    if not fitting:
        raise UserError(
            f"expected a text encoder of the photos' vectors ({told}), found vectors of {dimension:,} numbers in "
            f"{path.name}: take the one that was trained with their network"
        )
    named = [name for name in fitting if path.stem.startswith(name)]
    if len(fitting) > 1 and len(named) != 1:
        raise UserError(
            f"expected one eye with vectors of {dimension:,} numbers, found {told}: begin {path.name} with its name"
        )
    return named[0] if len(fitting) > 1 else fitting[0]
