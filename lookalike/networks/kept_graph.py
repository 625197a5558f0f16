"""Make the frozen graph of a feature extractor from any backbone, weights or model file, and keep it for the next run.
A graph that was made of the same things before is taken as it is, without importing TensorFlow, which takes seconds."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from lookalike.core.errors import UserError
from lookalike.networks import BACKBONES, WEIGHTS, is_model_file

__all__ = ["FrozenGraph", "frozen_graph"]

GRAPH_NAME = "extractor.pb"
RECORD_NAME = "extractor.json"


@dataclass(frozen=True)
class FrozenGraph:
    """A .pb on disk with nodes "images" (float32, NHWC, pixels 0-255) -> "features", and what it is made of."""

    path: Path
    size: int
    dimension: int
    weights_sha256: str


def frozen_graph(
    backbone: str,
    weights: str,
    folder: Path,
    *,
    size: int | None = None,
    layer: str = "",
    scaling: str = "raw",
    seed: int = 0,
) -> FrozenGraph:
    """Return the frozen graph of an extractor in `folder`, made anew only if what it depends on has changed.

    backbone: a name of the table, or a .keras, .h5, .pb file or SavedModel folder; for a file, `layer` names the layer
    or node to take (default: the last), and `scaling` the preprocessing it expects ("raw", "tf", "torch", "caffe").
    weights: as in `backbones.build_extractor`; a .pb, .keras or SavedModel there is the whole extractor.
    Raises UserError.
    """
    own_weights = weights not in WEIGHTS
    source = weights if own_weights and _is_whole_model(weights) else backbone
    if is_model_file(backbone) and own_weights:
        raise UserError(f"expected no extract.weights with the model file {backbone} as backbone, found {weights}")
    request = {"backbone": _identity(source), "weights": _identity(weights), "size": size, "layer": layer}
    request |= {"scaling": scaling, "seed": seed}
    known = _read_record(folder, request)
    if known is not None:
        return known
    # Imported late: TensorFlow takes seconds, and a kept graph needs none of it.
    from lookalike.networks import backbones, files

    if is_model_file(source):
        made = files.freeze_file(Path(source), folder / GRAPH_NAME, size=size, layer=layer, scaling=scaling)
    else:
        if layer:
            raise UserError(f"expected extract.layer only with a model file as backbone, found {layer!r} for {source}")
        made = backbones.freeze_backbone(source, weights, folder / GRAPH_NAME, size=size, seed=seed)
    graph = FrozenGraph(folder / GRAPH_NAME, *made)
    _write_record(folder, request, graph)
    return graph


def _identity(name: str) -> str:
    """Return a name of the tables as it is, and the digest of a file in place of its path."""
    return name if name in BACKBONES or name in WEIGHTS else _digest(Path(name)) or name


def _is_whole_model(weights: str) -> bool:
    return weights.endswith((".pb", ".keras")) or (Path(weights) / "saved_model.pb").is_file()


def _digest(path: Path) -> str:
    """Return the sha256 of a file or of all files of a folder; "" for what is neither."""
    files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    if not files[0:1] or not files[0].is_file():
        return ""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()


def _read_record(folder: Path, request: dict) -> FrozenGraph | None:
    try:
        record = json.loads((folder / RECORD_NAME).read_text("utf-8"))
        if record["request"] != request or record["graph_sha256"] != _digest(folder / GRAPH_NAME):
            return None
        return FrozenGraph(**(record["graph"] | {"path": folder / GRAPH_NAME}))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write_record(folder: Path, request: dict, graph: FrozenGraph) -> None:
    record = {"request": request, "graph_sha256": _digest(graph.path), "graph": asdict(graph) | {"path": GRAPH_NAME}}
    aside = folder / f"{RECORD_NAME}.part"
    aside.write_text(json.dumps(record, indent=2) + "\n", "utf-8")
    aside.replace(folder / RECORD_NAME)
