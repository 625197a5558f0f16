"""What a search costs and what it finds: against bare faiss, recall with filters; retrieval on real photos.

    python benchmarks/search.py [--rows 100000 1000000]
        [--output OUTPUT --datasets grocery fruits [--packshots FOLDER] [--grounds FOLDER]]

Drawn rows of 256 numbers in clusters, one thread. OUTPUT: results of run_all.py for the datasets, labelled photos of
which each is searched for among the others, by each of their vectors. PACKSHOTS: photos that are in none of them,
named by label like those of the first dataset. GROUNDS: photos of something else, onto which those of the datasets are
put, to be searched for by their box and by the whole.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import faiss
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from served import Server  # noqa: E402

from lookalike.catalog import catalog, images  # noqa: E402
from lookalike.catalog.labels import label  # noqa: E402
from lookalike.core import features  # noqa: E402
from lookalike.core.arrays import unit_rows  # noqa: E402
from lookalike.core.features import MAIN  # noqa: E402
from lookalike.core.progress import set_progress  # noqa: E402
from lookalike.search.index import VectorIndex, build  # noqa: E402
from lookalike.search.opened import Asked, Opened, Photo, open_dataset  # noqa: E402

QUERIES, ROUNDS, TOP = 40, 3, 20
COMPARED, CROPPED, UPLOADED = 400, 200, 43  # queries of a dataset, evenly spread
GROUND = 600  # pixels of a side of a crowded photo
STAGES = ("00_make_labels", "01_preprocess", "03_extract", "07_search", "04_cluster", "04_near_duplicates")


def draw(n: int) -> np.ndarray:
    """Draw rows in clusters of unequal size: float32 (n, 256)."""
    rng = np.random.default_rng(0)
    middles = rng.normal(size=(2_000, 256)).astype(np.float32)
    rows = np.empty((n, 256), np.float32)
    for start in range(0, n, 100_000):
        block = rows[start : start + 100_000]
        block[:] = middles[(2_000 * rng.random(len(block)) ** 2).astype(int)] + rng.normal(size=block.shape)
    return rows


def cost(n: int) -> dict[str, str]:
    """Measure n drawn rows: ours and bare faiss query by query in turn."""
    faiss.omp_set_num_threads(1)
    rows = draw(n)
    unit = unit_rows(rows)
    bare = faiss.IndexFlatIP(256)
    bare.add(unit)
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        build(Path(folder), rows, seed=0)
        made = time.perf_counter() - started
        started = time.perf_counter()
        index = VectorIndex(Path(folder), rows)
        opened = time.perf_counter() - started
        ours, theirs = timed(index, bare, rows, rng)
        recalls = [recall(index, unit, rng, share) for share in (None, 0.1, 0.01)]
    return {
        "rows": f"{n:,}",
        "built, s": f"{made:.1f}",
        "opened, ms": f"{1000 * opened:.1f}",
        "a query, ms": f"{1000 * ours:.1f}",
        "of bare faiss": f"{ours / theirs:.2f}",
        "recall@20: all, 10 %, 1 % pass": " / ".join(f"{value:.3f}" for value in recalls),
    }


def timed(index: VectorIndex, bare: faiss.Index, rows: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """Return the median seconds of a query, ours and of bare faiss, asked in turn."""
    ours, theirs = [], []
    for row in rng.integers(0, len(rows), QUERIES * ROUNDS).tolist():
        started = time.perf_counter()
        index.nearest(rows[row], TOP)
        between = time.perf_counter()
        bare.search(unit_rows(rows[row : row + 1]), TOP)
        ours.append(between - started)
        theirs.append(time.perf_counter() - between)
    return float(np.median(ours)), float(np.median(theirs))


def recall(index: VectorIndex, unit: np.ndarray, rng: np.random.Generator, share: float | None) -> float:
    """Return the share of the exact 20 best that are found where a share of the rows passes."""
    found = []
    for row in rng.integers(0, len(unit), QUERIES).tolist():
        passing = None if share is None else rng.random(len(unit)) < share
        cosines = unit @ unit[row]
        if passing is not None:
            cosines[~passing] = -np.inf
        best = np.argpartition(-cosines, TOP)[:TOP]
        found.append(len(set(best.tolist()) & set(index.nearest(unit[row], TOP, passing)[0].tolist())) / TOP)
    return float(np.mean(found))


def opened_at(output: Path, dataset: str, matrix: str) -> tuple[Opened, np.ndarray]:
    """Open a dataset and return it with the true labels of its photos."""
    folders = [output / dataset / stage for stage in STAGES]
    opened = open_dataset(*folders, matrix=matrix)
    opened.copy_of[:] = -1  # every photo counts
    return opened, np.array(catalog.read_labels(folders[0], opened.paths))


def retrieval(output: Path, dataset: str, matrix: str) -> Iterator[dict[str, str]]:
    """Search for each of 400 photos among the others and score what is found by label, plainly and re-ranked.

    Where a network was fine-tuned, the photos searched for are of the classes that it never saw, for all vectors.
    """
    opened, true = opened_at(output, dataset, matrix)
    learnt = output / dataset / "02_finetune" / "labels.txt"
    taught = learnt.read_text(encoding="utf-8").splitlines() if learnt.exists() else []
    counts = dict(zip(*np.unique(true, return_counts=True), strict=True))
    usable = [row for row, name in enumerate(true) if name not in taught and counts[name] > 1]
    queries = [usable[place] for place in np.linspace(0, len(usable) - 1, min(COMPARED, len(usable))).astype(int)]
    vectors = matrix if matrix != MAIN else ("both" if taught else "base")
    told = {"dataset": dataset, "vectors": vectors, "photos of classes": "held out" if taught else "all"}
    return [
        told
        | {"re-ranked": "yes" if again else "no", "queries": str(len(queries))}
        | scored(opened, true, queries, again)
        for again in (False, True)
    ]


def scored(opened: Opened, true: np.ndarray, queries: list[int], rerank: bool) -> dict[str, str]:
    """Return the scores of searches, and the median time of one; of re-ranked ones, of the second half."""
    firsts, fives, precisions, times = [], [], [], []
    for row in queries:
        started = time.perf_counter()
        hits = opened.find(Asked(like=[Photo(row)], rerank=rerank), 60)
        times.append(time.perf_counter() - started)
        right = np.array([true[hit.row] == true[row] for hit in hits])
        firsts.append(right[0])
        fives.append(right[:5].mean())
        at_each = np.cumsum(right) / np.arange(1, len(right) + 1)
        precisions.append((at_each * right).sum() / max(1, min(60, (true == true[row]).sum() - 1)))
    scores = {"recall@1": firsts, "precision@5": fives, "mAP@60": precisions}
    told = {name: f"{np.mean(values):.3f}" for name, values in scores.items()}
    return told | {"ms a query": f"{1000 * np.median(times[len(times) // 2 :]):.0f}"}


def crops(output: Path, dataset: str, grounds: Path) -> list[dict[str, str]]:
    """Put photos of a dataset onto crowded photos and search by the whole, and by the box of the object alone.

    grounds: a folder of other photos, four of which are the ground. The object is a third of its width.
    """
    opened, true = opened_at(output, dataset, MAIN)
    files = sorted(file for file in grounds.rglob("*") if file.suffix.lower() in (".jpg", ".jpeg", ".png"))
    rng, found = np.random.default_rng(0), {"the whole photo": [], "the box of the object": []}
    for row in np.linspace(0, len(true) - 1, CROPPED).astype(int).tolist():
        photo, box = crowded(images.read(opened.root / opened.paths[row]), files, rng)
        data = bytes(images.encode(photo, ".jpg"))
        for name, crop in zip(found, (None, box), strict=True):
            # The photo itself is in the dataset, and is no answer: the best of the others counts.
            hits = opened.find(Asked(like=[opened.given(data, crop)]), 2)
            first = next(hit for hit in hits if hit.row != row)
            found[name].append(true[first.row] == true[row])
    told = {"dataset": dataset, "queries": str(CROPPED)}
    return [told | {"searched by": name, "recall@1": f"{np.mean(right):.3f}"} for name, right in found.items()]


def crowded(photo: np.ndarray, files: list[Path], rng: np.random.Generator) -> tuple[np.ndarray, tuple[int, ...]]:
    """Return a photo on a ground of four others, and its box (x, y, width, height)."""
    chosen = [files[place] for place in rng.choice(len(files), 4, replace=False)]
    tiles = [cv2.resize(images.read(file, target=GROUND // 2), (GROUND // 2, GROUND // 2)) for file in chosen]
    ground = np.vstack([np.hstack(tiles[:2]), np.hstack(tiles[2:])])
    scale = GROUND / 3 / max(photo.shape[:2])
    part = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    height, width = part.shape[:2]
    x, y = rng.integers(0, GROUND - width), rng.integers(0, GROUND - height)
    ground[y : y + height, x : x + width] = part
    return ground, (int(x), int(y), width, height)


def upload(output: Path, dataset: str) -> dict[str, str]:
    """Send photos that are not in the dataset to its server, and beside it have the network alone see them."""
    opened, true = opened_at(output, dataset, MAIN)
    command = [sys.executable, str(ROOT / "07_search.py"), "--dataset", dataset, "--output", str(output.resolve())]
    took, seen = [], []
    with tempfile.TemporaryDirectory() as place:
        server = Server([*command, "--serve", "--search.port", "0"], Path(place))
        for row in np.linspace(0, len(true) - 1, UPLOADED).astype(int).tolist():
            photo = bytes(images.encode(images.read(opened.root / opened.paths[row]), ".jpg", 80))
            started = time.perf_counter()
            status, _ = server.get("/api/search", photo)
            took.append(time.perf_counter() - started)
            prepared = opened.given(photo).prepared
            started = time.perf_counter()
            opened.sight.vectors(prepared)
            seen.append(time.perf_counter() - started)
            assert status == 200
        server.stop()
    whole, network = (1000 * np.median(times[3:]) for times in (took, seen))
    told = {"dataset": dataset, "uploads": str(UPLOADED), "upload to result, ms": f"{whole:.0f}"}
    return told | {"of it the network, ms": f"{network:.0f}", "beyond it, ms": f"{whole - network:.0f}"}


def packshots(output: Path, dataset: str, folder: Path, rerank: bool) -> dict[str, str]:
    """Search for photos that are not in the dataset and say how often the first, or one of five, is of their label."""
    opened, true = opened_at(output, dataset, MAIN)
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in (".jpg", ".jpeg", ".png"))
    labels = label([file.name for file in files], folder, source="name", pattern=r"^(.+?)_", table=None).labels
    places = []
    for file, wanted in zip(files, labels, strict=True):
        hits = opened.find(Asked(like=[opened.named(str(file))], rerank=rerank), TOP)
        found = [place for place, hit in enumerate(hits) if true[hit.row] == wanted]
        places.append(found[0] if found else TOP)
    told = {"packshots": str(len(files)), "re-ranked": "yes" if rerank else "no"}
    shares = {f"within {k}": np.mean(np.array(places) < k) for k in (1, 5, 20)}
    return told | {name: f"{share:.2f}" for name, share in shares.items()}


def matrices(output: Path, datasets: list[str]) -> list[tuple[str, str]]:
    """Return the datasets with each of their vectors."""
    return [(name, matrix) for name in datasets for matrix in features.names(output / name / "03_extract")]


def show(rows: Iterable[dict]) -> None:
    """Print rows as a Markdown table, each as soon as it is there."""
    for number, row in enumerate(rows):
        if number == 0:
            print("| " + " | ".join(row) + " |\n|" + "---|" * len(row))
        print("| " + " | ".join(row.values()) + " |", flush=True)
    print(flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--output", type=Path)
    parser.add_argument("--datasets", nargs="*", default=["grocery"])
    parser.add_argument("--grounds", type=Path, help="photos of something else, to put those of the datasets on")
    parser.add_argument("--packshots", type=Path)
    asked = parser.parse_args()
    set_progress("off")
    if asked.rows:
        show(cost(n) for n in asked.rows)
    if asked.output:
        show(upload(asked.output, name) for name in asked.datasets)
        show(row for each in matrices(asked.output, asked.datasets) for row in retrieval(asked.output, *each))
    if asked.output and asked.grounds:
        show(row for name in asked.datasets for row in crops(asked.output, name, asked.grounds))
    if asked.output and asked.packshots:
        show(packshots(asked.output, asked.datasets[0], asked.packshots, again) for again in (False, True))


if __name__ == "__main__":
    main()
