"""How well words of titles, or the classes of a head, name groups: of true classes, and as found, over several seeds.

Titles are drawn: the words of the class where they are not missing, a colour, a size, and a maker, which makes two
fifths of one class and some of the others. A head sees vectors alone; whether its names are right is told by the tables
below, made by hand before it was run.
Run: python benchmarks/names.py ../shared/features/*.npz [--seeds 0 1 2] [--missing 0 0.3 0.6]
Run: python benchmarks/names.py FILE.npz FOLDER ... --head FILE.h5 --head_names FILE.txt [--weights NOTOP.h5]"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from quality import SETS, SHARED, features, labelled

from lookalike.catalog.written import words
from lookalike.clustering.entrance import cluster
from lookalike.clustering.head import Head, read_head
from lookalike.clustering.likely import by_head
from lookalike.clustering.names import find, name_groups
from lookalike.clustering.space import Space
from lookalike.networks.extraction import VIEWS

COLOURS, SIZES = ("red", "blue", "green", "black", "white"), ("small", "medium", "large")
MADE = 0.4  # share of a class that its maker makes
SCORES = ("named", "right", "right with half", "told apart", "steady")
BARS = (0, 0.05, 0.1, 0.2, 0.3, 0.5)  # least mean probabilities of a name by a head
SYNONYMS = {  # names of ImageNet's classes that are right for a class; for another, its own words
    "dress": {"gown"},
    "hat": {"bathing cap", "bonnet", "cowboy hat", "shower cap", "sombrero"},
    "longsleeve": {"cardigan", "sweatshirt"},
    "outwear": {"cloak", "fur coat", "poncho", "trench coat"},
    "pants": {"jean"},
    "shoes": {"clog", "cowboy boot", "loafer", "running shoe", "sandal"},
    "shorts": {"swimming trunks"},
    "skirt": {"hoopskirt", "miniskirt", "overskirt", "sarong"},
    "t-shirt": {"jersey"},
    "Brown-Cap-Mushroom": {"mushroom"},
    "Cabbage": {"head cabbage"},
    **{f"{colour}-Bell-Pepper": {"bell pepper"} for colour in ("Green", "Orange", "Red", "Yellow")},
    "Satsumas": {"orange"},
}
IN_CARTONS = (
    "Alpro",
    "Arla",
    "Bravo",
    "Garant",
    "God-Morgon",
    "Oatly",
    "Tropicana",
    "Valio",
    "Yoggi",
)  # "packet" is wrong


def titles(classes: Sequence[str], labels: np.ndarray, missing: float, rng: np.random.Generator) -> list[str]:
    """Draw a title for each of n photos of these classes, labels int (n,); a share of them says no class."""
    makers = ["maker" + chr(97 + number // 26) + chr(97 + number % 26) for number in range(len(classes))]
    drawn = []
    for label in labels.tolist():
        maker = makers[label if rng.random() < MADE else rng.integers(len(makers))]
        said = "" if rng.random() < missing else " ".join(words(classes[label]))
        drawn.append(f"{maker} {rng.choice(COLOURS)} {said} {rng.choice(SIZES)} {rng.integers(100)}")
    return drawn


def by_words(name: str, label: str) -> bool:
    """Say whether a name is words of a class alone."""
    return set(words(name)) <= set(words(label))


def by_synonyms(name: str, label: str) -> bool:
    """Say whether the name of a class of ImageNet is right for a class."""
    own = {"carton"} if label.startswith(IN_CARTONS) else {" ".join(words(label.replace("_", " ")))}
    return name.lower() in SYNONYMS.get(label, own)


def scores(
    pred: np.ndarray, labels: np.ndarray, classes: Sequence[str], names: dict[int, str], is_right: Callable = by_words
) -> list[float]:
    """Return the shares of groups named; of these right for their main class, by their first words; named as no other.

    right with half: of those with more than half of their photos of one class. pred, labels: int (n,).
    """
    right, half = [], []
    for group, name in names.items():
        counts = np.bincount(labels[pred == group])
        hit = is_right(name.split(",")[0].rstrip(" 0123456789"), classes[counts.argmax()])
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


def read(place: Path, weights: Path, work: Path) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return vectors, labels and classes of a file of features, or of a folder of photos that `quality` knows."""
    if place.is_file():
        data = np.load(place)
        return data["features"].astype(np.float32), data["labels"].astype(int), data["classes"].tolist()
    labels = SETS[place.name]
    paths, said = labelled(place, labels if labels == "folder" else str(place.parent / labels))
    classes, numbers = np.unique(said, return_inverse=True)
    work.mkdir(parents=True, exist_ok=True)
    return features(paths, "mobilenet_v2", str(weights), VIEWS, work), numbers, classes.tolist()


def line_of(groupings: Sequence[np.ndarray], named: Sequence[dict[int, str]], labels, classes, is_right) -> list[str]:
    """Return the cells of the scores of groupings and their names, in the mean."""
    pairs = list(zip(groupings, named, strict=True))
    values = np.array([scores(pred, labels, classes, names, is_right) for pred, names in pairs])
    first, *others = (called(*pair) for pair in pairs)
    steady = f"{np.mean([np.mean(first == other) for other in others]):.2f}" if others else ""
    return [*map(mean, values.T), steady]


def by_titles(pred: np.ndarray, labels: np.ndarray, classes: Sequence[str], missing: float) -> dict[int, str]:
    """Return the names of groups by drawn titles, of which a share says no class."""
    return find(pred, titles(classes, labels, missing, np.random.default_rng(0)), {})


def by_classes(pred: np.ndarray, rows: np.ndarray, head: Head, least: float) -> dict[int, str]:
    """Return the names of groups by a head, of at least such a mean probability; true labels are no part of it."""
    found = name_groups(pred, {}, {"head": by_head(pred, rows, head, least=least)})
    return {group: name.text for group, name in found.items()}


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "sets", type=Path, nargs="+", help="features (n, d), labels (n,), classes; or folders of photos"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--missing", type=float, nargs="+", default=[0, 0.3, 0.6], help="shares without the class")
    parser.add_argument("--head", type=Path, help="weights with the top: its classes are the names, not titles")
    parser.add_argument("--head_names", type=Path, help="names of the head's classes, one a line")
    parser.add_argument("--weights", type=Path, default=SHARED / "weights/mobilenet_v2_imagenet_notop.weights.h5")
    parser.add_argument("--work", type=Path, default=Path("output/benchmark_quality"), help="keeps the features")
    options = parser.parse_args()
    head = read_head(options.head, options.head_names) if options.head else None
    print(
        f"| set | groups | {'at least' if head else 'missing'} | {' | '.join(SCORES)} |\n|{'---|' * (3 + len(SCORES))}"
    )
    for place in options.sets:
        rows, labels, classes = read(place, options.weights, options.work)
        found = [cluster("recommended", Space(rows, seed=seed), len(classes)).labels for seed in options.seeds]
        for share in BARS if head else options.missing:
            for kind, groupings in (("true classes", [labels]), ("found", found)):
                if head:
                    named = [by_classes(pred, rows, head, share) for pred in groupings]
                else:
                    named = [by_titles(pred, labels, classes, share) for pred in groupings]
                cells = line_of(groupings, named, labels, classes, by_synonyms if head else by_words)
                print(f"| {' | '.join([place.stem, kind, f'{share:.0%}', *cells])} |", flush=True)


if __name__ == "__main__":
    main()
