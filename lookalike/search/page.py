"""The page of groups as the server gives it: told which row each photo has, and that corrections can be saved."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from lookalike.core.errors import UserError
from lookalike.core.page import SHEETS, script_json, sheet_name

__all__ = ["policy_of", "sheet_at", "with_server"]

BEGIN, END = '<script id="data" type="application/json">', "</script>"
POLICY = "base-uri 'none'"  # of the page's own, before which what a server adds is put
POLICY_OF = re.compile('http-equiv="Content-Security-Policy" content="([^"]*)"')


def with_server(folder: Path, paths: Sequence[str], matrices: Sequence[str], texts: str = "") -> str:
    """Return the HTML of the page in a published 06_visualize with the rows of its photos among `paths`.

    matrices: names of the vectors that photos can be compared by. texts: of those, the one that texts can, too, "" for
    none. Raises UserError where there is no page.
    """
    file = folder / "gallery.html"
    if not file.exists():
        raise UserError(f"expected the page at {file}, found none: run python 06_visualize.py")
    text = file.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    data, _, after = rest.partition(END)
    told = json.loads(data)
    place = {path: row for row, path in enumerate(paths)}
    rows = [place.get(path, -1) for path in told["paths"]]
    told["server"] = {"rows": rows, "matrices": list(matrices), "texts": texts}
    head = before.replace(POLICY, f"connect-src 'self'; {POLICY}", 1)
    return head + BEGIN + script_json(told) + END + after


def policy_of(page: str) -> str:
    """Return the content security policy of a page, for its header, which keeps others from framing it, too."""
    return f"{POLICY_OF.search(page).group(1)}; frame-ancestors 'none'"


def sheet_at(folder: Path, number: int) -> Path:
    """Return the file of a sheet of thumbnails beside the page."""
    return folder / SHEETS / sheet_name(number)
