"""Connections that neither ask nor read on are ended; those that do are not."""

import socket
import threading
import time

import pytest
import uvicorn

from lookalike.search import patience

MANY = 8 * 2**20


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    size = MANY if scope["path"] == "/much" else 2
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(size).encode())]},
    )
    await send({"type": "http.response.body", "body": size * b"x"})


@pytest.fixture
def port(monkeypatch):
    monkeypatch.setattr(patience, "SECONDS", 0.6)
    monkeypatch.setattr(patience, "LOOKED_EVERY", 0.1)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http=patience.Patience, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT"])
def test_who_does_not_ask_on_is_let_go(port, begun):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(begun)
        started, received = time.monotonic(), b""
        try:
            while block := connection.recv(2**16):
                received += block
        except ConnectionResetError:
            pass
        assert time.monotonic() - started > 0.4
        assert received.count(b"200 OK") == begun.count(b"\r\n\r\n")


def test_who_does_not_read_is_let_go(port):
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.settimeout(5)
        connection.connect(("127.0.0.1", port))
        connection.sendall(b"GET /much HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        time.sleep(1.2)
        received = 0
        try:
            while block := connection.recv(2**20):
                received += len(block)
        except ConnectionResetError:
            pass
        assert received < MANY


def test_who_asks_on_stays(port):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        for _ in range(8):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            answer = b""
            while not answer.endswith(b"xx"):
                answer += connection.recv(2**16)
            assert b"200 OK" in answer
            time.sleep(0.2)
