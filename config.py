"""Every setting of Lookalike, one section a stage: change a default here, or for one run by flag or environment.

config.py < environment (LOOKALIKE_CLUSTER__METHOD=kmeans) < flags (python 04_cluster.py --cluster.method kmeans)
"""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict

from lookalike.catalog.labels import SOURCES, check_pattern
from lookalike.clustering import METHODS
from lookalike.core.executors import EXECUTORS
from lookalike.finetuning import options as finetuning
from lookalike.networks import options as extraction
from lookalike.preprocess import BACKGROUNDS, FORMATS


def one_of(choices):
    """Return a type that takes the keys of a table of choices."""
    return Literal[tuple(choices)]


class Section(BaseModel):
    """The settings of one stage."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    def parameters(self) -> dict:
        """Return what the stage's result depends on, as JSON-able values."""
        return self.model_dump(mode="json")


class MakeLabels(Section):
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


class Preprocess(Section):
    background: one_of(BACKGROUNDS) = "none"
    """How the background is removed; auto: only where the border is plain."""
    crop_padding: bool = False
    """Drop rows and columns at each side while they are of one colour."""
    square: bool = False
    """Pad to a square over a blurred, enlarged copy."""
    size: tuple[PositiveInt, PositiveInt] | None = None
    """Final width and height in pixels, whatever the proportions: 224,224."""
    longest: int = Field(512, ge=32)
    """Longest side of the prepared photo in pixels."""
    format: one_of(FORMATS) = "jpg"
    """File format of the prepared photo."""
    quality: int = Field(90, ge=1, le=100)
    """JPEG quality."""


class Finetune(finetuning.Options):
    enabled: bool = False
    """Whether run_all.py fine-tunes; 03 takes the result with extract.weights finetuned."""

    def parameters(self, stage: str = "") -> dict:
        """Return the settings of training."""
        return self.model_dump(mode="json", exclude={"enabled"})


class Extract(extraction.Options):
    """A default is changed here by a line of its own: backbone: str = "resnet50"."""


class Scaled(Section):
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


class Gmm(Section):
    covariance: Literal["full", "tied", "diag", "spherical"] = "diag"
    """Shape of a part."""
    iterations: int = Field(100, ge=1)
    """Steps at most."""
    scaling: Literal["l2", "minmax", "none"] = "l2"
    """l2: rows of length 1; minmax: columns from -1 to 1."""
    components: int = Field(50, ge=0)
    """Principal axes kept before; 0: all."""


class Dbscan(Section):
    eps: float = Field(10.0, gt=0)
    """Distance within which photos are neighbours."""
    min_samples: int = Field(10, ge=1)
    """Neighbours that make a photo the core of a group."""
    scaling: Literal["l2", "minmax", "none"] = "none"
    """l2: rows of length 1; minmax: columns from -1 to 1."""
    components: int = Field(0, ge=0)
    """Principal axes kept before; 0: all."""


class Hdbscan(Section):
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


class Hierarchical(Section):
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


class LocalMatch(Section):
    min_inliers: int = Field(15, ge=1)
    """More local features than this in one geometry make a match."""
    residual: float = Field(20.0, gt=0)
    """Pixels that a feature may lie off."""
    trials: int = Field(1_000, ge=1)
    """Trials of RANSAC."""
    shortlist: int = Field(30, ge=1)
    """Nearest photos compared, where comparing all pairs is too much."""


class Graph(Section):
    neighbours: int = Field(15, ge=2, le=200)
    """Nearest photos each photo is joined to."""
    weights: Literal["self_tuning", "shared"] = "self_tuning"
    """Weight of an edge: a self-tuning kernel, or the share of common neighbours."""
    resolution: float = Field(1.0, gt=0)
    """Of Leiden, where no number of groups is given."""
    components: int = Field(0, ge=0)
    """Principal axes kept before; 0: all, or 128 above 50,000 photos."""


class Recommended(Section):
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


class Cluster(Section):
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
    swept: tuple[one_of(METHODS), ...] = tuple(name for name, method in METHODS.items() if "photos" not in method.needs)
    """Methods that --sweep compares."""
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

    def refinement(self) -> dict:
        """Return the settings of what follows the method."""
        return {
            "merge_similarity": self.merge_similarity,
            "noise": self.noise,
            "neighbours": self.noise_neighbours,
        }

    def parameters(self) -> dict:
        """Return what the groups depend on: all but the settings of methods not chosen."""
        return self.model_dump(mode="json", exclude=(set(METHODS) - {self.method}) | {"swept"})


class Evaluate(Section):
    silhouette_rows: int = Field(5_000, ge=2)
    """Photos up to which the silhouette is exact; above, so many are sampled."""
    n_confusions: int = Field(10, ge=0)
    """Worst confusions of two classes to list and draw."""
    seed: int = Field(0, ge=0)
    """Of the samples."""


class Visualize(Section):
    max_rows: int = Field(5_000, ge=10)
    """Photos in the t-SNE map at most; above, so many are sampled."""
    perplexity: float = Field(30, gt=1)
    """Of t-SNE: about how many neighbours count."""
    thumbnail: int = Field(72, ge=16, le=512)
    """Side of the contact sheet's thumbnails in pixels."""
    max_images: int = Field(20, ge=1)
    """Photos a column of the contact sheet."""
    max_columns: int = Field(40, ge=1)
    """Columns a page of the contact sheet."""
    memory_mb: int = Field(1024, ge=1)
    """Memory in MB that a page of the contact sheet may take."""
    picture_side: int = Field(2_400, ge=200)
    """Longer side of the map of photos in pixels."""
    gallery: bool = True
    """Write gallery.html: groups, a zoomable map, filter and lasso in one file that opens without a server."""
    projector: bool = False
    """Write files for TensorBoard's projector, too."""
    seed: int = Field(0, ge=0)
    """Of t-SNE and samples."""


class Run(Section):
    """What never changes a result."""

    workers: int = Field(os.cpu_count() or 1, ge=1)
    """Threads for reading and preparing photos."""
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
    evaluate: Evaluate = Evaluate()
    """05: scores and report."""
    visualize: Visualize = Visualize()
    """06: pictures."""
    run: Run = Run()
    """How to run; never changes a result."""
