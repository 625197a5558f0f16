"""Scores of a grouping against true labels, all from one sparse contingency table.

Only labelled images count. Noise (-1) counts as one more group in every score, so that calling images noise cannot
raise a score by itself; `n_clusters` leaves it out.
"""

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from lookalike.core.information import information_scores

__all__ = [
    "EXTERNAL",
    "accuracy",
    "adjusted_rand",
    "bcubed",
    "contingency",
    "count",
    "external_scores",
    "pairwise",
    "purity",
]

EXTERNAL = (
    "adjusted_rand_index",
    "normalized_mutual_info",
    "adjusted_mutual_info",
    "accuracy",
    "purity",
    "homogeneity",
    "completeness",
    "v_measure",
    "fowlkes_mallows",
    "bcubed_precision",
    "bcubed_recall",
    "pairwise_precision",
    "pairwise_recall",
)


def count(true: list[str], pred: np.ndarray) -> dict[str, int | float]:
    """Count images, labelled images, classes, clusters and noise; `noise_share` is of all images.

    true: n names, "" for unlabelled. pred: int (n,), -1 for noise. Raises ValueError when lengths differ or n is 0.
    """
    pred = _checked(true, pred)
    noise = int((pred < 0).sum())
    return {
        "n_images": len(true),
        "n_labelled": sum(map(bool, true)),
        "n_true": len(set(true) - {""}),
        "n_clusters": len(np.unique(pred[pred >= 0])),
        "n_noise": noise,
        "noise_share": noise / len(true),
    }


def external_scores(true: list[str], pred: np.ndarray) -> dict[str, float | None]:
    """Score pred, int (n,), against the labelled part of true; None where a score is not defined.

    Nothing is defined without labels. Pairwise precision needs two images in one cluster, pairwise recall two in
    one class.
    """
    pred = _checked(true, pred)
    labelled = np.fromiter(map(bool, true), bool, len(true))
    if not labelled.any():
        return dict.fromkeys(EXTERNAL)
    _, classes = np.unique(np.array(true, object)[labelled].astype(str), return_inverse=True)
    _, groups = np.unique(pred[labelled], return_inverse=True)
    table = contingency(classes, groups)
    precision, recall = pairwise(table)
    bcubed_precision, bcubed_recall = bcubed(table)
    found = {
        **information_scores(table),
        "adjusted_rand_index": adjusted_rand(table),
        "accuracy": accuracy(table),
        "purity": purity(table),
        "fowlkes_mallows": None if precision is None or recall is None else float(np.sqrt(precision * recall)),
        "bcubed_precision": bcubed_precision,
        "bcubed_recall": bcubed_recall,
        "pairwise_precision": precision,
        "pairwise_recall": recall,
    }
    return {name: found[name] for name in EXTERNAL}


def contingency(classes: np.ndarray, groups: np.ndarray) -> sparse.csr_array:
    """Count images by class and group: int64 sparse (n_classes, n_groups) of two int (n,) codes from 0."""
    ones = np.ones(len(classes), np.int64)
    shape = (int(classes.max()) + 1, int(groups.max()) + 1)
    return sparse.coo_array((ones, (classes, groups)), shape=shape).tocsr()


def accuracy(table: sparse.csr_array) -> float:
    """Return the share of images on the best one-to-one match of classes to groups (Kuhn, 1955).

    Stays sparse: each class may also take a column of its own worth nothing, so a full match always exists.
    """
    # The solver refuses weights of zero, so every weight is one too many, and each class is matched once.
    n_classes = table.shape[0]
    raised = table.copy()
    raised.data = raised.data + 1
    alone = sparse.eye_array(n_classes, dtype=raised.dtype)
    weights = sparse.hstack([raised, alone]).tocsr().astype(np.float64)
    rows, columns = min_weight_full_bipartite_matching(sparse.csr_matrix(weights), maximize=True)
    return float((weights[rows, columns].sum() - n_classes) / table.sum())


def purity(table: sparse.csr_array) -> float:
    """Return the share of images that are of their group's largest class."""
    return float(table.max(axis=0).sum() / table.sum())


def bcubed(table: sparse.csr_array) -> tuple[float, float]:
    """Return BCubed precision and recall (Bagga and Baldwin, 1998; Amigo et al., 2009)."""
    cells = table.tocoo()
    squares = cells.data.astype(np.float64) ** 2
    in_class, in_group = table.sum(axis=1), table.sum(axis=0)
    precision = (squares / in_group[cells.col]).sum() / table.sum()
    return float(precision), float((squares / in_class[cells.row]).sum() / table.sum())


def pairwise(table: sparse.csr_array) -> tuple[float | None, float | None]:
    """Return pairwise precision and recall; None where there is no pair in any group, or in any class."""

    together, true, predicted, _ = _pairs(table)
    return (together / predicted if predicted else None), (together / true if true else None)


def adjusted_rand(table: sparse.csr_array) -> float:
    """Return the adjusted Rand index (Hubert and Arabie, 1985, eq. 5); 1 for equal trivial groupings."""
    together, true, predicted, every = _pairs(table)
    expected = true * predicted / every if every else 0.0
    largest = (true + predicted) / 2
    return (together - expected) / (largest - expected) if largest != expected else 1.0


def _pairs(table: sparse.csr_array) -> tuple[int, int, int, int]:
    """Count pairs of images: in one class and group, in one class, in one group, all."""

    def pairs(sizes: np.ndarray) -> int:
        return int((sizes * (sizes - 1) // 2).sum())

    return pairs(table.data), pairs(table.sum(axis=1)), pairs(table.sum(axis=0)), pairs(np.array([table.sum()]))


def _checked(true: list[str], pred: np.ndarray) -> np.ndarray:
    pred = np.asarray(pred)
    if len(true) != len(pred) or not len(true):
        raise ValueError(f"expected as many true as predicted labels, at least one, found {len(true)} and {len(pred)}")
    return pred
