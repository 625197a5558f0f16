"""What speaks for each number of groups, measured on divisions of nearest-neighbour graphs without labels.

True numbers are given by many resolutions. Splitting further than they do gains hardly more than it does on rows
without groups, so that the gap of the gap statistic bends there (Tibshirani, Walther and Hastie, 2001). And beyond them
groups next to each other no longer stand apart. Does not weigh these: see likelihood.py.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from lookalike.clustering.assignment import nearest
from lookalike.clustering.chance import normal, on_axes, shuffled
from lookalike.clustering.divisions import Divisions, divide
from lookalike.clustering.linkage import group_means
from lookalike.clustering.neighbours import connect
from lookalike.clustering.space import Space
from lookalike.core.cores import cpu_count

__all__ = ["COLUMNS", "GRAPHS", "Evidence", "count_grid", "gather"]

COLUMNS = {  # name -> what it says of a number of groups
    "persistence": "log of how many resolutions, on a log scale, give about this number",
    "bend": "bend of the gap between the scatter inside groups and that on normal rows",
    "separation": "log of Fisher's criterion of each group and the nearest other, on average",
    "merging": "fall of the separation from clearly fewer to clearly more groups",
}
SCALES = (5, 11, 25)  # neighbours of the graphs divided
RATIO, RATIO_BY_CHANCE = 1.4, 1.744  # of one resolution to the next
NORMALS, SHUFFLES, SCALE_BY_CHANCE = 1, 1, 12
GRAPHS = len(SCALES) + NORMALS + SHUFFLES
AXES = 128  # that scatter is measured on
FEWEST_A_GROUP = 3  # photos, on average: with fewer the evidence is noise
FEWEST_OF_MANY, MANY_GROUPS = 5, 300  # above so many groups: looking at more of them takes long
MOST_GROUPS, GRID = 1_000, 40
BEYOND = 6  # numbers looked at above the last that is asked of
SMOOTHING, REACH = 0.12, 0.4  # in the logarithm of the number of groups: width of averages, and what is clearly more
NEAREST = 5  # photos whose groups are compared with a photo's
CERTAIN = 4.0  # logits: 98 % of nearest photos together; few axes give so much with groups only, shuffled or not


@dataclass(frozen=True)
class Evidence:
    """Numbers of groups int (m,), rising, columns float64 (m,) by the names of COLUMNS, and what they were read from.

    clear: how much more often than on shuffled rows, or than 98 % of the time, nearest photos share a group, at best,
    in logits; about 0 where there are no groups. found: the divisions of each graph; rows: what they were measured on.
    """

    counts: np.ndarray
    columns: dict[str, np.ndarray]
    clear: float
    found: list[Divisions]
    rows: np.ndarray


def count_grid(n: int) -> np.ndarray:
    """Return the numbers of groups looked at for n rows: int (m,), rising by about equal ratios from 2."""
    top = min(MOST_GROUPS, max(n // FEWEST_OF_MANY, min(n // FEWEST_A_GROUP, MANY_GROUPS), 2))
    return np.unique(np.round(np.geomspace(2, top, GRID)).astype(int))


def _beyond(last: int, n: int) -> np.ndarray:
    """Return some numbers of groups clearly above the last that is asked of: int, rising."""
    numbers = np.round(last * np.exp(REACH * np.arange(1, BEYOND + 1) / BEYOND)).astype(int)
    return np.unique(numbers[(numbers > last) & (numbers < n)])


def gather(space: Space, advance: Callable[[int], None]) -> Evidence:
    """Gather the evidence in a space of unit rows; advance(1) after each of GRAPHS graphs."""
    asked, rows = count_grid(len(space)), on_axes(space.features, AXES, seed=space.seed)
    counts = np.concatenate([asked, _beyond(asked[-1], len(space))])
    similarities, indices = space.neighbours(max(SCALES))

    def of_graph(number: int) -> tuple[Divisions, np.ndarray]:
        graph = connect(similarities[:, : SCALES[number]], indices[:, : SCALES[number]])
        division = divide(graph, top=counts[-1], ratio=RATIO, seed=space.seed * 97 + number)
        measured = _measure(division.at(rows, counts), rows, indices)
        advance(1)
        return division, measured

    def by_chance(measure: Callable, number: int, other: np.ndarray) -> list[float]:
        measured = _by_chance(space.of(other), counts, space.seed + number, measure)
        advance(1)
        return measured

    with ThreadPoolExecutor(cpu_count()) as pool:
        seen = pool.map(of_graph, range(len(SCALES)))  # begun before the others
        normals, shuffles = normal(rows, NORMALS, seed=space.seed), shuffled(rows, SHUFFLES, seed=space.seed)
        anew = list(pool.map(partial(by_chance, _scatter_alone), range(NORMALS), normals))
        parted = list(pool.map(partial(by_chance, _kept), range(SHUFFLES), shuffles))
        found, measured = zip(*seen, strict=True)
    measured, anew, parted = (np.mean(each, axis=0) for each in (measured, anew, parted))
    columns = _columns(counts, list(found), measured, anew)
    clear = float((measured[2] - np.minimum(parted, CERTAIN)).max())
    return Evidence(asked, {name: values[: len(asked)] for name, values in columns.items()}, clear, list(found), rows)


def _columns(
    counts: np.ndarray, found: list[Divisions], measured: np.ndarray, anew: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the columns of evidence (m,) from what was measured (3, m) on the rows, and on normal rows (m,)."""
    scatter, apart, _ = measured
    return {  # contrasts need what comes after the last number that is asked of
        "persistence": _persistence(found, counts),
        "bend": _contrast(counts, anew - scatter, one=0.0)[0],
        "separation": _averaged(counts, apart),
        "merging": -_contrast(counts, apart)[1],
    }


def _by_chance(space: Space, counts: np.ndarray, seed: int, measure: Callable) -> list[float]:
    """Return measure(labels, rows, neighbours) of the divisions of a space without groups into each number of them."""
    similarities, indices = space.neighbours(SCALE_BY_CHANCE)
    found = divide(connect(similarities, indices), top=counts[-1], ratio=RATIO_BY_CHANCE, seed=seed)
    return [measure(labels, space.features, indices) for labels in found.at(space.features, counts)]


def _measure(divisions: list[np.ndarray], rows: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """Return, of each division, the log share of scatter inside groups, separation and neighbours kept: (3, m)."""
    measured, total = [], _total(rows)
    for labels in divisions:
        means, sizes = group_means(labels, rows)
        inside = rows - means[labels]
        measured.append((_scatter(inside, total), _apart(labels, inside, means, sizes), _kept(labels, rows, indices)))
    return np.array(measured).T


def _scatter_alone(labels: np.ndarray, rows: np.ndarray, indices: np.ndarray) -> float:
    return _scatter(rows - group_means(labels, rows)[0][labels], _total(rows))


def _total(rows: np.ndarray) -> float:
    return rows.var(axis=0).sum() * len(rows)


def _scatter(inside: np.ndarray, total: float) -> float:
    """Return the log of the share of scatter that is inside groups; inside: rows (n, d) less their groups' means."""
    return np.log(max(float((inside**2).sum() / total), 1e-3))


def _apart(labels: np.ndarray, inside: np.ndarray, means: np.ndarray, sizes: np.ndarray) -> float:
    """Return the mean log of Fisher's criterion (1936) along the line between each group's mean and the nearest."""
    if len(sizes) == 1:
        return 0.0
    two = nearest(means, means, second=True)
    other = np.where(two[:, 0] == np.arange(len(means)), two[:, 1], two[:, 0])
    between = means - means[other]
    apart = np.linalg.norm(between, axis=1)
    direction = between / np.maximum(apart, 1e-9)[:, None]
    variance = np.bincount(labels, np.einsum("nd,nd->n", inside, direction[labels]) ** 2) / np.maximum(sizes - 1, 1)
    return float(np.log(apart / np.sqrt(variance + variance[other] + 1e-6) + 0.1).mean())


def _kept(labels: np.ndarray, rows: np.ndarray, indices: np.ndarray) -> float:
    """Return the share of the nearest photos, by their numbers (n, k), in the same group, in logits."""
    share = np.clip((labels[indices[:, :NEAREST]] == labels[:, None]).mean(), 0.005, 0.995)
    return float(np.log(share / (1 - share)))


def _persistence(found: list[Divisions], counts: np.ndarray) -> np.ndarray:
    density = np.mean([each.resolutions_near(counts, REACH) for each in found], axis=0)
    return np.log(density + 0.01)


def _averaged(counts: np.ndarray, values: np.ndarray) -> np.ndarray:
    weights = np.exp(-(((np.log(counts)[:, None] - np.log(counts)) / SMOOTHING) ** 2) / 2)
    return weights @ values / weights.sum(axis=1)


def _contrast(counts: np.ndarray, values: np.ndarray, one: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return averaged values less the mean of those of clearly fewer and more groups, and the rise between these.

    one: the value of a single group, if it is known; else the first value goes on.
    """
    values, at = _averaged(counts, values), np.log(counts)
    before = values[0] if one is None else one
    known = np.concatenate([[0.0], at]), np.concatenate([[before], values])
    fewer, more = (np.interp(at + shift, *known) for shift in (-REACH, REACH))
    return values - (fewer + more) / 2, more - fewer
