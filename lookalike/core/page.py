"""What the page and the server that gives it agree on: where its data are, and the sheets of thumbnails beside it."""

import json

__all__ = ["SHEETS", "script_json", "sheet_name"]

SHEETS = "thumbnails"  # folder beside the page


def sheet_name(number: int) -> str:
    """Return the name of a sheet of thumbnails."""
    return f"{number:05d}.webp"


def script_json(data: dict) -> str:
    """Write JSON that cannot end the script element that holds it, whatever a file is called."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
