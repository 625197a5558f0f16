"""Make the graph of a feature extractor from any backbone, weights or model file, or take one made before.
A graph is known by the key of what it is made of, which description.json holds beside it: to take it needs no
TensorFlow, whose import takes seconds."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lookalike.core.files import digest_of, write_json
from lookalike.networks import BACKBONES, WEIGHTS, is_model_file, needs_openvino
from lookalike.networks.child import call_on_jax
from lookalike.networks.options import Options, is_whole_model
from lookalike.networks.weights_beside import model_digest, weights_beside

__all__ = ["DESCRIPTION", "GRAPH_NAME", "FrozenGraph", "frozen_graph", "graph_key", "source_of", "write_description"]

GRAPH_NAME = "extractor"  # .pb; .keras for JAX; .xml and .bin where openvino alone can run it
DESCRIPTION = "description.json"


@dataclass(frozen=True)
class FrozenGraph:
    """A .pb, .keras or .xml on disk, "images" (float32, NHWC, pixels 0-255) -> "features", and what it is made of."""

    path: Path
    size: int
    dimension: int
    weights_sha256: str
    key: str


def graph_key(options: Options) -> str:
    """Return the digest of all that a graph depends on; of files and folders their content counts, not their names."""
    parts = {name: _identity(getattr(options, name)) for name in ("backbone", "weights")}
    parts |= {"form": ".keras"} if _suffix(options) == ".keras" else {}
    return digest_of(parts | options.model_dump(include={"size", "layer", "scaling", "pooling", "seed"}))


def _suffix(options: Options) -> str:
    if needs_openvino(source_of(options)):
        return ".xml"
    return ".keras" if options.engine == "jax" else ".pb"


def source_of(options: Options) -> str:
    """Return the backbone's name, or the model file that stands for it."""
    return options.weights if options.weights not in WEIGHTS and is_whole_model(options.weights) else options.backbone


def frozen_graph(
    options: Options, folder: Path, *, name: str = GRAPH_NAME, kept: Iterable[Path] = (), section: str = "extract"
) -> FrozenGraph:
    """Return the graph of an extractor as `folder / name`: one of the same key found in `kept` folders, or a new one.

    name: without suffix. section: of the settings, which errors name. Raises UserError.
    """
    key = graph_key(options)
    made = folder / f"{name}{_suffix(options)}"
    made.parent.mkdir(parents=True, exist_ok=True)
    for place in (folder, *kept):
        known = _described(place, key)
        if known is not None:
            return _copied(known, made)
    return FrozenGraph(made, *_make(options, made, section), key)


def write_description(folder: Path, descriptions: dict[str, dict]) -> None:
    """Write what computes each matrix of features, by its name, to description.json; graphs there are found by it."""
    for description in descriptions.values():
        if "graph" in description:
            description |= {"graph_sha256": model_digest(folder / description["graph"])}
    write_json(folder / DESCRIPTION, descriptions)


def _make(options: Options, path: Path, section: str) -> tuple[int, int, str]:
    source = source_of(options)
    of_file = options.model_dump(include={"size", "layer", "scaling", "pooling"}) | {"section": section}
    # Imported late: TensorFlow takes seconds, and neither a kept graph nor one for another engine needs it.
    if needs_openvino(source):
        from lookalike.networks.openvino_file import convert_file

        return convert_file(Path(source), path, **of_file)
    if path.suffix == ".keras":
        return _saved(source, options, path, of_file)
    from lookalike.networks import freeze, model_files

    if is_model_file(source):
        return model_files.freeze_file(Path(source), path, **of_file)
    given = options.model_dump(include={"size", "seed"})
    return freeze.freeze_backbone(source, options.weights, path, **given, section=section)


def _saved(source: str, options: Options, path: Path, of_file: dict) -> tuple[int, int, str]:
    """Have the network written by a process that has Keras on JAX: this one may have it on TensorFlow."""
    given = (source, options.weights, str(path), of_file | {"seed": options.seed})
    return tuple(call_on_jax("lookalike.networks.jax_network:save", *given, network=source))


def _identity(name: str) -> str:
    """Return a name of the tables as it is, and the digest of a file or folder in place of its path."""
    return name if name in BACKBONES or name in WEIGHTS else model_digest(Path(name)) or name


def _described(folder: Path, key: str) -> FrozenGraph | None:
    """Return the graph of this key that a folder describes, if it is there and whole."""
    try:
        descriptions = json.loads((folder / DESCRIPTION).read_text("utf-8")).values()
        one = next(each for each in descriptions if each.get("graph_key") == key)
        if one["graph_sha256"] != model_digest(folder / one["graph"]):
            return None
        return FrozenGraph(folder / one["graph"], one["size"], one["dimension"], one["weights_sha256"], key)
    except (OSError, ValueError, KeyError, AttributeError, StopIteration):
        return None


def _copied(graph: FrozenGraph, path: Path) -> FrozenGraph:
    if graph.path != path:
        for source in (graph.path, *weights_beside(graph.path)):
            shutil.copyfile(source, path.with_suffix(source.suffix))
    return FrozenGraph(path, graph.size, graph.dimension, graph.weights_sha256, graph.key)
