"""Several eyes as one vector: how far two of them agree, the weight that this gives the further one, and joined rows.

The weight is chosen without labels: where two eyes agree on what is similar, joining them was found to help, and where
they do not, to harm (docs/grouping.md says on which sets).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from lookalike.core.arrays import one_blas_thread, unit_rows

__all__ = ["ENOUGH", "WEIGHT", "Eye", "agreement", "eyes_in_words", "join", "weigh"]

NEAR = 5  # neighbours that should be more similar by the other eye
FAR = (19, 40)  # than those of these ranks, counted from 0
QUERIES, ROWS = 1_000, 20_000  # at most: photos asked, and photos among which their neighbours are sought
ENOUGH, WEIGHT = 0.65, 0.6  # from this agreement on, the further eye has this weight, else none
CONSTANT = 1e-6  # largest difference of unit rows that are rounding errors apart
SIDES = {"base", "finetuned"}  # a network and what fine-tuning made of it count alike
SEED = 0


class Eye(NamedTuple):
    """The weight of an eye in the joined vector, and its agreement with the first eye; None where not measured."""

    weight: float = 1.0
    agreement: float | None = None


def agreement(first: Sequence, other: Sequence) -> float | None:
    """Return how often a photo's 5 nearest by one eye are more similar by the other than its 20th to 40th nearest.

    first, other: float (n, d) and (n, e), arrays or anything that gives the rows of a list. The smaller share of both
    directions, of many rows a sample; .5 is chance, 0 where all rows of an eye are equal, None for 20 rows or fewer.
    """
    n = len(first)
    if n <= FAR[0] + 1:
        return None
    rows = np.random.default_rng(SEED).permutation(n)[:ROWS]
    units = [unit_rows(np.asarray(eye[rows], np.float32)) for eye in (first, other)]
    if any(np.ptp(unit, axis=0).max() < CONSTANT for unit in units):
        return 0.0
    with one_blas_thread():
        one, two = (unit[:QUERIES] @ unit.T for unit in units)
    return round(min(_kept(one, two), _kept(two, one)), 4)


def weigh(eyes: Mapping[str, Sequence]) -> dict[str, Eye]:
    """Choose the weight of each eye, rows (n, d) by name, by its agreement with the first, whose weight is 1.

    What fine-tuning made of the first has weight 1, too.
    """
    names = list(eyes)
    chosen = {names[0]: Eye()}
    for name in names[1:]:
        if {names[0], name} == SIDES:
            chosen[name] = Eye()
            continue
        found = agreement(eyes[names[0]], eyes[name])
        chosen[name] = Eye(WEIGHT if found is not None and found >= ENOUGH else 0.0, found)
    return chosen


def join(eyes: Mapping[str, np.ndarray], weights: Mapping[str, float]) -> np.ndarray:
    """Return the rows (n, d) of eyes scaled to length 1, times their weights, side by side; an eye of weight 0 is out.

    In the order of the weights and the dtype of the rows.
    """
    used = [(eyes[name], np.float32(weight)) for name, weight in weights.items() if weight]
    parts = [weight * unit_rows(np.asarray(rows, np.float32)) for rows, weight in used]
    return np.hstack(parts).astype(used[0][0].dtype, copy=False)


def eyes_in_words(eyes: Mapping[str, Eye]) -> str:
    """Return what is joined, and why with these weights: mobilenet_v2 + 0.6 handcrafted (agrees in 77 % of cases)."""
    return " + ".join(_in_words(name, eye) for name, eye in eyes.items())


def _in_words(name: str, eye: Eye) -> str:
    if eye.agreement is None:
        return name if eye.weight else f"0 {name} (too few photos to weigh it)"
    return f"{eye.weight:g} {name} (agrees in {eye.agreement:.0%} of cases)".replace("%", " %")


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
