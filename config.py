"""Every setting of Lookalike, one section a stage: change a default here, or for one run by flag or environment.

config.py < environment (LOOKALIKE_CLUSTER__METHOD=kmeans) < flags (python 04_cluster.py --cluster.method kmeans)
"""

import os
from pathlib import Path
from typing import Annotated, ClassVar, Literal

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # else it looks for some in all packages at every start

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PositiveInt,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from lookalike.catalog.labels import SOURCES, check_pattern
from lookalike.clustering import ESTIMATORS, FOLDERS, LEVELS, METHODS, NAMERS, NOISE
from lookalike.core.executors import EXECUTORS
from lookalike.core.options import Options
from lookalike.evaluation import options as scoring
from lookalike.evaluation.swept import expand
from lookalike.finetuning import options as finetuning
from lookalike.networks import options as extraction
from lookalike.preprocess import BACKGROUNDS, FORMATS
from lookalike.search import options as searching
from lookalike.visual import options as drawing


def one_of(choices):
    """Return a type that takes the keys of a table of choices."""
    return Literal[tuple(choices)]


def width_and_height(value):
    """Take 224,160 or, for both, 224; a flag's text comes as either."""
    parts = value.split(",") if isinstance(value, str) else value
    parts = parts if isinstance(parts, list | tuple) else [parts]
    return tuple(parts) * 2 if len(parts) == 1 else tuple(parts)


def known_way(text):
    """Take the ways of a sweep as they are written, where the method, its settings and their values exist."""
    expand([text], lambda method: Cluster.model_fields[method].annotation() if method in METHODS else None)
    return text


def file_that_is_there(path):
    """Take the path of a file that exists."""
    if path.is_file():
        return path
    raise ValueError("a file that is there")


def number_of_groups(value):
    """Take -1 or a number from 1; 0 is neither."""
    if value == -1 or value >= 1:
        return value
    raise ValueError("-1 to have it estimated, or a number from 1")


def with_defaults(options, defaults):
    """Return the class of a method's options, or one with other defaults."""
    if not defaults:
        return options
    values = vars(options(**defaults))  # checked, as what a user sets is
    fields = {name: (options.model_fields[name].annotation, values[name]) for name in defaults}
    return create_model(options.__name__, __base__=options, **fields)


def section(options, comment):
    """Return a setting that is a section of its own, as create_model takes it."""
    return options, Field(default_factory=options, description=comment)


class MakeLabels(Options):
    source: one_of(SOURCES) = "auto"
    """Where true labels come from; auto: the CSV if given, else names, else sub-folders, else none."""
    pattern: Annotated[str, AfterValidator(check_pattern)] = r"^(\d+)_"
    """Regular expression on the file name; its first group is the label."""
    csv: Annotated[Path, AfterValidator(file_that_is_there)] | None = None
    """CSV file with the columns path,label."""
    products: Annotated[Path, AfterValidator(file_that_is_there)] | None = None
    """Product catalogue to join by file name: a CSV with a column top_img (and id, genre_id, name, maker, ...)."""
    drop_duplicates: bool = False
    """Leave out all but one of photos with equal pixels in later stages (no file is deleted)."""
    max_file_mb: int = Field(1024, ge=1)
    """Larger files are no photos: a row of problems.csv."""
    rehash: bool = False
    """Read every file again, also those of the same path, size and time as before."""

    def parameters(self, stage: str = "") -> dict:
        """Return what the stage's result depends on, as JSON-able values."""
        return self.model_dump(mode="json", exclude={"rehash"})


class Preprocess(Options):
    background: one_of(BACKGROUNDS) = "none"
    """How the background is removed; auto: only where the border is plain."""
    crop_padding: bool = False
    """Drop rows and columns at each side while they are of one colour."""
    square: bool = False
    """Pad to a square over a blurred, enlarged copy."""
    size: Annotated[tuple[PositiveInt, PositiveInt], BeforeValidator(width_and_height)] | None = None
    """Final width and height in pixels, whatever the proportions: 224,160; one number stands for both."""
    longest: int = Field(512, ge=32)
    """Longest side of the prepared photo in pixels."""
    format: one_of(FORMATS) = "jpg"
    """How prepared photos are written; tar and tar.png are JPEG and PNG in tar files of 2,000 photos each."""
    quality: int = Field(90, ge=1, le=100)
    """JPEG quality of what is encoded anew; a JPEG that needs no change is copied as it is."""


class Finetune(finetuning.Options):
    enabled: bool = False
    """Whether run_all.py fine-tunes; 03 takes the result with extract.weights finetuned."""
    classes: Literal["true", "confirmed"] = "true"
    """Classes to learn: the true labels, or the groups that you confirmed (edit.py confirm)."""

    def parameters(self, stage: str = "") -> dict:
        """Return the settings of training."""
        return self.model_dump(mode="json", exclude={"enabled"})


class Extract(extraction.Options):
    """A default is changed here by a line of its own: backbone: str = "resnet50"."""


METHOD_DEFAULTS: dict[str, dict] = {}
"""Defaults that differ from those in lookalike/clustering/methods, as {"kmeans": {"n_init": 10}}."""

OF_STEP = {  # settings of stage 04 that only a step of its own depends on; a change does not group again
    "04_near_duplicates": {"near_duplicate", "first", "seed"},
    "04_cluster": {"names", "head", "head_names"},
    "04_folders": {"folders"},
    "04_sweep": {"n_clusters", "first", "seed", "swept"},
}


class ClusterSection(Options):
    method: one_of(METHODS) = "recommended"
    """How to group."""
    n_clusters: Annotated[int, AfterValidator(number_of_groups)] = -1
    """Number of groups; -1: estimated, where the method does not find it itself."""
    estimator: one_of(ESTIMATORS) = "combined"
    """How the number of groups is estimated."""
    level: Literal["default", *LEVELS] = "default"
    """Which of the estimated numbers to take: photos can have several true ones."""
    images_per_cluster: int = Field(70, ge=1)
    """Photos a group, for the estimator of that name."""
    merge_similarity: float = Field(0, ge=0, le=1)
    """Merge groups whose means have a cosine above this; 0: never."""
    noise: one_of(NOISE) = "keep"
    """Photos in no group: keep them so, or give them the group of the nearest mean or of t-SNE neighbours."""
    noise_neighbours: int = Field(5, ge=1)
    """Neighbours that vote in tsne_knn."""
    near_duplicate: float = Field(0.6, gt=0, le=1)
    """Cosine from which a photo's nearest ones are compared as pictures, to report copies in near_duplicates.csv."""
    drop_near_duplicates: bool = False
    """Group only one of photos that are near copies; the others get its group (no file is deleted)."""
    folders: Literal["none", *FOLDERS] = "none"
    """Make folders of the groups in output/<dataset>/groups, as links or copies of the photos."""
    names: tuple[one_of(NAMERS), ...] = NAMERS
    """Where names of groups come from, the first first: titles, paths, extract.vocabulary, a head ('[]': nowhere)."""
    head: Annotated[Path, AfterValidator(file_that_is_there)] | None = None
    """Weights (.h5) with the last layer that says which class a photo is: of the network that made the vectors."""
    head_names: Annotated[Path, AfterValidator(file_that_is_there)] | None = Field(None, validate_default=True)
    """Names of the classes of cluster.head, one a line in their order, of which the part before a comma counts."""
    first: PositiveInt | None = None
    """Only the first so many photos."""
    swept: tuple[Annotated[str, AfterValidator(known_way)], ...] = tuple(
        name for name, method in METHODS.items() if "photos" not in method.needs
    )
    """Ways that --sweep compares: methods, or values of a method's settings (graph.neighbours=10/15+weights=shared)."""
    seed: int = Field(0, ge=0)
    """Seed of all that is random in grouping: same seed, same groups."""

    def options(self, method: str = "") -> Options:
        """Return the options of a method, by default the chosen one."""
        return getattr(self, method or self.method)

    def ways(self) -> dict[str, tuple[str, Options]]:
        """Return the ways of `swept` by name, as (method, all its settings)."""
        return expand(self.swept, lambda method: getattr(self, method) if method in METHODS else None)

    def refinement(self) -> dict:
        """Return the settings of what follows the method."""
        return {
            "merge_similarity": self.merge_similarity,
            "noise": self.noise,
            "neighbours": self.noise_neighbours,
        }

    def parameters(self, stage: str = "04_found") -> dict:
        """Return what a step of stage 04 depends on; the groups on all but what plays no part in them."""
        if stage == "04_sweep":
            ways = {name: [method, options.model_dump(mode="json")] for name, (method, options) in self.ways().items()}
            return self.model_dump(mode="json", include=OF_STEP[stage]) | {"ways": ways}
        if stage in OF_STEP:
            return self.model_dump(mode="json", include=OF_STEP[stage])
        taken = {self.method, *ESTIMATORS[self.estimator].inputs}
        beside = {"swept", "near_duplicate", "folders"} | OF_STEP["04_cluster"]
        return self.model_dump(mode="json", exclude=(set(METHODS) - taken) | beside)

    def files(self, stage: str = "") -> list[Path]:
        """Return the files that the settings name, which only names of groups depend on."""
        return super().files(stage) if stage == "04_cluster" else []

    @field_validator("head_names")
    @classmethod
    def _head_has_names(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        if "head" in info.data and (path is None) != (info.data["head"] is None):
            raise ValueError("a file of names beside cluster.head, and none without it")
        return path


Cluster = create_model(
    "Cluster",
    __base__=ClusterSection,
    **{
        name: section(with_defaults(row.options, METHOD_DEFAULTS.get(name, {})), f"Of method {name}.")
        for name, row in METHODS.items()
    },
)


class Run(Options):
    """What never changes a result."""

    workers: int = Field(os.cpu_count() or 1, ge=1)
    """Threads for reading and preparing photos."""
    decode_mb: int = Field(2048, ge=64)
    """Memory in MB that photos being decoded may take together; one that takes more is decoded alone."""
    executor: one_of(EXECUTORS) = "local"
    """Where shards, and passes over many photos, are worked on: threads, processes of this machine, a Ray cluster."""
    ray_address: str = ""
    """Address of a running Ray cluster; empty: one is started on this machine."""
    on_failure: Literal["quarantine", "stop"] = "quarantine"
    """What becomes of a photo that its workers die of, with processes or ray: it is left out, or the run stops."""
    shard_size: int = Field(2_000, ge=1)
    """Photos in a shard, the unit of work that an interrupted run keeps."""
    progress: Literal["auto", "bar", "lines", "off"] = "auto"
    """How progress is shown; auto: a bar on a terminal, else lines."""


class Settings(BaseSettings):
    """All settings, in the order of the stages."""

    model_config = SettingsConfigDict(
        env_prefix="LOOKALIKE_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        defer_build=True,
        cli_avoid_json=True,
        cli_hide_none_type=True,
    )

    RENAMED: ClassVar[dict[str, str]] = {
        "cluster.kmeans.restarts": "cluster.kmeans.n_init",
        "cluster.kmeans.iterations": "cluster.kmeans.max_iter",
        "cluster.gmm.covariance": "cluster.gmm.covariance_type",
        "cluster.gmm.iterations": "cluster.gmm.max_iter",
        "cluster.spectral.rounding": "cluster.spectral.assign_labels",
        "cluster.hdbscan.selection": "cluster.hdbscan.cluster_selection_method",
        "extract.storage": "extract.dtype",
    }

    dataset: str = Field("sample", pattern=r"^[^/\\.][^/\\]*$")
    """Name of the set of photos: raw_img/<dataset>, img/<dataset>, output/<dataset>."""
    photos: Path | None = None
    """Folder of photos to read in place of raw_img/<dataset>."""
    output: Path = Path("output")
    """Folder of results."""
    img: Path = Path("img")
    """Folder of prepared photos."""
    edits: Path = Path("edits")
    """Folder of corrections of groups, a file <dataset>.jsonl each: what you said, kept over every run."""
    make_labels: MakeLabels = Field(default_factory=MakeLabels)
    """00: which photos there are, and their true labels."""
    preprocess: Preprocess = Field(default_factory=Preprocess)
    """01: upright, small, maybe without background."""
    finetune: Finetune = Field(default_factory=Finetune)
    """02: teach the network the known classes."""
    extract: Extract = Field(default_factory=Extract)
    """03: which network, on what."""
    cluster: Cluster = Field(default_factory=Cluster)
    """04: how to group, and into how many."""
    evaluate: scoring.Options = Field(default_factory=scoring.Options)
    """05: scores and report."""
    visualize: drawing.Options = Field(default_factory=drawing.Options)
    """06: pictures."""
    search: searching.Options = Field(default_factory=searching.Options)
    """07: look-alikes of any photo."""
    run: Run = Field(default_factory=Run)
    """How to run; never changes a result."""

    @model_validator(mode="after")
    def _sections_fit(self) -> "Settings":
        fault = finetuning.check_together(self.finetune.enabled, self.extract)
        if fault:
            raise ValueError(fault)
        return self
