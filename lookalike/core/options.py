"""What the settings of all stages and methods have in common: frozen, no unknown names, comments beside defaults."""

import ast
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

__all__ = ["NamesFile", "Options", "describe"]


class NamesFile:
    """Marks a setting that may name a file or folder on whose content the result depends: Annotated[str, NamesFile]."""


class Options(BaseModel):
    """Settings that a stage or method reads; the line below each is its comment in --help and the README."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    def parameters(self, stage: str = "") -> dict:
        """Return what the result of a stage depends on, as JSON-able values."""
        return self.model_dump(mode="json")

    def files(self, stage: str = "") -> list[Path]:
        """Return the files and folders that the settings name and that are there, sorted."""
        return sorted(path for path in set(self._named()) if path.exists())

    def _named(self) -> Iterator[Path]:
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if isinstance(value, Options):
                yield from value._named()
            elif value is not None and (isinstance(value, Path) or _is_marked(field)):
                yield Path(value)


def describe(settings_class: type[BaseModel]) -> None:
    """Give each setting of a class, and of the sections in it, the comment below it as its description.

    pydantic does so itself, when classes are made; --help alone needs them, and every other start would wait.
    """
    comments: dict[str, str] = {}
    for parent in reversed(settings_class.__mro__):
        comments |= _comments(parent.__module__).get(parent.__name__, {})
    for name, field in settings_class.model_fields.items():
        field.description = field.description or comments.get(name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            describe(field.annotation)


@cache
def _comments(module: str) -> Mapping[str, Mapping[str, str]]:
    """Return the texts that stand below the settings of each class of a module, by the names of both."""
    file = getattr(sys.modules[module], "__file__", None)
    if not module.startswith(("config", "lookalike")) or file is None:
        return {}
    classes = (node for node in ast.parse(Path(file).read_text("utf-8")).body if isinstance(node, ast.ClassDef))
    return {node.name: dict(_below(node)) for node in classes}


def _below(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for setting, text in pairwise(node.body):
        if isinstance(setting, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            yield setting.target.id, str(text.value.value)


def _is_marked(field: FieldInfo) -> bool:
    return NamesFile in field.metadata or NamesFile in get_args(field.annotation)
