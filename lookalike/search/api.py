"""The API: search, photos, groups, corrections, work in the background. A photo is its row, never a path."""

import asyncio
import base64
import mimetypes
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path as File
from typing import Annotated

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from lookalike.catalog import photo_file
from lookalike.catalog.header import header_of
from lookalike.catalog.photo_file import ImageError
from lookalike.core.errors import UserError
from lookalike.edits.rows import digest
from lookalike.search.memory import give_back
from lookalike.search.opened import Asked, Opened, Photo
from lookalike.search.page import policy_of
from lookalike.search.session import Job, Session
from lookalike.search.shell import parse_crop

__all__ = ["create_api"]

UPLOADED = ("JPEG", "PNG", "WEBP", "BMP", "GIF")  # formats that are decoded for a stranger
MOST_PIXELS = 50_000_000  # of an upload
AT_ONCE = 2  # uploads being decoded and seen
THREADS = 4  # that answer: more wait for each other
MOST_ROWS = 1_000  # of a page of results
SMALL_BYTES = 2**20  # of a photo that is read at once
SHOWN = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"}  # photos that a browser shows as they are
DOCS = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>API</title></head><body><h1>API</h1>
<p>Described in full at <a href="/openapi.json">/openapi.json</a>.</p><ul>{lines}</ul></body></html>"""

RowNumber = Annotated[int, Path(ge=0, le=2**31, description="Row of a photo.")]
RowAsked = Annotated[int, Query(ge=0, le=2**31, description="Row of a photo.")]
Matrix = Annotated[str, Query(max_length=20, description="Vectors to compare, where there are several.")]
Crop = Annotated[str, Query(max_length=60, description="A part of the upload: x,y,width,height in its pixels.")]
Rows = Annotated[str, Query(max_length=8_000, pattern=r"^(\d{1,9}(,\d{1,9})*)?$", description="Rows, by commas.")]


class Search(BaseModel):
    """What is searched besides the photos to be like."""

    model_config = ConfigDict(extra="forbid")

    like: Rows = ""
    unlike: Rows = ""
    text: Annotated[str, Query(max_length=10_000, description="What is to be seen, in words.")] = ""
    words: Annotated[str, Query(max_length=10_000)] = ""
    category: Annotated[str, Query(max_length=1_000)] = ""
    group: Annotated[str, Query(max_length=1_000)] = ""
    min_score: Annotated[float, Query(ge=-1, le=1)] = -1.0
    rerank: bool = False
    features: Matrix = ""
    first: Annotated[int, Query(ge=0, le=1_000_000)] = 0
    count: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 20
    crop: Crop = ""


def create_api(session: Session, page: Callable[[], str] | None = None) -> FastAPI:
    """Return the application of a session. page: returns the HTML of the page, if there is one."""
    app = FastAPI(title="Lookalike", docs_url=None, redoc_url=None, lifespan=_with_few_threads)
    app.state.seeing = ThreadPoolExecutor(AT_ONCE, "see")
    for add in (_add_search, _add_compare, _add_groups, _add_edits, _add_work, _add_files, _add_docs):
        add(app, session)
    if page:
        _add_page(app, page)
    _add_errors(app)
    return app


@asynccontextmanager
async def _with_few_threads(_: FastAPI) -> AsyncIterator[None]:
    current_default_thread_limiter().total_tokens = THREADS
    yield


def _add_search(app: FastAPI, session: Session) -> None:
    @app.get("/api/search", response_model=dict)
    def search(asked: Annotated[Search, Query()]) -> JSONResponse:
        opened = session.opened(asked.features)
        return _page_of(opened, asked, _photos(opened, asked.like))

    @app.post("/api/search", response_model=dict)
    async def search_by_upload(request: Request, asked: Annotated[Search, Query()]) -> JSONResponse:
        """Search by a photo: the body is the bytes of its file."""
        opened = session.opened(asked.features)
        return await _seen(
            request, opened, asked.crop, lambda photo: _page_of(opened, asked, [photo, *_photos(opened, asked.like)])
        )

    @app.get("/api/photos/{row}/neighbours", response_model=dict)
    def neighbours(row: RowNumber, count: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 20) -> JSONResponse:
        """Return the photos most like one, in its group or not."""
        return _page_of(session.opened(), Search(like=str(row), count=count), _photos(session.opened(), str(row)))


def _add_compare(app: FastAPI, session: Session) -> None:
    @app.get("/api/compare")
    def compare(first: RowAsked, second: RowAsked, features: Matrix = "") -> dict:
        """Return why two photos are alike: the details that they share, and what each part adds to their cosine."""
        opened = session.opened(features)
        return _compared(opened, Photo(_checked(opened, first)), second)

    @app.post("/api/compare")
    async def compare_upload(request: Request, second: RowAsked, features: Matrix = "", crop: Crop = "") -> dict:
        """Compare a photo, whose file's bytes are the body, or a part of it, with one of the dataset."""
        opened = session.opened(features)
        return await _seen(request, opened, crop, lambda photo: _compared(opened, photo, second))


def _add_groups(app: FastAPI, session: Session) -> None:
    @app.get("/healthz")
    def health() -> dict:
        return {"status": "ok", "photos": len(session.opened().paths)}

    @app.get("/api/photos/{row}")
    def photo(row: RowNumber) -> dict:
        opened = session.opened()
        return _records(opened, [_checked(opened, row)])[0]

    @app.get("/api/groups")
    def groups() -> list[dict]:
        return _groups(session.opened())

    @app.get("/api/categories")
    def categories() -> dict[str, int]:
        return session.opened().words.categories()


def _add_edits(app: FastAPI, session: Session) -> None:
    @app.get("/api/edits")
    def edits(after: Annotated[int, Query(ge=0, le=2**53)] = 0) -> dict:
        """Return corrections with their digests. after: what `end` was, to be told only those that came since."""
        rows, end = session.rows(after)
        return {"rows": [row | {"digest": digest(row)} for row in rows], "end": end}

    @app.post("/api/edits")
    async def append(request: Request) -> dict:
        """Append corrections to the log: the body is a row of JSON, or a list of rows."""
        try:
            rows = await request.json()
        except (ValueError, RecursionError):
            raise UserError("expected rows of JSON, found something else") from None
        rows = rows if isinstance(rows, list) else [rows]
        added = await asyncio.get_running_loop().run_in_executor(None, session.append, rows)
        return {"added": added, "digests": list(map(digest, rows))}


def _add_work(app: FastAPI, session: Session) -> None:
    @app.post("/api/regroup", status_code=202)
    def regroup() -> dict:
        """Apply the corrections, then score and draw the groups anew, in the background."""
        return _told(session.start("regroup"))

    @app.post("/refresh", status_code=202)
    def refresh() -> dict:
        """Take in photos that were added, changed or removed, in the background."""
        return _told(session.start("refresh"))

    @app.get("/api/job")
    def job() -> dict:
        return _told(session.job or Job("", done=True))


def _add_files(app: FastAPI, session: Session) -> None:
    @app.get("/photo/{row}", include_in_schema=True)
    def original(row: RowNumber) -> Response:
        """Return the photo's own file where a browser shows its format, else its prepared copy."""
        opened = session.opened()
        file = opened.root / opened.paths[_checked(opened, row)]
        inside = file.resolve().is_relative_to(opened.root.resolve())
        if not inside or photo_file.size_of(file) is None:
            raise HTTPException(404, "This photo is not where it was.")
        return _file(file) if file.suffix.lower() in SHOWN else prepared(row)

    @app.get("/prepared/{row}")
    def prepared(row: RowNumber) -> Response:
        opened = session.opened()
        file = opened.images[_checked(opened, row)]
        if photo_file.size_of(file) is None:
            raise HTTPException(404, "The prepared photo is not where it was.")
        return _file(file)


def _add_docs(app: FastAPI, session: Session) -> None:
    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        found = [(method, path) for path, methods in app.openapi()["paths"].items() for method in methods]
        lines = "".join(f"<li><code>{method.upper()} {path}</code></li>" for method, path in found)
        return HTMLResponse(DOCS.format(lines=lines))


def _add_page(app: FastAPI, page: Callable[[], str]) -> None:
    @app.get("/", include_in_schema=False)
    def root() -> HTMLResponse:
        text = page()
        return HTMLResponse(text, headers={"content-security-policy": policy_of(text)})


def _add_errors(app: FastAPI) -> None:
    """Say what is wrong in one sentence of JSON."""

    @app.exception_handler(UserError)
    async def user_error(_: Request, error: UserError) -> JSONResponse:
        return JSONResponse({"error": str(error)[:500]}, 400)

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"error": str(error.detail)}, error.status_code)

    @app.exception_handler(ClientDisconnect)
    async def gone(_: Request, error: ClientDisconnect) -> JSONResponse:
        return JSONResponse({"error": "The client went before it had sent all."}, 400)

    @app.exception_handler(RequestValidationError)
    async def not_valid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:]) or "request"
        return JSONResponse({"error": f"{place}: {first['msg']}"[:500]}, 422)


def _file(file: File) -> Response:
    """Return a photo's file: at once where it is small, which costs half of what a stream of it does."""
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    if file.is_file() and file.stat().st_size > SMALL_BYTES:
        return FileResponse(file, media_type=kind)
    try:
        opened, size = photo_file.open_regular(file)
    except ImageError as error:
        raise HTTPException(404, f"This photo cannot be read: {error.reason}") from None
    if size > SMALL_BYTES:
        return StreamingResponse(opened, media_type=kind, headers={"content-length": str(size)})
    with opened:
        return Response(opened.read(), media_type=kind)


def _photos(opened: Opened, rows: str) -> list[Photo]:
    return [Photo(_checked(opened, int(row))) for row in rows.split(",") if row]


def _checked(opened: Opened, row: int) -> int:
    if row >= len(opened.paths):
        raise HTTPException(404, f"There are {len(opened.paths):,} photos, and no row {row}.")
    return row


async def _seen(request: Request, opened: Opened, crop: str, use: Callable[[Photo], object]) -> object:
    """Return `use(photo)` of the photo in a request's body, or of its part; few are seen at once."""
    data = await request.body()
    work = asyncio.get_running_loop().run_in_executor
    try:
        return await work(request.app.state.seeing, lambda: use(_uploaded(opened, data, crop)))
    finally:
        give_back()


def _uploaded(opened: Opened, data: bytes, crop: str) -> Photo:
    try:
        header = header_of(data)
    except ImageError as error:
        raise UserError(f"expected a photo, found none: {error.reason}") from None
    if header.format not in UPLOADED:
        raise UserError(f"expected a photo as {', '.join(UPLOADED)}, found {header.format}")
    if header.stored[0] * header.stored[1] > MOST_PIXELS:
        raise UserError(f"expected at most {MOST_PIXELS:,} pixels, found {header.stored[0]} x {header.stored[1]}")
    return opened.given(data, parse_crop(crop))


def _compared(opened: Opened, one: Photo, second: int) -> dict:
    """Return what two photos have in common; of a photo that is brought, its prepared copy too, as a data address."""
    score, found = opened.compare(one, Photo(_checked(opened, second)))
    told = {"score": round(score, 5), "row": one.row, **found.as_json()}
    if one.row is not None:
        return told | {"photo": None}
    kind = f"image/{header_of(one.prepared).format.lower()}"
    return told | {"photo": f"data:{kind};base64,{base64.b64encode(one.prepared).decode()}"}


def _page_of(opened: Opened, asked: Search, like: list[Photo]) -> JSONResponse:
    """Answer with a page of hits, and whether there are more; as JSON at once, which is plain numbers and texts."""
    fields = asked.model_dump(include={"text", "words", "category", "group", "min_score", "rerank"})
    query = Asked(like=like, unlike=_photos(opened, asked.unlike), **fields)
    hits = opened.find(query, asked.first + asked.count + 1)
    shown = hits[asked.first : asked.first + asked.count]
    records = _records(opened, [hit.row for hit in shown])
    found = [
        one | {"score": round(hit.score, 5), "copies": hit.copies} for one, hit in zip(records, shown, strict=True)
    ]
    return JSONResponse({"hits": found, "first": asked.first, "more": len(hits) > asked.first + asked.count})


def _records(opened: Opened, rows: list[int]) -> list[dict]:
    """Return what is known of photos."""
    told = []
    for row, (label, product) in zip(rows, opened.words.about(rows), strict=True):
        place = {"row": row, "path": _text(opened.paths[row])} | opened.group_facts(int(opened.labels[row]))
        told.append(place | {"label": label, "product": product})
    return told


def _groups(opened: Opened) -> list[dict]:
    counts: dict[int, int] = {}
    for group in opened.labels.tolist():
        counts[group] = counts.get(group, 0) + 1
    return [opened.group_facts(group) | {"photos": counts[group]} for group in sorted(counts)]


def _told(job: Job) -> Mapping[str, object]:
    return {"name": job.name, "done": job.done, "error": job.error, "lines": job.lines, "changed": job.changed}


def _text(path: str) -> str:
    return path.encode("utf-8", "replace").decode("utf-8")
