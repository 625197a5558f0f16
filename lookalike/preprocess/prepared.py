"""The prepared photos of stage 01: img/<dataset> and the table that lists them.

A marker inside the folder ties it to the table, so that neither is used with another's half.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from lookalike.catalog import images
from lookalike.core.artifacts import file_digest, read_manifest, recover, replace_folder, write_json
from lookalike.core.errors import UserError
from lookalike.core.stage import stage_folder
from lookalike.core.tables import Columns, read_table

__all__ = ["MARKER", "TABLE", "files", "image_folder", "is_intact", "open_draft", "publish", "read_prepared", "reader"]

STAGE = "01_preprocess"
TABLE = "images.parquet"  # columns: path, source (sha256 of the photo), image (name in the folder), digest, ...
MARKER = ".lookalike.json"


def image_folder(settings) -> Path:
    """Return the folder of prepared photos."""
    return Path(settings.img) / settings.dataset


def read_prepared(settings) -> Columns:
    """Return the rows of the usable prepared photos, `image` as a Path that opens.

    Raises UserError where the folder is not the one the table was written for.
    """
    if not is_intact(settings):
        folder = image_folder(settings)
        raise UserError(f"{folder} is not what {STAGE} wrote: run python {STAGE}.py --dataset {settings.dataset}")
    table = read_table(stage_folder(settings, STAGE) / TABLE).to_pydict()
    good = [row for row, status in enumerate(table["status"]) if status == "ok"]
    table = {name: [values[row] for row in good] for name, values in table.items()}
    return table | {"image": [image_folder(settings) / name for name in table["image"]]}


def files(settings, paths: Sequence[str]) -> list[Path]:
    """Return the prepared photo of each path."""
    table = read_prepared(settings)
    found = dict(zip(table["path"], table["image"], strict=True))
    return [found[path] for path in paths]


def reader(settings) -> Callable[[str, int], np.ndarray]:
    """Return a function (path, least side in pixels) -> uint8 (h, w, 3) RGB of the prepared photo of a path."""
    table = read_prepared(settings)
    found = dict(zip(table["path"], table["image"], strict=True))
    return lambda path, side: images.read(found[path], target=side)


def is_intact(settings) -> bool:
    """Say whether the folder of prepared photos is the one that the published table lists."""
    manifest = read_manifest(stage_folder(settings, STAGE))
    marker = image_folder(settings) / MARKER
    if manifest is None or not marker.exists():
        return False
    return marker.read_text(encoding="utf-8").strip() == f'"{manifest.files[TABLE]}"'


def open_draft(final: Path, *, resumed: bool) -> Path:
    """Return the folder that new prepared photos go to, empty unless an interrupted run is taken up.

    Raises UserError where `final` holds files that stage 01 did not write, since publishing would replace them.
    """
    recover(final)
    if final.exists() and not (final / MARKER).exists() and any(final.iterdir()):
        raise UserError(f"expected {final} absent or made by {STAGE}, found other files: move them or pass --img DIR")
    draft = final.with_name(f".{final.name}.draft")
    if draft.exists() and not resumed:
        shutil.rmtree(draft)
    draft.mkdir(parents=True, exist_ok=True)
    return draft


def publish(draft: Path, final: Path, stage_draft: Path) -> None:
    """Replace the folder of prepared photos by its draft, tied to the table in the stage's draft."""
    write_json(draft / MARKER, file_digest(stage_draft / TABLE))
    replace_folder(draft, final)
