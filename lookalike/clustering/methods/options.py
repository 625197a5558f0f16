"""What the options of every method have in common."""

from typing import Literal

from pydantic import Field

from lookalike.core.options import Options

__all__ = ["MethodOptions", "Scaled", "Scaling"]

Scaling = Literal["l2", "minmax", "none"]


class MethodOptions(Options):
    """The options of one method."""


class Scaled(MethodOptions):
    """Options of a method that sees the vectors scaled, and reduced to their principal axes."""

    scaling: Scaling = "l2"
    """l2: vectors of length 1; minmax: each number from -1 to 1; none: as they are."""
    components: int = Field(128, ge=0)
    """Principal axes kept; 0: all."""
