"""One run of a stage: check its inputs, work in a draft folder, publish the draft whole.

The order of the stages is in `STAGES`; a stage's name is its script, its config section and its folder.
"""

import fcntl
import json
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from lookalike.core.artifacts import (
    Manifest,
    file_digest,
    read_manifest,
    recover,
    replace_folder,
    write_json,
    write_manifest,
)
from lookalike.core.errors import UserError

__all__ = ["STAGES", "Stage", "is_current", "parameters_of", "stage_folder"]

BESIDE = {
    "04_sweep": "cluster",
    "groups": "cluster",
}  # results made on request, which no stage reads and run_all.py does not make
DRAFT = ".draft.json"  # holds the row key of an unfinished draft
STAGES = {  # script and folder name -> section of config.py
    "00_make_labels": "make_labels",
    "01_preprocess": "preprocess",
    "02_finetune": "finetune",
    "03_extract": "extract",
    "04_cluster": "cluster",
    "05_evaluate": "evaluate",
    "06_visualize": "visualize",
}


class Settings(Protocol):
    """What a stage reads of the settings besides its own section."""

    dataset: str
    output: Path


def stage_folder(settings: Settings, name: str) -> Path:
    """Return the folder of a stage's published result."""
    return Path(settings.output) / settings.dataset / name


def parameters_of(settings: Settings, name: str) -> dict:
    """Return what a stage's result depends on: its section, and the content of every file the section names."""
    parameters = getattr(settings, (STAGES | BESIDE)[name]).parameters()
    files = {value for value in parameters.values() if isinstance(value, str) and ("/" in value or "." in value)}
    digests = {value: file_digest(Path(value)) for value in sorted(files) if Path(value).is_file()}
    return parameters | ({"content": digests} if digests else {})


def is_current(settings: Settings, name: str) -> bool:
    """Say whether a stage's published result is what its settings and inputs, as they stand on disk, would give."""
    folder = stage_folder(settings, name)
    manifest = read_manifest(folder)
    if manifest is None or manifest.parameters != parameters_of(settings, name):
        return False
    return all(_digest(settings, source) in (None, digest) for source, digest in manifest.inputs.items())


class Stage:
    """A stage at work, as a context manager; `publish` ends it, leaving without it keeps the old result.

    inputs: names of the stages it reads. row_key: given by stages whose unfinished or older work is worth keeping;
    returns, from the parameters and the digests of the inputs, what a row depends on besides its photo. A draft that
    was interrupted with the same key is taken up again.
    """

    def __init__(
        self,
        settings: Settings,
        name: str,
        *,
        inputs: Iterable[str] = (),
        row_key: Callable[[dict, dict], str] = lambda parameters, inputs: "",
    ) -> None:
        self.name = name
        self.folder = stage_folder(settings, name)
        self.draft = self.folder.with_name(f".{name}.draft")
        self._settings = settings
        self._parameters = parameters_of(settings, name)
        self.inputs = {source: _checked_digest(settings, source, name) for source in inputs}
        self.row_key = row_key(self._parameters, self.inputs)

    def __enter__(self) -> "Stage":
        self.started = time.monotonic()
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self._lock = (self.folder.parent / f".{self.name}.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError(f"{self.name} is already running on {self.folder.parent}: wait for it to end") from None
        recover(self.folder)
        self.resumed = self._open_draft()
        return self

    def __exit__(self, *error: object) -> None:
        self._lock.close()

    @property
    def seconds(self) -> float:
        """Seconds since the stage began."""
        return max(time.monotonic() - self.started, 1e-9)

    def path_of(self, name: str) -> Path:
        """Return the published folder of an input."""
        return stage_folder(self._settings, name)

    @property
    def published(self) -> Manifest | None:
        """The manifest of the result that stands now, before this run replaces it."""
        return read_manifest(self.folder)

    @property
    def reusable(self) -> bool:
        """Whether the rows of the published result are those that this run would compute."""
        return self.published is not None and self.published.row_key == self.row_key

    def publish(
        self, summary: str, *, images: int, counts: Mapping[str, object], approximations: Iterable[str] = ()
    ) -> None:
        """Replace the published result by the draft and print the closing line: summary, rate, path."""
        approximations = list(approximations)
        (self.draft / DRAFT).unlink(missing_ok=True)
        write_manifest(
            self.draft,
            self.name,
            self._parameters,
            self.inputs,
            row_key=self.row_key,
            counts={"images": images} | dict(counts),
            approximations=approximations,
        )
        rate = images / self.seconds
        write_json(self.draft / "run.json", {"seconds": round(self.seconds, 3), "images_per_second": round(rate, 1)})
        replace_folder(self.draft, self.folder)
        for line in approximations:
            print(f"{self.name}: approximation: {line}")
        print(f"{self.name}: {summary}, {rate:,.0f} images/s, {self.seconds:.1f} s -> {self.folder}", flush=True)

    def _open_draft(self) -> bool:
        """Make an empty draft folder, unless an interrupted run left one with the same row key; say whether it did."""
        key = self.row_key or None
        with suppress(OSError, ValueError):
            if key and json.loads((self.draft / DRAFT).read_text(encoding="utf-8")) == key:
                return True
        if self.draft.exists():
            shutil.rmtree(self.draft)
        self.draft.mkdir()
        write_json(self.draft / DRAFT, key)
        return False


def _digest(settings: Settings, source: str) -> str | None:
    """Return the digest of a stage as published, None for a source that is no stage."""
    if source not in STAGES:
        return None
    manifest = read_manifest(stage_folder(settings, source))
    return manifest.digest if manifest else "absent"


def _checked_digest(settings: Settings, source: str, reader: str) -> str:
    """Return the digest of an input after checking that it exists and that the chain of digests below it holds."""
    recover(stage_folder(settings, source))
    manifest = read_manifest(stage_folder(settings, source))
    if manifest is None:
        folder = stage_folder(settings, source)
        raise UserError(f"{reader} needs {source}, found none in {folder}: run {_command(settings, source)}")
    for below, digest in manifest.inputs.items():
        if below in STAGES and _checked_digest(settings, below, source) != digest:
            raise UserError(f"{source} is older than {below}: run {_command(settings, source)}")
    return manifest.digest


def _command(settings: Settings, name: str) -> str:
    return f"python {name}.py --dataset {settings.dataset}"
