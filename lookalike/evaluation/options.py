"""The settings of stage 05, from which config.py builds its section. Light to import."""

from pydantic import Field

from lookalike.core import options

__all__ = ["Options"]


class Options(options.Options):
    """How a grouping is scored."""

    silhouette_rows: int = Field(5_000, ge=2)
    """Photos up to which the silhouette is exact; above, so many are sampled."""
    stability_runs: int = Field(2, ge=0)
    """Where no photo has a true label: random halves of the photos grouped again, for a score of stability; 0: none."""
    stability_rows: int = Field(2_000, ge=2)
    """Photos of such a half at most."""
    n_confusions: int = Field(10, ge=0)
    """Worst confusions of two classes to list, and groups that mix classes to draw."""
    seed: int = Field(0, ge=0)
    """Seed of the random samples."""
