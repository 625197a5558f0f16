"""The choices besides the method: the estimate of the number of groups, noise, folders, names of groups.

Light to import, as the table of methods: what a choice computes with is loaded when it is taken.
"""

from collections.abc import Callable
from pkgutil import resolve_name
from typing import NamedTuple

__all__ = ["ESTIMATORS", "FOLDERS", "LEVELS", "NAMERS", "NOISE", "Choice"]


class Choice(NamedTuple):
    """One choice: where its function is, and what the function is given besides what all of its table take."""

    target: str  # "module:function", imported when it is taken
    inputs: tuple[str, ...] = ()  # settings of the cluster section, by name
    needs: tuple[str, ...] = ()  # what the space must hold beside the features: "photos"

    def load(self) -> Callable:
        """Import and return the function."""
        return resolve_name(self.target)


ESTIMATORS = {  # functions (space, *inputs) -> Count
    "combined": Choice("lookalike.clustering.count:by_evidence"),
    "graph": Choice("lookalike.clustering.count:by_graph"),
    "silhouette": Choice("lookalike.clustering.count:by_silhouette"),
    "stability": Choice("lookalike.clustering.subsamples:by_stability"),
    "images_per_cluster": Choice("lookalike.clustering.number:by_size", ("images_per_cluster",)),
    "local_match": Choice("lookalike.clustering.number:by_matches", ("local_match",), ("photos",)),
}
LEVELS = ("coarsest", "coarse", "medium", "fine", "finest")  # of the numbers of groups that the same photos can have
NOISE = {  # functions (rows, labels, neighbours, seed) -> labels and approximations
    "keep": Choice("lookalike.clustering.noise:keep"),
    "nearest_mean": Choice("lookalike.clustering.noise:to_nearest_mean"),
    "tsne_knn": Choice("lookalike.clustering.noise:by_tsne"),
}
FOLDERS = {  # functions (photo, draft, final) that make one file of a folder
    "link": Choice("lookalike.clustering.folders:link"),
    "copy": Choice("lookalike.clustering.folders:copy"),
}
NAMERS = (
    *("products", "paths"),  # what is written about photos: titles of products, words of folders and file names
    "vocabulary",  # words whose vectors lie near a group's
    "head",  # classes of a network's last layer
)
