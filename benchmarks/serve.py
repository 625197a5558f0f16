"""The server under load: 32 clients ask for pages, photos and look-alikes among 100,000 photos, at a given rate.
Run: python benchmarks/serve.py [--rows 100000] [--rate 200 60] [--seconds 30 | --minutes 10] [--repeat 3]

Rows are drawn as in benchmarks/search.py; their photos are 500 files under 100,000 names; the index, the words and the
server are those of stage 07. Pages (60 photos of a category, described) and photos (files of 30 kB) are asked for in
turn, together --rate times a second; so are look-alikes of one photo, among all, of a category, or of a word. A request
counts from when it was due, also where its client was still waiting; lost is what fails or is not answered with 200.
The clients are one process on the same cores as the server.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np
import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from search import draw  # noqa: E402
from served import Server  # noqa: E402

from lookalike.core import features  # noqa: E402
from lookalike.core.shards import Part  # noqa: E402
from lookalike.search import index, server, words  # noqa: E402
from lookalike.search.opened import Opened  # noqa: E402
from lookalike.search.session import Session  # noqa: E402

CLIENTS, FILES, CATEGORIES = 32, 500, 50
WORDS = [f"word{number:04d}" for number in range(1_000)]  # six in a title
MOST_MS = 250  # of the slowest request in a hundred


def make(folder: Path, n: int) -> None:
    """Write features, index and words of n drawn photos, and their files."""
    rows, names = draw(n), [f"{number // 1_000:03d}/{number:06d}.jpg" for number in range(n)]
    parts = [Part([{"path": name, "key": "", "error": None} for name in names], {features.MAIN: rows})]
    for place in ("extracted", "searched"):
        (folder / place).mkdir()
    features.write(folder / "extracted", parts)
    index.build(folder / "searched", rows, seed=0)
    rng = np.random.default_rng(0)
    labels = [f"category {number}" for number in rng.integers(0, CATEGORIES, n)]
    titles = [" ".join(WORDS[word] for word in chosen) for chosen in rng.integers(0, len(WORDS), (n, 6))]
    cells = {name: {"path": name, "name": title, "spec": "x" * 40} for name, title in zip(names, titles, strict=True)}
    words.write(folder / "searched", names, labels, cells)
    write_photos(folder / "photos", names, rng)


def write_photos(folder: Path, names: Sequence[str], rng: np.random.Generator) -> None:
    """Write drawn photos of about 30 kB under all names, several names a file."""
    for number, name in enumerate(names):
        file = folder / name
        if number % 1_000 == 0:
            file.parent.mkdir(parents=True)
        if number < FILES:
            photo = cv2.resize(rng.integers(0, 255, (60, 80, 3), np.uint8), (400, 300), interpolation=cv2.INTER_CUBIC)
            cv2.imwrite(str(file), photo)
        else:
            os.link(folder / names[number % FILES], file)


def serve(folder: Path) -> None:
    """Serve what `make` wrote."""

    def opened(matrix: str) -> Opened:
        names = features.load(folder / "extracted")[0]
        images, labels = [folder / "photos" / name for name in names], np.arange(len(names)) % 200
        places = (folder / "searched", folder / "extracted", folder / "photos")
        no_sight = None  # no photo is sent
        return Opened(*places, no_sight, [""] * len(names), lambda: images, labels, {}, [], matrix=matrix)

    session = Session(opened, folder / "edits.jsonl", print, [features.MAIN])
    server.serve(server.create_app(session, folder), host="127.0.0.1", port=0)


def page(rng: np.random.Generator, n: int) -> str:
    """Return where a page of a category is, or a photo."""
    if rng.random() < 0.5:
        return f"/photo/{rng.integers(n)}"
    return f"/api/search?category=category%20{rng.integers(CATEGORIES)}&first={60 * rng.integers(10)}&count=60"


def search(rng: np.random.Generator, n: int) -> str:
    """Return where look-alikes of a photo are: half of them among all, else those of a category or a word."""
    filters = ["", "", f"&category=category%20{rng.integers(CATEGORIES)}", f"&words={WORDS[rng.integers(len(WORDS))]}"]
    return f"/api/search?like={rng.integers(n)}&count=20{filters[rng.integers(len(filters))]}"


class Load:
    """What came of the requests of a run: how long each took from when it was due, and how many were lost."""

    def __init__(self) -> None:
        self.took: dict[str, list[float]] = {"page or photo": [], "search": []}
        self.lost = 0


async def client(port: int, plan: Sequence[tuple[float, str, str]], start: float, load: Load) -> None:
    """Ask what the plan says when it says so, over one connection, opened anew where it ends."""
    reader = writer = None
    for due, kind, target in plan:
        await asyncio.sleep(max(0, start + due - time.perf_counter()))
        try:
            if writer is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            status, ends = await ask(reader, writer, target)
            load.took[kind].append(time.perf_counter() - start - due)
            load.lost += status != 200
        except (OSError, asyncio.IncompleteReadError):
            load.lost, ends = load.lost + 1, True
        if ends and writer is not None:
            writer.close()
            reader = writer = None
    if writer is not None:
        writer.close()


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: str) -> tuple[int, bool]:
    """Return the status of a request, its answer read whole, and whether the connection ends."""
    writer.write(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length))
    return int(head[9:12]), b"connection: close" in head


def plans(rate: Sequence[float], seconds: float, n: int, rng: np.random.Generator) -> list[list[tuple]]:
    """Return what each client asks and when: evenly spread, the kinds side by side."""
    asked = [
        (number / per_second, kind, make_target(rng, n))
        for kind, make_target, per_second in zip(("page or photo", "search"), (page, search), rate, strict=True)
        for number in range(int(seconds * per_second))
    ]
    asked.sort()
    return [asked[each::CLIENTS] for each in range(CLIENTS)]


async def run(port: int, rate: Sequence[float], seconds: float, n: int, seed: int) -> Load:
    """Put load on a server."""
    load, start = Load(), time.perf_counter() + 0.2
    planned = plans(rate, seconds, n, np.random.default_rng(seed))
    await asyncio.gather(*(client(port, plan, start, load) for plan in planned))
    return load


def measure(port: int, process: psutil.Process, rate: Sequence[float], seconds: float, n: int, seed: int) -> dict:
    """Return a row of what came of one run."""
    before, own, started = process.cpu_times(), time.process_time(), time.perf_counter()
    load = asyncio.run(run(port, rate, seconds, n, seed))
    passed, after = time.perf_counter() - started, process.cpu_times()
    cores = (after.user + after.system - before.user - before.system) / passed
    told = {"seconds": f"{passed:.0f}", "asked a second": " + ".join(f"{each:.0f}" for each in rate)}
    for kind, took in load.took.items():
        middle, slow = np.percentile(took, [50, 99])
        told |= {f"{kind}: answered a second": f"{len(took) / passed:.0f}"}
        told |= {"median / p99, ms": f"{1000 * middle:.0f} / {1000 * slow:.0f}"} if kind == "search" else {}
        told |= {"of it, median / p99, ms": f"{1000 * middle:.0f} / {1000 * slow:.0f}"} if kind != "search" else {}
    shares = {"cores of the server": f"{cores:.2f}", "of the clients": f"{(time.process_time() - own) / passed:.2f}"}
    return told | {"lost": str(load.lost)} | shares | {"memory, MB": f"{process.memory_info().rss / 2**20:.0f}"}


def show(row: dict[str, str], *, head: bool) -> None:
    """Print a row of a Markdown table as soon as it is there."""
    if head:
        print("| " + " | ".join(row) + " |\n|" + "---|" * len(row))
    print("| " + " | ".join(row.values()) + " |", flush=True)


def main() -> None:
    """Print a row a run; with --minutes a row a minute."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument(
        "--rate", type=float, nargs=2, default=[200, 60], help="pages and photos, and searches, a second"
    )
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--minutes", type=int, default=0)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        return serve(asked.serve)
    with tempfile.TemporaryDirectory() as place:
        make(Path(place), asked.rows)
        served = Server([sys.executable, str(Path(__file__).resolve()), "--serve", place], Path(place))
        process, port = psutil.Process(served.process.pid), urlsplit(served.address).port
        measured = partial(measure, port, process, asked.rate)
        print(f"memory at the start: {served.resident / 2**20:.0f} MB", flush=True)
        times = asked.minutes or asked.repeat
        for number in range(times):
            show(measured(60 if asked.minutes else asked.seconds, asked.rows, number), head=number == 0)
        served.stop()


if __name__ == "__main__":
    main()
