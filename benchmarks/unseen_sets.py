"""Score grouping and the number of groups on whole sets and random choices of classes that chose no setting.
Run: python benchmarks/unseen_sets.py [--shared ../shared] [--sets NAME ...] [--tasks 32] [--parts count whole]

The weights of the evidence for a number of groups are learnt on all sets but the one scored, on choices of 3 to 60 of
their classes and on some of two, and scored on choices of few photos a class, too. What was measured is kept in the
work folder, so that a run can be done in parts; delete it to measure again.
"""

import argparse
import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
from unseen_tasks import SETS, Task, choices, read_set

from lookalike.clustering.count import Count, by_evidence, from_evidence
from lookalike.clustering.entrance import cluster
from lookalike.clustering.evidence import Evidence, gather
from lookalike.clustering.likelihood import learn
from lookalike.clustering.space import Space
from lookalike.core.arrays import one_blas_thread
from lookalike.core.progress import progress
from lookalike.evaluation.scores import external_scores
from lookalike.networks.fusion import ENOUGH, WEIGHT, Eye, learn_fusion

WAYS = {  # of grouping: a method, and the eyes whose vectors it groups, their weights chosen as 03 does
    "graph": ("graph", ["network"]),
    "kmeans": ("kmeans", ["network"]),
    "recommended": ("recommended", ["network"]),
    "graph, two eyes": ("graph", ["network", "handcrafted"]),
    "recommended, two eyes": ("recommended", ["network", "handcrafted"]),
}
HISTOGRAMS = {"handcrafted"}  # eyes that are evened, as 03 does
LEVEL_WITHIN, DEFAULT_WITHIN = 0.15, 0.25
SHARE_OF_TWO = 0.15  # what choices of two classes count for in learning, of those of more
LADDER = 1.3 ** np.arange(-2, 3)  # five numbers around the default that look at no evidence, to compare levels with
BARS = np.arange(0.56, 0.9, 0.01)  # of the agreement from which a second eye counts

Tasks = dict[str, list[Task]]  # by set


def kept(path: Path, measure: Callable[[], object]) -> object:
    """Return what a pickle file holds, or measure it and write it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(measure()))
    return pickle.loads(path.read_bytes())


def space_of(task: Task) -> Space:
    """Return the space of unit rows that the network's vectors of a task make."""
    return Space(task.eyes["network"], seed=0).unit()


@one_blas_thread()
def evidence_of(task: Task, work: Path) -> Evidence:
    """Return the evidence for each number of groups of a task."""
    return kept(work / "evidence" / f"{task.name}.pickle", lambda: gather(space_of(task), lambda graphs: None))


def scored(task: Task, method: str, rows: np.ndarray, n_clusters: int, seed: int) -> float:
    """Return the normalised mutual information of a grouping of rows (n, d) of a task."""
    labels = cluster(method, Space(rows, seed=seed), n_clusters).labels
    return external_scores([str(name) for name in task.true], labels)["normalized_mutual_info"]


def nmi(task: Task, way: str, n_clusters: int, seed: int, work: Path) -> float:
    """Return the normalised mutual information of a grouping of a task, by one of WAYS."""

    def measure() -> float:
        method, names = WAYS[way]
        eyes = {name: task.eyes[name] for name in names}
        rows = eyes["network"] if len(eyes) == 1 else learn_fusion(eyes, HISTOGRAMS).join(eyes)
        return scored(task, method, rows, n_clusters, seed)

    return kept(work / "nmi" / f"{task.name}-{way}-{n_clusters}-{seed}.pickle", measure)


def weights_without(left: str, tasks: Tasks, twos: Tasks, work: Path) -> dict[str, float]:
    """Learn the weights of the evidence on the choices of all sets but one, each set counting the same."""
    used = [
        (task, share / len(drawn))
        for by_set, share in ((tasks, 1), (twos, SHARE_OF_TWO))
        for name, drawn in by_set.items()
        if name != left
        for task in drawn
    ]
    every = sum(share for _, share in used)
    evidence = [evidence_of(task, work) for task, _ in used]
    return learn(evidence, [task.n_classes for task, _ in used], [share / every for _, share in used])


def hits(task: Task, found: Count) -> tuple[bool, bool, bool, bool, int]:
    """Say whether a level, and one of LADDER, is within 15 % of the true number, the default within 15 % and 25 %.

    The last is how many levels there are.
    """
    off = min(abs(one.n_clusters / task.n_classes - 1) for one in found.levels)
    blind = np.abs(np.round(found.n_clusters * LADDER) / task.n_classes - 1).min()
    default = abs(found.n_clusters / task.n_classes - 1)
    near = (off <= LEVEL_WITHIN, blind <= LEVEL_WITHIN, default <= LEVEL_WITHIN, default <= DEFAULT_WITHIN)
    return *near, len(found.levels)


def in_words(found: Count) -> str:
    """Return the numbers of the levels, the default in bold."""
    return ", ".join(f"**{one.n_clusters}**" if one.level == "medium" else str(one.n_clusters) for one in found.levels)


def shares(means: np.ndarray) -> str:
    """Return the means of `hits` as cells of a table."""
    *parts, levels = means
    return " | ".join([*(f"{part:.0%}" for part in parts), f"{levels:.1f}"])


def report_count(tasks: Tasks, whole: dict[str, Task], estimate: Callable[[str, Task], Count]) -> None:
    """Print how often estimate(set, task) meets the number of groups, on choices and on the whole sets."""
    names = ("set", "tasks", "a level within 15 %", "one of five 1.3 apart", "default within 15 %")
    print(f"\n| {' | '.join((*names, 'default within 25 %', 'levels', 'whole set: true, levels'))} |")
    print("|---|---|---|---|---|---|---|---|")
    rows = []
    for name, drawn in tasks.items():
        rows.append(np.mean([hits(task, estimate(name, task)) for task in drawn], axis=0))
        words = f"{whole[name].n_classes}: {in_words(estimate(name, whole[name]))}" if name in whole else ""
        print(f"| {name} | {len(drawn)} | {shares(rows[-1])} | {words} |", flush=True)
    for word, value in (("mean", np.mean(rows, axis=0)), ("worst", np.min(rows, axis=0))):
        print(f"| {word} | | {shares(value)} | |")


def report_given(tasks: Tasks, seeds: int, work: Path) -> None:
    """Print the mean NMI of each way over the tasks of a set, the number given, and its spread over seeds."""
    print(f"\n| set | tasks, {seeds} seeds | {' | '.join(WAYS)} |\n|---|---|{'---|' * len(WAYS)}")
    rows = []
    for name, drawn in tasks.items():
        table = np.zeros((len(WAYS), seeds, len(drawn)))
        with progress(name, table.size, "groupings") as advance:
            for place in np.ndindex(table.shape):
                task = drawn[place[2]]
                table[place] = nmi(task, list(WAYS)[place[0]], task.n_classes, place[1], work)
                advance(1)
        rows.append(table.mean(axis=2))
        cells = [f"{each.mean():.3f} ± {each.std():.3f}" for each in rows[-1]]
        print(f"| {name} | {len(drawn)} | {' | '.join(cells)} |", flush=True)
    means = np.array(rows).mean(axis=2)
    for word, value in (("mean", means.mean(axis=0)), ("least gain on graph", (means - means[:, :1]).min(axis=0))):
        print(f"| {word} | | {' | '.join(f'{each:.3f}' for each in value)} |")


def report_estimated(tasks: Tasks, estimate: Callable[[str, Task], Count], work: Path) -> None:
    """Print the mean NMI of `recommended` with the number given, and with the default of estimate(set, task)."""
    print("\n| set | tasks | given | estimated |\n|---|---|---|---|")
    rows = []
    for name, drawn in tasks.items():
        found = [estimate(name, task).n_clusters for task in drawn]
        pairs = [(task.n_classes, default) for task, default in zip(drawn, found, strict=True)]
        scores = [
            [nmi(task, "recommended", number, 0, work) for number in pair]
            for task, pair in zip(drawn, pairs, strict=True)
        ]
        rows.append(np.mean(scores, axis=0))
        print(f"| {name} | {len(drawn)} | {rows[-1][0]:.3f} | {rows[-1][1]:.3f} |", flush=True)
    print(f"| mean | | {' | '.join(f'{each:.3f}' for each in np.mean(rows, axis=0))} |")


def second_eye(task: Task, work: Path) -> tuple[float, float]:
    """Return the agreement of the eyes of a task, and what the second at its full weight adds to NMI of one graph."""

    def measure() -> tuple[float, float]:
        fusion = learn_fusion(task.eyes, HISTOGRAMS)
        always = replace(fusion, eyes={"network": Eye(), "handcrafted": Eye(WEIGHT)})
        alone = nmi(task, "graph", task.n_classes, 0, work)
        both = scored(task, "graph", always.join(task.eyes), task.n_classes, 0)
        return fusion.eyes["handcrafted"].agreement or 0.0, both - alone

    return kept(work / "eyes" / f"{task.name}.pickle", measure)


def report_eyes(tasks: Tasks, work: Path) -> None:
    """Print what a second eye adds always, by the bar in use, and by the bar that is best on all other sets."""
    print("\n| set | tasks | agreement | always | from the bar in use | the bar of the others | from that |")
    print("|---|---|---|---|---|---|---|")
    found = {name: np.array([second_eye(task, work) for task in drawn]) for name, drawn in tasks.items()}

    def gain(name: str, bar: float) -> float:
        return float(np.mean(np.where(found[name][:, 0] >= bar, found[name][:, 1], 0)))

    rows = []
    for name, pairs in found.items():
        others = [np.mean([gain(each, bar) for each in found if each != name]) for bar in BARS]
        bar = BARS[int(np.argmax(others))]
        rows.append([gain(name, 0), gain(name, ENOUGH), gain(name, bar)])
        always, here, there = (f"{value:+.3f}" for value in rows[-1])
        print(f"| {name} | {len(pairs)} | {pairs[:, 0].mean():.2f} | {always} | {here} | {bar:.2f} | {there} |")
    for word, values in (("mean", np.mean(rows, axis=0)), ("worst", np.min(rows, axis=0))):
        print(f"| {word} | | | {values[0]:+.3f} | {values[1]:+.3f} | | {values[2]:+.3f} |")


def report_cost(whole: dict[str, Task], rounds: int = 5) -> None:
    """Print how long the estimate takes, beside one grouping that searches its own neighbours, in pairs."""
    print("\n| set | photos | estimate | `recommended` | ratio | of processor time |\n|---|---|---|---|---|---|")
    for name, task in whole.items():

        def spent(work: Callable[[Space], object], rows: np.ndarray = task.eyes["network"]) -> list[float]:
            began = perf_counter(), process_time()
            work(Space(rows, seed=0))
            return [perf_counter() - began[0], process_time() - began[1]]

        ways = by_evidence, partial(cluster, "recommended", n_clusters=task.n_classes)
        pairs = np.array([[spent(way) for way in ways] for _ in range(rounds + 1)][1:])  # the first one warms up
        (estimate, grouping), ratios = np.median(pairs[:, :, 0], axis=0), pairs[:, 0] / pairs[:, 1]
        wall, processor = (f"{np.median(each):.2f} ({each.min():.2f}-{each.max():.2f})" for each in ratios.T)
        print(f"| {name} | {len(task.true)} | {estimate:.2f} s | {grouping:.2f} s | {wall} | {processor} |", flush=True)


PARTS = ("count", "given", "whole", "estimated", "eyes", "cost")


def settings() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="data, features and weights")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument(
        "--tasks", type=int, default=32, help="random choices of classes of each set; of two classes half as many"
    )
    parser.add_argument("--whole", nargs="*", choices=SETS, default=list(SETS), help="sets taken as a whole, too")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--learn", action="store_true", help="print the weights learnt on all the sets, and stop")
    parser.add_argument("--work", type=Path, default=Path("benchmarks/work"))
    return parser.parse_args()


def main() -> None:
    """Print the tables."""
    chosen = settings()
    chosen.work.mkdir(parents=True, exist_ok=True)
    sets = {name: read_set(name, chosen.shared, chosen.work) for name in chosen.sets}
    tasks = {name: list(choices(one, chosen.tasks)) for name, one in sets.items()}
    twos = {name: list(choices(one, chosen.tasks // 2, classes=2)) for name, one in sets.items()}
    fews = {name: list(choices(one, chosen.tasks // 2, few=True)) for name, one in sets.items()}
    whole, work = {name: sets[name] for name in chosen.whole if name in sets}, chosen.work / "unseen_sets"
    if chosen.learn:
        return print(json.dumps(weights_without("", tasks, twos, work), indent=4))
    weights = cache(lambda name: weights_without(name, tasks, twos, work))

    def estimate(name: str, task: Task) -> Count:
        return from_evidence(space_of(task), evidence_of(task, work), weights(name))

    if "count" in chosen.parts:
        report_count(tasks, whole, estimate)
        report_count(twos, {}, estimate)
        report_count(fews, {}, estimate)
    if "given" in chosen.parts:
        report_given(tasks, chosen.seeds, work)
    if "whole" in chosen.parts:
        report_given({name: [task] for name, task in whole.items()}, chosen.seeds, work)
    if "estimated" in chosen.parts:
        report_estimated(tasks, estimate, work)
    if "eyes" in chosen.parts:
        report_eyes(tasks, work)
    if "cost" in chosen.parts:
        report_cost(whole)


if __name__ == "__main__":
    main()
