"""Photos being decoded share one budget of memory, and none is passed for ever."""

import struct
import subprocess
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.catalog.header import read_header
from lookalike.catalog.memory import MemoryBudget

ROOT = Path(__file__).resolve().parents[2]
SIDE = 5_000


def test_no_more_is_taken_than_there_is():
    budget, lock, taken, most = MemoryBudget(100), threading.Lock(), 0, 0

    def work(n):
        nonlocal taken, most
        with budget.take(n):
            with lock:
                taken += min(n, 100)
                most = max(most, taken)
            time.sleep(0.001)
            with lock:
                taken -= min(n, 100)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [30, 60, 500, 10, 45, 100, 1] * 10))
    assert 0 < most <= 100
    assert taken == 0


def test_a_large_photo_is_not_passed_for_ever():
    budget, order = MemoryBudget(100), []

    def take(name, n):
        with budget.take(n):
            order.append(name)

    with budget.take(60):
        large = threading.Thread(target=take, args=("large", 100))
        large.start()
        time.sleep(0.05)
        small = threading.Thread(target=take, args=("small", 10))
        small.start()
        time.sleep(0.05)
        assert order == []  # the small one waits for its turn, though there is room
    large.join()
    small.join()
    assert order == ["large", "small"]


def png(path, side):
    """A PNG of zeros in 16-bit RGBA, which is quickly made."""
    pack, row = zlib.compressobj(1), bytes(1 + side * 8)
    data = b"".join(pack.compress(row) for _ in range(side)) + pack.flush()
    header = struct.pack(">IIBBBBB", side, side, 16, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    parts = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def jpeg(path, side):
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(np.full((side, side, 3), 90, np.uint8)).save(path, exif=exif)


MEASURE = """
import resource, sys
from pathlib import Path
from lookalike.catalog.examine import examine_file
from lookalike.catalog.find import find_files
from lookalike.preprocess.prepare_file import Preparation

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

root, name = Path(sys.argv[1]), sys.argv[2]
before = peak()
row = examine_file(root, name, find_files(root).files[name])
assert Preparation(root, root / "img").write(row, "x.jpg")[0]["status"] == "ok"
print(peak() - before)
"""


@pytest.mark.parametrize(("name", "make"), [("a.png", png), ("a.jpg", jpeg)])
def test_a_large_photo_takes_what_its_header_announces(tmp_path, name, make):
    make(tmp_path / name, SIDE)
    command = [sys.executable, "-c", MEASURE, str(tmp_path), name]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    with (tmp_path / name).open("rb") as file:
        announced = read_header(file).decoding_bytes()
    assert announced <= 8 * SIDE**2
    assert int(done.stdout) < announced + (tmp_path / name).stat().st_size + 25e6  # and what OpenCV and Pillow load
