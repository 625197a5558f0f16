"""What the options of every method have in common."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["MethodOptions", "Scaled", "Scaling"]

Scaling = Literal["l2", "minmax", "none"]


class MethodOptions(BaseModel):
    """The options of one method: frozen, unknown names refused, the string below a field is its comment."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Scaled(MethodOptions):
    """Options of a method that sees the vectors scaled, and reduced to their principal axes."""

    scaling: Scaling = "l2"
    """l2: vectors of length 1; minmax: each number from -1 to 1; none: as they are."""
    components: int = Field(128, ge=0)
    """Principal axes kept; 0: all."""
