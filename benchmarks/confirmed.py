"""Show what confirmed groups teach: fine-tune on some, group again, score the photos of which nobody said anything.
Run: python benchmarks/confirmed.py ../shared/data/grocery --weights FILE [--groups 10 20 40] [--seeds 0 1 2]

Stages 00 to 04 run as a user runs them. A simulated user, who knows the true labels, then looks at the groups found,
the largest first, as the gallery lists them. Where at least half of a group, and at least 10 photos, are of one
product, no group of which was confirmed before, the others are moved to no group and the rest is confirmed; else the
group is passed over. After 02 (classes confirmed), 03 (weights finetuned) and 04 the grouping of the other photos,
which were neither confirmed nor moved, is compared with that before: by default, into as many groups as before, and
that once more with base and fine-tuned vectors side by side. The work folder keeps what was finished.
"""

import argparse
import runpy
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from pydantic_settings import BaseSettings

from lookalike.catalog import catalog
from lookalike.clustering import outcome
from lookalike.clustering.entrance import cluster
from lookalike.clustering.space import Space
from lookalike.core import features
from lookalike.core.stage import edits_file, is_current, stage_folder
from lookalike.edits import compose, log
from lookalike.edits.apply import apply
from lookalike.edits.rows import Row
from lookalike.evaluation.scores import external_scores

ROOT = Path(__file__).resolve().parents[1]
SCORES = ("normalized_mutual_info", "adjusted_rand_index")
WHEN = {
    "before": "before",
    "after": "after",
    "as many": "after, as many groups as before",
    "side by side": "side by side, as many",
}
LEAST_PHOTOS, LEAST_SHARE = 10, 0.5
NAME = "photos"


def settings(chosen: argparse.Namespace, results: str, edits: str, seed: int, *, taught: bool) -> BaseSettings:
    """Return the settings of a run: everything by default but for places, seeds and weights."""
    from config import Settings  # late: main puts its folder on the path

    return Settings(
        dataset=NAME,
        photos=chosen.folder,
        output=chosen.work / results,
        img=chosen.work / "img" / results,
        edits=chosen.work / "edits" / edits,
        finetune={"enabled": taught, "classes": "confirmed", "weights": chosen.weights, "seed": seed},
        extract={"weights": "finetuned" if taught else chosen.weights},
        cluster={"seed": seed},
        run={"progress": "off"},
    )


def run(made_by: BaseSettings, *scripts: str) -> outcome.Groups:
    """Run the steps of scripts that are out of date and return the groups."""
    for script in scripts:
        for name, step in runpy.run_path(str(ROOT / f"{script}.py"))["STEPS"].items():
            if step.wanted(made_by) and not is_current(made_by, name):
                step.run(made_by)
    return outcome.read(stage_folder(made_by, "04_cluster"))


def confirm(seen: compose.Seen, true: np.ndarray, wanted: int) -> Iterator[Row]:
    """Yield what the user says to confirm so many groups: photos moved to no group, groups confirmed."""
    numbers, sizes = np.unique(seen.labels[seen.labels >= 0], return_counts=True)
    done: set[str] = set()
    for group in numbers[np.argsort(-sizes, kind="stable")].tolist():
        members = seen.members([group])
        product, count = Counter(true[members].tolist()).most_common(1)[0]
        if count < max(LEAST_PHOTOS, LEAST_SHARE * len(members)) or product in done:
            continue
        others = members[true[members] != product]
        if len(others):
            yield compose.move(seen, "none", *(seen.paths[row] for row in others))
            seen = replace(seen, labels=np.where(np.isin(np.arange(len(true)), others), -1, seen.labels))
        yield compose.confirm(seen, str(group))
        done.add(product)
        if len(done) == wanted:
            return


def say(path: Path, groups: outcome.Groups, sha256s: list[str], true: list[str], wanted: int) -> list[Row]:
    """Return the rows that confirm so many groups, appended to the log at the first time, as edit.py does."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        seen = compose.Seen(groups.paths, sha256s, groups.labels, groups.distances, groups.names)
        log.append(path, list(confirm(seen, np.array(true), wanted)))
    return log.read(path).rows


def measure(chosen: argparse.Namespace, wanted: int, seed: int) -> dict[str, float]:
    """Return the counts and scores of one run: of all other photos, and of those of products not confirmed."""
    base = settings(chosen, "base", "none", seed, taught=False)
    found = run(base, "00_make_labels", "01_preprocess", "03_extract", "04_cluster")
    listed, paths = stage_folder(base, "00_make_labels"), found.paths
    true, sha256s = catalog.read_labels(listed, paths), catalog.read_digests(listed, paths)
    name = f"{wanted}_groups_seed_{seed}"
    taught = settings(chosen, name, name, seed, taught=True)
    rows = say(edits_file(taught), found, sha256s, true, wanted)
    after = run(taught, "00_make_labels", "01_preprocess", "02_finetune", "03_extract", "04_cluster")
    place = {path: row for row, path in enumerate(after.paths)}
    old, new = (features.load(stage_folder(one, "03_extract"), paths, unit=True)[1][:] for one in (base, taught))
    groupings = {
        "before": apply(found.labels, sha256s, rows).labels,
        "after": after.labels[[place[path] for path in paths]],
        "as many": apply(group(new, found.labels, seed), sha256s, rows).labels,
        "side by side": apply(group(np.hstack([old, new]), found.labels, seed), sha256s, rows).labels,
    }
    return scored(groupings, np.array(true), np.array(sha256s), rows)


def group(vectors: np.ndarray, found: np.ndarray, seed: int) -> np.ndarray:
    """Return the labels of vectors grouped into as many groups as were found before."""
    return cluster("recommended", Space(vectors, seed=seed), int(found.max()) + 1).labels


def scored(
    groupings: dict[str, np.ndarray], true: np.ndarray, sha256s: np.ndarray, rows: list[Row]
) -> dict[str, float]:
    """Return counts, and the scores of photos that no row names as moved or confirmed; see `measure`."""
    confirmed = np.isin(sha256s, [sha256 for row in rows if row["op"] == "confirm" for sha256 in row["photos"]])
    touched = np.isin(sha256s, [sha256 for row in rows for sha256 in row["photos"]])
    known = set(true[confirmed].tolist())
    found = {"confirmed": int(confirmed.sum()), "moved": int((touched & ~confirmed).sum()), "groups": len(known)}
    for part, some in {"others": ~touched, "unknown": ~touched & ~np.isin(true, list(known))}.items():
        found[part] = int(some.sum())
        for when, labels in groupings.items():
            scores = external_scores(true[some].tolist(), labels[some])
            found |= {f"{part} {when} {name}": scores[name] for name in SCORES}
            found[f"{when} number"] = len(np.unique(labels[labels >= 0]))
    return found


def report(runs: list[dict[str, float]], part: str) -> str:
    """Return a row of the table: means over the seeds, and the spread of scores."""

    def mean(name: str) -> str:
        return f"{np.mean([run[name] for run in runs]):,.0f}"

    def cell(part: str, when: str) -> str:
        table = np.array([[run[f"{part} {when} {name}"] for name in SCORES] for run in runs])
        values = zip(table.mean(axis=0), table.std(axis=0), strict=True)
        return " / ".join(f"{centre:.3f} ± {spread:.3f}" for centre, spread in values)

    counts = [mean(name) for name in ("groups", "confirmed", "moved", "before number", "after number", part)]
    return f"| {' | '.join([*counts, *(cell(part, when) for when in WHEN)])} |"


def main() -> None:
    """Print a Markdown table: a row a number of confirmed groups, NMI / ARI before and after."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", default="imagenet")
    parser.add_argument("--groups", type=int, nargs="+", default=[10, 20, 40])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--work", type=Path, default=ROOT / "output" / "benchmark_confirmed")
    chosen = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    runs: dict[int, list[dict[str, float]]] = {wanted: [] for wanted in chosen.groups}
    for seed in chosen.seeds:
        for wanted in chosen.groups:
            runs[wanted].append(measure(chosen, wanted, seed))
            print(f"seed {seed}: {report(runs[wanted][-1:], 'others')}", flush=True)
    for part, title in {"others": "other photos", "unknown": "those of products not confirmed"}.items():
        print(f"\n| groups | confirmed | moved | groups before | after | {title} | {' | '.join(WHEN.values())} |")
        print(f"|{'---|' * (6 + len(WHEN))}")
        for wanted in chosen.groups:
            print(report(runs[wanted], part))


if __name__ == "__main__":
    main()
