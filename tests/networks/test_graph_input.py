"""Graphs made elsewhere: fed by a queue, by the bytes of a JPEG, or with a placeholder beside that of the images."""

import numpy as np
import pytest

from lookalike.core.errors import UserError
from lookalike.networks.engines import open_extractor
from lookalike.networks.graph_input import image_input
from lookalike.networks.options import Options
from lookalike.networks.quiet import tf

v1 = tf.compat.v1
IMAGES = np.random.default_rng(1).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
KERNEL = np.random.default_rng(2).standard_normal((5, 5, 3, 4)).astype(np.float32) / 255
EXPECTED = np.asarray(tf.nn.relu(tf.nn.conv2d(IMAGES.astype(np.float32), KERNEL, 4, "VALID"))).mean(axis=(1, 2))


def vectors(images):
    return tf.identity(tf.reduce_mean(tf.nn.relu(tf.nn.conv2d(images, KERNEL, 4, "VALID")), (1, 2)), name="vectors")


def from_queue():
    queue = tf.queue.FIFOQueue(8, [tf.int32, tf.float32], name="fifo_queue")
    vectors(queue.dequeue(name="fifo_queue_Dequeue")[1])


def from_jpeg():
    content = tf.constant(b"", name="DecodeJpeg/contents")
    image = tf.cast(v1.image.decode_jpeg(content, channels=3, name="DecodeJpeg"), tf.float32, name="Cast")
    batch = tf.expand_dims(image, 0, name="ExpandDims")
    vectors(v1.image.resize_bilinear(batch, [32, 32], name="ResizeBilinear"))


def from_jpeg_without_resize():
    content = v1.placeholder(tf.string, (), name="DecodeJpeg/contents")
    image = tf.cast(v1.image.decode_jpeg(content, channels=3, name="DecodeJpeg"), tf.float32, name="Cast")
    vectors(tf.expand_dims(image, 0, name="ExpandDims"))


def beside_a_switch():
    v1.placeholder(tf.bool, (), name="is_training")
    v1.placeholder(tf.float32, (), name="rate")
    vectors(v1.placeholder(tf.float32, (None, 32, 32, 3), name="photos"))


def saved(build, path):
    with tf.Graph().as_default() as graph:
        build()
    path.write_bytes(graph.as_graph_def().SerializeToString())
    return graph.as_graph_def()


@pytest.mark.parametrize(
    ("build", "tensor", "size"),
    [
        (from_queue, "fifo_queue_Dequeue:1", None),
        (from_jpeg, "ResizeBilinear:0", 32),
        (from_jpeg_without_resize, "ExpandDims:0", None),
        (beside_a_switch, "photos:0", 32),
    ],
)
def test_photos_go_in_where_images_are(build, tensor, size, tmp_path):
    source = image_input(saved(build, tmp_path / "own.pb"))
    assert (source.tensor, source.size) == (tensor, size)
    given = {"backbone": str(tmp_path / "own.pb"), "layer": "vectors", "size": 32, "engine": "openvino"}
    found = open_extractor(Options(**given), tmp_path / "graph")(IMAGES)
    np.testing.assert_allclose(found, EXPECTED, atol=1e-3)


def test_a_graph_without_images_is_one_line(tmp_path):
    saved(lambda: tf.constant(1.0, name="vectors"), tmp_path / "own.pb")
    with pytest.raises(UserError, match=r"an input of images in own\.pb"):
        open_extractor(Options(backbone=str(tmp_path / "own.pb")), tmp_path)


def test_tokens_without_a_class_token_are_averaged(tmp_path):
    def build():
        images = v1.placeholder(tf.float32, (None, 32, 32, 3), name="photos")
        maps = tf.nn.relu(tf.nn.conv2d(images, KERNEL, 4, "VALID"))
        tf.reshape(maps, (-1, 49, 4), name="tokens")

    saved(build, tmp_path / "own.pb")
    extractor = open_extractor(Options(backbone=str(tmp_path / "own.pb"), engine="openvino"), tmp_path)
    assert extractor.dimension == 4
    np.testing.assert_allclose(extractor(IMAGES), EXPECTED, atol=1e-3)
