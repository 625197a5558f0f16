"""How well words of titles name groups: of true classes, and of groups as they are found, over several seeds.

Titles are drawn: the words of the class where they are not missing, a colour, a size, and a maker, which makes two
fifths of one class and some of the others.
Run: python benchmarks/names.py ../shared/features/*.npz [--seeds 0 1 2] [--missing 0 0.3 0.6]"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lookalike.catalog.written import words
from lookalike.clustering.entrance import cluster
from lookalike.clustering.names import find
from lookalike.clustering.space import Space

COLOURS, SIZES = ("red", "blue", "green", "black", "white"), ("small", "medium", "large")
MADE = 0.4  # share of a class that its maker makes
SCORES = ("named", "right", "right with half", "told apart", "steady")


def titles(classes: Sequence[str], labels: np.ndarray, missing: float, rng: np.random.Generator) -> list[str]:
    """Draw a title for each of n photos of these classes, labels int (n,); a share of them says no class."""
    makers = ["maker" + chr(97 + number // 26) + chr(97 + number % 26) for number in range(len(classes))]
    drawn = []
    for label in labels.tolist():
        maker = makers[label if rng.random() < MADE else rng.integers(len(makers))]
        said = "" if rng.random() < missing else " ".join(words(classes[label]))
        drawn.append(f"{maker} {rng.choice(COLOURS)} {said} {rng.choice(SIZES)} {rng.integers(100)}")
    return drawn


def scores(pred: np.ndarray, labels: np.ndarray, classes: Sequence[str], names: dict[int, str]) -> list[float]:
    """Return the shares of groups named; of these right: by words of their main class alone; and named as no other.

    right with half: of those with more than half of their photos of one class. pred, labels: int (n,).
    """
    right, half = [], []
    for group, name in names.items():
        counts = np.bincount(labels[pred == group])
        hit = set(words(name.split(",")[0])) <= set(words(classes[counts.argmax()]))
        right.append(hit)
        half += [hit] if 2 * counts.max() > counts.sum() else []
    distinct = len(set(names.values())) / len(names) if names else np.nan
    return [len(names) / len(np.unique(pred)), np.mean(right or [np.nan]), np.mean(half or [np.nan]), distinct]


def mean(values: np.ndarray) -> str:
    """Return the mean of the values that are defined."""
    known = values[~np.isnan(values)]
    return f"{known.mean():.2f}" if len(known) else "–"


def called(pred: np.ndarray, names: dict[int, str]) -> np.ndarray:
    """Return the name of the group of each photo, "" where it has none."""
    return np.array([names.get(group, "") for group in pred.tolist()])


def rows_of(file: Path, seeds: Sequence[int], shares: Sequence[float]) -> list[list[str]]:
    """Return the lines of a set: true classes, then groups by `recommended`, number given, for each share missing."""
    data = np.load(file)
    labels, classes = data["labels"].astype(int), data["classes"].tolist()
    rows = data["features"].astype(np.float32)
    found = [cluster("recommended", Space(rows, seed=seed), len(classes)).labels for seed in seeds]
    lines = []
    for missing in shares:
        written = titles(classes, labels, missing, np.random.default_rng(0))
        for kind, groupings in (("true classes", [labels]), ("found", found)):
            named = [find(pred, written, {}) for pred in groupings]
            pairs = list(zip(groupings, named, strict=True))
            values = np.array([scores(pred, labels, classes, names) for pred, names in pairs])
            first, *others = (called(*pair) for pair in pairs)
            steady = f"{np.mean([np.mean(first == other) for other in others]):.2f}" if others else ""
            lines.append([file.stem, kind, f"{missing:.0%}", *map(mean, values.T), steady])
    return lines


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", help="features float (n, d), labels int (n,), classes")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--missing", type=float, nargs="+", default=[0, 0.3, 0.6], help="shares without the class")
    options = parser.parse_args()
    print(f"| set | groups | missing | {' | '.join(SCORES)} |\n|{'---|' * (3 + len(SCORES))}")
    for file in options.files:
        for line in rows_of(file, options.seeds, options.missing):
            print(f"| {' | '.join(line)} |", flush=True)


if __name__ == "__main__":
    main()
