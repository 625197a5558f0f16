"""The settings of fine-tuning, checked before any stage runs."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from lookalike.core import options
from lookalike.finetuning import AUGMENTATIONS, LOSSES, OPTIMIZERS
from lookalike.networks import is_model_file
from lookalike.networks.options import Options as ExtractionOptions
from lookalike.networks.options import check_backbone, check_weights

__all__ = ["Options", "check_together"]

START_WEIGHTS = ["imagenet", "random"]


def _number_or_names(value):
    """Take 40, or names as a list or divided by commas; a flag's text comes as either."""
    names = value.split(",") if isinstance(value, str) else value
    alone = names[0] if isinstance(names, list | tuple) and len(names) == 1 else None
    return int(alone) if isinstance(alone, str) and alone.isdigit() else names


def _share_or_name(value):
    """Take a share of layers from a flag's text as the number that it is."""
    try:
        share = float(value)
    except (TypeError, ValueError):
        return value
    if not 0 < share <= 1:
        raise ValueError("a share of the layers above 0, up to 1, or the name of a layer")
    return share


class Options(options.Options):
    """What the backbone learns, and how."""

    backbone: Annotated[str, options.NamesFile] = "mobilenet_v2"
    """Network to teach: a name of the README's table, but not handcrafted, or a .keras or .h5 file."""
    weights: Annotated[str, options.NamesFile] = "imagenet"
    """Weights to start from: imagenet, random (for tests) or a weights file."""
    size: int | None = Field(None, ge=32)
    """Side of the network's input in pixels, if not its own."""
    seed: int = Field(0, ge=0)
    """Seed of held-out classes, order, augmentation and head."""
    holdout_classes: Annotated[int | tuple[str, ...], BeforeValidator(_number_or_names)] = 0
    """Classes kept out of training to measure on: a number, or names (a,b)."""
    loss: Literal[*LOSSES] = "cosine"
    """Loss that training minimises."""
    epochs: int = Field(15, ge=1)
    """Passes over the photos at most, with the last layers unfrozen."""
    head_epochs: int = Field(10, ge=0)
    """Passes before that, with only the new head learning."""
    unfreeze: Annotated[float | str, BeforeValidator(_share_or_name)] = 0.25
    """Layers that learn: their share, counted from the end, or the name of the first."""
    learning_rate: float = Field(0.01, gt=0)
    """Learning rate with the last layers unfrozen, falling by half a cosine."""
    head_learning_rate: float = Field(0.1, gt=0)
    """Learning rate of the new head before that."""
    optimizer: Literal[*OPTIMIZERS] = "sgd"
    """Optimizer of both phases."""
    momentum: float = Field(0.9, ge=0, lt=1)
    """Momentum of sgd and rmsprop."""
    batch_size: int = Field(32, ge=2)
    """Photos a step."""
    temperature: float = Field(0.1, gt=0)
    """What cosines are divided by in a softmax."""
    label_smoothing: float = Field(0, ge=0, lt=1)
    """Share of the target spread over all classes."""
    balanced: bool = True
    """Photos of larger classes count less."""
    augmentation: Literal[*AUGMENTATIONS] = "random"
    """How photos are altered in training."""
    validation: float = Field(0.1, ge=0, lt=1)
    """Share of photos that validate, chosen by a hash of the name."""
    patience: int = Field(5, ge=1)
    """Passes without a better validation loss before training ends."""
    mixed_precision: Literal["float16", "bfloat16"] | bool | None = None
    """Arithmetic in float16 (or true) or bfloat16 with float32 weights; unset: float16 on a GPU, else false."""
    write_augmented: bool = False
    """Write the five altered copies of training photos to augmented/<class>/."""
    write_tfrecords: bool = False
    """Write the photos as TFRecords, too."""
    tfrecords: Path | None = None
    """Folder of TFRecords <name>_{train,validation}_*-of-*.tfrecord to train from in place of the photos."""

    @field_validator("backbone")
    @classmethod
    def _backbone_learns(cls, name: str) -> str:
        if name == "handcrafted" or (is_model_file(name) and not name.endswith((".keras", ".h5"))):
            raise ValueError("a network that can learn: a name of the README's table or a .keras or .h5 file")
        return check_backbone(name)

    @field_validator("weights")
    @classmethod
    def _weights_exist(cls, name: str) -> str:
        return check_weights(name, START_WEIGHTS)

    @field_validator("tfrecords")
    @classmethod
    def _tfrecords_exist(cls, folder: Path | None) -> Path | None:
        if folder is not None and not folder.is_dir():
            raise ValueError("a folder of TFRecords that is there")
        return folder


def check_together(enabled: bool, extraction: ExtractionOptions) -> str | None:
    """Return why fine-tuning that is enabled would be for nothing with these settings of extraction, or None."""
    if enabled and extraction.weights != "finetuned":
        return (
            f"finetune.enabled: expected extract.weights finetuned beside it, found {extraction.weights}, which would "
            f"leave the fine-tuned network unused"
        )
    return None
