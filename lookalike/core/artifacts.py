"""Finished results on disk: a folder a stage, whole or absent, with a manifest of what made it and what it holds.

Knows nothing of what a stage computes; `stage.py` uses this to run one.
"""

import fnmatch
import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lookalike.core.files import digest_of, file_digest, link_or_copy, write_json

__all__ = ["FORMAT", "Manifest", "damage", "read_manifest", "recover", "remove_own", "replace_folder", "write_manifest"]

FORMAT = 4  # of the artifacts; a higher number makes every older result stale
# Added to it, for results of one stage alone; never lowered.
EDITIONS = {"03_extract": 1, "04_near_duplicates": 1, "04_found": 4, "04_cluster": 2, "06_visualize": 2, "07_search": 1}
MANIFEST = "manifest.json"
MARKER = ".lookalike.json"  # in a folder of prepared photos: whose they are, see preprocess/prepared.py
OLDER_LIST = ".lookalike-folders.json"
RUN = "run.json"  # durations, rates, how much was computed anew: what may differ between identical runs
# Not hashed: TensorFlow writes clock times and random numbers into both folders. The rest is of older formats.
VOLATILE = {MANIFEST, RUN, MARKER, "logs", "saved_model", "stat.parquet", "source.json", OLDER_LIST}
FOR_PEOPLE = (".csv", ".tsv", ".txt", ".md", ".png", ".html")  # no stage reads these
RECORDED_PACKAGES = (
    *("numpy", "scipy", "scikit-learn", "graspologic-native", "opencv-python-headless"),
    *("tensorflow", "tensorflow-cpu", "keras", "jax", "openvino", "faiss-cpu", "fast_hdbscan", "openTSNE", "minisom"),
    *("matplotlib", "pyarrow"),
)


@dataclass(frozen=True)
class Manifest:
    """What made an artifact, and what it holds. Nothing that differs between identical runs: that is in run.json."""

    stage: str
    parameters: dict
    inputs: dict[str, str]  # "stage/files" -> digest it was made from
    digest: str  # of the parameters and files
    format: int
    row_key: str = ""  # what a single row depends on besides its photo; "" where rows are not kept
    files: dict[str, list] = field(default_factory=dict)  # relative name -> [sha256, bytes]
    counts: dict[str, object] = field(default_factory=dict)
    approximations: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)

    def matching(self, pattern: str) -> dict[str, list]:
        """Return the files whose names match a shell pattern."""
        return {name: entry for name, entry in self.files.items() if fnmatch.fnmatchcase(name, pattern)}


def read_manifest(folder: Path) -> Manifest | None:
    """Return a folder's manifest, or None where it is absent, broken or of another format: do the work again."""
    try:
        facts = _read_json(folder / MANIFEST)
        whole = facts.pop("sha256") == digest_of(facts)
        return Manifest(**facts) if whole and facts["format"] == _format_of(facts["stage"]) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _format_of(stage: str) -> int:
    return FORMAT + EDITIONS.get(stage, 0)


def write_manifest(
    folder: Path,
    stage: str,
    parameters: Mapping,
    inputs: Mapping[str, str],
    *,
    row_key: str = "",
    counts: Mapping[str, object],
    approximations: Sequence[str],
) -> Manifest:
    """Hash the files of a folder and write its manifest last, synced to disk."""
    files = {name: [file_digest(folder / name), (folder / name).lstat().st_size] for name in _hashed(folder)}
    manifest = Manifest(
        stage=stage,
        parameters=dict(parameters),
        inputs=dict(inputs),
        digest=digest_of([stage, _format_of(stage), dict(parameters), files]),
        row_key=row_key,
        files=files,
        counts=dict(counts),
        approximations=list(approximations),
        versions=_versions(),
        format=_format_of(stage),
    )
    facts = asdict(manifest)
    write_json(folder / MANIFEST, {**facts, "sha256": digest_of(facts)})
    return manifest


def damage(
    folder: Path, manifest: Manifest, *, pattern: str = "*", digests: bool = False, for_people: bool = True
) -> Iterator[str]:
    """Yield a phrase for each file that is not as the manifest says: missing, of another size, of other bytes.

    pattern: of the names to look at. digests: read every file, too; otherwise only its size is compared. for_people:
    look also at files that no stage reads, which a user may have edited.
    """
    for name, (digest, size) in manifest.matching(pattern).items():
        if not for_people and name.endswith(FOR_PEOPLE):
            continue
        path = folder / name
        try:
            found = path.lstat().st_size
        except OSError:
            yield f"{name} is missing"
            continue
        if found != size:
            yield f"{name} has {found:,} bytes in place of {size:,}"
        elif digests and file_digest(path) != digest:
            yield f"{name} has other bytes than were written"


def replace_folder(draft: Path, final: Path, *, own: set[str] | None = None) -> None:
    """Put a finished draft in the place of `final`. A crash leaves the old or the new one (see `recover`).

    Files in `final` that no stage wrote are the user's: they move along. own: the names that were written, by default
    those of the manifest.
    """
    recover(final)
    aside = _aside(final)
    if final.exists():
        for name in _foreign(final, own):
            if not (draft / name).exists():
                link_or_copy(final / name, draft / name)
        final.rename(aside)
    draft.rename(final)
    shutil.rmtree(aside, ignore_errors=True)


def remove_own(folder: Path) -> None:
    """Remove an artifact, but no file that no stage wrote."""
    foreign = set(_foreign(folder, None))
    for name in [name for name in _names(folder) if name not in foreign]:
        (folder / name).unlink()
    for path in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        if not any(path.iterdir()):
            path.rmdir()
    if not any(folder.iterdir()):
        folder.rmdir()


def recover(final: Path) -> None:
    """Mend what a crash in `replace_folder` left: bring the old folder back, or drop it where the new one stands."""
    aside = _aside(final)
    if not aside.exists():
        return
    if final.exists():
        shutil.rmtree(aside, ignore_errors=True)  # what cannot be removed harms nobody
    else:
        aside.rename(final)


def _aside(final: Path) -> Path:
    return final.with_name(f".{final.name}.old")


def _read_json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def _names(folder: Path) -> list[str]:
    paths = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(path.relative_to(folder).as_posix() for path in paths)


def _hashed(folder: Path) -> list[str]:
    names = (name for name in _names(folder) if name.split("/")[0] not in VOLATILE)
    return [name for name in names if not any(part.startswith(".") for part in name.split("/"))]


def _foreign(folder: Path, own: set[str] | None) -> list[str]:
    """Return the names of files that are in no list of what was written here; without a list all others are."""
    own = _written(folder) if own is None else own
    return [name for name in _names(folder) if name not in own and name.split("/")[0] not in VOLATILE]


def _written(folder: Path) -> set[str]:
    """Return what the manifest says was written, or, in a folder of groups of an older format, its own list."""
    try:
        return set(_read_json(folder / MANIFEST)["files"])
    except (OSError, ValueError, KeyError, TypeError):
        with suppress(OSError, ValueError):
            return set(_read_json(folder / OLDER_LIST))
    return set()


def _versions() -> dict[str, str]:
    from importlib import metadata  # late, so that --help is instant

    found = {"python": sys.version.split()[0]}
    for package in RECORDED_PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
