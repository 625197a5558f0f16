"""Give 00 and 01 thousands of damaged and strange files: each must become a row, in time, without a word on stderr.
Run: python benchmarks/faults_files.py [--files 5000] [--seed 0]"""

import argparse
import io
import os
import random
import struct
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from config import Run
from lookalike.catalog.examine import examine, examine_file
from lookalike.catalog.find import File, find_files
from lookalike.catalog.memory import MemoryBudget
from lookalike.catalog.silence import silent_decoders
from lookalike.core.progress import set_progress
from lookalike.preprocess.names import image_names
from lookalike.preprocess.preparation import prepare_all
from lookalike.preprocess.prepare_file import Preparation
from lookalike.preprocess.tiles import Tiles

SUFFIXES = (".jpg", ".png", ".bmp", ".webp", ".tif", ".gif", ".JPEG", ".heic")
SLOW = 10.0  # seconds a file that count as a hang
MODES = {
    "JPEG": ("RGB", "L", "CMYK"),
    "PNG": ("RGB", "RGBA", "P", "L", "LA", "I;16", "1"),
    "BMP": ("RGB", "L", "P", "1"),
    "WEBP": ("RGB", "RGBA"),
    "TIFF": ("RGB", "RGBA", "L", "I;16", "F", "I", "CMYK", "P", "1", "LAB"),
    "GIF": ("P", "L"),
}
OPTIONS = {
    "JPEG": ({}, {"progressive": True}, {"subsampling": 0}, {"quality": 100, "optimize": True}),
    "PNG": ({}, {"compress_level": 0}),
    "WEBP": ({}, {"lossless": True}),
    "TIFF": ({}, {"compression": "tiff_lzw"}, {"compression": "tiff_deflate"}, {"compression": "packbits"}),
}


def seeds(rng: random.Random) -> list[bytes]:
    """Return good files of all formats, modes and options, some with EXIF, some with several frames."""
    files = []
    for form, modes in MODES.items():
        for mode in modes:
            for options in OPTIONS.get(form, ({},)):
                file, picture = io.BytesIO(), _picture(mode, rng)
                frames = {"save_all": True, "append_images": [picture]} if form in ("GIF", "WEBP") else {}
                exif = {"exif": _exif(rng)} if form in ("JPEG", "PNG", "WEBP") else {}
                picture.save(file, form, **options, **frames, **exif)
                files.append(file.getvalue())
    return files


def damaged(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Return a file with one to three damages of any kind."""
    for _ in range(rng.randint(1, 3)):
        data = rng.choice(DAMAGES)(bytearray(data), other, rng)
    return bytes(data)


def fuzz(folder: Path, n_files: int, seed: int) -> Iterator[str]:
    """Yield a line for each of `n_files` damaged files that is not a row of 00 and, where usable, of 01, in time."""
    rng = random.Random(seed)
    good = seeds(rng)
    preparations = [
        Preparation(folder, folder / ".out", memory=MemoryBudget(2**28), options=options)
        for options in ({}, {"crop_padding": True, "square": True, "background": "auto"}, {"size": (40, 30)})
    ]
    for number in range(n_files):
        path = f"{number}{rng.choice(SUFFIXES)}"
        (folder / path).write_bytes(damaged(rng.choice(good), rng.choice(good), rng))
        with silent_decoders():
            found = list(faults_of(folder, path, rng.choice(preparations)))
        yield from (f"{path} (seed {seed}): {fault}" for fault in found)


def together(folder: Path) -> Iterator[str]:
    """Yield what 00 and 01 write to stderr, and the exception that ends them, on all files of a folder at once."""
    run = Run(workers=4, shard_size=500, decode_mb=256)
    with stderr_kept() as told:
        try:
            rows, _ = examine(folder, find_files(folder).files, folder / ".00", [], run=run)
            rows = [row for row in rows if row["status"] == "ok"]
            how = Preparation(folder, folder / ".img", options={"background": "edges"})
            prepare_all(rows, how, folder / ".01", run=run, tiles=Tiles(row["path"] for row in rows))
        except Exception:
            yield traceback.format_exc()
        yield from (f"on stderr: {line}" for line in told().splitlines())


def faults_of(folder: Path, path: str, preparation: Preparation) -> Iterator[str]:
    """Yield what goes wrong when 00 and 01 meet a file: an exception, a warning, a hang, no reason."""
    started = time.monotonic()
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("default")
            _silence_what_the_product_silences()
            row = examine_file(folder, path, File((folder / path).stat().st_size, 0), memory=preparation.memory)
            if row["status"] == "ok":
                row, _ = preparation.write(row, f".{path}.jpg")
        yield from (f"warning: {warning.message}" for warning in told)
        if row["status"] != "ok" and not (row.get("error") or row.get("reason")):
            yield f"status {row['status']} without a reason"
    except Exception:
        yield traceback.format_exc()
    if time.monotonic() - started > SLOW:
        yield f"took {time.monotonic() - started:.0f} s"


def strange(folder: Path) -> Iterator[str]:
    """Yield a line for each file of a strange kind or name that 00 and 01 do not take as a row."""
    make_strange(folder)
    files = find_files(folder).files
    rows = [examine_file(folder, path, file, max_bytes=2**20) for path, file in files.items()]
    usable = [row for row in rows if row["status"] == "ok"]
    names = image_names([row["path"] for row in usable], "jpg")
    out = folder.with_name(f"{folder.name}-img")
    written = [Preparation(folder, out).write(row, names[row["path"]])[0] for row in usable]
    bad = (row for row in rows if row["status"] != "ok" and not row["error"])
    yield from (f"{row['path']}: {row['status']} without a reason" for row in bad)
    yield from (f"{row['path']}: {done}" for row, done in zip(usable, written, strict=True) if done["status"] != "ok")
    if len([path for path in out.rglob("*") if path.is_file()]) != len(usable):
        yield "two photos share a prepared file"


def make_strange(folder: Path) -> None:
    """Make pipes, links of all kinds, and photos of names that are hard to write or to tell apart."""
    file = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(file, "PNG")
    names = ["a.png", "a.png.jpg", "A.png", "b.png", "b.png.jpg/c.png", "e\u0301.png", "\u00e9.png", "n" * 251 + ".png"]
    names += [
        "\u5199" * 83 + ".png",
        "line\nbreak.png",
        "quote'\".png",
        " .png",
        "-.png",
        "~.png",
        "$x$.png",
        "a\\b.png",
    ]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(file.getvalue())
    (folder / os.fsdecode(b"\xff.png")).write_bytes(file.getvalue())
    os.mkfifo(folder / "pipe.jpg")
    targets = {"to_pipe": "pipe.jpg", "zero": "/dev/zero", "self": "self.jpg", "slash": "a.png/", "gone": "nothing"}
    for name, target in targets.items():
        (folder / f"{name}.jpg").symlink_to(target)
    (folder / "loop").symlink_to(".")
    with (folder / "sparse.jpg").open("wb") as sparse:
        sparse.truncate(2**33)


@contextmanager
def stderr_kept() -> Iterator[Callable[[], str]]:
    """Send what C libraries and Python write to stderr to a file; yield a function that returns it."""
    with tempfile.TemporaryFile("w+b") as kept:
        own = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            yield lambda: os.pread(kept.fileno(), 2**20, 0).decode(errors="replace")
        finally:
            os.dup2(own, 2)
            os.close(own)


def campaign(n_files: int, seed: int) -> list[str]:
    """Return a line for each fault of so many damaged files and of the strange ones."""
    with tempfile.TemporaryDirectory() as place:
        odd, folder = Path(place, "strange"), Path(place, "damaged")
        odd.mkdir()
        folder.mkdir()
        return [*strange(odd), *fuzz(folder, n_files, seed), *together(folder)]


def _picture(mode: str, rng: random.Random) -> Image.Image:
    width, height = rng.randint(1, 90), rng.randint(1, 90)
    noise = np.random.default_rng(rng.getrandbits(32)).integers(0, 256, (height, width, 4), np.uint8)
    if mode in ("I;16", "F", "I"):
        kinds = {"I;16": np.uint16, "F": np.float32, "I": np.int32}
        return Image.fromarray((noise[..., 0].astype(np.float64) * 257).astype(kinds[mode]))
    if mode == "LAB":
        return Image.frombytes("LAB", (width, height), noise[..., :3].tobytes())
    return (
        Image.fromarray(noise).convert("RGB").convert(mode)
        if mode in ("P", "CMYK", "1")
        else Image.fromarray(noise).convert(mode)
    )


def _exif(rng: random.Random) -> Image.Exif:
    exif = Image.Exif()
    exif[274], exif[306] = rng.randint(0, 9), "2020:01:02 03:04:05"
    return exif


def _cut(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    return data[: rng.randint(0, len(data))]


def _flip(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    for _ in range(rng.choice((1, 1, 5, 50)) if data else 0):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data


def _flip_header(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    for _ in range(rng.randint(1, 4) if data else 0):
        data[rng.randrange(min(len(data), 64))] = rng.randrange(256)
    return data


def _huge(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    start = rng.randrange(min(len(data), 48)) if data else 0
    data[start : start + 4] = struct.pack(rng.choice("<>") + "I", rng.choice((2**31 - 1, 2**32 - 1, 65_535, 20_000, 0)))
    return data


def _zeros(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    start = rng.randint(0, len(data))
    data[start:] = bytes(len(data) - start)
    return data


def _append(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    return data + rng.choice((other, bytes(100), b"\xff\xd9", b"\xff\xda", rng.randbytes(300)))


def _insert(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    place = rng.randint(0, len(data))
    return data[:place] + rng.randbytes(rng.randint(1, 40)) + data[place:]


def _join(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    return data[: rng.randint(0, len(data))] + other[rng.randint(0, len(other)) :]


def _same(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    return data


DAMAGES = (_cut, _flip, _flip_header, _huge, _zeros, _append, _insert, _join, _same)


def _silence_what_the_product_silences() -> None:
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


def main() -> None:
    """Print each fault, and how many there are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    set_progress("off")
    started = time.monotonic()
    found = campaign(options.files, options.seed)
    kinds = Counter(fault.strip().splitlines()[-1] for fault in found)
    print("\n".join(f"{n} x {kind}" for kind, n in kinds.most_common(40)))
    print(f"{options.files:,} damaged files, {len(found)} faults, {time.monotonic() - started:.0f} s")
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
