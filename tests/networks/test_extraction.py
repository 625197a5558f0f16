"""Photos to vectors: order, shards, views, normalisation, photos that cannot be read, real photos and weights."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from lookalike.core.errors import UserError
from lookalike.core.files import file_digest
from lookalike.networks import BACKBONES
from lookalike.networks.backbones import build_extractor
from lookalike.networks.engines import open_extractor
from lookalike.networks.extraction import compute_matrices, extract_rows, open_extractors
from lookalike.networks.freeze import freeze
from lookalike.networks.fusion import Eye, Fusion
from lookalike.networks.options import Options
from lookalike.networks.squares import Photo, read_square
from lookalike.networks.views import crop, mirror

SMALL = Options(backbone="mobilenet_v2_0.35", weights="random", engine="openvino", size=64)


def photos_of(paths):
    return [Photo(path) for path in paths]


@pytest.fixture(scope="module")
def extractor(tmp_path_factory):
    folder = tmp_path_factory.mktemp("graph")
    return open_extractor(SMALL, folder, workers=3)


@pytest.fixture(scope="module")
def rows(extractor, drawn_photos):
    return extract_rows(photos_of(drawn_photos), extractor)[0]


def test_rows_follow_the_paths(rows, extractor, drawn_photos):
    assert rows.shape == (23, 1280) and rows.dtype == np.float32
    squares = np.stack([read_square(Photo(path), 64) for path in drawn_photos])
    np.testing.assert_array_equal(rows, extractor(squares))


def test_seven_shards_equal_one(rows, extractor, drawn_photos):
    shards = np.array_split(np.arange(23), 7)
    parts = [extract_rows(photos_of(drawn_photos[i] for i in shard), extractor)[0] for shard in shards]
    np.testing.assert_array_equal(np.concatenate(parts), rows)


def test_all_threads_reading_one_batch_changes_nothing(extractor, drawn_photos, tmp_path):
    bad = tmp_path / "text.jpg"
    bad.write_bytes(b"no photo at all")
    photos = photos_of([*drawn_photos[:3], bad, *drawn_photos])
    large = replace(extractor, batch=20, features=lambda images: np.tile(images[:, 9, 9, :1], (1, 1280)), on_gpu=True)
    views = {"views": ("whole", "mirror", "crop")}
    found, errors = extract_rows(photos, large, **views)
    expected, reasons = extract_rows(photos, replace(large, on_gpu=False), **views)
    np.testing.assert_array_equal(found, expected)
    assert errors == reasons and [place for place, error in enumerate(errors) if error] == [3] and found.any()


def test_no_photos_give_no_rows(extractor):
    empty, errors = extract_rows([], extractor)
    assert empty.shape == (0, 1280) and errors == []


def test_progress_counts_every_photo(extractor, drawn_photos):
    done = []
    extract_rows(photos_of(drawn_photos), extractor, advance=done.append)
    assert sum(done) == 23


def test_unreadable_photos_are_rows_of_zeros_with_a_reason(rows, extractor, drawn_photos, tmp_path):
    bad = {"empty.jpg": b"", "text.jpg": b"no photo at all", "cut.jpg": drawn_photos[0].read_bytes()[:200]}
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    paths = [drawn_photos[0], *(tmp_path / name for name in bad), tmp_path / "missing.jpg", drawn_photos[1]]
    found, errors = extract_rows(photos_of(paths), extractor, l2=False)
    assert [error is None for error in errors] == [True, False, False, False, False, True]
    assert [error.split(":")[0] for error in errors if error] == ["empty", "not_an_image", "truncated", "unreadable"]
    assert not found[1:5].any()
    np.testing.assert_array_equal(found[[0, 5]], rows[:2])


def test_views_are_averaged(rows, extractor, drawn_photos, tmp_path):
    squares = np.stack([read_square(Photo(path), 64) for path in drawn_photos])
    found, _ = extract_rows(photos_of(drawn_photos), extractor, views=("whole", "mirror", "crop"))
    expected = (rows + extractor(squares[:, :, ::-1].copy()) + extractor(crop(squares))) / 3
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_mirror_and_crop_show_what_they_say():
    square = np.zeros((1, 100, 100, 3), np.uint8)
    square[0, :, :10] = 255
    assert mirror(square)[0, :, 90:].min() == 255 and mirror(square)[0, :, :90].max() == 0
    assert crop(square).max() == 0 and crop(square).shape == square.shape


def test_l2_makes_unit_rows(rows, extractor, drawn_photos):
    found, _ = extract_rows(photos_of(drawn_photos), extractor, l2=True)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(found, rows / np.linalg.norm(rows, axis=1, keepdims=True), rtol=1e-5)


def test_shrinking_averages_areas(tmp_path):
    photo = np.zeros((200, 400, 3), np.uint8)
    photo[:, ::2] = 200
    cv2.imwrite(str(tmp_path / "stripes.png"), photo)
    assert np.ptp(read_square(Photo(tmp_path / "stripes.png"), 100)) == 0


def test_a_fault_of_the_engine_is_not_swallowed(extractor, drawn_photos):
    with pytest.raises(ZeroDivisionError):
        extract_rows(photos_of(drawn_photos), extractor, advance=lambda n: n / 0)


@pytest.mark.shared
def test_real_weights_find_the_same_product(shared, tmp_path):
    weights = str(shared / "weights" / "mobilenet_v2_imagenet_notop.weights.h5")
    whole = str(shared / "weights" / "mobilenet_v2_imagenet.weights.h5")
    paths = sorted((shared / "data" / "grocery").glob("*.jpg"))[:60]
    features, errors = extract_rows(photos_of(paths), open_extractor(Options(weights=weights), tmp_path), l2=True)
    assert errors == [None] * 60
    products = np.array([path.name.split("_")[0] for path in paths])
    likeness = features @ features.T - 2 * np.eye(60)
    assert np.mean(products[likeness.argmax(axis=1)] == products) > 0.8
    again, _ = extract_rows(photos_of(paths[:4]), open_extractor(Options(weights=whole), tmp_path), l2=True)
    np.testing.assert_allclose(again, features[:4], atol=1e-5)


def test_a_photo_that_changed_since_it_was_prepared_is_one_line(extractor, drawn_photos, tmp_path):
    photo = tmp_path / "a.jpg"
    photo.write_bytes(drawn_photos[0].read_bytes())
    good = Photo(photo, file_digest(photo))
    assert extract_rows([good], extractor)[1] == [None]
    photo.write_bytes(drawn_photos[1].read_bytes())
    with pytest.raises(UserError, match=r"a\.jpg changed since 01_preprocess .*: run python 01_preprocess\.py"):
        extract_rows([good], extractor)
    photo.unlink()
    with pytest.raises(UserError, match=r"a\.jpg changed since 01_preprocess"):
        extract_rows([good], extractor)


def test_matrices_are_those_that_the_settings_ask_for(extractor, rows, drawn_photos):
    photos = photos_of(drawn_photos)
    options = SMALL.model_copy(update={"views": ("whole",), "dtype": "float16"})
    made = compute_matrices(photos, {"features": extractor}, options)
    np.testing.assert_array_equal(made.arrays["features"], rows.astype(np.float16))
    reduced = compute_matrices(photos, {"features": extractor}, options.model_copy(update={"pca": 4}))
    assert set(reduced.arrays) == {"backbone"}
    two = compute_matrices(photos, {"base": extractor, "finetuned": extractor}, options)
    assert set(two.arrays) == {"base", "finetuned"}
    joined = Fusion({"base": Eye(), "finetuned": Eye()}).join(two.arrays)
    assert joined.shape == (23, 2560) and joined.dtype == np.float16
    np.testing.assert_allclose(np.linalg.norm(joined.astype(float), axis=1), np.sqrt(2), rtol=1e-3)


def test_a_fine_tuned_network_and_its_base_are_described_as_they_are(tmp_path):
    tuned, draft = tmp_path / "02_finetune", tmp_path / "draft"
    tuned.mkdir()
    start = {"backbone": "mobilenet_0.25", "weights": "random", "size": 32, "seed": 7}
    (tuned / "scores.json").write_text(json.dumps(start | {"loss": "cosine"}))
    first = build_extractor(BACKBONES["mobilenet_0.25"], "random", size=32, seed=7)
    freeze(first, tuned / "extractor.pb")
    options = Options(weights="finetuned", side_by_side=True, engine="openvino")
    opened = open_extractors(options, draft, tmp_path / "absent", tuned)
    described = {name: extractor.description for name, extractor in opened.items()}
    assert {each["backbone"] for each in described.values()} == {"mobilenet_0.25"}
    assert (described["base"]["weights"], described["finetuned"]["weights"]) == ("random", "finetuned")
    assert {each["size"] for each in described.values()} == {32}
    assert described["base"]["graph"] == "base/extractor.pb" and (draft / "base" / "extractor.pb").exists()
    squares = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    np.testing.assert_allclose(opened["base"](squares), opened["finetuned"](squares), atol=1e-4)
    joined = Options(backbone="handcrafted+mobilenet_0.25", weights="finetuned", side_by_side=True, engine="openvino")
    assert list(open_extractors(joined, draft, tmp_path / "absent", tuned)) == ["handcrafted", "base", "finetuned"]


def test_a_fine_tuned_network_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(UserError, match=r"expected a fine-tuned network in .*: run python 02_finetune\.py"):
        open_extractors(Options(weights="finetuned"), tmp_path, tmp_path, tmp_path / "absent")
