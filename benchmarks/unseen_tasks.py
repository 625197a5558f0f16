"""The labelled sets of vectors, and tasks drawn from them: whole sets, and random choices of their classes.

Read by unseen_sets.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from quality import SETS as PHOTOS
from quality import features, labelled

__all__ = ["SETS", "Task", "choices", "read_set"]

VECTORS = ("caltech101", "imagenette", "scenes", "textures", "trashnet")
SETS = (*VECTORS, *PHOTOS)
VIEWS = ("whole", "mirror", "crop")
EYES = {"network": "mobilenet_v2", "handcrafted": "handcrafted"}
FEWEST, MOST = 3, 60  # classes of a choice
ROWS = 1_200  # of a choice, at most
PHOTOS_A_CLASS = 12, 100
FEW = (5, 12)  # photos of a class where there are few
SMALLEST = 5  # photos of a class where sizes are unequal


@dataclass(frozen=True)
class Task:
    """Rows of one set to group: each eye's vectors float32 (n, d) by name, and true classes int (n,)."""

    name: str
    eyes: dict[str, np.ndarray]
    true: np.ndarray

    @property
    def n_classes(self) -> int:
        """Return how many classes there are."""
        return len(np.unique(self.true))


def read_set(name: str, shared: Path, work: Path) -> Task:
    """Return a whole set; the vectors of photos are made once, by the pipeline's own code, and kept in work."""
    kept = shared / "features" / f"{name}.npz" if name in VECTORS else work / f"{name}.npz"
    if not kept.exists():
        _extract(name, shared, kept)
    with np.load(kept, allow_pickle=False) as file:
        eyes = {"network": file["features"], "handcrafted": file["handcrafted"]}
        return Task(name, {eye: rows.astype(np.float32) for eye, rows in eyes.items()}, file["labels"].astype(int))


def _extract(name: str, shared: Path, kept: Path) -> None:
    weights = {"network": str(shared / "weights" / "mobilenet_v2_imagenet_notop.weights.h5"), "handcrafted": "imagenet"}
    labels = PHOTOS[name] if PHOTOS[name] == "folder" else str(shared / "data" / PHOTOS[name])
    paths, names = labelled(shared / "data" / name, labels)
    eyes = {eye: features(paths, backbone, weights[eye], VIEWS, kept.parent) for eye, backbone in EYES.items()}
    classes, true = np.unique(names, return_inverse=True)
    np.savez(kept, features=eyes["network"], handcrafted=eyes["handcrafted"], labels=true, classes=classes)


def choices(whole: Task, n: int, classes: int | None = None, *, few: bool = False) -> Iterator[Task]:
    """Yield n random choices of so many classes of a set, by default 3 to 60, in turn of equal and of unequal sizes.

    few: of 5 to 12 photos a class, all of equal sizes.
    """
    kind = [] if classes is None else [classes]
    kind += [FEW[0]] if few else []
    for seed in range(n):
        generator, equal = np.random.default_rng([seed, *whole.name.encode(), *kind]), few or seed % 2 == 0
        k = classes or round(np.exp(generator.uniform(np.log(FEWEST), np.log(min(MOST, whole.n_classes)))))
        rows = _choose(whole.true, k, equal, generator, FEW if few else PHOTOS_A_CLASS)
        eyes = {eye: vectors[rows] for eye, vectors in whole.eyes.items()}
        name = "-".join(map(str, [whole.name, *kind, "few" if few else "equal" if equal else "unequal", seed]))
        yield Task(name, eyes, whole.true[rows])


def _choose(
    true: np.ndarray, k: int, equal: bool, generator: np.random.Generator, photos: tuple[int, int]
) -> np.ndarray:
    names, counts = np.unique(true, return_counts=True)
    chosen = generator.choice(len(names), k, replace=False)
    largest = np.exp(generator.uniform(*np.log(photos)))
    # Unequal sizes fall as in Zipf's law: the first class is largest, most are small.
    sizes = np.full(k, largest) if equal else np.maximum(SMALLEST, 3 * largest / np.arange(1, k + 1) ** 0.75)
    sizes = np.maximum(SMALLEST, sizes * min(1, ROWS / sizes.sum())).astype(int)
    sizes = np.minimum(sizes, counts[chosen].min() if equal else counts[chosen])
    picked = [
        generator.choice(np.flatnonzero(true == names[c]), size, replace=False)
        for c, size in zip(chosen, sizes, strict=True)
    ]
    return np.sort(np.concatenate(picked))
