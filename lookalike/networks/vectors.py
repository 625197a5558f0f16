"""Extract the vectors of all prepared photos, shard by shard, computing only what no earlier run has computed alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from lookalike.core import features
from lookalike.core.errors import UserError
from lookalike.core.executors import EXECUTORS
from lookalike.core.progress import progress
from lookalike.core.tables import Columns
from lookalike.networks.engines import Extractor
from lookalike.networks.extraction import compute_matrices
from lookalike.networks.finishing import reduce_features, write_tsv
from lookalike.networks.options import Options
from lookalike.networks.squares import Photo

__all__ = ["Extracted", "extract_all"]


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


def extract_all(
    photos: Columns,
    draft: Path,
    published: Path | None,
    extractors: Mapping[str, Extractor],
    options: Options,
    run: Run,
) -> Extracted:
    """Write the vectors of all prepared photos into the draft: shards, what is made of all of them, and the index.

    published: the folder whose rows may be reused, or None. extractors: from `open_extractors`. Raises UserError where
    no photo has a vector.
    """
    known = features.known_rows(published, draft)

    def compute(rows: Sequence[int]) -> tuple[dict[str, np.ndarray], list[str | None]]:
        chosen = [Photo(photos["image"][row], photos["digest"][row]) for row in rows]
        made = compute_matrices(chosen, extractors, options, advance)
        return made.arrays, made.errors

    new = sum(key not in known for key in photos["digest"])
    with progress("extracting features", new * len(extractors), "vectors") as advance:
        places = {"shard_size": run.shard_size, "executor": EXECUTORS[run.executor]}
        done = list(features.write_shards(draft, photos["path"], photos["digest"], known, compute, **places))
    errors = {path: error for _, _, bad in done for path, error in bad.items()}
    images = len(photos["path"]) - len(errors)
    if not images:
        raise UserError(f"expected at least one photo that decodes, found {len(errors)} that do not")
    if options.pca:
        reduce_features(draft, options.pca)
    if options.tsv:
        write_tsv(draft)
    features.finish_index(draft)  # last: until then the shards are what an interrupted run goes on with
    return Extracted(images, sum(fresh for _, fresh, _ in done), errors)
