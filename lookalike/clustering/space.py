"""The space that photos are grouped in: their rows, scaled and searched for neighbours once for all who ask.

The estimate of the number of groups, the method, the refinement, the description and the search for near copies share
one space.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from lookalike.clustering.neighbours import is_exact, measure_recall, nearest_among, nearest_neighbours
from lookalike.clustering.scaling import prepare, selected
from lookalike.core.errors import UserError

__all__ = ["Space"]

USUAL_NEIGHBOURS = 30  # the most that a run with the usual settings asks for: fewer are the first of these
CANDIDATES = 2  # times as many as neighbours are asked for, among which a space like this one seeks its own
MANY_ROWS = 50_000  # above which wide rows are reduced before the search for neighbours
REDUCED_TO = 128
CHECKED_BYTES = 64 * 2**20  # read at once while checking


class Space:
    """Rows to group, float (n, d), and what was computed of them.

    seed: of all that is random about them. photos: n image files, timestamps: float64 (n,) seconds, for the methods
    that need them. `approximations` collects where what was computed is not exact.
    """

    def __init__(
        self,
        features: np.ndarray,
        *,
        seed: int,
        photos: Sequence[Path] | None = None,
        timestamps: np.ndarray | None = None,
    ) -> None:
        self.features, self.seed = features, seed
        self.photos, self.timestamps = photos, timestamps
        self.approximations: list[str] = []
        self._rows: dict[tuple[str, int], np.ndarray] = {}
        self._units: dict[int, Space] = {}
        self._neighbours: tuple[np.ndarray, np.ndarray] | None = None
        self._like: Space | None = None

    def __len__(self) -> int:
        return len(self.features)

    def of(self, features: np.ndarray) -> "Space":
        """Return a space of other rows with the same seed, whose approximations are counted as this one's."""
        other = Space(features, seed=self.seed)
        other.approximations = self.approximations
        return other

    def rescaled(self, features: np.ndarray) -> "Space":
        """Return the space of the same rows after a change that leaves most neighbours near.

        Where a search is not exact, its neighbours are sought among twice as many of this one's.
        """
        other = self.of(features)
        other._like = None if is_exact(len(self)) else self
        return other

    def chosen(self, rows: np.ndarray) -> "Space":
        """Return the space of some of the rows, by their numbers, in rising order."""
        other = self.of(selected(self.features, rows))
        other.photos = None if self.photos is None else [self.photos[row] for row in rows.tolist()]
        other.timestamps = None if self.timestamps is None else self.timestamps[rows]
        return other

    def rows(self, scaling: str, components: int) -> np.ndarray:
        """Return the rows scaled and on so many principal axes; see `scaling.prepare`."""
        if components >= self.features.shape[1]:
            components = 0
        if (scaling, components) not in self._rows:
            rows, approximations = prepare(self.features, scaling=scaling, components=components, seed=self.seed)
            self._rows[scaling, components] = rows
            self.say(approximations)
        return self._rows[scaling, components]

    def unit(self, components: int = 0) -> "Space":
        """Return the space of rows of length 1 on so many principal axes (0: all, or 128 above 50,000 rows)."""
        axes = components
        if not axes and len(self) > MANY_ROWS and self.features.shape[1] > REDUCED_TO:
            axes = REDUCED_TO
            self.say([f"neighbours in the {axes} main of {self.features.shape[1]} axes"])
        if axes not in self._units:
            self._units[axes] = self.of(self.rows("l2", axes))
        return self._units[axes]

    def neighbours(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the k other rows of the highest cosine to each row, the most similar first.

        Cosines float32 (n, k) and row numbers int64 (n, k), with k at most n - 1.
        """
        k = min(k, len(self) - 1)
        if self._neighbours is None or self._neighbours[0].shape[1] < k:
            *found, approximations = self._search(min(max(k, USUAL_NEIGHBOURS), len(self) - 1))
            self._neighbours = tuple(found)
            self._say_recall(approximations)
        return self._neighbours[0][:, :k], self._neighbours[1][:, :k]

    def _search(self, k: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
        if self._like is not None:
            return nearest_among(self.features, self._like.neighbours(CANDIDATES * k)[1], k)
        return nearest_neighbours(self.features, k if is_exact(len(self)) else CANDIDATES * k, seed=self.seed)

    def is_constant(self) -> bool:
        """Say whether all rows are equal; stops reading at the first chunk that differs."""
        return all((block == self.features[0]).all() for _, block in self._blocks())

    def require_finite(self, names: Sequence[str] | None = None) -> None:
        """Raise UserError unless all numbers are finite; the rows that are not are named, by number or `names`."""
        bad = [start + np.flatnonzero(~np.isfinite(block).all(axis=1)) for start, block in self._blocks()]
        bad = np.concatenate(bad).tolist() if bad else []
        if bad:
            named = ", ".join(str(names[row] if names else row) for row in bad[:5]) + (", ..." if bad[5:] else "")
            what = f"{len(bad)} rows with NaN or infinity: {named}"
            raise UserError(f"expected finite features, found {what}: run python 03_extract.py")

    def _blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        size = max(1, CHECKED_BYTES // (self.features.shape[1] * self.features.itemsize))
        return ((start, self.features[start : start + size]) for start in range(0, len(self), size))

    def _say_recall(self, approximations: Sequence[str]) -> None:
        """Say what the first approximate search found of what an exact one finds; the later ones are alike."""
        if approximations and not any(line.startswith(approximations[0]) for line in self.approximations):
            recall, checked = measure_recall(self.features, self._neighbours[1], seed=self.seed)
            self.say([f"{approximations[0]}, recall {recall:.3f} on {checked:,} rows"])

    def say(self, approximations: Sequence[str]) -> None:
        """Collect where something was not computed exactly, each sentence once."""
        self.approximations += [line for line in approximations if line not in self.approximations]
