"""The settings of stage 05, from which config.py builds its section. Light to import."""

from typing import Annotated

from pydantic import AfterValidator, Field

from lookalike.core import options

__all__ = ["Options"]


def _none_or_pairs(runs: int) -> int:
    if runs == 1:
        raise ValueError("0, or at least 2 samples to compare")
    return runs


class Options(options.Options):
    """How a grouping is scored."""

    silhouette_rows: int = Field(5_000, ge=2)
    """Photos up to which the silhouette is exact; above, so many are sampled."""
    stability_runs: Annotated[int, Field(ge=0), AfterValidator(_none_or_pairs)] = 3
    """Where no photo has a true label: samples of the photos grouped again and compared; 0: none."""
    stability_rows: int = Field(2_000, ge=2)
    """Photos of such a sample at most; else four fifths of all."""
    n_confusions: int = Field(10, ge=0)
    """Worst confusions of two classes to list and draw."""
    seed: int = Field(0, ge=0)
    """Of the samples."""
