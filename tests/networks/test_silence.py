"""Engines keep to themselves: nothing goes over the network, and nothing is written at home."""

import os
import subprocess
import sys

import pytest

REFUSED = """
import socket, sys
def refuse(*arguments, **options):
    print("a socket was asked for", file=sys.stderr)
    raise OSError("no network here")
socket.socket.connect = socket.socket.connect_ex = socket.create_connection = socket.getaddrinfo = refuse
import numpy as np
from pathlib import Path
from lookalike.core.files import file_digest
from lookalike.networks.engines import open_extractor
from lookalike.networks.extraction import compute_matrices
from lookalike.networks.graph import write_description
from lookalike.networks.options import Options
from lookalike.networks.squares import Photo
options = Options(backbone="mobilenet_0.25", weights="random", size=32, engine="openvino")
folder, photo = Path(sys.argv[1]), Path(sys.argv[2])
extractor = open_extractor(options, folder)
write_description(folder, {"features": extractor.description})
made = compute_matrices([Photo(photo, file_digest(photo))], {"features": extractor}, options)
assert made.errors == [None]
"""


@pytest.fixture
def run(tmp_path, drawn_photos):
    """Extract a photo in a process of its own whose HOME is empty and whose sockets refuse."""
    (tmp_path / "home").mkdir()

    def start():
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH") if name in os.environ}
        command = [sys.executable, "-c", REFUSED, str(tmp_path / "graph"), str(drawn_photos[0])]
        return subprocess.run(command, env=kept | {"HOME": str(tmp_path / "home")}, capture_output=True, text=True)

    return start, tmp_path / "home"


def test_extraction_writes_nothing_at_home_and_asks_for_no_network(run):
    start, home = run
    first = start()  # freezes the graph, which takes Keras, whose own folder is the only one
    assert (first.returncode, first.stderr) == (0, "")
    found = {path.relative_to(home).as_posix() for path in home.rglob("*")}
    assert found <= {".keras", ".keras/keras.json"}
    for path in sorted(home.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    again = start()
    assert (again.returncode, again.stderr) == (0, "")
    assert not list(home.iterdir())
