"""Every setting of Lookalike, one section a stage: change a default here, or for one run by flag or environment.

config.py < environment (LOOKALIKE_CLUSTER__METHOD=kmeans) < flags (python 04_cluster.py --cluster.method kmeans)
"""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict

from lookalike.catalog.labels import SOURCES, check_pattern
from lookalike.clustering import METHODS
from lookalike.core.executors import EXECUTORS
from lookalike.core.options import Options
from lookalike.evaluation import options as scoring
from lookalike.evaluation.swept import expand
from lookalike.finetuning import options as finetuning
from lookalike.networks import options as extraction
from lookalike.preprocess import BACKGROUNDS, FORMATS
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
    expand([text], lambda method: Cluster.model_fields[method].default if method in METHODS else None)
    return text


class MakeLabels(Options):
    source: one_of(SOURCES) = "auto"
    """Where true labels come from; auto: the CSV if given, else names, else sub-folders, else none."""
    pattern: Annotated[str, AfterValidator(check_pattern)] = r"^(\d+)_"
    """Regular expression on the file name; its first group is the label."""
    csv: Path | None = None
    """CSV file with the columns path,label."""
    products: Path | None = None
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
    """File format of the prepared photo."""
    quality: int = Field(90, ge=1, le=100)
    """JPEG quality of what is encoded anew; a JPEG that needs no change is copied as it is."""


class Finetune(finetuning.Options):
    enabled: bool = False
    """Whether run_all.py fine-tunes; 03 takes the result with extract.weights finetuned."""

    def parameters(self, stage: str = "") -> dict:
        """Return the settings of training."""
        return self.model_dump(mode="json", exclude={"enabled"})


class Extract(extraction.Options):
    """A default is changed here by a line of its own: backbone: str = "resnet50"."""


class Scaled(Options):
    """What is done to the vectors before a method sees them."""

    scaling: Literal["l2", "minmax", "none"] = "l2"
    """l2: rows of length 1; minmax: columns from -1 to 1."""
    components: int = Field(128, ge=0)
    """Principal axes kept before; 0: all."""


class Som(Scaled):
    engine: Literal["batch", "minisom"] = "batch"
    """What trains the map; minisom trains one photo after another and stops at radius 1."""
    groups: Literal["merged", "units"] = "merged"
    """merged: units of a large map are merged to n_clusters; units: a small map, one unit a cluster."""
    side: int = Field(0, ge=0, le=100)
    """Units a side; 0: chosen by the number of photos and clusters."""
    epochs: int = Field(20, ge=1)
    """Passes over the photos."""
    final_radius: float = Field(0.3, gt=0)
    """Radius of the neighbourhood in units at the end."""


class Kmeans(Scaled):
    restarts: int = Field(5, ge=1)
    """k-means++ starts, of which the best is kept."""
    iterations: int = Field(100, ge=1)
    """Passes at most."""


class Spectral(Scaled):
    neighbours: int = Field(10, ge=2)
    """Nearest photos each photo is joined to."""
    rounding: Literal["discretize", "kmeans", "cluster_qr"] = "discretize"
    """How the spectral embedding becomes groups."""


class Gmm(Options):
    covariance: Literal["full", "tied", "diag", "spherical"] = "diag"
    """Shape of a part."""
    iterations: int = Field(100, ge=1)
    """Steps at most."""
    scaling: Literal["l2", "minmax", "none"] = "l2"
    """l2: rows of length 1; minmax: columns from -1 to 1."""
    components: int = Field(50, ge=0)
    """Principal axes kept before; 0: all."""


class Dbscan(Options):
    eps: float = Field(10.0, gt=0)
    """Distance within which photos are neighbours."""
    min_samples: int = Field(10, ge=1)
    """Neighbours that make a photo the core of a group."""
    scaling: Literal["l2", "minmax", "none"] = "none"
    """l2: rows of length 1; minmax: columns from -1 to 1."""
    components: int = Field(0, ge=0)
    """Principal axes kept before; 0: all."""


class Hdbscan(Options):
    min_cluster_size: int = Field(0, ge=0)
    """Photos a group at least; 0: by the number of photos (500 and more: n // 100, ...)."""
    min_samples: int = Field(2, ge=1)
    """Neighbours that make a photo dense."""
    scaling: Literal["l2", "minmax", "none"] = "l2"
    """l2: rows of length 1; minmax: columns from -1 to 1."""
    components: int = Field(15, ge=1, le=30)
    """Principal axes kept before."""
    selection: Literal["eom", "leaf"] = "eom"
    """Regions taken: of most persistence, or the leaves of their tree."""


class Hierarchical(Options):
    sim: float = Field(0.5, ge=0, le=1)
    """Similarity index: cut at the largest pairwise distance times (1 - sim)."""
    linkage: Literal["average", "single", "complete", "weighted", "ward", "centroid", "median"] = "average"
    """Distance of two groups."""
    metric: Literal[
        "euclidean", "cosine", "cityblock", "sqeuclidean", "correlation", "chebyshev", "canberra", "braycurtis"
    ] = "euclidean"
    """Distance of two photos."""
    criterion: Literal["distance", "inconsistent"] = "distance"
    """What the cut compares."""
    min_csize: int = Field(2, ge=1)
    """Smaller groups are noise."""
    alpha: float = Field(0, ge=0, le=1)
    """Share of the time between two photos (EXIF, else of the file) in their distance."""
    scaling: Literal["l2", "minmax", "none"] = "none"
    """l2: rows of length 1; minmax: columns from -1 to 1."""
    components: int = Field(0, ge=0)
    """Principal axes kept before; 0: all."""


class LocalMatch(Options):
    min_inliers: int = Field(15, ge=1)
    """More local features than this in one geometry make a match."""
    residual: float = Field(20.0, gt=0)
    """Pixels that a feature may lie off."""
    trials: int = Field(1_000, ge=1)
    """Trials of RANSAC."""
    shortlist: int = Field(30, ge=1)
    """Nearest photos compared, where comparing all pairs is too much."""


class Graph(Options):
    neighbours: int = Field(15, ge=2, le=200)
    """Nearest photos each photo is joined to."""
    weights: Literal["self_tuning", "shared"] = "self_tuning"
    """Weight of an edge: a self-tuning kernel, or the share of common neighbours."""
    resolution: float = Field(1.0, gt=0)
    """Of Leiden, where no number of groups is given."""
    components: int = Field(0, ge=0)
    """Principal axes kept before; 0: all, or 128 above 50,000 photos."""


class Recommended(Options):
    scales: tuple[Annotated[int, Field(ge=2, le=200)], ...] = Field((8, 10, 12, 15, 20, 25, 30), min_length=1)
    """Neighbours of the graphs that vote."""
    coarseness: tuple[Annotated[float, Field(gt=0)], ...] = Field((0.5, 0.7, 1.0), min_length=1)
    """Numbers of communities they vote with, as shares of the number asked for."""
    neighbours: int = Field(25, ge=2, le=200)
    """Neighbours a photo may be joined to in the consensus graph."""
    rounds: int = Field(3, ge=1, le=10)
    """Consensuses sought, each after the first with what varies inside the groups before it scaled down."""
    shrinkage: float = Field(0.5, ge=0, le=1)
    """Share of the identity in the covariance inside groups."""
    components: int = Field(0, ge=0)
    """Principal axes kept before; 0: all, or 128 above 50,000 photos."""


class Cluster(Options):
    method: one_of(METHODS) = "recommended"
    """How to group."""
    n_clusters: int = Field(-1, ge=-1)
    """Number of groups; -1: estimated, where the method does not find it itself."""
    estimator: Literal["combined", "graph", "silhouette", "stability", "images_per_cluster", "local_match"] = "combined"
    """How the number of groups is estimated."""
    level: Literal["default", "coarse", "medium", "fine"] = "default"
    """Which of the estimated numbers to take: photos can have several true ones."""
    images_per_cluster: int = Field(70, ge=1)
    """Photos a group, for the estimator of that name."""
    merge_similarity: float = Field(0, ge=0, le=1)
    """Merge groups whose means have a cosine above this; 0: never."""
    noise: Literal["keep", "nearest_mean", "tsne_knn"] = "keep"
    """Photos in no group: keep them so, or give them the group of the nearest mean or of t-SNE neighbours."""
    noise_neighbours: int = Field(5, ge=1)
    """Neighbours that vote in tsne_knn."""
    near_duplicate: float = Field(0.98, gt=0, le=1)
    """Cosine from which photos are reported as near copies, in near_duplicates.csv."""
    folders: Literal["none", "link", "copy"] = "none"
    """Make folders of the groups in output/<dataset>/groups, as links or copies of the photos."""
    first: PositiveInt | None = None
    """Only the first so many photos."""
    swept: tuple[Annotated[str, AfterValidator(known_way)], ...] = tuple(
        name for name, method in METHODS.items() if "photos" not in method.needs
    )
    """Ways that --sweep compares: methods, or values of a method's settings (graph.neighbours=10/15+weights=shared)."""
    seed: int = Field(0, ge=0)
    """Same seed, same groups."""
    recommended: Recommended = Recommended()
    """Of method recommended."""
    graph: Graph = Graph()
    """Of method graph."""
    som: Som = Som()
    """Of method som."""
    kmeans: Kmeans = Kmeans()
    """Of method kmeans."""
    spectral: Spectral = Spectral()
    """Of method spectral."""
    gmm: Gmm = Gmm()
    """Of method gmm."""
    dbscan: Dbscan = Dbscan()
    """Of method dbscan."""
    hdbscan: Hdbscan = Hdbscan()
    """Of method hdbscan."""
    hierarchical: Hierarchical = Hierarchical()
    """Of method hierarchical."""
    local_match: LocalMatch = LocalMatch()
    """Of method local_match."""

    def options(self, method: str = "") -> dict:
        """Return the settings of a method, by default the chosen one."""
        return getattr(self, method or self.method).model_dump()

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

    def parameters(self, stage: str = "") -> dict:
        """Return what the groups, or a sweep, depend on: the settings of the methods in use."""
        if stage == "04_sweep":
            ways = {name: [method, options.model_dump(mode="json")] for name, (method, options) in self.ways().items()}
            return self.model_dump(mode="json", include={"n_clusters", "first", "seed", "swept"}) | {"ways": ways}
        return self.model_dump(mode="json", exclude=(set(METHODS) - {self.method}) | {"swept"})


class Run(Options):
    """What never changes a result."""

    workers: int = Field(os.cpu_count() or 1, ge=1)
    """Threads for reading and preparing photos."""
    decode_mb: int = Field(2048, ge=64)
    """Memory in MB that photos being decoded may take together; one that takes more is decoded alone."""
    executor: one_of(EXECUTORS) = "local"
    """Where shards are worked on."""
    shard_size: int = Field(2_000, ge=1)
    """Photos in a shard, the unit of work that an interrupted run keeps."""
    progress: Literal["auto", "bar", "lines", "off"] = "auto"
    """How progress is shown; auto: a bar on a terminal, else lines."""


class Settings(BaseSettings):
    """All settings, in the order of the stages."""

    model_config = SettingsConfigDict(
        env_prefix="LOOKALIKE_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        cli_avoid_json=True,
        cli_hide_none_type=True,
    )

    dataset: str = Field("sample", pattern=r"^[^/\\.][^/\\]*$")
    """Name of the set of photos: raw_img/<dataset>, img/<dataset>, output/<dataset>."""
    photos: Path | None = None
    """Folder of photos to read in place of raw_img/<dataset>."""
    output: Path = Path("output")
    """Folder of results."""
    img: Path = Path("img")
    """Folder of prepared photos."""
    make_labels: MakeLabels = MakeLabels()
    """00: which photos there are, and their true labels."""
    preprocess: Preprocess = Preprocess()
    """01: upright, small, maybe without background."""
    finetune: Finetune = Finetune()
    """02: teach the network the known classes."""
    extract: Extract = Extract()
    """03: which network, on what."""
    cluster: Cluster = Cluster()
    """04: how to group, and into how many."""
    evaluate: scoring.Options = scoring.Options()
    """05: scores and report."""
    visualize: drawing.Options = drawing.Options()
    """06: pictures."""
    run: Run = Run()
    """How to run; never changes a result."""
