"""Tables of a grouping: one row a group, classes against groups, and the classes most often mixed up."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from lookalike.core.tables import Columns
from lookalike.evaluation.internal import cohesion
from lookalike.evaluation.scores import contingency

__all__ = ["Confusion", "contingency_columns", "group_table", "worst_confusions"]

MAX_MATRIX_CELLS = 2_000_000  # a larger contingency table is written as one row a cell that is not empty


@dataclass(frozen=True)
class Confusion:
    """Two classes that share groups: pairs of their images put together, as a count and as a share of all such pairs.

    `group` is where most of these pairs are; the rows are images of each class there, the most alike first.
    """

    first: str
    second: str
    pairs: int
    share: float
    group: int
    first_rows: tuple[int, ...]
    second_rows: tuple[int, ...]


def group_table(true: list[str], pred: np.ndarray, features: np.ndarray, called: Mapping[int, str]) -> Columns:
    """Describe each group, noise (-1) last: columns group, name, size, labelled, main_class, purity, classes, cohesion.

    purity is the main class's share of the labelled images, cohesion the mean cosine similarity of two images.
    Both are None where not defined. called: names of groups.
    """
    numbers, groups = np.unique(pred, return_inverse=True)
    names, table = _labelled_table(true, groups, len(numbers))
    sizes, labelled = np.bincount(groups), table.sum(axis=0)
    main, largest = (table.argmax(axis=0), table.max(axis=0).toarray()) if len(names) else (labelled, labelled)
    n_classes = (table > 0).sum(axis=0)
    similar = cohesion(features, pred)
    order = np.argsort(numbers < 0, kind="stable")
    return {
        "group": numbers[order].tolist(),
        "name": [called.get(number, "") for number in numbers[order].tolist()],
        "size": sizes[order].tolist(),
        "labelled": labelled[order].tolist(),
        "main_class": [names[main[i]] if labelled[i] else "" for i in order],
        "purity": [largest[i] / labelled[i] if labelled[i] else None for i in order],
        "classes": n_classes[order].tolist(),
        "cohesion": [similar[int(numbers[i])] for i in order],
    }


def contingency_columns(true: list[str], pred: np.ndarray) -> Columns:
    """Count images by class and group, as columns of a CSV: one row a class, one column a group.

    Unlabelled images are the class "". Above 2,000,000 cells: columns class, group, images, without empty cells.
    """
    names, classes = np.unique(np.array(true, object).astype(str), return_inverse=True)
    numbers, groups = np.unique(pred, return_inverse=True)
    table = contingency(classes, groups)
    if len(names) * len(numbers) > MAX_MATRIX_CELLS:
        cells = table.tocoo()
        return {
            "class": names[cells.row].tolist(),
            "group": numbers[cells.col].tolist(),
            "images": cells.data.tolist(),
        }
    counts = table.toarray()
    columns = {str(number): counts[:, i].tolist() for i, number in enumerate(numbers.tolist())}
    return {"class": names.tolist()} | columns


def worst_confusions(
    true: list[str], pred: np.ndarray, features: np.ndarray, *, n_confusions: int = 10, n_examples: int = 4
) -> list[Confusion]:
    """Find the pairs of classes with the most pairs of images put together, worst first; noise is left out."""
    pred = np.asarray(pred)
    rows = np.flatnonzero(pred >= 0)
    numbers, groups = np.unique(pred[rows], return_inverse=True)
    names, table = _labelled_table([true[row] for row in rows], groups, len(numbers))
    if len(names) < 2:
        return []
    together = sparse.triu(table @ table.T, k=1).tocoo()
    worst = np.lexsort((together.col, together.row, -together.data))[:n_confusions]
    sizes = np.unique(np.array([name for name in true if name], object).astype(str), return_counts=True)
    class_size = dict(zip(sizes[0].tolist(), sizes[1].tolist(), strict=True))
    lookup = np.array(true, object)
    confusions = []
    for first, second in zip(together.row[worst], together.col[worst], strict=True):
        a, b = names[first], names[second]
        counts = table[[first]].multiply(table[[second]])
        pairs, group = int(counts.sum()), numbers[counts.argmax(axis=1).item()]
        inside = np.flatnonzero(pred == group)
        examples = _examples(features, inside[lookup[inside] == a], inside[lookup[inside] == b], n_examples)
        share = pairs / (class_size[a] * class_size[b])
        confusions.append(Confusion(a, b, pairs, share, int(group), *examples))
    return confusions


def _examples(
    features: np.ndarray, first: np.ndarray, second: np.ndarray, n_examples: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Choose the rows of each class that lie nearest to the other's mean: they show why the two were mixed up."""

    def nearest(rows: np.ndarray, others: np.ndarray) -> tuple[int, ...]:
        distances = np.linalg.norm(features[rows] - features[others].mean(axis=0, dtype=np.float64), axis=1)
        return tuple(rows[np.argsort(distances, kind="stable")[:n_examples]].tolist())

    return nearest(first, second), nearest(second, first)


def _labelled_table(true: list[str], groups: np.ndarray, n_groups: int) -> tuple[list[str], sparse.csr_array]:
    """Return the class names and the counts (n_classes, n_groups) of the labelled images."""
    labels = np.array(true, object).astype(str)
    names, classes = np.unique(labels[labels != ""], return_inverse=True)
    kept = groups[labels != ""]
    ones = np.ones(len(kept), np.int64)
    return names.tolist(), sparse.coo_array((ones, (classes, kept)), shape=(len(names), n_groups)).tocsr()
