"""Extract the vectors of all prepared photos, shard by shard, computing only what no earlier run has computed alike."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lookalike.core import features
from lookalike.core.errors import UserError
from lookalike.core.progress import progress
from lookalike.core.shards import Part, work_through
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
    paths: Sequence[str],
    photos: Sequence[Photo],
    draft: Path,
    work: Path,
    known: Iterable[Part],
    extractors: Mapping[str, Extractor],
    options: Options,
    run: Run,
) -> Extracted:
    """Write the vectors of all prepared photos into the draft: shards, what is made of all of them, and the index.

    work: keeps finished shards. known: parts of a published result. extractors: from `open_extractors`. Raises
    UserError where no photo has a vector.
    """

    def compute(rows: Sequence[int]) -> Part:
        made = compute_matrices([photos[row] for row in rows], extractors, options, advance)
        found = [
            {"path": paths[row], "key": photos[row].sha256, "reusable": error is None, "error": error}
            for row, error in zip(rows, made.errors, strict=True)
        ]
        return Part(found, made.arrays, len(rows))

    with progress("extracting features", len(photos) * len(extractors), "vectors") as advance:
        keys = [photo.sha256 for photo in photos]
        how = {"known": known, "shard_size": run.shard_size, "executor": run.executor}
        parts = list(work_through(work, paths, keys, compute, **how))
    errors = {row["path"]: row["error"] for part in parts for row in part.rows if row["error"]}
    if len(errors) == len(paths):
        raise UserError(f"expected at least one photo that decodes, found {len(errors)} that do not")
    features.write(draft, parts)
    if options.pca:
        reduce_features(draft, options.pca)
    if options.tsv:
        write_tsv(draft)
    return Extracted(len(paths) - len(errors), sum(part.computed for part in parts), errors)
