"""Finished results on disk: a folder a stage, whole or absent, with a manifest that says what made it.

Knows nothing of what a stage computes; `stage.py` uses this to run one.
"""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path

__all__ = [
    "FORMAT",
    "Manifest",
    "digest_of",
    "file_digest",
    "read_manifest",
    "recover",
    "replace_folder",
    "write_json",
    "write_manifest",
]

FORMAT = 1  # of the artifacts; a higher number makes every older result stale
MANIFEST = "manifest.json"
RUN = "run.json"  # durations and rates: what may differ between identical runs
UNHASHED = {MANIFEST, RUN, "files.parquet"}  # the last: times and place of the photos
UNHASHED_FOLDERS = {"logs", "saved_model"}  # TensorFlow writes clock times and random numbers into both
RECORDED_PACKAGES = (
    *("numpy", "scipy", "scikit-learn", "scikit-network", "opencv-python-headless", "tensorflow", "tensorflow-cpu"),
    *("keras", "openvino", "faiss-cpu", "fast_hdbscan", "openTSNE", "minisom", "matplotlib", "pyarrow"),
)


@dataclass(frozen=True)
class Manifest:
    """What made an artifact, and what it holds. No clock times: an identical rerun writes an identical manifest."""

    stage: str
    parameters: dict
    inputs: dict[str, str]  # stage (or "photos") -> digest it was made from
    digest: str  # of the parameters and files; what later stages record as their input
    row_key: str = ""  # what a single row depends on besides its image; "" where rows are not kept
    files: dict[str, str] = field(default_factory=dict)  # relative name -> sha256
    counts: dict[str, object] = field(default_factory=dict)
    approximations: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT


def digest_of(value: object) -> str:
    """Return the sha256 of a JSON-able value, independent of key order."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Return the sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(folder: Path) -> Manifest | None:
    """Return a folder's manifest, or None where it is absent, broken or of another format: do the work again."""
    try:
        manifest = Manifest(**json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return manifest if manifest.format == FORMAT else None


def write_manifest(
    folder: Path,
    stage: str,
    parameters: Mapping,
    inputs: Mapping[str, str],
    *,
    row_key: str = "",
    counts: Mapping[str, object],
    approximations: list[str],
) -> Manifest:
    """Hash the files of a folder and write its manifest last, synced to disk."""
    files = {name: file_digest(folder / name) for name in _file_names(folder)}
    manifest = Manifest(
        stage=stage,
        parameters=dict(parameters),
        inputs=dict(inputs),
        digest=digest_of([stage, FORMAT, dict(parameters), files]),
        row_key=row_key,
        files=files,
        counts=dict(counts),
        approximations=list(approximations),
        versions=_versions(),
    )
    write_json(folder / MANIFEST, asdict(manifest))
    return manifest


def write_json(path: Path, value: object) -> None:
    """Write JSON aside, sync it, then put it in place."""
    aside = path.with_name(f".{path.name}.part")
    with aside.open("w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, ensure_ascii=True)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def replace_folder(draft: Path, final: Path) -> None:
    """Put a finished draft in the place of `final`. A crash leaves the old or the new one (see `recover`)."""
    recover(final)
    aside = _aside(final)
    if final.exists():
        final.rename(aside)
    draft.rename(final)
    shutil.rmtree(aside, ignore_errors=True)


def recover(final: Path) -> None:
    """Mend what a crash in `replace_folder` left: bring the old folder back, or drop it where the new one stands."""
    aside = _aside(final)
    if not aside.exists():
        return
    if final.exists():
        shutil.rmtree(aside)
    else:
        aside.rename(final)


def _aside(final: Path) -> Path:
    return final.with_name(f".{final.name}.old")


def _file_names(folder: Path) -> list[str]:
    paths = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    names = (path.relative_to(folder).as_posix() for path in paths)
    kept = (name for name in names if name not in UNHASHED and name.split("/")[0] not in UNHASHED_FOLDERS)
    return sorted(name for name in kept if not name.startswith("."))


def _versions() -> dict[str, str]:
    found = {"python": sys.version.split()[0]}
    for package in RECORDED_PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
