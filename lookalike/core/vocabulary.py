"""Words that groups may be called by, with their vectors: vocabulary.json and vocabulary.npy of stage 03_text."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lookalike.core.errors import UserError
from lookalike.core.files import write_json

__all__ = ["Vocabulary", "read", "read_words", "write"]

WORDS, VECTORS = "vocabulary.json", "vocabulary.npy"
LONGEST = 100  # letters of a name


class Vocabulary(NamedTuple):
    """Words (m) and their vectors, float32 (m, d); matrix: of the photos' vectors that they lie among."""

    matrix: str
    words: list[str]
    vectors: np.ndarray


def read_words(file: Path) -> list[str]:
    """Return the lines of a text file that say something, each once whatever its case. Raises UserError."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"expected words in UTF-8, one a line, in {file}: {error}") from None
    words = [" ".join(line.split()) for line in lines]
    said = {word.casefold(): word for word in reversed(words) if any(map(str.isalpha, word))}
    if not said:
        raise UserError(f"expected words, one a line, in {file}, found none")
    long = next((word for word in said.values() if len(word) > LONGEST), None)
    if long:
        raise UserError(f"expected words of at most {LONGEST} letters in {file}, found {long[:40]!r} …: one a line")
    return list(reversed(said.values()))


def write(folder: Path, matrix: str, words: Sequence[str], vectors: np.ndarray) -> None:
    """Write words and their vectors, float32 (m, d), into a folder."""
    write_json(folder / WORDS, {"matrix": matrix, "words": list(words)})
    np.save(folder / VECTORS, vectors, allow_pickle=False)


def read(folder: Path) -> Vocabulary | None:
    """Return the vocabulary in a published folder, None where there is none."""
    if not (folder / WORDS).exists():
        return None
    told = json.loads((folder / WORDS).read_text(encoding="utf-8"))
    return Vocabulary(told["matrix"], told["words"], np.load(folder / VECTORS))
