"""The prepared photos of stage 01: img/<dataset> and the table that lists them.

A marker inside the folder ties it to the table, so that neither is used with another's half.
"""

from pathlib import Path

from lookalike.core.artifacts import read_manifest, write_json
from lookalike.core.errors import UserError
from lookalike.core.stage import stage_folder
from lookalike.core.tables import Table, read_table

__all__ = ["MARKER", "TABLE", "image_folder", "is_intact", "owned", "read_prepared", "write_marker"]

STAGE = "01_preprocess"
TABLE = "images.parquet"  # columns: path, source (sha256 of the photo), image (name in the folder), digest, ...
MARKER = ".lookalike.json"


def image_folder(settings) -> Path:
    """Return the folder of prepared photos."""
    return Path(settings.img) / settings.dataset


def read_prepared(settings) -> Table:
    """Return the rows of the usable prepared photos, `image` as a Path that opens.

    Raises UserError where the folder is not the one the table was written for.
    """
    if not is_intact(settings):
        folder = image_folder(settings)
        raise UserError(f"{folder} is not what {STAGE} wrote: run python {STAGE}.py --dataset {settings.dataset}")
    table = read_table(stage_folder(settings, STAGE) / TABLE)
    good = [row for row, status in enumerate(table["status"]) if status == "ok"]
    table = {name: [values[row] for row in good] for name, values in table.items()}
    return table | {"image": [image_folder(settings) / name for name in table["image"]]}


def is_intact(settings) -> bool:
    """Say whether the folder of prepared photos is the one that the published table lists."""
    manifest = read_manifest(stage_folder(settings, STAGE))
    marker = image_folder(settings) / MARKER
    if manifest is None or not marker.exists():
        return False
    return marker.read_text(encoding="utf-8").strip() == f'"{manifest.files[TABLE]}"'


def owned(folder: Path) -> bool:
    """Say whether a folder of prepared photos is absent, empty or was written by this stage."""
    return not folder.exists() or (folder / MARKER).exists() or not any(folder.iterdir())


def write_marker(folder: Path, table_digest: str) -> None:
    """Tie a folder of prepared photos to the table with this sha256."""
    write_json(folder / MARKER, table_digest)
