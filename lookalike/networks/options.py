"""The settings of extraction: which networks compute the vectors of photos, and in which form they are kept.

Values are checked here, before any stage runs; what a table of choices or the disk can tell needs no network.
"""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from lookalike.core import options
from lookalike.networks import (
    BACKBONES,
    ENGINES,
    MODEL_SUFFIXES,
    OPENVINO_SUFFIXES,
    POOLINGS,
    PRECISIONS,
    SCALINGS,
    VIEWS,
    WEIGHTS,
    engines_for,
    is_model_file,
)
from lookalike.networks.weights_beside import weights_beside
from lookalike.preprocess import BACKGROUNDS

__all__ = ["TOKENIZER", "Options", "check_backbone", "check_weights", "eye_name", "eyes_of", "is_whole_model"]

TOKENIZER = "tokenizer.json"  # beside a text encoder
RESERVED = ("features", "backbone", "base", "finetuned", "foreground")  # names of other matrices
OF_ANY_NETWORK = ("imagenet", "random")
OF_TEXTS = {"text_encoder", "vocabulary"}  # settings on which no vector of a photo depends


class Options(options.Options):
    """Which networks compute the vectors of photos, and in which form they are kept."""

    backbone: Annotated[str, options.NamesFile] = "mobilenet_v2"
    """Network that sees the photos: a name of the README's table or of keras.applications, or a file; several: a+b."""
    foreground: Literal[*BACKGROUNDS] = "none"
    """A further eye, foreground: the first one on photos without background, which is found so; weighed as all are."""
    weights: Annotated[str, options.NamesFile] = "imagenet"
    """imagenet, finetuned, random or a file of weights, for the network of the table; a model stands for backbone."""
    engine: Literal["auto", *ENGINES] = "auto"
    """What computes it; auto: TensorFlow on a GPU, else OpenVINO, else TensorFlow; jax is an extra."""
    precision: Literal[*PRECISIONS] = "float32"
    """Number format inside the network; bfloat16 is faster on CPUs that have it and on GPUs, and less exact."""
    batch: int = Field(256, ge=1)
    """Photos that a GPU computes at once; fewer where its memory is full."""
    xla: bool | None = None
    """With tensorflow, compile by XLA, after a trial in a process of its own; unset: on a GPU."""
    size: int | None = Field(None, ge=32)
    """Side of the network's input in pixels, if not its own."""
    layer: str = ""
    """Layer, node or output that is the vector, for a model file; places of a map are averaged."""
    pooling: Literal[*POOLINGS] = "auto"
    """Of a model file's tokens: the class token, or the mean of the patches; auto: the former where there is one."""
    scaling: Literal[*SCALINGS] = "raw"
    """Pixel scaling that a model file expects; raw: 0-255, it scales by itself."""
    views: tuple[Literal[*VIEWS], ...] = Field(("whole", "mirror", "crop"), min_length=1)
    """Test-time augmentation: the views of a photo whose vectors are averaged; whole alone is three times as fast."""
    side_by_side: bool = False
    """With finetuned weights: base and fine-tuned vectors joined, each scaled to length 1, and both apart, too."""
    l2: bool = False
    """Scale every vector to length 1."""
    pca: float = Field(0, ge=0)
    """Principal components to keep: a share of the variance below 1 (0.95), or a number from 2 on; 0: no reduction."""
    dtype: Literal["float32", "float16"] = "float32"
    """Number format on disk."""
    text_encoder: Path | None = None
    """Network of texts (.onnx, .xml) trained with that of the photos, tokenizer.json beside it: for 07's --text."""
    vocabulary: Path | None = None
    """Words that groups may be called by, one or a phrase a line; needs extract.text_encoder."""
    tsv: bool = False
    """Write the vectors as text, too."""
    seed: int = Field(0, ge=0)
    """Seed of random weights."""

    @field_validator("backbone")
    @classmethod
    def _backbone_exists(cls, name: str) -> str:
        eyes = eyes_of(name)
        for eye in eyes:
            check_backbone(eye)
        names = [eye_name(eye) for eye in eyes]
        if len(set(names)) < len(names) or (len(names) > 1 and set(names) & set(RESERVED)):
            raise ValueError(f"eyes of different names, none of them {', '.join(RESERVED)}")
        return name

    @field_validator("weights")
    @classmethod
    def _weights_exist(cls, name: str, info: ValidationInfo) -> str:
        eyes = eyes_of(info.data.get("backbone", ""))
        if name not in WEIGHTS and len(eyes) == 1 and is_model_file(eyes[0]):
            raise ValueError(f"none of its own with the model file {eyes[0]} as backbone")
        if len(eyes) > 1 and name not in OF_ANY_NETWORK and (is_whole_model(name) or sum(map(_has_weights, eyes)) != 1):
            raise ValueError(f"{' or '.join(OF_ANY_NETWORK)}, unless one of the eyes, and only one, takes the weights")
        return check_weights(name, list(WEIGHTS))

    @field_validator("engine")
    @classmethod
    def _engine_reads_the_file(cls, engine: str, info: ValidationInfo) -> str:
        names = [*eyes_of(info.data.get("backbone", "")), info.data.get("weights", "")]
        name = next((name for name in names if engine not in ("auto", *engines_for(name))), None)
        if name is not None:
            able = engines_for(name)
            those = f"which alone reads {name}" if len(able) == 1 else f"which read {name}"
            raise ValueError(f"{', '.join(['auto', *able[:-1]])} or {able[-1]}, {those}")
        return engine

    @field_validator("size")
    @classmethod
    def _size_fits(cls, size: int | None, info: ValidationInfo) -> int | None:
        if info.data.get("backbone") == "handcrafted" and size not in (None, BACKBONES["handcrafted"].size):
            raise ValueError(f"{BACKBONES['handcrafted'].size} with the handcrafted backbone")
        return size

    @field_validator("layer")
    @classmethod
    def _layer_has_a_file(cls, layer: str, info: ValidationInfo) -> str:
        eyes, weights = eyes_of(info.data.get("backbone", "")), info.data.get("weights", "")
        if layer and weights != "finetuned" and not any(map(is_model_file, eyes)) and not is_whole_model(weights):
            raise ValueError("none without a model file as backbone")
        return layer

    @field_validator("side_by_side")
    @classmethod
    def _side_by_side_has_two(cls, wanted: bool, info: ValidationInfo) -> bool:
        if wanted and info.data.get("weights") != "finetuned":
            raise ValueError("False, or extract.weights finetuned beside it")
        return wanted

    @field_validator("pca")
    @classmethod
    def _pca_is_a_share_or_a_number(cls, keep: float) -> float:
        if keep == 1 or (keep > 1 and keep != int(keep)):
            raise ValueError("0, a share of the variance below 1 or a whole number of components from 2 on")
        return keep

    @field_validator("text_encoder")
    @classmethod
    def _text_encoder_exists(cls, path: Path | None) -> Path | None:
        if path is None or (path.suffix in OPENVINO_SUFFIXES and path.is_file()):
            return path
        raise ValueError(f"a {' or '.join(OPENVINO_SUFFIXES)} file that is there")

    @field_validator("vocabulary")
    @classmethod
    def _vocabulary_can_be_read(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError("a text file that is there")
        if path is not None and info.data.get("text_encoder", path) is None:  # one that is wrong is told of itself
            raise ValueError("none without extract.text_encoder, which turns words into vectors")
        return path

    def parameters(self, stage: str = "") -> dict:
        """Return what the vectors of photos depend on; of stage 03_text, those of words."""
        given = {"include" if stage == "03_text" else "exclude": OF_TEXTS}
        return self.model_dump(mode="json", **given)

    def files(self, stage: str = "") -> list[Path]:
        """Return the files and folders that the settings name and that are there, and those that belong to them."""
        of_texts = {path for path in (self.text_encoder, self.vocabulary) if path is not None}
        eyes = [Path(eye) for eye in eyes_of(self.backbone)]
        named = {*super().files(stage), *(path for path in eyes if path.exists())} - of_texts
        if stage == "03_text":
            named = of_texts | ({self.text_encoder.with_name(TOKENIZER)} if self.text_encoder else set())
        belonging = (each for path in named for each in weights_beside(path))
        return sorted(path for path in {*named, *belonging} if path.exists())

    def eyes(self) -> list["Options"]:
        """Return the settings of each eye alone; the weights are those of the networks that take them."""
        names = eyes_of(self.backbone)
        if len(names) == 1:
            return [self]
        changes = [{"backbone": eye} | ({} if _has_weights(eye) else {"weights": "imagenet"}) for eye in names]
        return [self.model_copy(update=change) for change in changes]


def eyes_of(backbone: str) -> list[str]:
    """Return the names and model files that a setting of a backbone joins by +; one that is there is one eye."""
    return [backbone] if Path(backbone).exists() else backbone.split("+")


def eye_name(eye: str) -> str:
    """Return what the matrix of an eye is called: its name, or that of its file without the suffix."""
    return re.sub(r"[^\w.-]", "_", Path(eye).stem) if is_model_file(eye) else eye


def _has_weights(eye: str) -> bool:
    return eye != "handcrafted" and not is_model_file(eye)


def check_backbone(name: str) -> str:
    """Return a name of the table or of keras.applications, or of a model file that is there; else raise ValueError."""
    known = name in BACKBONES or name in {row.builder for row in BACKBONES.values() if row.builder}
    if known or (is_model_file(name) and Path(name).exists()):
        return name
    files = f"a {', '.join(MODEL_SUFFIXES)} file or the folder of a SavedModel that is there"
    raise ValueError(f"{files}, or one of {', '.join(BACKBONES)}")


def check_weights(name: str, choices: list[str]) -> str:
    """Return one of the choices, or the name of a file or SavedModel that is there; else raise ValueError."""
    if name in choices or Path(name).is_file() or (is_model_file(name) and Path(name).is_dir()):
        return name
    raise ValueError(f"{', '.join(choices)} or a file of weights that is there")


def is_whole_model(weights: str) -> bool:
    """Say whether a setting of weights names a file that holds a network, too, and so stands for the backbone."""
    return weights.endswith((".pb", ".keras", *OPENVINO_SUFFIXES)) or (Path(weights) / "saved_model.pb").is_file()
