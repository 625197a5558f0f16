"""A server to measure and to attack: a drawn dataset run through all stages, and 07_search.py --serve over it."""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np
import psutil

__all__ = ["DATASET", "Server", "exchange", "make_dataset"]

ROOT = Path(__file__).resolve().parents[1]
DATASET, COLOURS = "toys", [(30, 40, 200), (200, 90, 30), (40, 160, 40)]
FLAGS = ["--dataset", DATASET, "--run.progress", "off"]
SECONDS = 60  # in which a server must come up, and answer


def make_dataset(folder: Path, each: int = 8) -> None:
    """Draw photos of three kinds and run them through all stages."""
    photos = folder / "raw_img" / DATASET
    photos.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for kind, colour in enumerate(COLOURS):
        for number in range(each):
            photo = np.full((96, 96, 3), 225, np.uint8) - rng.integers(0, 12, (96, 96, 3), np.uint8)
            x, y = rng.integers(36, 60, 2).tolist()
            cv2.rectangle(photo, (x - 8 - 8 * kind, y - 20), (x + 8 + 8 * kind, y + 20), colour, -1)
            cv2.imwrite(str(photos / f"{kind}_7_{number}.png"), photo)
    made = ["--extract.backbone", "handcrafted", "--search.enabled", "true"]
    command = [sys.executable, str(ROOT / "run_all.py"), *FLAGS, *made]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


class Server:
    """A server in a process of its own, up until `stop`."""

    def __init__(self, command: Sequence[str], folder: Path, **environment: str) -> None:
        """command: prints a line with "serving <address>" once it listens. folder: where it runs."""
        given = os.environ | {"PYTHONPATH": str(ROOT)} | environment
        with (folder / "server.log").open("wb") as log:
            self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=log, env=given)
        self.folder = folder
        self.address = next((line.decode().split()[2] for line in self.process.stdout if b"serving" in line), None)
        if self.address is None:
            raise RuntimeError((folder / "server.log").read_text(encoding="utf-8")[-2_000:])
        self.port = urlsplit(self.address).port
        self.get("/healthz")

    @classmethod
    def of_dataset(cls, folder: Path, **environment: str) -> "Server":
        """Serve the dataset in a folder on a free port."""
        command = [sys.executable, str(ROOT / "07_search.py"), *FLAGS, "--serve", "--search.port", "0"]
        return cls(command, folder, **environment)

    @property
    def resident(self) -> int:
        """Bytes of memory that the server holds."""
        return psutil.Process(self.process.pid).memory_info().rss

    def get(self, target: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Return status and body of what a plain client gets: a POST where there is a body."""
        head = f"{'GET' if body is None else 'POST'} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        return exchange(self.port, [f"{head}Content-Length: {len(body or b'')}\r\n\r\n".encode() + (body or b"")])

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(SECONDS)


def exchange(port: int, parts: Sequence[bytes | float | None], seconds: float = SECONDS) -> tuple[int, bytes]:
    """Send parts over one connection and return status and body of the first answer.

    parts: bytes to send, seconds to wait, None to end sending. Status 0: the connection was closed without an answer;
    -1: silence for longer than `seconds`.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        try:
            for part in parts:
                _send(connection, part)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it may have answered and closed before all was sent
        except TimeoutError:
            return -1, b""
        return _answer(connection, time.monotonic() + seconds)


def _send(connection: socket.socket, part: bytes | float | None) -> None:
    if part is None:
        connection.shutdown(socket.SHUT_WR)
    elif isinstance(part, bytes):
        connection.sendall(part)
    else:
        time.sleep(part)


def _answer(connection: socket.socket, end: float) -> tuple[int, bytes]:
    received, wanted = b"", None
    while wanted is None or len(received) < wanted:
        if not select.select([connection], [], [], max(0, end - time.monotonic()))[0]:
            return -1, b""
        try:
            block = connection.recv(2**16)
        except ConnectionError:
            block = b""
        if not block:
            break
        received += block
        if wanted is None and b"\r\n\r\n" in received:
            wanted = _length(received)
    head, _, body = received.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    return (int(words[1]), body) if head.startswith(b"HTTP/1.1 ") and len(words) > 1 else (0, received)


def _length(received: bytes) -> float:
    """Return the bytes of an answer whose head is complete; infinite where it ends with the connection."""
    head, _, _ = received.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(head) + 4 + int(line.partition(b":")[2])
    return float("inf")
