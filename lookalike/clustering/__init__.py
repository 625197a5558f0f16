"""The grouping of photos by their feature vectors.

A run is a pipeline: a space (scaled rows and their neighbours), the number of groups, a method, what follows it, a
description. Light to import: the config is built from these tables of choices.
"""

from lookalike.clustering.choices import ESTIMATORS, FOLDERS, LEVELS, NAMERS, NOISE
from lookalike.clustering.methods import METHODS

__all__ = ["ESTIMATORS", "FOLDERS", "LEVELS", "METHODS", "NAMERS", "NOISE"]
