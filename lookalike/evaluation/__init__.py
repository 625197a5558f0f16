"""How good a grouping is: scores with and without true labels, tables, a report. Draws nothing.

`SCORES` is the one list of quality scores; the report and the README read it. Light to import.
"""

from typing import NamedTuple

__all__ = ["SCORES", "Score"]


class Score(NamedTuple):
    """A score's name for people and what it says, in one line."""

    title: str
    meaning: str


SCORES = {
    "adjusted_rand_index": Score("Adjusted Rand index", "pairs decided alike, chance = 0, perfect = 1"),
    "normalized_mutual_info": Score("Normalized mutual information", "shared information, 0 to 1; rises with groups"),
    "adjusted_mutual_info": Score("Adjusted mutual information", "shared information, chance = 0, perfect = 1"),
    "accuracy": Score("Accuracy", "images in the right group under the best one-to-one match of classes to groups"),
    "purity": Score("Purity", "images of their group's main class; 1 when every image is a group"),
    "homogeneity": Score("Homogeneity", "groups hold one class only, 0 to 1"),
    "completeness": Score("Completeness", "classes lie in one group only, 0 to 1"),
    "v_measure": Score("V-measure", "harmonic mean of homogeneity and completeness"),
    "fowlkes_mallows": Score("Fowlkes-Mallows", "geometric mean of pairwise precision and recall"),
    "bcubed_precision": Score("BCubed precision", "share of an image's group that is of its class, mean over images"),
    "bcubed_recall": Score("BCubed recall", "share of an image's class that is in its group, mean over images"),
    "pairwise_precision": Score("Pairwise precision", "pairs put together that belong together"),
    "pairwise_recall": Score("Pairwise recall", "pairs belonging together that were put together"),
    "silhouette": Score("Silhouette", "distance to the own against the next group, -1 to 1; needs no labels"),
    "davies_bouldin": Score("Davies-Bouldin", "spread against separation, lower is better; needs no labels"),
    "calinski_harabasz": Score("Calinski-Harabasz", "variance between against within, higher is better; no labels"),
    "stability": Score("Stability", "adjusted Rand index between groupings of subsamples; needs no labels"),
}
