"""Where names of groups come from beside a person: what is written about photos, a vocabulary, a classifier's head."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from lookalike.catalog import written
from lookalike.clustering.head import Head, read_head
from lookalike.clustering.likely import by_head, by_vocabulary
from lookalike.clustering.names import Ranker, from_texts
from lookalike.core import features, vocabulary
from lookalike.core.artifacts import read_manifest

__all__ = ["open_sources"]


class Options(Protocol):
    """What the user sets about names of groups."""

    names: tuple[str, ...]
    head: Path | None
    head_names: Path | None


def open_sources(
    options: Options, paths: Sequence[str], labels: np.ndarray, listed: Path, extracted: Path, texts: Path
) -> tuple[dict[str, Ranker], list[str]]:
    """Return what ranks names of groups by source, in the order of the settings, and why one of these cannot.

    labels: int (n,), of the photos at `paths`. listed, extracted, texts: published folders of 00, 03 and 03_text, of
    which the last may be absent. Raises UserError for a head that does not read.
    """
    said = written.read(listed, paths, [source for source in options.names if source in written.SOURCES])
    found = {source: from_texts(labels, each) for source, each in said.items()}
    words, unused = vocabulary.read(texts), []
    if words and "vocabulary" in options.names:
        rows = features.load(extracted, paths, name=words.matrix, unit=True)[1]
        found["vocabulary"] = by_vocabulary(labels, rows, words)
    if options.head and "head" in options.names:
        head = read_head(options.head, options.head_names)
        matrix, reason = _read_by(head, extracted)
        unused = [f"no names by cluster.head: {reason}"] if reason else []
        if matrix:
            found["head"] = by_head(labels, features.load(extracted, paths, name=matrix)[1], head)
    return {source: found[source] for source in options.names if source in found}, unused


def _read_by(head: Head, extracted: Path) -> tuple[str, str]:
    """Return the matrix of vectors that a head reads, or why there is none."""
    made = read_manifest(extracted).parameters
    if made["l2"]:
        return "", "extract.l2 took the lengths of the vectors, by which it is sure or not"
    sizes = {name: features.load(extracted, name=name)[1].shape[1] for name in features.unjoined(extracted)}
    told = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
    if made["weights"] == "finetuned":
        sizes = {name: size for name, size in sizes.items() if name == "base"}
    fitting = [name for name, size in sizes.items() if size == len(head.kernel)]
    if len(fitting) == 1:
        return fitting[0], ""
    whose = f"of one network{' that is not fine-tuned' if made['weights'] == 'finetuned' else ''}"
    return "", f"it reads vectors of {len(head.kernel):,} numbers {whose}, found {told}"
