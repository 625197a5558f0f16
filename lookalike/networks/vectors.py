"""Extract the vectors of all prepared photos, shard by shard, computing only what no earlier run has computed alike."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lookalike.core import features
from lookalike.core.errors import UserError
from lookalike.core.executors import Advance, Run
from lookalike.core.progress import progress
from lookalike.core.shards import Compute, Part, Row, work_through
from lookalike.networks.engines import Extractor
from lookalike.networks.extraction import compute_matrices
from lookalike.networks.finishing import join_eyes, reduce_features, write_tsv
from lookalike.networks.fusion import ROWS, Eye, eyes_in_words
from lookalike.networks.options import Options
from lookalike.networks.squares import Photo

__all__ = ["Extracted", "extract_all"]

Reopen = Callable[[int], Mapping[str, Extractor]]
Item = tuple[str, Photo]


@dataclass(frozen=True)
class Extracted:
    """What a run of the stage did: rows in all, photos computed now, why a photo has no vector, and eyes joined."""

    images: int
    computed: int
    errors: dict[str, str]
    eyes: dict[str, Eye]

    @property
    def words(self) -> str:
        """What is joined, after a comma; nothing where there is one eye."""
        return f", {eyes_in_words(self.eyes)}" if self.eyes else ""

    @property
    def counts(self) -> dict[str, object]:
        """What the manifest tells of it."""
        weighed = {name: eye._asdict() for name, eye in self.eyes.items()}
        return {"errors": len(self.errors)} | ({"eyes": weighed} if weighed else {})

    @property
    def approximations(self) -> list[str]:
        """Where what was computed is not exact."""
        weighed = any(eye.agreement is not None for eye in self.eyes.values())
        return [f"eyes are weighed by {ROWS:,} of {self.images:,} vectors"] if weighed and self.images > ROWS else []


def extract_all(
    paths: Sequence[str],
    photos: Sequence[Photo],
    draft: Path,
    work: Path,
    known: Iterable[Part],
    extractors: Mapping[str, Extractor],
    reopen: Reopen,
    options: Options,
    run: Run,
) -> Extracted:
    """Write the vectors of all prepared photos into the draft: shards, what is made of all of them, and the index.

    work: keeps finished shards. known: parts of a published result. extractors: from `open_extractors`; reopen: opens
    them once more, elsewhere, for so many threads. Raises UserError where no photo has a vector.
    """
    task, keys = _Extraction(extractors, reopen, options), [photo.sha256 for photo in photos]
    items = list(zip(paths, photos, strict=True))
    with progress("extracting features", len(photos) * len(extractors), "vectors") as advance:
        parts = list(work_through(work, paths, keys, items, task, known=known, run=run, advance=advance))
    errors = {row["path"]: row["error"] for part in parts for row in part.rows if row["error"]}
    if len(errors) == len(paths):
        raise UserError(f"expected at least one photo that decodes, found {len(errors)} that do not")
    features.write(draft, parts)
    eyes = join_eyes(draft, list(extractors), features.WHOLE if options.pca else features.MAIN)
    if options.pca:
        reduce_features(draft, options.pca, run, work / "crew")
    if options.tsv:
        write_tsv(draft)
    return Extracted(len(paths) - len(errors), sum(part.computed for part in parts), errors, eyes)


class _Extraction:
    """Makes vectors of prepared photos: items are a path and the photo. The extractors are opened where it is sent."""

    def __init__(self, extractors: Mapping[str, Extractor] | None, reopen: Reopen, options: Options) -> None:
        self._extractors, self._reopen, self._options = extractors, reopen, options

    def __reduce__(self) -> tuple:
        return _Extraction, (None, self._reopen, self._options)

    def open(self, workers: int) -> Compute:
        extractors = self._extractors or self._reopen(workers)

        def compute(items: list[Item], advance: Advance) -> Part:
            made = compute_matrices([photo for _, photo in items], extractors, self._options, advance)
            return Part(_rows(items, made.errors), made.arrays)

        return compute

    def refused(self, items: list[Item], reason: str) -> Part:
        nothing = [Photo(Path(), data=b"")] * len(items)
        arrays = compute_matrices(nothing, self._extractors, self._options).arrays
        return Part(_rows(items, [reason] * len(items)), arrays)


def _rows(items: list[Item], errors: Sequence[str | None]) -> list[Row]:
    return [
        {"path": path, "key": photo.sha256, "reusable": error is None, "error": error}
        for (path, photo), error in zip(items, errors, strict=True)
    ]
