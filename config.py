"""Every setting of Lookalike, one section a stage: change a default here, or for one run by flag or environment.

config.py < environment (LOOKALIKE_CLUSTER__METHOD=kmeans) < flags (python 04_cluster.py --cluster.method kmeans)
"""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PositiveInt, create_model
from pydantic_settings import BaseSettings, SettingsConfigDict

from lookalike.catalog.labels import SOURCES, check_pattern
from lookalike.clustering import ESTIMATORS, FOLDERS, METHODS, NOISE
from lookalike.core.executors import EXECUTORS
from lookalike.finetuning import AUGMENTATIONS, LOSSES, OPTIMIZERS
from lookalike.networks import ENGINES, PRECISIONS, VIEWS
from lookalike.preprocess import BACKGROUNDS, FORMATS


def one_of(choices):
    """Return a type that takes the keys of a table of choices."""
    return Literal[tuple(choices)]


def number_or_names(value):
    """Take 40, or names as a list or divided by commas; a flag's text comes as either."""
    names = value.split(",") if isinstance(value, str) else value
    alone = names[0] if isinstance(names, list | tuple) and len(names) == 1 else None
    return int(alone) if isinstance(alone, str) and alone.isdigit() else names


def number_of_groups(value):
    """Take -1 or a number from 1; 0 is neither."""
    if value == -1 or value >= 1:
        return value
    raise ValueError("-1 to have it estimated, or a number from 1")


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


class Finetune(Section):
    enabled: bool = False
    """Whether run_all.py fine-tunes; 03 takes the result with extract.weights finetuned."""
    backbone: str = "mobilenet_v2"
    """Network to teach: a name of the README's table, but not handcrafted."""
    weights: str = "imagenet"
    """Start weights: imagenet, random (for tests) or a weights file."""
    size: int | None = Field(None, ge=32)
    """Side of the network's input in pixels, if not its own."""
    seed: int = Field(0, ge=0)
    """Of held-out classes, order, augmentation and head."""
    holdout_classes: Annotated[int | tuple[str, ...], BeforeValidator(number_or_names)] = 0
    """Classes kept out of training to measure on: a number, or names (a,b)."""
    loss: one_of(LOSSES) = "cosine"
    """What is learnt from."""
    epochs: int = Field(15, ge=1)
    """Passes over the photos at most, with the last blocks unfrozen."""
    head_epochs: int = Field(10, ge=0)
    """Passes before that, with only the new head learning."""
    unfreeze: float | str = 0.25
    """Layers that learn: their share, counted from the end, or the name of the first."""
    learning_rate: float = Field(0.01, gt=0)
    """With the last blocks unfrozen, falling by half a cosine."""
    head_learning_rate: float = Field(0.1, gt=0)
    """Of the new head."""
    optimizer: one_of(OPTIMIZERS) = "sgd"
    """How weights move."""
    momentum: float = Field(0.9, ge=0, lt=1)
    """Of sgd and rmsprop."""
    batch_size: int = Field(32, ge=2)
    """Photos a step."""
    temperature: float = Field(0.1, gt=0)
    """What cosines are divided by in a softmax."""
    label_smoothing: float = Field(0, ge=0, lt=1)
    """Share of the target spread over all classes."""
    balanced: bool = True
    """Photos of larger classes count less."""
    augmentation: one_of(AUGMENTATIONS) = "random"
    """How photos are altered in training."""
    validation: float = Field(0.1, ge=0, lt=1)
    """Share of photos that validate, chosen by a hash of the name."""
    patience: int = Field(5, ge=1)
    """Passes without a better validation loss before training ends."""
    mixed_precision: bool | None = None
    """float16 arithmetic; unset: on a GPU."""
    write_augmented: bool = False
    """Write the five altered copies of training photos to augmented/<class>/."""
    write_tfrecords: bool = False
    """Write the photos as TFRecords, too."""
    tfrecords: Path | None = None
    """Folder of TFRecords to train from in place of the photos."""

    def options(self) -> dict:
        """Return the settings of training."""
        return self.model_dump(exclude={"enabled"})

    def parameters(self) -> dict:
        """Return the settings of training, as JSON-able values."""
        return self.model_dump(mode="json", exclude={"enabled"})


class Extract(Section):
    backbone: str = "mobilenet_v2"
    """Network that sees the photos: a name of the README's table, a keras.applications name, handcrafted, or a file."""
    weights: str = "imagenet"
    """imagenet, finetuned, random (for tests) or a weights file."""
    engine: Literal["auto", *ENGINES] = "auto"
    """What computes it; auto: TensorFlow on a GPU, else OpenVINO, else TensorFlow."""
    precision: one_of(PRECISIONS) = "float32"
    """Number format inside the network; bfloat16 is faster on CPUs that have it, and less exact."""
    size: int | None = Field(None, ge=32)
    """Side of the network's input in pixels, if not its own."""
    layer: str = ""
    """Layer or node whose output is the vector, for a model file."""
    scaling: Literal["raw", "tf", "torch", "caffe"] = "raw"
    """Pixel scaling that a model file expects; raw: 0-255, it scales by itself."""
    views: tuple[one_of(VIEWS), ...] = ("whole", "mirror", "crop")
    """Views of a photo whose vectors are averaged: better groups at a third of the speed of whole alone."""
    side_by_side: bool = False
    """With finetuned weights: base and fine-tuned vectors joined, each scaled to length 1, and both apart, too."""
    l2: bool = False
    """Scale every vector to length 1."""
    pca: float = Field(0, ge=0)
    """Principal components to keep: a share of the variance (0.95) or a number; 0: all of the vector."""
    storage: Literal["float32", "float16"] = "float32"
    """Number format on disk."""
    tsv: bool = False
    """Write the vectors as text, too."""
    seed: int = 0
    """Of random weights."""

    def model(self) -> dict:
        """Return the settings that say what computes a vector."""
        return self.model_dump(exclude={"views", "l2", "pca", "storage", "tsv"})

    def rows(self) -> dict:
        """Return the settings that say what is done with it."""
        return self.model_dump(include={"views", "l2", "pca", "storage"})


METHOD_DEFAULTS: dict[str, dict] = {}
"""Defaults that differ from those in lookalike/clustering/methods, as {"kmeans": {"n_init": 10}}."""


class ClusterSection(Section):
    method: one_of(METHODS) = "recommended"
    """How to group."""
    n_clusters: Annotated[int, AfterValidator(number_of_groups)] = -1
    """Number of groups; -1: estimated, where the method does not find it itself."""
    estimator: one_of(ESTIMATORS) = "combined"
    """How the number of groups is estimated."""
    level: Literal["default", "coarse", "medium", "fine"] = "default"
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
    first: PositiveInt | None = None
    """Only the first so many photos."""
    swept: tuple[one_of(METHODS), ...] = tuple(name for name, method in METHODS.items() if "photos" not in method.needs)
    """Methods that --sweep compares."""
    seed: int = Field(0, ge=0)
    """Same seed, same groups."""

    def options(self, method: str = "") -> BaseModel:
        """Return the options of a method, by default the chosen one."""
        return getattr(self, method or self.method)

    def refinement(self) -> dict:
        """Return the settings of what follows the method."""
        return {
            "merge_similarity": self.merge_similarity,
            "noise": self.noise,
            "neighbours": self.noise_neighbours,
        }

    def parameters(self) -> dict:
        """Return what the groups depend on: all but the options of methods that play no part."""
        taken = {self.method, *ESTIMATORS[self.estimator].inputs}
        return self.model_dump(mode="json", exclude=(set(METHODS) - taken) | {"swept"})


Cluster = create_model(
    "Cluster",
    __base__=ClusterSection,
    **{
        name: (row.options, Field(row.options(**METHOD_DEFAULTS.get(name, {})), description=f"Of method {name}."))
        for name, row in METHODS.items()
    },
)


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
