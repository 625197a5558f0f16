"""What the settings of every stage and method have in common: frozen, no unknown names, comments beside defaults."""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

__all__ = ["NamesFile", "Options"]


class NamesFile:
    """Marks a setting that may name a file or folder on whose content the result depends: Annotated[str, NamesFile]."""


class Options(BaseModel):
    """Settings that a stage or method reads; the line below each is its comment in --help and the README."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

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


def _is_marked(field: FieldInfo) -> bool:
    return NamesFile in field.metadata or NamesFile in get_args(field.annotation)
