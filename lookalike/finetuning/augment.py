"""Altered copies of a photo for training: one at random an epoch, or the five classic ones, which can also go to disk.
All take and return uint8 (h, w, 3) RGB of the same size; what moves in from outside is the photo's mirror image."""

from collections.abc import Callable
from pathlib import Path
from pkgutil import resolve_name
from urllib.parse import quote

import cv2
import numpy as np

from lookalike.catalog import images
from lookalike.finetuning import AUGMENTATIONS

__all__ = ["FIVE", "augmentation_of", "class_folder", "one_of_five", "random_copy", "unchanged", "write_five"]

SHEAR, SHIFT, ROTATION, CHANNEL_SHIFT = 0.2, 0.125, 10.0, 50  # radians, share of a side, degrees, grey levels
ZOOM = (0.75, 1.25)


def augmentation_of(name: str) -> Callable[[np.ndarray, np.random.Generator], np.ndarray]:
    """Return the function (photo, generator) -> photo of a row of AUGMENTATIONS."""
    return resolve_name(AUGMENTATIONS[name].function)


def unchanged(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the photo as it is."""
    return photo


def random_copy(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the photo mirrored (every other time), rotated, sheared, zoomed, shifted and tinted at random."""
    height, width = photo.shape[:2]
    turn, shear = np.deg2rad(rng.uniform(-ROTATION, ROTATION)), rng.uniform(-SHEAR, SHEAR)
    zoom = rng.uniform(*ZOOM, 2) * (rng.choice((-1, 1)), 1)
    shift = rng.uniform(-SHIFT, SHIFT, 2) * (width, height)
    rotated = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    sheared = np.array([[1, -np.sin(shear)], [0, np.cos(shear)]])
    moved = _about_centre(photo, rotated @ sheared @ np.diag(zoom), shift)
    tint = rng.integers(-CHANNEL_SHIFT, CHANNEL_SHIFT + 1, 3)
    return cv2.add(moved, (*tint.tolist(), 0.0))


def _about_centre(photo: np.ndarray, linear: np.ndarray, shift: np.ndarray) -> np.ndarray:
    height, width = photo.shape[:2]
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    matrix = np.column_stack([linear, centre + shift - linear @ centre])
    return cv2.warpAffine(photo, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def affine(photo: np.ndarray) -> np.ndarray:
    """Return the photo under one fixed affine map: a slant of a tenth to the right and down."""
    return _about_centre(photo, np.array([[1.0, 0.1], [0.1, 1.0]]), np.zeros(2))


def blur(photo: np.ndarray) -> np.ndarray:
    """Return the photo averaged over windows of 7 x 7 pixels."""
    return cv2.blur(photo, (7, 7))


def flip(photo: np.ndarray) -> np.ndarray:
    """Return the photo mirrored left to right."""
    return cv2.flip(photo, 1)


def translate_left(photo: np.ndarray) -> np.ndarray:
    """Return the photo moved left by an eighth of its width."""
    return _about_centre(photo, np.eye(2), np.array([-photo.shape[1] / 8, 0]))


def translate_right(photo: np.ndarray) -> np.ndarray:
    """Return the photo moved right by an eighth of its width."""
    return _about_centre(photo, np.eye(2), np.array([photo.shape[1] / 8, 0]))


FIVE = {
    "affine": affine,
    "blur": blur,
    "flip": flip,
    "translate_left": translate_left,
    "translate_right": translate_right,
}


def one_of_five(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the photo or one of its five copies, each as often."""
    chosen = int(rng.integers(len(FIVE) + 1))
    return photo if chosen == len(FIVE) else list(FIVE.values())[chosen](photo)


def write_five(photo: np.ndarray, name: str, label: str, folder: Path) -> list[Path]:
    """Write the five copies of a photo as `<folder>/<class>/<name>_<copy>.jpg`; return the files.

    name: the photo's relative path, whose folders become part of the file name.
    """
    place = class_folder(folder, label)
    place.mkdir(parents=True, exist_ok=True)
    stem = quote(name.rsplit(".", 1)[0], safe=" ")
    files = [place / f"{stem}_{copy}.jpg" for copy in FIVE]
    for file, copy in zip(files, FIVE.values(), strict=True):
        images.write(file, copy(photo))
    return files


def class_folder(folder: Path, label: str) -> Path:
    """Return the folder of a class; characters that a folder name cannot hold are written as %XX."""
    return folder / "".join(each if each.isalnum() or each in " _-+()" else _escaped(each) for each in label)


def _escaped(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogateescape"))
