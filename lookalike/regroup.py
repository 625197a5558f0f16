"""Group some of the photos again as stage 04 did, for the stability score of stage 05."""

from collections.abc import Callable, Mapping

import numpy as np

from lookalike.clustering import METHODS
from lookalike.clustering.grouping import group
from lookalike.clustering.refine import refine

__all__ = ["regrouper"]


def regrouper(features: np.ndarray, how: Mapping) -> Callable[[np.ndarray, int, int], np.ndarray] | None:
    """Return a function (rows, n_groups, seed) -> labels that groups rows of features (n, d) by the settings `how`.

    None where the method needs the photos themselves, or their times.
    """
    method = how["method"]
    if "photos" in METHODS[method].needs or how[method].get("alpha"):
        return None
    asked = how["n_clusters"] > 0 or METHODS[method].n_clusters == "required"
    refinement = {name: how[name] for name in ("merge_similarity", "noise")} | {"neighbours": how["noise_neighbours"]}

    def regroup(rows: np.ndarray, n_groups: int, seed: int) -> np.ndarray:
        found = group(method, features[rows], n_groups if asked else None, seed=seed, **how[method])
        return refine(features[rows], found, seed=seed, **refinement).labels

    return regroup
