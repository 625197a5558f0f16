"""Read and write the files of Keras models, on whichever backend Keras runs."""

import json
import re
import zipfile
from pathlib import Path

from lookalike.core.errors import UserError
from lookalike.networks.keras_alone import keras

__all__ = ["layer_model", "load_model", "save_keras"]

LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the time in a .keras file, so that the same model gives the same bytes


class _Keras2DepthwiseConv2D:
    """Reads the layer as Keras 2 wrote it: with a number of groups, which was always 1 and which Keras 3 refuses."""

    @classmethod
    def from_config(cls, config: dict) -> keras.layers.Layer:
        return keras.layers.DepthwiseConv2D.from_config({key: config[key] for key in config if key != "groups"})


KERAS_2_LAYERS = {"DepthwiseConv2D": _Keras2DepthwiseConv2D}


def load_model(path: Path) -> keras.Model:
    """Load a .keras or .h5 model, also one that Keras 2 wrote; UserError if it is none."""
    if path.is_dir():
        raise UserError(
            f"expected a .keras or .h5 model, found the folder {path}: --extract.backbone takes that of a SavedModel, "
            f"and 03_extract freezes it to extractor.pb"
        )
    if not path.is_file():
        raise UserError(f"expected a .keras or .h5 model at {path}, found no such file")
    try:
        return keras.models.load_model(path, custom_objects=KERAS_2_LAYERS, compile=False)
    except (ValueError, TypeError, KeyError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(f"expected a whole Keras model in {path}, which cannot be loaded: {reason}") from error


def layer_model(model: keras.Model, layer: str) -> keras.Model:
    """Return the model up to a named layer; the model itself for ""; UserError for an unknown layer."""
    if not layer:
        return model
    names = [each.name for each in model.layers]
    if layer not in names:
        raise UserError(
            f"expected a layer of {model.name}, found {layer!r}; its last layers are {', '.join(names[-5:])}"
        )
    return keras.Model(model.inputs[0], model.get_layer(layer).output, name=model.name)


def save_keras(model: keras.Model, path: Path) -> None:
    """Write a .keras file whose bytes depend on the model alone: no times, no addresses of objects in memory."""
    aside = path.with_name(f"part-{path.name}")
    model.save(aside)
    with zipfile.ZipFile(aside) as source, zipfile.ZipFile(path, "w") as target:
        for entry in sorted(source.namelist()):
            content = source.read(entry)
            if entry == "metadata.json":
                content = json.dumps(json.loads(content) | {"date_saved": ""}).encode()
            elif entry == "config.json":
                content = _numbered(content.decode()).encode()
            target.writestr(zipfile.ZipInfo(entry, LONG_AGO), content)
    aside.unlink()


def _numbered(config: str) -> str:
    """Return a model's configuration with its shared objects numbered in the order they appear."""
    numbers: dict[str, int] = {}
    return re.sub(
        r'("shared_object_id": )(\d+)',
        lambda match: f"{match[1]}{numbers.setdefault(match[2], len(numbers) + 1)}",
        config,
    )
