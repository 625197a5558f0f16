"""What a request must be before anything looks at it: for this host, from this page or none, small, and in time.

An ASGI middleware; says no in one sentence of JSON.
"""

import asyncio
import hmac
import ipaddress
from collections.abc import Collection
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["COOKIE", "Guard", "is_loopback"]

UPLOAD_BYTES, BODY_BYTES = 20 * 2**20, 2**20
UPLOADS = {("POST", "/api/search")}
SECONDS = 30  # for a request to come in and be answered
LONGEST_TARGET = 16_384  # characters of path and query
READING = ("GET", "HEAD")
COOKIE = "lookalike"
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}
POLICY = "default-src 'none'; img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def is_loopback(host: str) -> bool:
    """Say whether an address is one that only this machine reaches."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Guard:
    """Lets through only what is safe to answer; see the module."""

    def __init__(self, app: ASGIApp, *, hosts: Collection[str], token: str = "") -> None:
        """hosts: names and addresses, without a port, that the server is reached by. token: "" where none is needed."""
        self._uploads = RequestBodyLimitMiddleware(app, UPLOAD_BYTES)
        self._others = RequestBodyLimitMiddleware(app, BODY_BYTES)
        self._hosts, self._token = {host.lower() for host in hosts}, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._others(scope, receive, send)
            return
        send = _with_headers(send)
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal:
            return await JSONResponse({"error": refusal[1]}, refusal[0])(scope, receive, send)
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if self._token and hmac.compare_digest(given.encode(), self._token.encode()):
            answer = RedirectResponse("/", 303)
            answer.set_cookie(COOKIE, self._token, httponly=True, samesite="strict")
            return await answer(scope, receive, send)
        is_upload = (scope["method"], scope["path"]) in UPLOADS
        await _in_time(self._uploads if is_upload else self._others, scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        """Return a status and a sentence for what is not to be answered."""
        if len(headers.getlist("host")) != 1 or _name(headers["host"]) not in self._hosts:
            return 421, "This server does not go by that name."
        if len(scope["path"]) + len(scope["query_string"]) > LONGEST_TARGET:
            return 414, "The address is too long."
        if not self._is_ours(scope["method"], headers):
            return 403, "Another site may not write here."
        if self._token and not self._has_token(scope, headers):
            return 401, "A token is needed: open the address that the server printed."
        return None

    def _is_ours(self, method: str, headers: Headers) -> bool:
        """Say whether a request only reads, or comes from this page or from a program that is no browser."""
        if method in READING:
            return True
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None and site not in ("same-origin", "none"):
            return False
        return origin is None or _place(origin) == headers["host"]

    def _has_token(self, scope: Scope, headers: Headers) -> bool:
        cookies = SimpleCookie()
        try:
            cookies.load(headers.get("cookie", ""))
        except Exception:  # a cookie of another server that does not parse
            cookies = {}
        given = [
            headers.get("authorization", "").removeprefix("Bearer "),
            cookies[COOKIE].value if COOKIE in cookies else "",
            parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0],
        ]
        return any(hmac.compare_digest(one.encode("utf-8", "replace"), self._token.encode()) for one in given)


def _name(host: str) -> str:
    """Return the name or address of a Host header, without its port and brackets."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _place(origin: str) -> str:
    """Return the host and port of an Origin header, "" for what is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("content-security-policy", POLICY)
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return sending


async def _in_time(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer within the time, or say that it is over; what was begun to be answered just ends."""
    begun = False

    async def sending(message: Message) -> None:
        nonlocal begun
        begun = True
        await send(message)

    try:
        await asyncio.wait_for(app(scope, receive, sending), SECONDS)
    except TimeoutError:
        if not begun:
            await JSONResponse({"error": "The request took too long."}, 408)(scope, receive, send)
