"""Decoders write nothing to the terminal; Python does."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import os, sys
from config import Run
from pathlib import Path
from lookalike.catalog.examine import examine
from lookalike.catalog.find import find_files
from lookalike.catalog.silence import silent_decoders

with silent_decoders():
    os.write(2, b"from C\\n")
    print("from Python", file=sys.stderr)
photos = Path(sys.argv[1])
run = Run(workers=1, shard_size=9, decode_mb=64)
rows, _ = examine(photos, find_files(photos).files, photos / ".work", [], run=run)
print([row["status"] for row in rows])
print("after", file=sys.stderr)
"""


def test_damaged_photos_print_nothing(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (64, 96, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.jpg")
    data = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(data[:-700] + data[-2:])  # libjpeg warns of "Corrupt JPEG data"
    Image.fromarray(noise).save(tmp_path / "b.tif", compression="tiff_lzw")
    data = bytearray((tmp_path / "b.tif").read_bytes())
    data[200:260] = bytes(60)  # libtiff warns of "Using code not yet in table"
    (tmp_path / "b.tif").write_bytes(data)
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.count("'ok'") == 2  # readable, but not without a complaint
    assert done.stderr == "from Python\nafter\n"
