"""The backbones, weights, engines and precisions to choose from: tables only, so that importing this costs nothing.
The networks are built in `backbones`, frozen in `freeze` and run in `engines`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

__all__ = [
    "BACKBONES",
    "ENGINES",
    "MODEL_SUFFIXES",
    "OPENVINO_SUFFIXES",
    "POOLINGS",
    "PRECISIONS",
    "SCALINGS",
    "VIEWS",
    "WEIGHTS",
    "Backbone",
    "Engine",
    "Scaling",
    "engines_for",
    "is_model_file",
    "needs_openvino",
]


@dataclass(frozen=True)
class Backbone:
    """One way to turn a square photo into a vector.

    builder: name in keras.applications ("" = no network); size: side of the input in pixels; preprocessing: a name of
    SCALINGS; dimension: length of the vector at that size; weights_file: Keras's file of ImageNet weights, `{rows}`
    being the size; feature: "average", "flatten" or a layer of the network with its top; arguments: of the builder.
    """

    builder: str
    size: int
    preprocessing: str
    dimension: int
    weights_file: str
    feature: str = "average"
    arguments: Mapping[str, float | bool] = field(default_factory=dict)


TF_FILE = "{}_weights_tf_dim_ordering_tf_kernels_notop.h5"
VGG_TOP_FILE = "{}_weights_tf_dim_ordering_tf_kernels.h5"


def _vgg(name: str, builder: str) -> dict[str, Backbone]:
    """Rows for the layers of VGG that are used as features; fc1 and fc2 need the file with the top."""
    notop, top = TF_FILE.format(name), VGG_TOP_FILE.format(name)
    return {
        name: Backbone(builder, 224, "caffe", 512, notop),
        f"{name}_fc1": Backbone(builder, 224, "caffe", 4096, top, "fc1"),
        f"{name}_fc2": Backbone(builder, 224, "caffe", 4096, top, "fc2"),
        f"{name}_flatten": Backbone(builder, 224, "caffe", 25088, notop, "flatten"),
    }


def _mobilenet(alpha: float) -> Backbone:
    text = {1.0: "1_0", 0.75: "7_5", 0.5: "5_0", 0.25: "2_5"}[alpha]
    file = f"mobilenet_{text}_{{rows}}_tf_no_top.h5"
    return Backbone("MobileNet", 224, "tf", int(1024 * alpha), file, arguments={"alpha": alpha})


def _mobilenet_v2(alpha: float, dimension: int) -> Backbone:
    file = f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{alpha}_{{rows}}_no_top.h5"
    return Backbone("MobileNetV2", 224, "tf", dimension, file, arguments={"alpha": alpha})


def _mobilenet_v3(kind: str, dimension: int) -> Backbone:
    file = f"weights_mobilenet_v3_{kind.lower()}_224_1.0_float_no_top_v2.h5"
    return Backbone(f"MobileNetV3{kind}", 224, "raw", dimension, file)


EFFICIENTNET = {  # kind: (size, dimension)
    "b0": (224, 1280),
    "b1": (240, 1280),
    "b2": (260, 1408),
    "b3": (300, 1536),
    "b4": (380, 1792),
    "b5": (456, 2048),
    "b6": (528, 2304),
    "b7": (600, 2560),
}
EFFICIENTNET_V2 = {
    "b0": (224, 1280),
    "b1": (240, 1280),
    "b2": (260, 1408),
    "b3": (300, 1536),
    "s": (384, 1280),
    "m": (480, 1280),
    "l": (480, 1280),
}
CONVNEXT = {"tiny": ("Tiny", 768), "small": ("Small", 768), "base": ("Base", 1024)}
CONVNEXT |= {"large": ("Large", 1536), "xlarge": ("XLarge", 2048)}

BACKBONES: dict[str, Backbone] = {
    "mobilenet_v2": _mobilenet_v2(1.0, 1280),
    "mobilenet_v2_0.35": _mobilenet_v2(0.35, 1280),
    "mobilenet_v2_0.5": _mobilenet_v2(0.5, 1280),
    "mobilenet_v2_0.75": _mobilenet_v2(0.75, 1280),
    "mobilenet_v2_1.3": _mobilenet_v2(1.3, 1664),
    "mobilenet_v2_1.4": _mobilenet_v2(1.4, 1792),
    "inception_v3": Backbone("InceptionV3", 299, "tf", 2048, TF_FILE.format("inception_v3")),
    "inception_resnet_v2": Backbone("InceptionResNetV2", 299, "tf", 1536, TF_FILE.format("inception_resnet_v2")),
    "xception": Backbone("Xception", 299, "tf", 2048, TF_FILE.format("xception")),
    **{f"resnet{n}": Backbone(f"ResNet{n}", 224, "caffe", 2048, TF_FILE.format(f"resnet{n}")) for n in (50, 101, 152)},
    **{
        f"resnet{n}_v2": Backbone(f"ResNet{n}V2", 224, "tf", 2048, TF_FILE.format(f"resnet{n}v2"))
        for n in (50, 101, 152)
    },
    **_vgg("vgg16", "VGG16"),
    **_vgg("vgg19", "VGG19"),
    "nasnet_mobile": Backbone("NASNetMobile", 224, "tf", 1056, "nasnet_mobile_no_top.h5"),
    "nasnet_large": Backbone("NASNetLarge", 331, "tf", 4032, "nasnet_large_no_top.h5"),
    **{
        f"densenet{n}": Backbone(f"DenseNet{n}", 224, "torch", dimension, TF_FILE.format(f"densenet{n}"))
        for n, dimension in {121: 1024, 169: 1664, 201: 1920}.items()
    },
    "mobilenet": _mobilenet(1.0),
    **{f"mobilenet_{alpha}": _mobilenet(alpha) for alpha in (0.25, 0.5, 0.75)},
    "mobilenet_v3_small": _mobilenet_v3("Small", 576),
    "mobilenet_v3_large": _mobilenet_v3("Large", 960),
    **{
        f"efficientnet_{kind}": Backbone(
            f"EfficientNet{kind.upper()}", size, "raw", dimension, f"efficientnet{kind}_notop.h5"
        )
        for kind, (size, dimension) in EFFICIENTNET.items()
    },
    **{
        f"efficientnet_v2_{kind}": Backbone(
            f"EfficientNetV2{kind.upper()}", size, "raw", dimension, f"efficientnetv2-{kind}_notop.h5"
        )
        for kind, (size, dimension) in EFFICIENTNET_V2.items()
    },
    **{
        f"convnext_{kind}": Backbone(f"ConvNeXt{name}", 224, "raw", dimension, f"convnext_{kind}_notop.h5")
        for kind, (name, dimension) in CONVNEXT.items()
    },
    "handcrafted": Backbone("", 128, "raw", 504, ""),
}


class Scaling(NamedTuple):
    """What a network takes of pixels 0-255: (pixel - mean) / deviation a channel; bgr: blue first, as all after it."""

    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    bgr: bool = False


def _of_shares(mean: tuple[float, ...], deviation: tuple[float, ...]) -> Scaling:
    """Return the scaling by mean and deviation of pixels from 0 to 1."""
    return Scaling(tuple(255 * each for each in mean), tuple(255 * each for each in deviation))


SCALINGS = {
    "raw": Scaling((0, 0, 0), (1, 1, 1)),  # the network scales by itself
    "tf": Scaling((127.5, 127.5, 127.5), (127.5, 127.5, 127.5)),  # from -1 to 1
    "torch": _of_shares((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),  # of ImageNet
    "clip": _of_shares((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),  # of CLIP's photos
    "caffe": Scaling((103.939, 116.779, 123.68), (1, 1, 1), bgr=True),  # ImageNet's mean taken off
}

POOLINGS = ("auto", "cls", "mean")

WEIGHTS = {
    "imagenet": "ImageNet weights, which Keras downloads once",
    "finetuned": "the model that 02_finetune made",
    "random": "drawn from a seed, for tests",
}

OPENVINO_SUFFIXES = (".onnx", ".xml")  # formats that the openvino engine alone reads
MODEL_SUFFIXES = (".keras", ".h5", ".pb", *OPENVINO_SUFFIXES)
SAVED_MODEL = "SavedModel"  # the format that is a folder


class Engine(NamedTuple):
    """opens: the function that opens a graph; reads: formats of the model files that a graph is made of."""

    opens: str
    reads: tuple[str, ...]


ENGINES = {
    "tensorflow": Engine("lookalike.networks.tensorflow_engine:open_graph", (".keras", ".h5", ".pb", SAVED_MODEL)),
    "openvino": Engine("lookalike.networks.openvino_engine:open_graph", (*MODEL_SUFFIXES, SAVED_MODEL)),
    "jax": Engine("lookalike.networks.jax_engine:open_graph", (".keras", ".h5")),
}

PRECISIONS = ("float32", "bfloat16", "float16")

VIEWS = {  # of test-time augmentation
    "whole": "lookalike.networks.views:whole",
    "mirror": "lookalike.networks.views:mirror",
    "crop": "lookalike.networks.views:crop",
}


def is_model_file(name: str) -> bool:
    """Say whether a backbone setting names a model: a file of one of MODEL_SUFFIXES, or the folder of a SavedModel."""
    return name.endswith(MODEL_SUFFIXES) or (Path(name) / "saved_model.pb").is_file()


def needs_openvino(name: str) -> bool:
    """Say whether only the openvino engine can run the network of this name."""
    return engines_for(name) == ["openvino"]


def engines_for(name: str) -> list[str]:
    """Return the engines that can run the network of this name, or in this file."""
    if not is_model_file(name):
        return list(ENGINES)
    kind = next((suffix for suffix in MODEL_SUFFIXES if name.endswith(suffix)), SAVED_MODEL)
    return [engine for engine, row in ENGINES.items() if kind in row.reads]
