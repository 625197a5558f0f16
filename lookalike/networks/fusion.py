"""Several eyes as one vector: how far two of them agree, the weight that this gives the further one, and joined rows.

The weight is chosen without labels: where two eyes agree on what is similar, joining them was found to help, and where
they do not, to harm (docs/grouping.md says on which sets). An eye of histograms is evened first: a few large bins would
say what is similar, and a few directions in which all photos differ.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from lookalike.core.arrays import one_blas_thread, unit_rows
from lookalike.networks.pca import Components, fit_pca, project

__all__ = ["ENOUGH", "ROWS", "WEIGHT", "Eye", "Fusion", "agreement", "eyes_in_words", "learn_fusion"]

NEAR = 5  # neighbours that should be more similar by the other eye
FAR = (19, 40)  # than those of these ranks, counted from 0
QUERIES, ROWS = 1_000, 20_000  # at most: photos asked, and photos among which their neighbours are sought
ENOUGH, WEIGHT = 0.66, 0.6  # from this agreement on, the further eye has this weight, else none
AXES, EVENING = 64, 0.75  # principal axes of an evened eye, and the power of its spread that each is divided by
CONSTANT = 1e-6  # largest difference of unit rows that are rounding errors apart
SIDES = {"base", "finetuned"}  # a network and what fine-tuning made of it count alike
SEED = 0


class Eye(NamedTuple):
    """The weight of an eye in the joined vector, and its agreement with the first eye; None where not measured."""

    weight: float = 1.0
    agreement: float | None = None


@dataclass(frozen=True)
class Fusion:
    """How eyes become one vector: what each counts, in their order, and the axes on which some are evened, by name."""

    eyes: dict[str, Eye]
    axes: dict[str, Components] = field(default_factory=dict)

    def join(self, eyes: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the rows (n, d) of eyes scaled to length 1, times their weights, side by side; without those of 0.

        In the dtype of the first of their rows. A row is joined alike among any others.
        """
        used = {name: eye.weight for name, eye in self.eyes.items() if eye.weight}
        parts = [np.float32(weight) * _seen(eyes[name], self.axes.get(name)) for name, weight in used.items()]
        return np.hstack(parts).astype(eyes[next(iter(used))].dtype, copy=False)


def learn_fusion(eyes: Mapping[str, Sequence], histograms: Collection[str] = ()) -> Fusion:
    """Choose the weight of each eye, rows (n, d) by name, by its agreement with the first, whose weight is 1.

    eyes: arrays or anything that gives the rows of a list; of many rows a sample is read. histograms: names of those
    that are evened. What fine-tuning made of the first has weight 1, too.
    """
    names = list(eyes)
    chosen = np.random.default_rng(SEED).permutation(len(eyes[names[0]]))[:ROWS]
    sample = {name: np.asarray(rows[chosen], np.float32) for name, rows in eyes.items()}
    axes = {name: _axes_of(sample[name]) for name in names if name in histograms and not _is_constant(sample[name])}
    units = {name: _seen(rows, axes.get(name)) for name, rows in sample.items()}
    return Fusion({names[0]: Eye()} | {name: _weighed(name, units, first=names[0]) for name in names[1:]}, axes)


def _weighed(name: str, units: Mapping[str, np.ndarray], *, first: str) -> Eye:
    if {first, name} == SIDES:
        return Eye()
    found = agreement(units[first], units[name])
    return Eye(WEIGHT if found is not None and found >= ENOUGH else 0.0, found)


def agreement(first: np.ndarray, other: np.ndarray) -> float | None:
    """Return how often a photo's 5 nearest by one eye are more similar by the other than its 20th to 40th nearest.

    first, other: float32 (n, d) and (n, e). The smaller share of both directions, asked of 1,000 rows at most; .5 is
    chance, 0 where all rows of an eye are equal, None for 20 rows or fewer.
    """
    if len(first) <= FAR[0] + 1:
        return None
    if _is_constant(first) or _is_constant(other):
        return 0.0
    with one_blas_thread():
        one, two = (unit[:QUERIES] @ unit.T for unit in map(unit_rows, (first, other)))
    return round(min(_kept(one, two), _kept(two, one)), 4)


def _axes_of(rows: np.ndarray) -> Components:
    return fit_pca(_rooted(rows), AXES)


def _seen(rows: np.ndarray, axes: Components | None) -> np.ndarray:
    """Return rows (n, d) as they are joined, float32 of length 1: on few axes of like spread, where there are some."""
    rows = np.asarray(rows, np.float32)
    if axes is not None:
        rows = project(_rooted(rows), axes) / axes.variances ** np.float32(EVENING / 2)
    return unit_rows(rows)


def _rooted(rows: np.ndarray) -> np.ndarray:
    return unit_rows(np.sqrt(np.maximum(rows, 0)))  # a share is at least 0, but in the last bits of float16


def _is_constant(rows: np.ndarray) -> bool:
    return bool(np.ptp(unit_rows(rows), axis=0).max() < CONSTANT)


def eyes_in_words(eyes: Mapping[str, Eye]) -> str:
    """Return what is joined, and why with these weights: mobilenet_v2 + 0.6 handcrafted (agrees in 77 % of cases)."""
    return " + ".join(_in_words(name, eye) for name, eye in eyes.items())


def _in_words(name: str, eye: Eye) -> str:
    if eye.agreement is None:
        return name if eye.weight else f"0 {name} (too few photos to weigh it)"
    why = f"agrees in {eye.agreement:.0%} of cases" + ("" if eye.weight else f", {ENOUGH:.0%} are needed")
    return f"{eye.weight:g} {name} ({why})".replace("%", " %")


def _kept(own: np.ndarray, other: np.ndarray) -> float:
    """Return the share of pairs of a near and a far neighbour by `own` that `other` puts in the same order.

    Both (q, n) are the similarities of the first q of n rows to all.
    """
    own = own.copy()
    np.fill_diagonal(own, -np.inf)  # a photo is no neighbour of itself: it comes last
    start, stop = FAR[0], min(FAR[1], own.shape[1] - 1)
    ranked = np.argpartition(-own, (NEAR, start, stop), axis=1)
    near = np.take_along_axis(other, ranked[:, :NEAR], axis=1)
    far = np.take_along_axis(other, ranked[:, start:stop], axis=1)
    return float(np.mean(near[:, :, None] > far[:, None]))
