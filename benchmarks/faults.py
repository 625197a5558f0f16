"""Kill the pipeline at random, damage its files, feed it strange files, and compare with a run that nothing disturbed.
Run: python benchmarks/faults.py [--kills 250] [--executors local processes] [--damages 60] [--files 5000] [--seed 0]

With executors that have workers a third of the kills are of a worker, which the run must survive; passes over rows are
shared however few there are, and every end is compared with a run by threads."""

import argparse
import hashlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import psutil

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ("00_make_labels", "01_preprocess", "03_extract", "04_cluster", "05_evaluate", "06_visualize")
FLAGS = ["--dataset", "toys", "--run.progress", "off"]
FIXED = ["--extract.backbone", "handcrafted", "--cluster.method", "som"]
CHOICES = {  # settings changed between kills
    "--cluster.n_clusters": ("3", "4"),
    "--run.shard_size": ("3", "7", "1000"),
    "--cluster.folders": ("none", "link"),
    "--preprocess.background": ("none", "auto"),
}
DIFFERS = {"run.json", ".lock", ".toys.lock", "scores_history.csv"}  # facts of a run, not of its result
# Dies at the n-th change of a name in the file system, between the renames of a publication above all; 0: never.
LAUNCHER = """
import os, runpy, signal, sys
sys.path.insert(0, os.path.dirname(sys.argv[2]))
from lookalike.core import crew
crew.LEAST_ROWS = 1
left = int(sys.argv[1]) or sys.maxsize
def counted(function):
    def call(*arguments, **options):
        global left
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)
    return call
for name in ("rename", "replace", "link", "unlink", "mkdir", "rmdir", "symlink"):
    setattr(os, name, counted(getattr(os, name)))
sys.argv = sys.argv[2:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def draw(path: Path, seed: int) -> None:
    """Draw a circle, square or cross of its own colour on a light ground; the first digit of the name is the kind."""
    generator = np.random.default_rng(seed)
    image = np.full((64, 64, 3), 225, np.uint8) - generator.integers(0, 12, (64, 64, 3), np.uint8)
    x, y = generator.integers(22, 42, 2).tolist()
    colour = [(30, 40, 200), (200, 90, 30), (40, 160, 40)][int(path.name[0])]
    if path.name[0] == "0":
        cv2.circle(image, (x, y), 16, colour, -1)
    elif path.name[0] == "1":
        cv2.rectangle(image, (x - 14, y - 14), (x + 14, y + 14), colour, -1)
    else:
        cv2.line(image, (x - 16, y - 16), (x + 16, y + 16), colour, 7)
    cv2.imencode(path.suffix, image)[1].tofile(path)


def draw_photos(folder: Path, each: int = 6) -> None:
    """Draw some photos of three kinds into raw_img/toys."""
    photos = folder / "raw_img" / "toys"
    photos.mkdir(parents=True)
    for kind in range(3):
        for number in range(each):
            draw(photos / f"{kind}_7_{number}.png", 10 * kind + number)


def change_photos(folder: Path, chance: random.Random) -> str:
    """Add, change, delete, rename or touch a photo; return what was done."""
    photos = sorted((folder / "raw_img" / "toys").iterdir())
    one = chance.choice(photos)
    done = chance.choice(("add", "change", "delete", "rename", "touch", "nothing"))
    if done == "add":
        draw(one.with_name(f"{chance.randrange(3)}_8_{chance.randrange(1000)}.png"), chance.randrange(10**6))
    elif done == "change":
        draw(one, chance.randrange(10**6))
    elif done == "delete" and len(photos) > 9:
        one.unlink()
    elif done == "rename":
        one.rename(one.with_name(f"{one.name[0]}_9_{chance.randrange(1000)}.png"))
    elif done == "touch":
        one.touch()
    return done


def command(script: str, flags: Sequence[str], left: int = 0) -> list[str]:
    """Return the command line of a script, which dies at a change of a name after so many (0: it does not)."""
    section = script.partition("_")[2] if script != "run_all" else ""
    prefixes = {"make_labels", "preprocess", "extract", "cluster", "evaluate", "visualize"} - {section}
    kept = [
        part
        for flag, value in zip(flags[::2], flags[1::2], strict=True)
        if not section or flag[2:].split(".")[0] not in prefixes
        for part in (flag, value)
    ]
    return [sys.executable, "-c", LAUNCHER, str(left), str(ROOT / f"{script}.py"), *kept]


def run(folder: Path, script: str, flags: Sequence[str], *more: str) -> subprocess.CompletedProcess:
    """Run a script in a folder to its end, with settings as pairs of flag and value, and more flags without one."""
    return subprocess.run([*command(script, flags), *more], cwd=folder, capture_output=True, text=True, timeout=600)


def run_and_kill(folder: Path, script: str, flags: Sequence[str], chance: random.Random, seconds: float) -> None:
    """Run a script and kill it: at a random change of a name in the file system, or after a random time."""
    if chance.random() < 0.6:
        start = command(script, flags, int(chance.expovariate(1 / 60)) + 1)
        subprocess.run(start, cwd=folder, capture_output=True, timeout=600)
        return
    process = _started(folder, script, flags)
    time.sleep(chance.uniform(0.3, seconds))
    process.send_signal(signal.SIGKILL)
    process.wait()


def run_and_kill_worker(folder: Path, flags: Sequence[str], chance: random.Random) -> tuple[int, bool]:
    """Run all stages to their end and kill a worker that was seen; return how many were killed, and if the run failed.

    Waits for the n-th worker, so that the kills fall on all stages that have some.
    """
    process, seen, wanted = _started(folder, "run_all", flags), set(), chance.randint(1, 3)
    killed, wait = 0, chance.uniform(0, 1.5)
    while process.poll() is None and not killed:
        with suppress(psutil.Error):  # of a process that has just ended
            workers = [child for child in psutil.Process(process.pid).children(recursive=True) if is_worker(child)]
            seen |= {worker.pid for worker in workers}
            if workers and len(seen) >= wanted:
                time.sleep(wait)
                chance.choice(workers).kill()
                killed = 1
        time.sleep(0.01)
    return killed, process.wait() != 0


def is_worker(process: psutil.Process) -> bool:
    """Say whether a process works on shards: one that was spawned, or an actor of Ray."""
    with suppress(psutil.Error):  # it has just ended
        words = " ".join(process.cmdline())
        return "spawn_main" in words or words.startswith("ray::_Actor")
    return False


def _started(folder: Path, script: str, flags: Sequence[str]) -> subprocess.Popen:
    nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command(script, flags), cwd=folder, **nowhere)


def contents(folder: Path) -> dict[str, str]:
    """Return the digest of every file of the results and prepared photos, but for what differs between equal runs."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = str(path.readlink())
        elif path.is_file() and name.startswith(("output/", "img/")) and path.name not in DIFFERS:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return {name: digest for name, digest in found.items() if "/.toys.draft/" not in name}


def undisturbed(folder: Path, flags: Sequence[str]) -> dict[str, str]:
    """Return the contents of a run from nothing on the photos of a folder."""
    with tempfile.TemporaryDirectory() as place:
        fresh = Path(place) / folder.name
        shutil.copytree(folder / "raw_img", fresh / "raw_img")  # keeps the files' times
        done = run(fresh, "run_all", flags)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return contents(fresh)


def differences(found: dict[str, str], expected: dict[str, str]) -> list[str]:
    """Return the names of files that differ, are missing or are left over."""
    return sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))


def kill_campaign(
    folder: Path, kills: int, *, seed: int, executors: Sequence[str] = ("local",), say: Callable = print
) -> Counter:
    """Kill `kills` runs at random, photos and settings changed in between; count what came out.

    After some kills the pipeline is run to its end, which must give what a run from nothing by threads gives, byte for
    byte. A run of which a worker is killed must succeed.
    """
    chance, outcome = random.Random(seed), Counter({"kills": 0, "ends": 0, "stuck": 0, "different files": 0})
    here = ["--run.executor", "local"]
    draw_photos(folder)
    settings = {flag: values[0] for flag, values in CHOICES.items()}
    started = time.monotonic()
    flags = [*FLAGS, *FIXED, *(part for pair in settings.items() for part in pair)]
    run(folder, "run_all", flags)
    seconds = time.monotonic() - started
    while outcome["kills"] < kills:
        for _ in range(chance.randint(1, 8)):
            for _ in range(chance.randint(0, 2)):
                change_photos(folder, chance)
            if chance.random() < 0.3:
                flag = chance.choice(list(CHOICES))
                settings[flag] = chance.choice(CHOICES[flag])
            flags = [*FLAGS, *FIXED, *(part for pair in settings.items() for part in pair)]
            executor = chance.choice(executors) if len(executors) > 1 else executors[0]
            by = [*flags, "--run.executor", executor]
            if executor != "local" and chance.random() < 1 / 3:
                while change_photos(folder, chance) not in ("add", "change"):
                    pass  # else there might be nothing to work on
                killed, failed = run_and_kill_worker(folder, by, chance)
                outcome.update({"kills": killed, "of them of a worker": killed, "failed by that": failed and killed})
                continue
            run_and_kill(folder, chance.choice(("run_all", "run_all", *SCRIPTS)), by, chance, seconds)
            outcome["kills"] += 1
        done = run(folder, "run_all", [*flags, "--run.executor", executors[-1]])
        outcome["ends"] += 1
        if done.returncode:
            outcome["stuck"] += 1
            say(f"stuck after {outcome['kills']} kills: {done.stderr.strip()}")
            return outcome
        different = differences(contents(folder), undisturbed(folder, [*flags, *here]))
        outcome["different files"] += len(different)
        if different:
            say(f"after {outcome['kills']} kills differ: {', '.join(different[:5])}")
        print(f"so far {counted(outcome)}", file=sys.stderr, flush=True)
    return outcome


def damage_campaign(folder: Path, damages: int, *, seed: int, say: Callable = print) -> Counter:
    """Damage files of a finished run, one at a time; count what `run_all.py --verify` and `run_all.py` make of it.

    A file that is cut or missing must be made again; one with other bytes of the same size must be named by --verify.
    """
    chance, outcome = random.Random(seed), Counter()
    draw_photos(folder)
    flags = [*FLAGS, *FIXED]
    run(folder, "run_all", flags)
    whole = contents(folder)
    names = [name for name in whole if not (folder / name).is_symlink() and (folder / name).stat().st_size]
    for _ in range(damages):
        file = folder / chance.choice(names)
        how = chance.choice(("cut", "flip", "delete"))
        before = file.read_bytes()
        spot = chance.randrange(len(before))
        if how == "delete":
            file.unlink()
        else:
            file.write_bytes(before[:spot] if how == "cut" else _flipped(before, spot))
        outcome["damages"] += 1
        told = run(folder, "run_all", flags, "--verify")
        named = told.returncode == 1 and "Traceback" not in told.stderr
        outcome["named by --verify"] += named
        if not named:
            say(f"not named by --verify: {how} {file.relative_to(folder)} at byte {spot}")
        if how == "flip":
            file.write_bytes(before)
            continue
        done = run(folder, "run_all", flags)
        different = differences(contents(folder), whole)
        outcome["cut or deleted"] += 1
        outcome["made again"] += done.returncode == 0 and not different
        if done.returncode or different:
            say(f"{how} {file.relative_to(folder)}: {done.stderr.strip()} {different[:5]}")
            shutil.rmtree(folder / "output")
            shutil.rmtree(folder / "img")
            run(folder, "run_all", flags)
    return outcome


def _flipped(data: bytes, spot: int) -> bytes:
    return data[:spot] + bytes([data[spot] ^ 16]) + data[spot + 1 :]


def files_campaign(folder: Path, files: int, *, seed: int, say: Callable = print) -> Counter:
    """Give 00 and 01 damaged and strange files; count those that are not a row with a reason."""
    from faults_files import campaign  # beside this file

    found = campaign(files, seed)
    for line in found:
        say(line)
    return Counter({"files": files, "faults": len(found)})


def main() -> None:
    """Print what each campaign counted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=250)
    parser.add_argument("--executors", nargs="+", default=["local"], choices=("local", "processes", "ray"))
    parser.add_argument("--damages", type=int, default=60)
    parser.add_argument("--files", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    campaigns = {
        "kills": partial(kill_campaign, executors=chosen.executors),
        "damages": damage_campaign,
        "files": files_campaign,
    }
    for name, campaign in campaigns.items():
        if not getattr(chosen, name):
            continue
        with tempfile.TemporaryDirectory() as place:
            started = time.monotonic()
            outcome = campaign(Path(place) / "toys", getattr(chosen, name), seed=chosen.seed)
            print(f"{name}: {counted(outcome)} ({time.monotonic() - started:.0f} s)", flush=True)


def counted(outcome: Counter) -> str:
    """Return the counts of a campaign in words."""
    return ", ".join(f"{value:,} {key}" for key, value in outcome.items())


if __name__ == "__main__":
    main()
