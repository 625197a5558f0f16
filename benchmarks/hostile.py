"""Attack a running server with hostile uploads and requests, and see that it stays what it was.
Run: python benchmarks/hostile.py [--uploads 1000] [--requests 1000] [--seed 0]

A fault, which makes the exit status 1, is: an answer of status 500 or above (but 503, said when more connections come
than are answered at once); no answer to a whole request; an answer that a kind may not have, as 200 to another site's
write; an error in the log; more memory after than before by a tenth and 100 MB; a file made, changed or removed; other
results of a search.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from hostile_requests import ANSWERED, REQUESTS, WAYS, Attack, request, upload
from hostile_uploads import PHOTOS, is_heavy
from served import DATASET, Server, exchange, make_dataset

AT_ONCE = 6  # attackers
SELDOM = 5  # of so many rounds, one sends what is heavy
SLOW, PATIENCE = 40, 60  # connections held open at the end, and the seconds in which each must be ended
SETTLED, ROUNDS = 0.01, 20  # a round of all kinds that adds less than this part of memory; the most rounds sent ahead
GROWTH, SLACK = 1.1, 100 * 2**20  # of memory that is no growth: less than what one photo of 49 megapixels takes

Outcome = tuple[Attack, int]


def uploads(count: int, rng: np.random.Generator) -> Iterator[Attack]:
    """Yield so many hostile uploads, all kinds in turn."""
    kinds = [*PHOTOS, *WAYS]
    for number in range(count):
        kind, turn = kinds[number % len(kinds)], number // len(kinds)
        if is_heavy(kind) and turn % SELDOM:
            kind = "bytes changed"
        yield WAYS[kind](rng) if kind in WAYS else upload(kind, rng)


def requests(count: int, rng: np.random.Generator) -> Iterator[Attack]:
    """Yield so many hostile requests, all kinds in turn."""
    for number in range(count):
        yield REQUESTS[number % len(REQUESTS)](rng)


def attack(port: int, attacks: Sequence[Attack]) -> list[Outcome]:
    """Send attacks, several at once, and return what was answered to each."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = pool.map(lambda each: exchange(port, each.parts)[0], attacks)
        return list(zip(attacks, statuses, strict=True))


def hold(port: int) -> list[Outcome]:
    """Open connections that send nothing, half a head, or half a body, and return how each was ended."""
    whole = request("POST", "/api/search", b"x", length=9)
    again = request("GET", "/healthz").replace(b"close", b"keep-alive")
    begun = [b"", whole[:15], whole, again + whole[:15]]
    held = [Attack("held open", [begun[number % len(begun)]], ANSWERED | {0}) for number in range(SLOW)]
    with ThreadPoolExecutor(SLOW) as pool:
        statuses = pool.map(lambda each: exchange(port, each.parts, PATIENCE)[0], held)
        return list(zip(held, statuses, strict=True))


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of change of every file below a folder, but for what the server says."""
    files = [file for file in folder.rglob("*") if file.is_file() and file.name != "server.log"]
    return {str(file.relative_to(folder)): (file.stat().st_size, file.stat().st_mtime_ns) for file in files}


def found(server: Server) -> list[list[str]]:
    """Return what is found for a row, for a photo that is sent, and by local features."""
    photo = next((server.folder / "raw_img" / DATASET).iterdir()).read_bytes()
    like = "/api/search?like=3&count=10"
    answers = [server.get(like), server.get("/api/search?count=10", photo), server.get(f"{like}&rerank=true")]
    assert [status for status, _ in answers] == [200, 200, 200], answers
    return [[hit["path"] for hit in json.loads(body)["hits"]] for _, body in answers]


def warm(server: Server, rng: np.random.Generator) -> list[Outcome]:
    """Send rounds of all kinds until two in turn add no memory: each thread that answers keeps what it works in."""
    outcomes, still = [], 0
    for _ in range(ROUNDS):
        before = server.resident
        outcomes += attack(server.port, [*uploads(len(PHOTOS) + len(WAYS), rng), *requests(2 * len(REQUESTS), rng)])
        still = still + 1 if server.resident < (1 + SETTLED) * before else 0
        if still == 2:
            break
    return outcomes


def campaign(server: Server, n_uploads: int, n_requests: int, seed: int, say: Callable = print) -> list[str]:
    """Attack a server, print a table of what was sent and answered, and return the faults."""
    rng = np.random.default_rng(seed)
    outcomes = warm(server, rng)
    before = listing(server.folder), found(server), server.resident
    for name, attacks in (("upload", uploads(n_uploads, rng)), ("request", requests(n_requests, rng))):
        started = time.monotonic()
        outcomes += attack(server.port, list(attacks))
        say(f"{name}s: {time.monotonic() - started:.0f} s")
    outcomes += hold(server.port) if n_uploads >= 1_000 else []
    after = listing(server.folder), found(server), server.resident
    tell(outcomes, say)
    say(f"memory: {before[2] / 2**20:.0f} MB before, {after[2] / 2**20:.0f} MB after")
    log = (server.folder / "server.log").read_text(encoding="utf-8", errors="replace")
    return [*faults_of(outcomes), *changes(before, after), *(["an error in the log"] if "Traceback" in log else [])]


def faults_of(outcomes: Sequence[Outcome]) -> list[str]:
    """Return what was answered that may not be."""
    wrong = [(each, status) for each, status in outcomes if status not in each.allowed]
    return [f"{each.kind}: status {status} to {each.parts[0][:200]!r}" for each, status in wrong]


def changes(before: tuple, after: tuple) -> list[str]:
    """Return what is not as it was of files, results and memory."""
    files = {name for name in {*before[0], *after[0]} if before[0].get(name) != after[0].get(name)}
    told = [f"file made, changed or removed: {name}" for name in sorted(files)]
    if before[1] != after[1]:
        told.append(f"other results: {before[1]} before, {after[1]} after")
    if after[2] > GROWTH * before[2] + SLACK:
        told.append(f"memory grew from {before[2]:,} to {after[2]:,} bytes")
    return told


def tell(outcomes: Sequence[Outcome], say: Callable) -> None:
    """Print how often each kind was sent, and what was answered."""
    answered: dict[str, Counter] = defaultdict(Counter)
    for each, status in outcomes:
        answered[each.kind][{0: "closed", -1: "silence"}.get(status, str(status))] += 1
    say("| what was sent | times | answered |\n|---|---|---|")
    for kind, statuses in answered.items():
        shown = ", ".join(f"{status}: {times}" for status, times in sorted(statuses.items()))
        say(f"| {kind} | {sum(statuses.values())} | {shown} |")


def serve_alone(folder: Path) -> Server:
    """Serve the dataset in a folder with a home and a place for temporary files in it, so that these are watched."""
    for name in ("home", "temporary"):
        (folder / name).mkdir(exist_ok=True)
    return Server.of_dataset(folder, HOME=str(folder / "home"), TMPDIR=str(folder / "temporary"))


def main() -> None:
    """Attack a server of a drawn dataset; exit with status 1 where there is a fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uploads", type=int, default=1_000)
    parser.add_argument("--requests", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        make_dataset(Path(place))
        server = serve_alone(Path(place))
        try:
            faults = campaign(server, asked.uploads, asked.requests, asked.seed)
        finally:
            server.stop()
    print(f"{len(faults)} faults", *faults[:40], sep="\n")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
