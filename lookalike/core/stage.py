"""One run of a stage: check its inputs, work in a draft folder, publish the draft whole.

The stages and their order are in `STAGES`; a stage's name is its folder, and mostly its script. What people said of a
dataset, its edits, is an input, too, though no stage makes it.
"""

import shlex
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, Protocol

from lookalike.core.artifacts import (
    MANIFEST,
    RUN,
    Manifest,
    damage,
    read_manifest,
    recover,
    replace_folder,
    write_manifest,
)
from lookalike.core.errors import UserError
from lookalike.core.files import content_digest, digest_of, write_json
from lookalike.core.locks import hold

__all__ = [
    "EDITS",
    "STAGES",
    "Stage",
    "command",
    "dataset_lock",
    "discard_unfinished",
    "edits_file",
    "faults",
    "is_current",
    "lack",
    "mend",
    "parameters_of",
    "recorded",
    "require",
    "stage_folder",
]


class Info(NamedTuple):
    """Where a stage's settings, script and result are."""

    section: str  # of config.py
    script: str = ""  # if not of the stage's name
    folder: str = ""  # below output/<dataset>, if not of the stage's name
    optional: bool = False  # whether those that read it do without it where it was never asked for


STAGES = {
    "00_make_labels": Info("make_labels"),
    "01_preprocess": Info("preprocess"),
    "02_finetune": Info("finetune"),
    "03_extract": Info("extract"),
    "03_text": Info("extract", script="03_extract", optional=True),
    "04_found": Info("cluster", script="04_cluster"),
    "04_cluster": Info("cluster"),
    "04_near_duplicates": Info("cluster", script="04_cluster"),
    "04_folders": Info("cluster", script="04_cluster", folder="groups"),
    "04_sweep": Info("cluster", script="04_cluster"),
    "05_evaluate": Info("evaluate"),
    "06_visualize": Info("visualize"),
    "07_search": Info("search"),
}
EDITS = "edits"  # as an input
RowKey = Callable[[dict, dict], object]  # (parameters, digests of the inputs) -> what a row depends on


class Settings(Protocol):
    """What a stage reads of the settings besides its own section."""

    dataset: str
    output: Path
    edits: Path


def stage_folder(settings: Settings, name: str) -> Path:
    """Return the folder of a stage's published result."""
    return Path(settings.output) / settings.dataset / (STAGES[name].folder or name)


def edits_file(settings: Settings) -> Path:
    """Return the file of what people said of the dataset, which may be absent."""
    return Path(settings.edits) / f"{settings.dataset}.jsonl"


def dataset_lock(settings: Settings) -> ExitStack:
    """Return a context in which no other process works on the results of this dataset. Raises UserError."""
    folder = Path(settings.output) / settings.dataset
    stack = ExitStack()
    stack.enter_context(hold(folder / ".lock", what=str(folder)))
    return stack


def parameters_of(settings: Settings, name: str) -> dict:
    """Return what a stage's result depends on: settings, and the content of every file and folder that they name."""
    section = getattr(settings, STAGES[name].section)
    digests = {str(path): content_digest(Path(path)) for path in section.files(name)}
    return section.parameters(name) | ({"content": digests} if digests else {})


def command(settings: Settings, name: str) -> str:
    """Return the command that makes a stage's result, or is run_all, with the flags that say where things are."""
    flags = ["--dataset", settings.dataset]
    for flag in _flags_elsewhere(settings):
        flags += [f"--{flag}", str(getattr(settings, flag))]
    script = (STAGES[name].script if name in STAGES else "") or name
    return f"python {script}.py {shlex.join(flags)}"


def is_current(settings: Settings, name: str) -> bool:
    """Say whether a stage's published result is whole and is what its settings and inputs, as on disk, would give."""
    folder = stage_folder(settings, name)
    manifest = read_manifest(folder)
    if manifest is None or manifest.parameters != parameters_of(settings, name) or any(damage(folder, manifest)):
        return False
    return all(_digest(settings, source) == digest for source, digest in manifest.inputs.items())


def require(settings: Settings, name: str, reader: str) -> None:
    """Raise UserError unless a stage's published result is there, whole, and no older than its inputs.

    reader: who needs it, for the message.
    """
    _checked_digest(settings, name, reader)


def recorded(settings: Settings) -> dict[str, dict]:
    """Return by section the settings that the published results were made with, whatever they are today."""
    found: dict[str, dict] = {}
    for name, info in STAGES.items():
        manifest = read_manifest(stage_folder(settings, name))
        known = manifest.parameters if manifest else {}
        given = {key: value for key, value in known.items() if key not in ("content", "ways")}
        found[info.section] = given | found.get(info.section, {})
    return found


def lack(settings: Settings, name: str, reader: str) -> str:
    """Return what `require` would raise, "" where all is well."""
    try:
        require(settings, name, reader)
    except UserError as error:
        return str(error)
    return ""


def faults(settings: Settings, name: str) -> Iterator[str]:
    """Yield a phrase for each file of a published result that is not as it was written; reads all of them."""
    folder = stage_folder(settings, name)
    manifest = read_manifest(folder)
    if manifest is not None:
        yield from damage(folder, manifest, digests=True)
    elif folder.exists():
        yield "the manifest is missing, damaged or of an older format"


def mend(settings: Settings) -> None:
    """Bring every published result back that a crash took away half, and drop what one left of older results."""
    for name in STAGES:
        recover(stage_folder(settings, name))


def discard_unfinished(settings: Settings, name: str) -> None:
    """Remove what an interrupted run of a stage left, where its result needs none of it."""
    for place in (_draft_of(stage_folder(settings, name), name), _works_of(stage_folder(settings, name), name)):
        shutil.rmtree(place, ignore_errors=True)


class Stage:
    """A stage at work, as a context manager; `publish` ends it, leaving without it keeps the old result.

    inputs: "stage", "stage/files" (a shell pattern) or EDITS: what it reads. row_key: given by stages whose unfinished
    or older rows are worth keeping; returns what a row depends on besides its photo. Entering raises UserError where
    an input is missing, damaged or older than its own inputs, or where another process works on the dataset.
    """

    def __init__(
        self, settings: Settings, name: str, *, inputs: Iterable[str] = (), row_key: RowKey | None = None
    ) -> None:
        self.name = name
        self.folder = stage_folder(settings, name)
        self.draft = _draft_of(self.folder, name)
        self._settings, self._sources, self._make_key = settings, tuple(inputs), row_key
        self._stack = ExitStack()

    def __enter__(self) -> "Stage":
        self.started = time.monotonic()
        with ExitStack() as stack:
            stack.enter_context(dataset_lock(self._settings))
            self._begin()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def _begin(self) -> None:
        recover(self.folder)
        self.parameters = parameters_of(self._settings, self.name)
        self.inputs = {source: _checked_digest(self._settings, source, self.name) for source in self._sources}
        self.row_key = digest_of(self._make_key(self.parameters, self.inputs)) if self._make_key else ""
        shutil.rmtree(self.draft, ignore_errors=True)
        self.draft.mkdir(parents=True)
        works = _works_of(self.folder, self.name)
        self.work = works / (self.row_key[:16] or "any")
        for other in works.glob("*"):
            if other != self.work:
                shutil.rmtree(other)

    @property
    def shared_work(self) -> Path:
        """Where the steps of a script keep what they share while they run; the last of them removes it."""
        main = STAGES[self.name].script or self.name
        return _works_of(self.folder.with_name(main), main) / "any"

    @property
    def seconds(self) -> float:
        """Seconds since the stage began."""
        return max(time.monotonic() - self.started, 1e-9)

    @property
    def manifest(self) -> Manifest | None:
        """The manifest of the result that stands now, before this run replaces it."""
        return read_manifest(self.folder)

    @property
    def published(self) -> Path | None:
        """The folder of the result that stands now, where its rows are those that this run would compute.

        None also where one of its tables is damaged.
        """
        manifest = self.manifest
        if manifest is None or manifest.row_key != self.row_key:
            return None
        return None if any(damage(self.folder, manifest, pattern="*.parquet", digests=True)) else self.folder

    def path_of(self, name: str) -> Path:
        """Return the published folder of an input."""
        return stage_folder(self._settings, name)

    def command(self, name: str) -> str:
        """Return the command that makes an input, or is run_all."""
        return command(self._settings, name)

    def flags_elsewhere(self) -> str:
        """Return the flags in use that say where things are, without their values: a result does not name its place."""
        return "".join(f" --{flag} …" for flag in _flags_elsewhere(self._settings))

    def hold(self, path: Path, *, what: str, shared: bool) -> None:
        """Hold a lock until the stage ends, see `locks.hold`."""
        self._stack.enter_context(hold(path, what=what, shared=shared))

    def publish(
        self,
        summary: str,
        *,
        images: int,
        counts: Mapping[str, object],
        run: Mapping[str, object] | None = None,
        approximations: Iterable[str] = (),
        notes: Iterable[str] = (),
    ) -> None:
        """Replace the published result by the draft and print the closing line: summary, rate, path.

        counts: facts of the result, for the manifest; run: facts of this run, for run.json.
        approximations are printed and recorded, notes printed. Raises UserError where an input changed meanwhile.
        """
        approximations = list(approximations)
        self._check_inputs_again()
        write_manifest(
            self.draft,
            self.name,
            self.parameters,
            self.inputs,
            row_key=self.row_key,
            counts={"images": images} | dict(counts),
            approximations=approximations,
        )
        rate = images / self.seconds
        figures = {"seconds": round(self.seconds, 3), "images_per_second": round(rate, 1)}
        write_json(self.draft / RUN, figures | dict(run or {}))
        replace_folder(self.draft, self.folder)
        shutil.rmtree(self.work.parent, ignore_errors=True)
        for line in [*notes, *(f"approximation: {line}" for line in approximations)]:
            print(f"{self.name}: {line}")
        print(f"{self.name}: {summary}, {rate:,.0f} images/s, {self.seconds:.1f} s -> {self.folder}", flush=True)

    def _check_inputs_again(self) -> None:
        changed = [source for source, digest in self.inputs.items() if _digest(self._settings, source) != digest]
        if changed:
            again = command(self._settings, self.name)
            raise UserError(f"{changed[0]} changed while {self.name} worked on it: run {again} again")


def _flags_elsewhere(settings: Settings) -> list[str]:
    fields = getattr(type(settings), "model_fields", {})
    flags = (flag for flag in ("photos", "output", "img", "edits") if flag in fields)
    return [flag for flag in flags if getattr(settings, flag) != fields[flag].default]


def _draft_of(folder: Path, name: str) -> Path:
    return folder.with_name(f".{name}.draft")


def _works_of(folder: Path, name: str) -> Path:
    """Return the folder of unfinished work, in which that of each row key has a folder of its own."""
    return folder.with_name(f".{name}.work")


def _digest(settings: Settings, source: str) -> str:
    """Return the digest of a stage's published result, or of those of its files that a source names."""
    if source == EDITS:
        return content_digest(edits_file(settings))
    stage, _, pattern = source.partition("/")
    manifest = read_manifest(stage_folder(settings, stage))
    if manifest is None:
        return "absent"
    return digest_of(manifest.matching(pattern)) if pattern else manifest.digest


def _checked_digest(settings: Settings, source: str, reader: str, *, digests: bool = True) -> str:
    """Return the digest of an input after checking that it is there, whole, and that the chain below it holds.

    digests: also read its files, since the reader is about to trust them.
    """
    if source == EDITS:
        return _digest(settings, source)
    name, _, pattern = source.partition("/")
    folder = stage_folder(settings, name)
    recover(folder)
    manifest = read_manifest(folder)
    remedy = f"run {command(settings, name)}"
    if manifest is None and STAGES[name].optional:
        return _digest(settings, source)
    if manifest is None:
        found = "one that is damaged or of another version" if (folder / MANIFEST).exists() else "none"
        raise UserError(f"{reader} needs {name}, found {found} in {folder}: {remedy}")
    broken = next(damage(folder, manifest, pattern=pattern or "*", digests=digests, for_people=False), None)
    if broken:
        raise UserError(f"{reader} needs {name} as it was written, found {folder}: {broken}; {remedy}")
    for below, digest in manifest.inputs.items():
        if _checked_digest(settings, below, name, digests=False) != digest:
            raise UserError(f"{name} is older than {below.partition('/')[0]}: {remedy}")
    return _digest(settings, source)
