"""Altered photos: what each copy does, and folders of classes with awkward names."""

import cv2
import numpy as np
import pytest

from lookalike.finetuning import AUGMENTATIONS
from lookalike.finetuning.augment import FIVE, augmentation_of, class_folder, one_of_five, random_copy, write_five


@pytest.fixture
def photo():
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 3)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_views_keep_size_and_kind_and_leave_the_photo_alone(name, photo):
    kept = photo.copy()
    seen = augmentation_of(name)(photo, np.random.default_rng(1))
    assert seen.shape == photo.shape and seen.dtype == np.uint8
    assert (photo == kept).all()


def test_a_random_copy_follows_its_generator(photo):
    first, again, other = (random_copy(photo, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_random_copys_mirror_and_tint(photo):
    grey = np.full((32, 32, 3), 128, np.uint8)
    tints = np.array([random_copy(grey, np.random.default_rng(seed))[16, 16] for seed in range(100)], int) - 128
    assert tints.min() < -40 and tints.max() > 40 and abs(tints).max() <= 50
    ramp = np.repeat(np.arange(0, 256, 4, dtype=np.uint8)[None], 64, axis=0)[..., None].repeat(3, axis=2)
    slopes = []
    for seed in range(60):
        seen = random_copy(ramp, np.random.default_rng(seed))[32, :, 0].astype(int)
        slopes.append(seen[40] > seen[24])
    assert 15 < sum(slopes) < 45


def test_the_five_copies_do_what_they_say(photo):
    assert list(FIVE) == ["affine", "blur", "flip", "translate_left", "translate_right"]
    assert (FIVE["flip"](photo) == photo[:, ::-1]).all()
    assert (FIVE["translate_left"](photo)[:, :56] == photo[:, 8:]).all()
    assert (FIVE["translate_right"](photo)[:, 8:] == photo[:, :56]).all()
    assert FIVE["blur"](photo)[24, 32, 0] == round(photo[21:28, 29:36, 0].mean())
    assert FIVE["affine"](photo)[10, 10].tolist() != photo[10, 10].tolist()


def test_one_of_five_draws_all_copies_and_the_photo(photo):
    kinds = {one_of_five(photo, np.random.default_rng(seed)).tobytes() for seed in range(60)}
    assert kinds == {photo.tobytes(), *(alter(photo).tobytes() for alter in FIVE.values())}


def test_copies_go_to_a_folder_a_class(photo, tmp_path):
    files = write_five(photo, "red/shoe 1.jpg", "shoes", tmp_path)
    assert [file.name for file in files][:2] == ["red%2Fshoe 1_affine.jpg", "red%2Fshoe 1_blur.jpg"]
    assert {file.parent for file in files} == {tmp_path / "shoes"}
    assert cv2.imread(str(files[2])).shape == photo.shape


@pytest.mark.parametrize(("label", "folder"), [("..", "%2E%2E"), ("a/b", "a%2Fb"), ("Käse 10%", "Käse 10%25")])
def test_awkward_class_names_stay_inside_the_folder(label, folder, tmp_path):
    assert class_folder(tmp_path, label) == tmp_path / folder
