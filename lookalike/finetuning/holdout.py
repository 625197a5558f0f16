"""What fine-tuning does for classes it has never seen: keep whole classes out, and score features on them.
Scores use the true labels of the held-out photos only."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from lookalike.core.errors import UserError

__all__ = ["choose_classes", "grouping_scores", "holdout_scores", "recall_at_1", "score_lines"]

BLOCK = 1_024  # rows compared with all others at a time


def choose_classes(labels: Sequence[str], wanted: int | Sequence[str], *, seed: int) -> list[str]:
    """Return the sorted classes to keep out of training: a number of them drawn by `seed`, or those named.

    Photos labelled "" belong to no class. Raises UserError for unknown names, or where
    fewer than 2 classes would be left.
    """
    counts = Counter(label for label in labels if label)
    names = sorted(counts)
    if isinstance(wanted, int):
        held_out = np.random.default_rng(seed).permutation(names)[:wanted].tolist() if names else []
    else:
        held_out = sorted(set(wanted))
        unknown = [name for name in held_out if name not in counts]
        if unknown:
            raise UserError(
                f"finetune.holdout_classes: expected names of classes, found no photo of {', '.join(unknown)}"
            )
    if len(held_out) > max(len(names) - 2, 0):
        raise UserError(
            f"finetune.holdout_classes: expected at most {max(len(names) - 2, 0)} of the {len(names)} classes, so that "
            f"2 are left to learn, found {wanted if isinstance(wanted, int) else len(held_out)}"
        )
    return sorted(held_out)


def grouping_scores(features: np.ndarray, labels: Sequence[str], *, seed: int) -> dict[str, float | int]:
    """Return how well features (n, d), scaled to length 1, group the n labelled photos.

    k-means with the true number of classes gives `normalized_mutual_info` and `adjusted_rand_index`; `recall_at_1` is
    the share of photos whose nearest other photo has their label. Raises ValueError for no photos.
    """
    if not len(labels):
        raise ValueError("expected at least one labelled photo, found none")
    unit = _unit(features)
    truth = np.unique(np.asarray(labels), return_inverse=True)[1]
    n_classes = int(truth.max()) + 1
    found = KMeans(n_classes, n_init=10, random_state=seed).fit_predict(unit)
    return {
        "n_images": len(labels),
        "n_classes": n_classes,
        "normalized_mutual_info": float(normalized_mutual_info_score(truth, found)),
        "adjusted_rand_index": float(adjusted_rand_score(truth, found)),
        "recall_at_1": recall_at_1(unit, truth),
    }


def holdout_scores(
    before: np.ndarray, after: np.ndarray, labels: Sequence[str], *, seed: int
) -> dict[str, dict[str, float | int]] | None:
    """Return `grouping_scores` of base features, fine-tuned ones, and both side by side, by "before", "after", "both".

    None where there are no held-out photos. The two are scaled to length 1 before they are joined.
    """
    if not len(labels):
        return None
    both = np.hstack([_unit(before), _unit(after)])
    return {
        name: grouping_scores(features, labels, seed=seed)
        for name, features in (("before", before), ("after", after), ("both", both))
    }


def score_lines(holdout: dict | None) -> list[str]:
    """Return the lines of the before/after table; none where nothing was held out."""
    if holdout is None:
        return []
    first = holdout["before"]
    titles = {"before": "base features", "after": "fine-tuned", "both": "both side by side"}
    return [
        f"{first['n_images']:,} photos of {first['n_classes']:,} classes that training never saw:",
        f"{'':20}{'NMI':>8}{'ARI':>8}{'recall@1':>10}",
        *(
            f"{title:20}{holdout[key]['normalized_mutual_info']:8.3f}{holdout[key]['adjusted_rand_index']:8.3f}"
            f"{holdout[key]['recall_at_1']:10.3f}"
            for key, title in titles.items()
        ),
    ]


def recall_at_1(features: np.ndarray, classes: np.ndarray) -> float:
    """Return the share of rows (n, d) whose nearest other row, by cosine, is of their class; 0 for a single row."""
    unit = _unit(features)
    hits = 0
    for start in range(0, len(unit), BLOCK):
        block = unit[start : start + BLOCK] @ unit.T
        block[np.arange(len(block)), np.arange(start, start + len(block))] = -np.inf
        hits += int((classes[block.argmax(axis=1)] == classes[start : start + len(block)]).sum())
    return hits / len(unit) if len(unit) > 1 else 0.0


def _unit(features: np.ndarray) -> np.ndarray:
    features = np.asarray(features, np.float32)
    return features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
