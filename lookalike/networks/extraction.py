"""Extract the vectors of all prepared photos: shard by shard, computing only what no earlier run has computed alike."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from lookalike.core import features
from lookalike.core.artifacts import digest_of, read_manifest
from lookalike.core.errors import UserError
from lookalike.core.executors import EXECUTORS
from lookalike.core.progress import progress
from lookalike.core.tables import Columns
from lookalike.networks.engines import Extractor, choose_engine, open_extractor
from lookalike.networks.extract import extract_rows, l2_normalise
from lookalike.networks.kept_graph import GRAPH_NAME, RECORD_NAME
from lookalike.networks.pca import fit_pca, project

__all__ = ["Extracted", "extract_all", "finish", "open_extractors", "row_key"]

FINETUNED = "02_finetune"
FEATURES = "features"  # the matrix that later stages read
GLOBAL = ("pca", "tsv")  # settings that say nothing of a single row
RAW = "backbone"  # the matrix kept beside the features when PCA makes those


class Run(Protocol):
    """How to run: where, and how many photos a shard."""

    executor: str
    shard_size: int


@dataclass(frozen=True)
class Extracted:
    """What a run of the stage did: rows in all, photos computed now, and why a photo has no vector."""

    images: int
    computed: int
    errors: dict[str, str]


def row_key(parameters: Mapping, inputs: Mapping) -> str:
    """Return what a vector depends on besides its photo: settings, the engine in use, the fine-tuned model's digest."""
    local = {name: value for name, value in parameters.items() if name not in GLOBAL}
    return digest_of([local, choose_engine(parameters["engine"]), bool(parameters["pca"]), inputs.get(FINETUNED)])


def open_extractors(
    published: Path, draft: Path, tuned: Path, backbone: str, weights: str, *, side_by_side: bool, **options
) -> dict[str, Extractor]:
    """Open the extractor of the settings, or the fine-tuned one, or both: by the name of the matrix they make.

    tuned: the folder of stage 02, read where weights is "finetuned"; the base is then the network it started from.
    Raises UserError where side_by_side is asked for without it.
    """
    if weights != "finetuned":
        if side_by_side:
            raise UserError(f"extract.side_by_side: expected extract.weights finetuned beside it, found {weights}")
        return {FEATURES: _open_reusing(published, draft, backbone, weights, **options)}
    found = {FEATURES: _open_reusing(published, draft, backbone, str(tuned / "extractor.pb"), **options)}
    if not side_by_side:
        return found
    start = read_manifest(tuned).parameters
    base = _open_reusing(published / "base", draft / "base", start["backbone"], start["weights"], **options)
    return {"base": base, "finetuned": found[FEATURES]}


def extract_all(
    photos: Columns,
    draft: Path,
    published: Path | None,
    extractors: Mapping[str, Extractor],
    *,
    run: Run,
    views: Sequence[str],
    l2: bool,
    storage: str,
    pca: float,
) -> Extracted:
    """Write the vectors of all prepared photos into the draft: shards and index.

    published: the folder whose rows may be reused, or None. extractors: from `open_extractors`; of several, the
    features are their vectors scaled to length 1 and joined. views, l2: see `extract_rows`. storage: dtype on disk.
    pca: only whether it is 0 matters here, since it names the matrix. Raises UserError where no photo has a vector.
    """
    known = features.known_rows(published, draft)

    def compute(rows: Sequence[int]) -> tuple[dict[str, np.ndarray], list[str | None]]:
        files = [photos["image"][row] for row in rows]
        matrices, errors = {}, []
        for name, extractor in extractors.items():
            matrices[name], errors = extract_rows(files, extractor, views=views, l2=l2, advance=advance)
        if FEATURES not in matrices:
            matrices[FEATURES] = np.hstack([l2_normalise(matrix) for matrix in matrices.values()])
        if pca:
            matrices[RAW] = matrices.pop(FEATURES)
        return {name: matrix.astype(storage, copy=False) for name, matrix in matrices.items()}, errors

    new = sum(key not in known for key in photos["digest"])
    with progress("extracting features", new * len(extractors), "vectors") as advance:
        places = {"shard_size": run.shard_size, "executor": EXECUTORS[run.executor]}
        done = list(features.write_shards(draft, photos["path"], photos["digest"], known, compute, **places))
    images = len(features.finish_index(draft)["path"])
    errors = {path: error for _, _, bad in done for path, error in bad.items()}
    if not images:
        raise UserError(f"expected at least one photo that decodes, found {len(errors)} that do not")
    return Extracted(images, sum(fresh for _, fresh, _ in done), errors)


def finish(draft: Path, *, pca: float, tsv: bool) -> int:
    """Reduce the draft's vectors by PCA if asked, write them as text if asked, return their dimension.

    pca: 0, a share of the variance to keep (below 1) or a number of components; these are saved as pca.npz.
    """
    if pca:
        shards = sorted(draft.glob(f"{RAW}_[0-9]*.npy"))
        components = fit_pca((np.load(shard, mmap_mode="r") for shard in shards), pca)
        for shard in shards:
            reduced = project(np.load(shard), components)
            np.save(draft / shard.name.replace(RAW, "features"), reduced.astype(np.load(shard, mmap_mode="r").dtype))
        np.savez(draft / "pca.npz", **components._asdict())
    shards = sorted(draft.glob("features_[0-9]*.npy"))
    if tsv:
        with (draft / "features.tsv").open("w", encoding="utf-8") as file:
            for shard in shards:
                np.savetxt(file, np.load(shard), fmt="%.6g", delimiter="\t")
    return np.load(shards[0], mmap_mode="r").shape[1]


def _open_reusing(published: Path, draft: Path, backbone: str, weights: str, **options) -> Extractor:
    """Open an extractor whose frozen graph lies in the draft; one that was published is taken, if made of the same."""
    draft.mkdir(exist_ok=True)
    for name in (GRAPH_NAME, RECORD_NAME):
        if (published / name).exists() and not (draft / name).exists():
            shutil.copyfile(published / name, draft / name)
    return open_extractor(backbone, weights, folder_for_pb=draft, **options)
