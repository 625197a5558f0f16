"""Near copies are found by what the pictures show; what is merely similar is none."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from lookalike.catalog import images
from lookalike.clustering.near_duplicates import are_copies, columns, find, kept_rows, signature, with_copies
from lookalike.clustering.space import Space

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def picture(seed, side=240):
    """Draw overlapping rectangles with soft edges, uint8 (side, side, 3)."""
    rng = np.random.default_rng(seed)
    rgb = np.linspace(60, 200, side)[:, None, None] * np.ones((1, side, 3))
    rgb = rgb.astype(np.uint8)
    for _ in range(25):
        corner, size = rng.integers(0, side - 40, 2), rng.integers(12, 90, 2)
        end = tuple(map(int, corner + size))
        cv2.rectangle(rgb, tuple(map(int, corner)), end, rng.integers(0, 255, 3).tolist(), -1)
    return cv2.GaussianBlur(rgb, (0, 0), 2)


def encoded(rgb, quality):
    return cv2.imdecode(cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


def resized(rgb, scale):
    return cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def found(pictures, features=None, similarity=0.6):
    """Return the groups of pictures by name; all are near each other unless features are given."""
    names = list(pictures)
    features = np.ones((len(names), 4), np.float32) if features is None else features
    sizes = [(rgb.shape[0] * rgb.shape[1], 1000 - place) for place, rgb in enumerate(pictures.values())]
    groups = find(Space(features, seed=0), names, lambda name, side: pictures[name], sizes, similarity=similarity)
    return [[names[row] for row in group] for group in groups]


def test_resized_and_re_encoded_copies_are_found_and_the_larger_is_kept():
    one = picture(0)
    copies = {f"{int(100 * s)}": encoded(resized(one, s), 60) for s in (0.25, 0.4, 0.6)}
    pictures = {"small": copies["25"], "a": copies["40"], "other": picture(1), "original": one, "b": copies["60"]}
    assert found(pictures) == [["original", "b", "a", "small"]]


def test_of_equal_size_the_one_of_more_bytes_then_the_first_is_kept():
    assert found({"a": picture(0), "b": picture(0)}) == [["a", "b"]]
    pictures = {"a": picture(0), "b": picture(0)}
    groups = find(
        Space(np.ones((2, 3), np.float32), seed=0), ["a", "b"], lambda name, side: pictures[name], [(9, 5), (9, 7)],
        similarity=0.6,
    )  # fmt: skip
    assert groups[0].tolist() == [1, 0]


def test_another_colour_another_part_or_another_shot_is_no_copy():
    one = picture(0)
    shifted = np.roll(one, 24, axis=1)
    assert found({"one": one, "blue": one[:, :, ::-1], "shifted": shifted, "other": picture(2)}) == []


def test_a_flat_picture_is_no_copy_of_a_textured_one_of_its_colour():
    texture = np.full((240, 240, 3), 128, np.uint8)
    texture[::16] = texture[:, ::16] = 90
    flat = np.full((240, 240, 3), int(texture.mean()), np.uint8)
    assert found({"texture": texture, "flat": flat}) == []


def test_flat_pictures_of_other_colours_are_no_copies():
    flat = {name: np.full((60, 60, 3), value, np.uint8) for name, value in (("dark", 20), ("light", 220))}
    assert found(flat) == []


def test_only_photos_whose_vectors_are_near_are_compared():
    pictures = {"a": picture(0), "b": picture(0)}
    assert found(pictures, np.eye(2, dtype=np.float32)) == []
    assert found({"a": picture(0)}) == []


def test_columns_name_the_keeper_first():
    features = np.array([[1, 0], [0, 1], [0.8, 0.6]], np.float32)
    table = columns(Space(features, seed=0), ["a", "b", "c"], [np.array([2, 0])])
    assert table == {"group": [1, 1], "path": ["c", "a"], "similarity": ["1.0000", "0.8000"], "keep": [True, False]}


def test_a_dropped_copy_gets_the_group_of_its_keeper():
    groups = [np.array([3, 0]), np.array([1, 4])]
    kept = kept_rows(groups, 6)
    assert kept.tolist() == [1, 2, 3, 5]
    assert with_copies(np.array([7, 8, 9, -1]), kept, groups, 6).tolist() == [9, 7, 8, 9, 7, -1]
    assert kept_rows([], 3).tolist() == [0, 1, 2]


@pytest.mark.shared
@pytest.mark.parametrize("name", ["grocery", "clothing"])
def test_copies_of_real_photos_are_found_and_other_shots_are_none(name):
    if not SHARED.is_dir():
        pytest.skip(f"no photos in {SHARED}")
    photos = [images.read(path) for path in sorted((SHARED / name).rglob("*.jpg"))[::20]][:60]
    rng = np.random.default_rng(0)
    copies = [encoded(resized(rgb, rng.uniform(0.25, 0.6)), int(rng.integers(50, 91))) for rgb in photos]
    features = np.repeat(np.eye(len(photos), dtype=np.float32), 2, axis=0)
    pictures = {
        str(row): rgb for row, rgb in enumerate(rgb for pair in zip(photos, copies, strict=True) for rgb in pair)
    }
    assert len(found(pictures, features)) >= 0.95 * len(photos)
    # All pairs of different shots, also of one product, and none of them near a copy.
    first, second = np.triu_indices(len(photos), 1)
    found_signs, found_colours = (np.array(part) for part in zip(*map(signature, photos), strict=True))
    assert not are_copies(first, second, found_signs, found_colours).any()
