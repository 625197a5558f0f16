"""The extractors of a published result once more, for photos that are not in it: the same network, the same numbers."""

import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from lookalike.core.errors import UserError
from lookalike.core.features import MAIN, WHOLE
from lookalike.networks import ENGINES
from lookalike.networks.devices import Wanted
from lookalike.networks.engines import Extractor, choose_engine, handcrafted_extractor, open_frozen
from lookalike.networks.extraction import compute_matrices
from lookalike.networks.finishing import read_fusion
from lookalike.networks.fusion import Fusion
from lookalike.networks.graph import DESCRIPTION
from lookalike.networks.options import Options
from lookalike.networks.pca import REDUCED, Components, project, read_components
from lookalike.networks.squares import Photo

__all__ = ["Eyes", "reopen"]


class Eyes:
    """What turns prepared photos into vectors as a published 03_extract did; may be called from several threads."""

    def __init__(
        self,
        extractors: Mapping[str, Extractor],
        fusion: Fusion,
        options: Options,
        components: Components | None,
    ) -> None:
        self._extractors, self._fusion = dict(extractors), fusion
        self._options, self._components = options, components

    def __call__(self, files: Sequence[bytes]) -> dict[str, np.ndarray]:
        """Return the matrices, float32 (n, d) by name, of n prepared photos, the bytes of their files.

        Raises UserError for bytes that are no image.
        """
        made = compute_matrices([Photo(Path(), data=bytes(data)) for data in files], self._extractors, self._options)
        wrong = next(filter(None, made.errors), None)
        if wrong:
            raise UserError(f"expected a photo, found one that does not decode: {wrong}")
        joined = {} if len(self._extractors) == 1 else {self._whole: self._fusion.join(made.arrays)}
        arrays = {name: array.astype(np.float32) for name, array in (made.arrays | joined).items()}
        if self._components is not None:
            arrays[MAIN] = project(arrays.pop(WHOLE), self._components)
        return arrays

    @property
    def _whole(self) -> str:
        return MAIN if self._components is None else WHOLE


def reopen(folder: Path, parameters: Mapping, *, workers: int = 1) -> Eyes:
    """Open the extractors of a published folder of 03 from the graphs in it, with the engine that they ran on.

    parameters: the settings that made the folder. Where the engine is not installed, another takes its place. Raises
    UserError where a graph is missing.
    """
    # The settings were checked when they made the folder; files that they name may have gone since.
    options = Options.model_construct(**{name: value for name, value in parameters.items() if name != "content"})
    described = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    opened = {name: _open(folder, one, workers) for name, one in described.items()}
    extractors = {name: one.on_foreground(described[name].get("background", "none")) for name, one in opened.items()}
    components = read_components(folder / REDUCED) if options.pca else None
    return Eyes(extractors, read_fusion(folder, described), options, components)


def _open(folder: Path, described: Mapping, workers: int) -> Extractor:
    if "graph" not in described:
        return handcrafted_extractor(workers)
    path = folder / described["graph"]
    if not path.exists():
        raise UserError(f"expected the network at {path}, found none: run python 03_extract.py")
    there = described["engine"] in ENGINES and find_spec(described["engine"]) is not None
    engine = described["engine"] if there else _another(path)
    wanted = Wanted(described["precision"], workers, described["batch"], described.get("xla") if there else None)
    return open_frozen(path, described["size"], described["dimension"], wanted, described | {"engine": engine})


def _another(graph: Path) -> str:
    return "tensorflow" if graph.suffix == ".keras" else choose_engine("auto", graph.name)
