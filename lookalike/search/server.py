"""The server: the API behind its guard, on this machine's own address unless another is asked for."""

import secrets
import socket
import webbrowser
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse

from lookalike.core.errors import UserError
from lookalike.search.api import RowNumber, create_api
from lookalike.search.guard import Guard, is_loopback
from lookalike.search.page import sheet_at, with_server
from lookalike.search.patience import Patience
from lookalike.search.session import Session

__all__ = ["create_app", "serve"]

AT_ONCE = 64  # connections
BACKLOG = 2_048  # connections that wait to be taken
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def create_app(session: Session, drawn: Path) -> FastAPI:
    """Return the application of a session with the page in the folder `drawn`, of 06_visualize."""

    def page() -> str:
        opened = session.opened()
        return with_server(drawn, opened.paths, session.matrices, opened.texts.matrix)

    app = create_api(session, page)

    @app.get("/thumbnails/{number}.webp", include_in_schema=False)
    def sheet(number: RowNumber) -> FileResponse:
        file = sheet_at(drawn, number)
        if not file.is_file():
            raise HTTPException(404, f"There is no sheet of thumbnails {number}.")
        return FileResponse(file, media_type="image/webp")

    return app


def serve(app: FastAPI, *, host: str, port: int, token: str = "", show: bool = False) -> None:
    """Serve until Ctrl-C; the address is printed and, with `show`, opened in a browser.

    Another address than this machine's own needs a token, which is made up where none is given. Raises UserError where
    the port is taken.
    """
    listening = _listen(host, port)
    port = listening.getsockname()[1]
    token = token or ("" if is_loopback(host) else secrets.token_urlsafe(24))
    name = f"[{host}]" if ":" in host else host
    address = f"http://{name}:{port}/" + (f"?token={token}" if token else "")
    guarded = Guard(app, hosts={*LOOPBACK, host, *(() if is_loopback(host) else _own_names())}, token=token)
    config = uvicorn.Config(
        guarded,
        http=Patience,
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=AT_ONCE,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=3,
        h11_max_incomplete_event_size=65_536,
    )
    server = uvicorn.Server(config)
    server.config.load()
    print(f"07_search: serving {address} (Ctrl-C ends it)", flush=True)
    if show:
        webbrowser.open(address)
    server.run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Told that it speaks TCP, or asyncio would leave each answer waiting 40 ms for an acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(BACKLOG)  # before the address is told, so that whoever reads it can come at once
    except OSError as error:
        listening.close()
        found = f"found it not: {error.strerror}: pass --search.port"
        raise UserError(f"expected {host} port {port} free, {found}") from None
    return listening


def _own_names() -> set[str]:
    """Return the names and addresses by which others may know this machine."""
    name = socket.gethostname()
    try:
        found = {one[4][0] for one in socket.getaddrinfo(name, None)}
    except OSError:
        found = set()
    return {name.lower(), socket.getfqdn().lower(), *found}
