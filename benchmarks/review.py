"""Measure what answering review questions does for a grouping, by the order in which they are asked.
Run: python benchmarks/review.py [--photos FOLDER ...] [--features FILE.npz ...] [--weights FILE] [--seeds 3]

A simulated user knows the true labels and answers by majorities: a photo belongs where its label is the commonest of
the group, groups are the same where their commonest labels are, and are two in one where those of the two parts are
not. Each answer counts one, also one that changes nothing; questions that earlier answers made void are skipped.
"Photos at random": the user looks at one photo after another, which counts one, and moves it, where it is wrong, to the
group that has most of its kind. The grouping: `recommended`, number of groups estimated.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from quality import SETS, SHARED, features, labelled

from lookalike.clustering.describe import AXES
from lookalike.clustering.entrance import cluster
from lookalike.clustering.number import estimate
from lookalike.clustering.space import Space
from lookalike.edits.questions import Question, questions
from lookalike.evaluation.scores import external_scores

SCORES = ("adjusted_rand_index", "normalized_mutual_info")
ANSWERS = (0, 50, 100, 200)


class Review:
    """A grouping under review: labels int (n,), true int (n,), and how many photos of each label each group has."""

    def __init__(self, labels: np.ndarray, true: np.ndarray) -> None:
        self.labels, self.true = labels.astype(np.int64), true
        self.counts = np.zeros((labels.max() + 1 + len(labels), true.max() + 1), np.int64)
        np.add.at(self.counts, (labels[labels >= 0], true[labels >= 0]), 1)
        self.fresh = int(labels.max()) + 1
        self.merged: dict[int, int] = {}
        self.different: list[tuple[int, ...]] = []
        self.changed: set[int] = set()

    def group(self, number: int) -> int:
        """Return what has become of a group."""
        while number in self.merged:
            number = self.merged[number]
        return number

    def kind(self, group: int) -> int:
        """Return the commonest true label of a group, -1 where it is empty."""
        return int(self.counts[group].argmax()) if self.counts[group].any() else -1

    def move(self, photos: np.ndarray, to: int) -> None:
        """Move photos of one group to another, -1 for none."""
        kinds = np.bincount(self.true[photos], minlength=self.counts.shape[1])
        left = self.labels[photos[0]]
        self.labels[photos] = to
        for group, sign in ((left, -1), (to, 1)):
            if group >= 0:
                self.counts[group] += sign * kinds

    def answer(self, question: Question) -> bool:
        """Answer a question and do what it says; False where others' answers have made it void."""
        return getattr(self, question.kind)(question.photos, *map(self.group, question.groups))

    def belongs(self, photos: Sequence[int], own: int, *others: int) -> bool:
        photo = photos[0]
        if self.labels[photo] != own or own == others[0]:
            return False
        if self.true[photo] != self.kind(own):
            fits = [other for other in others if self.true[photo] == self.kind(other)]
            self.move(np.array([photo]), fits[0] if fits else -1)
        return True

    def same(self, photos: Sequence[int], one: int, other: int) -> bool:
        apart = {frozenset(map(self.group, pair)) for pair in self.different}
        if one == other or frozenset((one, other)) in apart:
            return False
        if self.kind(one) != self.kind(other):
            self.different.append((one, other))
            return True
        self.move(np.flatnonzero(self.labels == other), one)
        self.merged[other] = one
        self.changed |= {one, other}
        return True

    def split(self, photos: Sequence[int], group: int) -> bool:
        inside = self.labels == group
        part = np.array(photos)[inside[list(photos)]]
        if group in self.changed or not 0 < len(part) < inside.sum():
            return False
        kinds = np.bincount(self.true[part], minlength=self.counts.shape[1])
        if kinds.argmax() != (self.counts[group] - kinds).argmax():
            self.move(part, self.fresh)
            self.changed |= {group, self.fresh}
            self.fresh += 1
        return True


def by_list(*kinds: str) -> Callable:
    """Return an order: a list made once, of questions of some kinds."""

    def order(review: Review, rows: np.ndarray, seed: int) -> Iterator[bool]:
        asked = questions(review.labels, rows, limit=3 * len(rows))
        return (review.answer(one) for one in asked if one.kind in kinds)

    return order


def made_anew(every: int) -> Callable:
    """Return an order: a list of all kinds, made anew after so many answers, without what was asked before."""

    def order(review: Review, rows: np.ndarray, seed: int) -> Iterator[bool]:
        known: set[object] = set()
        fresh = [()]
        while fresh:
            keyed = ((one, (one.kind, one.photos, frozenset(one.groups))) for one in questions(review.labels, rows))
            fresh = [(one, key) for one, key in keyed if key not in known]
            review.changed.clear()
            answers = 0
            for one, key in fresh:
                known.add(key)
                counted = review.answer(one)
                yield counted
                answers += counted
                if answers == every:
                    break

    return order


def at_random(review: Review, rows: np.ndarray, seed: int) -> Iterator[bool]:
    """Look at photos in a random order and put right what is wrong."""
    for photo in np.random.default_rng(seed).permutation(len(rows)).tolist():
        own, kind = review.labels[photo], review.true[photo]
        if own < 0 or review.kind(own) != kind:
            homes = np.flatnonzero((review.counts.argmax(axis=1) == kind) & review.counts.any(axis=1))
            home = homes[review.counts[homes, kind].argmax()] if len(homes) else -1
            review.move(np.array([photo]), int(home))
        yield True


ORDERS = {
    "photos at random, moved": at_random,
    "belongs": by_list("belongs"),
    "same": by_list("same"),
    "split": by_list("split"),
    "belongs and same": by_list("belongs", "same"),
    "all three: the list": by_list("belongs", "same", "split"),
    "all three, made anew every 50 answers": made_anew(50),
    "all three, made anew after each": made_anew(1),
}


def walk(order: Callable, found: np.ndarray, true: np.ndarray, rows: np.ndarray, seed: int) -> np.ndarray:
    """Return the scores after each number of ANSWERS, float (4, 2); the last ones where questions end."""
    review, answers, scores = Review(found, true), 0, []
    names = [str(label) for label in true.tolist()]
    steps = order(review, rows, seed)
    for wanted in ANSWERS:
        while answers < wanted and (counted := next(steps, None)) is not None:
            answers += counted
        found_now = external_scores(names, review.labels)
        scores.append([found_now[name] for name in SCORES])
    return np.array(scores)


def grouped(name: str, rows: np.ndarray, seed: int, work: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels of a grouping by default settings and the rows to ask by, kept in the work folder."""
    kept = work / f"{name}_{seed}.npz"
    if not kept.exists():
        space = Space(rows, seed=seed)
        labels = cluster("recommended", space, estimate(space, "combined").n_clusters).labels
        np.savez(kept, labels=labels, rows=space.rows("l2", AXES))
    with np.load(kept) as found:
        return found["labels"], found["rows"]


def report(name: str, runs: Sequence[tuple[np.ndarray, np.ndarray]], true: np.ndarray) -> None:
    """Print the table of one set, of groupings (labels, rows): ARI / NMI, mean and spread."""
    print(f"\n### {name}: {len(true):,} photos of {len(np.unique(true))} kinds\n")
    print(f"| order | {' | '.join(f'{count} answers' for count in ANSWERS)} |\n|---|{'---|' * len(ANSWERS)}")
    for title, order in ORDERS.items():
        table = np.array([walk(order, labels, true, rows, seed) for seed, (labels, rows) in enumerate(runs)])
        means, spreads = table.mean(axis=0), table.std(axis=0)
        cells = [
            " / ".join(f"{mean:.3f} ± {spread:.3f}" for mean, spread in zip(*pair, strict=True))
            for pair in zip(means, spreads, strict=True)
        ]
        print(f"| {title} | {' | '.join(cells)} |", flush=True)


def settings() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, nargs="*", default=[SHARED / "data" / name for name in SETS][:2])
    parser.add_argument("--features", type=Path, nargs="*", default=[], help="files .npz of features and labels")
    parser.add_argument("--weights", default=str(SHARED / "weights" / "mobilenet_v2_imagenet_notop.weights.h5"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--work", type=Path, default=Path("output/benchmark_review"), help="keeps what was computed")
    return parser.parse_args()


def main() -> None:
    """Print the tables of every set."""
    chosen = settings()
    chosen.work.mkdir(parents=True, exist_ok=True)
    sets = {}
    for folder in chosen.photos:
        how = SETS.get(folder.name, "folder")
        paths, names = labelled(folder, how if how == "folder" else str(folder.with_name(how)))
        views = ["whole", "mirror", "crop"]
        sets[folder.name] = features(paths, "mobilenet_v2", chosen.weights, views, chosen.work), names
    for file in chosen.features:
        with np.load(file) as data:
            sets[file.stem] = data["features"].astype(np.float32), data["labels"]
    for name, (rows, names) in sets.items():
        true = np.unique(names, return_inverse=True)[1]
        report(name, [grouped(name, rows, seed, chosen.work) for seed in range(chosen.seeds)], true)


if __name__ == "__main__":
    main()
