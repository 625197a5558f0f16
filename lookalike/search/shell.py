"""What a search from the shell says: a line a photo, JSON, or bare paths for other programs."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from lookalike.core.errors import UserError
from lookalike.search.opened import Asked, Opened
from lookalike.search.ranking import Hit

__all__ = ["parse_crop", "require_hits", "say"]


def parse_crop(text: str) -> tuple[int, ...] | None:
    """Return x,y,width,height of a text, None for "". Raises UserError for anything else."""
    if not text:
        return None
    try:
        x, y, width, height = map(int, text.split(","))
    except ValueError:
        raise UserError(f"expected a crop as x,y,width,height in pixels, found {text}") from None
    return x, y, width, height


def require_hits(hits: Sequence[Hit], asked: Asked) -> None:
    """Raise UserError, which says what was asked, where nothing was found."""
    if hits:
        return
    filters = {"words": asked.words, "category": asked.category, "group": asked.group}
    told = [f"{name} {value!r}" for name, value in filters.items() if value]
    if asked.min_score > -1:
        told.append(f"a score of at least {asked.min_score:g}")
    raise UserError(f"expected a photo with {' and '.join(told) or 'another one beside it'}, found none")


def say(opened: Opened, hits: Sequence[Hit], *, as_json: bool = False, null: bool = False) -> None:
    """Print hits: score, group and path by tabs; as JSON; or, for xargs -0, paths alone that end in NUL."""
    if as_json:
        print(json.dumps([_record(opened, hit) for hit in hits], indent=1, ensure_ascii=True))
    elif null:
        sys.stdout.buffer.write(b"".join(os.fsencode(_file(opened, hit.row)) + b"\0" for hit in hits))
    else:
        for hit in hits:
            line = f"{hit.score:.4f}\t{_one_line(opened.group_name(hit.row))}\t{_one_line(_file(opened, hit.row))}"
            folded = f"\t+ {len(hit.copies)} near copies" if hit.copies else ""
            sys.stdout.buffer.write(os.fsencode(line + folded) + b"\n")
    sys.stdout.flush()


def _record(opened: Opened, hit: Hit) -> dict:
    return {
        "score": round(hit.score, 6),
        "path": opened.paths[hit.row],
        "file": _file(opened, hit.row),
        **opened.group_facts(int(opened.labels[hit.row])),
        "copies": [opened.paths[row] for row in hit.copies],
        "product": opened.words.product(hit.row),
    }


def _file(opened: Opened, row: int) -> str:
    """Return the photo's file, as seen from here where it is below."""
    file = opened.root / opened.paths[row]
    return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else str(file)


def _one_line(text: str) -> str:
    """Keep a name from ending its line or its cell."""
    return "".join(" " if letter in "\r\n\t" else letter for letter in text)
