"""The README's tables of settings, methods and networks, generated from the code so that they cannot drift from it."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from lookalike.core.options import describe

__all__ = ["fill", "settings_table", "table"]


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def settings_table(settings_class: type[BaseModel]) -> str:
    """Return a Markdown table of all settings: flag, default, comment with the allowed values where they are few."""
    describe(settings_class)
    return table(("setting", "default", "what it does"), list(_rows(settings_class, "")))


def fill(readme: Path, tables: Mapping[str, str]) -> str:
    """Return the text of a README with each table put between its two marks."""
    text = readme.read_text(encoding="utf-8")
    for name, content in tables.items():
        marks = rf"(<!-- {name}: begin[^>]*-->\n).*?(<!-- {name}: end -->)"
        text = re.sub(marks, lambda found, content=content: f"{found[1]}{content}\n{found[2]}", text, flags=re.DOTALL)
    return text


def _rows(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _rows(field.annotation, f"{prefix}{name}.")
        else:
            yield f"`{prefix}{name}`", _default(name, field), _comment(field)


def _default(name: str, field: FieldInfo) -> str:
    if name == "workers":
        return "all cores"  # the machine's, so not the same in every README
    value = field.default
    if value is None or value in ("", ()):
        return ""
    return f"`{','.join(map(str, value)) if isinstance(value, tuple) else value}`"


def _comment(field: FieldInfo) -> str:
    comment = field.description or ""
    if get_origin(field.annotation) is Literal and len(get_args(field.annotation)) <= 16:
        comment += f" ({', '.join(f'`{value}`' for value in get_args(field.annotation))})"
    return " ".join(comment.split())
