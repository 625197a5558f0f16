"""The README's table of settings, generated from the settings classes so that it cannot drift from them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

__all__ = ["settings_table", "update"]

BEGIN, END = "<!-- settings: begin (make readme) -->", "<!-- settings: end -->"


def settings_table(settings_class: type[BaseModel]) -> str:
    """Return a Markdown table of all settings: flag, default, allowed values where few, comment."""
    rows = [f"| `{flag}` | {default} | {comment} |" for flag, default, comment in _rows(settings_class, "")]
    return "\n".join(["| setting | default | what it does |", "|---|---|---|", *rows])


def update(settings_class: type[BaseModel], readme: Path) -> None:
    """Replace the table between the README's two marks."""
    text = readme.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    readme.write_text(f"{before}{BEGIN}\n{settings_table(settings_class)}\n{END}{after}", encoding="utf-8")


def _rows(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _rows(field.annotation, f"{prefix}{name}.")
        else:
            yield prefix + name, _default(name, field), _comment(field)


def _default(name: str, field: FieldInfo) -> str:
    if name == "workers":
        return "all cores"  # the machine's, so not the same in every README
    value = field.default
    if value is None or value in ("", ()):
        return ""
    return f"`{','.join(map(str, value)) if isinstance(value, tuple) else value}`".replace("|", "\\|")


def _comment(field: FieldInfo) -> str:
    comment = (field.description or "").replace("|", "\\|")
    if get_origin(field.annotation) is Literal and len(get_args(field.annotation)) <= 16:
        comment += f" ({', '.join(f'`{value}`' for value in get_args(field.annotation))})"
    return " ".join(comment.split())
