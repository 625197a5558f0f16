"""The last feature map of a network: its mean over the photo is the vector."""

import cv2
import numpy as np
import pytest

from lookalike.networks.engines import handcrafted_extractor, open_extractor
from lookalike.networks.graph import write_description
from lookalike.networks.options import Options
from lookalike.networks.parts import open_parts

IMAGE = np.random.default_rng(4).integers(0, 256, (64, 64, 3), dtype=np.uint8)
PNG = cv2.imencode(".png", IMAGE[..., ::-1])[1].tobytes()


@pytest.mark.parametrize("backbone", ["mobilenet_v2_0.35", "efficientnet_b0"])
def test_the_mean_of_the_map_is_the_vector(backbone, tmp_path):
    options = Options(backbone=backbone, weights="random", engine="openvino", size=64)
    extractor = open_extractor(options, tmp_path)
    write_description(tmp_path, {"features": dict(extractor.description)})
    found = open_parts(tmp_path, "features")(PNG)
    assert found.shape == (2, 2, extractor.dimension)
    np.testing.assert_allclose(found.mean(axis=(0, 1)), extractor(IMAGE[None])[0], atol=1e-4)


def test_vectors_that_are_no_mean_have_no_map(tmp_path):
    write_description(tmp_path, {"features": dict(handcrafted_extractor(1).description)})
    assert open_parts(tmp_path, "features") is None
    assert open_parts(tmp_path, "finetuned") is None
