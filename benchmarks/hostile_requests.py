"""Hostile requests: what a stranger may send to any address. Each maker takes a random generator, returns an Attack."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from hostile_uploads import PHOTOS, Random, valid

__all__ = ["ANSWERED", "REQUESTS", "WAYS", "Attack", "upload"]

ANSWERED = frozenset(range(200, 500)) | {
    100,
    503,
}  # 100: where it was expected; 503: as many connections as are answered at once
CLOSED = ANSWERED | {0}  # for what is no request, or not all of one
EVIL = "http://evil.example"


@dataclass(frozen=True)
class Attack:
    """What is sent over one connection, see `served.exchange`, and the statuses that are no fault."""

    kind: str
    parts: Sequence[bytes | float | None]
    allowed: frozenset[int] = ANSWERED


def request(
    method: str, target: str, body: bytes = b"", *headers: str, host: str = "127.0.0.1", length: object = None
) -> bytes:
    """Return a request as bytes, whatever it holds; length: the one that is declared, "" for none."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", *headers]
    if length != "":
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body


def pick(rng: Random, choices: Sequence) -> object:
    """Return one of the choices."""
    return choices[int(rng.integers(len(choices)))]


def upload(kind: str, rng: Random) -> Attack:
    """Send a hostile photo as a browser would, sometimes with a crop, or under a false type."""
    query = pick(
        rng, ["", "?count=3", "?crop=0,0,9,9", "?rerank=true", "?crop=--5,0,9,9", "?crop=-5,-5,99999999999999999999,9"]
    )
    types = pick(rng, ["image/png", "image/svg+xml", "text/html; charset=x", "multipart/form-data; boundary=a"])
    target = pick(rng, [f"/api/search{query}", "/api/compare?second=0", "/api/compare?second=1&crop=2,2,9,9"])
    return Attack(kind, [request("POST", str(target), PHOTOS[kind](rng), f"Content-Type: {types}")])


def slow(rng: Random) -> Attack:
    data = request("POST", "/api/search", valid())
    return Attack("slow body, given up", [data[:300], 0.2, data[300:400], 0.2, data[400:500], None], CLOSED)


def longer(rng: Random) -> Attack:
    return Attack("less than declared", [request("POST", "/api/search", valid(), length=10**6), None], CLOSED)


def shorter(rng: Random) -> Attack:
    return Attack("more than declared", [request("POST", "/api/search", valid(), length=int(rng.integers(0, 900)))])


def wrong_length(rng: Random) -> Attack:
    length = pick(rng, [-1, "x", "1e9", "0x10", "9" * 400, "5, 6", "5\r\nContent-Length: 6"])
    return Attack("no length", [request("POST", "/api/search", valid(), length=length)], CLOSED)


def two_lengths(rng: Random) -> Attack:
    return Attack("length and chunks", [request("POST", "/api/search", b"0\r\n\r\n", "Transfer-Encoding: chunked")])


def chunks(rng: Random) -> Attack:
    blocks = [b"5\r\nhello\r\n0\r\n\r\n", b"zz\r\n", b"f" * 40 + b"\r\nx", b"-5\r\nhello\r\n", b"5;" + b"a" * 70_000]
    blocks += [b"1\r\nx\r\n" * 3_000 + b"0\r\n\r\n", b"5\r\nhello\r\n0\r\nHost: evil.example\r\n\r\n", b"5\r\nhel"]
    body = bytes(pick(rng, blocks))
    sent = request("POST", "/api/search", body, "Transfer-Encoding: chunked", length="")
    return Attack("chunks", [sent, None], CLOSED)


WAYS: dict[str, Callable[[Random], Attack]] = {  # ways to send a body wrongly
    "slow": slow,
    "longer": longer,
    "shorter": shorter,
    "wrong length": wrong_length,
    "two lengths": two_lengths,
    "chunks": chunks,
}


def traversal(rng: Random) -> Attack:
    dots = pick(rng, ["../", "..%2f", "%2e%2e/", "..%5c", "....//", "..%c0%af", "%252e%252e%252f", "..;/", "/"])
    file = pick(rng, ["etc/passwd", "manifest.json", "edits/toys.jsonl", "proc/self/environ", "secret%00.png"])
    start = pick(rng, ["/photo/", "/prepared/", "/thumbnails/", "/", "/api/photos/", "/photo/0/", "//127.0.0.1/"])
    return Attack("traversal", [request("GET", f"{start}{str(dots) * 4}{file}")], frozenset({400, 404, 405, 422}))


def nul(rng: Random) -> Attack:
    target = pick(rng, ["/photo/0%00", "/%00", "/api/search?words=%00&category=", "/api/search?group=%00", "/a%0d%0ab"])
    return Attack("NUL and line ends", [request("GET", str(target))])


def syntax(rng: Random) -> Attack:
    words = [
        '"',
        "a-b",
        "foo AND",
        "NEAR(a b)",
        "*",
        "title:x",
        "^a",
        "'; DROP TABLE photos;--",
        "%",
        "_",
        "[a-z]*",
        "\\",
    ]
    words += [
        "{{7*7}}",
        "${7*7}",
        "<script>",
        "(",
        "a" * 10_000,
        "x " * 4_000,
        "\ufdfa" * 900,
        "\u0301" * 900,
        "\U0001f600",
    ]
    field = pick(rng, ["words", "category", "group"])
    return Attack("words", [request("GET", f"/api/search?{field}={quote(str(pick(rng, words)))}")])


def headers(rng: Random) -> Attack:
    given = [
        ["X-A: " + "a" * 60_000],
        [f"X-{number}: a" for number in range(900)],
        ["X A: b"],
        ["X-A: b\r\n folded"],
        ["X-A: \x00\x01\xff"],
        ["Host: evil.example"],
        ["Cookie: " + "a=b; " * 3_000],
        ['Cookie: lookalike="\\"; a=\\x00; ;;;='],
        ["Range: bytes=" + ",".join("0-" for _ in range(2_000))],
        ["Range: bytes=-99999999999999999999"],
        ["If-Range: x", "Range: bytes=5-1"],
        ["Authorization: Bearer \xff\xfe"],
        ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: AAAA", "Sec-WebSocket-Version: 13"],
        ["Expect: 100-continue"],
        ["Expect: the unexpected"],
        ["Transfer-Encoding: gzip, chunked"],
        ["Accept-Encoding: " + "gzip;q=1," * 500],
        ["If-Modified-Since: never", "If-None-Match: " + "*" * 9_000],
    ]
    target = pick(rng, ["/healthz", "/photo/0", "/", "/thumbnails/0.webp"])
    return Attack("headers", [request("GET", str(target), b"", *pick(rng, given))])


def cross_site(rng: Random) -> Attack:
    target = pick(rng, ["/api/edits", "/api/regroup", "/refresh", "/api/search", "/nothing"])
    origins = [
        "Origin: " + EVIL,
        "Origin: null",
        "Origin: http://[bad",
        "Origin: http://127.0.0.1.evil.example",
        "Origin: ",
    ]
    sites = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Sec-Fetch-Site: \xff"]
    row = b'{"op": "name", "photos": [], "name": "x", "time": "2026-01-01T00:00:00Z"}'
    return Attack("cross-site", [request("POST", str(target), row, pick(rng, origins + sites))], frozenset({403}))


def wrong_host(rng: Random) -> Attack:
    hosts = [
        "evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.1@evil.example",
        "[::1",
        "",
        "127.1",
        "0.0.0.0",
        "a" * 9_000,
    ]
    sent = request(str(pick(rng, ["GET", "POST"])), "/api/edits", b"", host=str(pick(rng, hosts)))
    return Attack("wrong host", [sent], frozenset({400, 421}))


def numbers(rng: Random) -> Attack:
    value = pick(
        rng, ["nan", "inf", "-inf", "1e400", "-0", "-1", "2147483648", "9" * 5_000, "1.5", "", "0x1", "1_0", "%D9%A3"]
    )
    target = pick(
        rng, ["count=", "first=", "min_score=", "crop=", "crop=--5,0,9,", "like=", "like=0,", "like=0&unlike="]
    )
    query = f"/api/search?{target}{value}"
    row = f"/{pick(rng, ['photo', 'prepared', 'api/photos', 'thumbnails'])}/{value}"
    return Attack("numbers", [request("GET", str(pick(rng, [query, query, row])))])


def fields(rng: Random) -> Attack:
    queries = ["unknown=1", "like=0&like=1&like=2", "rerank=maybe", "features=../x", "count[]=1", "&&&=", "a" * 9_000]
    queries += [
        "like=" + ",".join(["1"] * 3_000),
        "like=0&first=1000000&count=1000&rerank=true",
        "crop=0,0,0,0",
        "group=-1",
    ]
    return Attack("fields", [request("GET", f"/api/search?{pick(rng, queries)}")])


def comparisons(rng: Random) -> Attack:
    rows = ["0", "1", "-1", "9" * 40, "", "1e3", "%00", "0,1", "a", "../x"]
    query = f"first={pick(rng, rows)}&second={pick(rng, rows)}{pick(rng, ['', '&features=../x', '&first=1', '&x=1'])}"
    return Attack("comparisons", [request("GET", f"/api/compare?{query}")])


def edits(rng: Random) -> Attack:
    sha = "0" * 64
    bodies = [
        b"",
        b"{",
        b"null",
        b"[[]]",
        b"1",
        b'"x"',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"\xff\xfe",
        b"NaN",
        b"9" * 9_000,
    ]
    rows: list[object] = [
        {"op": "name"},
        {"op": ["name"], "photos": [sha], "time": 5},
        {"op": "name", "photos": {"a": 1}, "name": "x", "time": "2026"},
        {"op": "move", "photos": [sha], "to": "\ud800", "time": "2026-01-01T00:00:00Z"},
        {"op": "name", "photos": [sha], "name": 10**400, "time": "2026-01-01T00:00:00Z"},
        {"op": "name", "photos": [sha], "name": "x", "time": "9" * 5_000},
        {"op": "undo", "row": sha[:-1] + "\0", "photos": [], "time": None},
        {"op": "\ud800", "photos": ["\udfff"], "time": "\0"},
        {"op": "confirm", "photos": ["../../x"] * 5_000, "time": "2026-01-01T00:00:00Z"},
        [1, 2, None, {}],
        {"op": "lock", "photos": [sha], "time": "+999999-01-01T00:00:00Z"},
    ]
    body = bytes(pick(rng, bodies)) if rng.random() < 0.5 else json.dumps(pick(rng, rows)).encode()
    return Attack("edits", [request("POST", "/api/edits", body)], frozenset({400, 413}))


def methods(rng: Random) -> Attack:
    method = pick(rng, ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "FOO", "get", "A" * 5_000, "GET\t"])
    target = pick(rng, ["/api/search", "/photo/0", "/api/edits", "*", "http://evil.example/", "evil.example:443"])
    return Attack("methods", [request(str(method), str(target))])


def garbage(rng: Random) -> Attack:
    lines = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /\r\n",
        b"\r\n" * 9_000,
    ]
    lines += [
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"GET  /  HTTP/1.1\r\n\r\n",
        b"G" * 200_000,
        b"GET /\xff HTTP/1.1\r\n\r\n",
    ]
    data = bytes(pick(rng, lines)) if rng.random() < 0.6 else rng.bytes(int(rng.integers(1, 9_000)))
    return Attack("garbage", [data, None], CLOSED)


def pipelined(rng: Random) -> Attack:
    one = request("GET", "/healthz").replace(b"Connection: close", b"Connection: keep-alive")
    between = pick(rng, [b"", rng.bytes(50), request("POST", "/api/edits", b"[]", f"Origin: {EVIL}")])
    return Attack("pipelined", [one * 40 + bytes(between) + one * 40, 0.05, None], CLOSED)


def long_target(rng: Random) -> Attack:
    target = "/api/search?words=" + "a" * int(rng.integers(16_400, 60_000))
    return Attack("long target", [request("GET", target)], frozenset({414}))


MAKERS = (traversal, nul, syntax, headers, cross_site, wrong_host, numbers, fields, comparisons, edits, methods)
REQUESTS: tuple[Callable[[Random], Attack], ...] = (*MAKERS, garbage, pipelined, long_target)
