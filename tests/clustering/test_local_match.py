"""Local features on drawn photos: the same print turned and scaled matches, another does not."""

import cv2
import numpy as np
import pytest

from lookalike.clustering import local_match
from lookalike.clustering.local_match import count_matches, features_in, greedy_groups, inliers
from lookalike.clustering.methods import local_match as method
from lookalike.clustering.space import Space

USUAL = {"residual": 20.0, "trials": 1000}


def print_of(seed):
    """Draw a print with corners and edges of many sizes, uint8 (240, 240, 3)."""
    rng = np.random.default_rng(seed)
    picture = np.full((240, 240, 3), 200, np.uint8)
    for _ in range(60):
        corner, size = rng.integers(0, 200, 2), rng.integers(6, 60, 2)
        cv2.rectangle(
            picture, tuple(map(int, corner)), tuple(map(int, corner + size)), rng.integers(0, 255, 3).tolist(), -1
        )
    return cv2.GaussianBlur(picture, (0, 0), 1)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Three prints in four poses each, a blank photo and one that is no image."""
    folder, paths = tmp_path_factory.mktemp("photos"), []
    for seed in range(3):
        for degrees, scale in ((0, 1.0), (15, 0.9), (-30, 0.8), (70, 0.85)):
            turn = cv2.getRotationMatrix2D((120, 120), degrees, scale)
            paths.append(folder / f"{seed}_{degrees}.png")
            cv2.imwrite(str(paths[-1]), cv2.warpAffine(print_of(seed), turn, (240, 240), borderValue=(255, 255, 255)))
    cv2.imwrite(str(folder / "blank.png"), np.full((100, 100, 3), 128, np.uint8))
    (folder / "text.jpg").write_text("no image")
    return [*paths, folder / "blank.png", folder / "text.jpg"]


def vectors(n):
    return np.random.default_rng(0).standard_normal((n, 8)).astype(np.float32)


def test_poses_of_a_print_are_one_group_and_photos_without_features_noise(group, photos):
    found = group("local_match", vectors(14), None, seed=0, photos=photos)
    assert found.labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4 + [-1, -1]
    assert "2 photos without local features" in found.notes[0]
    assert found.scores == {"matching_pairs": 18, "compared_pairs": 91}


def test_large_sets_compare_near_vectors_only(group, photos, monkeypatch):
    monkeypatch.setattr(method, "LIMIT", 5)
    near = np.eye(5, dtype=np.float32)[[0] * 4 + [1] * 4 + [2] * 4 + [3, 4]] + 0.01 * vectors(14)[:, :5]
    found = group("local_match", near, None, seed=0, photos=photos, shortlist=3)
    assert found.n_clusters == 3 and found.scores["compared_pairs"] < 91
    assert "3 nearest photos" in found.approximations[0]


def test_matches_of_queries_count_the_query_itself(photos):
    space = Space(vectors(14), seed=0, photos=photos)
    assert sorted(count_matches(space, method.Options(), queries=14).tolist()) == [1, 1] + [4] * 12
    strict = method.Options(min_inliers=400)
    assert count_matches(space, strict, queries=14).tolist() == [1] * 14


def test_a_photo_matches_itself_whole_and_another_print_hardly(photos):
    one, other = features_in(photos[0]), features_in(photos[4])
    assert inliers(one, one, **USUAL) > 0.9 * len(one[0]) > 50
    assert inliers(one, other, **USUAL) <= 15


def test_large_photos_are_reduced(tmp_path, monkeypatch):
    monkeypatch.setattr(local_match, "SIDE", 120)
    cv2.imwrite(str(tmp_path / "large.png"), print_of(0))
    assert features_in(tmp_path / "large.png")[0].max() <= 120


def test_greedy_groups_take_only_what_is_free():
    assert greedy_groups([(0, 2), (1, 2), (1, 3)], 5).tolist() == [0, 1, 0, 1, -1]
