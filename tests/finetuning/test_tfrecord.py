"""TFRecord files: their names, what they hold, and files that are missing or damaged."""

import pytest

from lookalike.core.errors import UserError
from lookalike.finetuning.tfrecord import read_records, write_records
from lookalike.networks.quiet import tf

NAMES = [f"{number:02d}.jpg" for number in range(40)]
LABELS = ["Käse", "hat"] * 20
PHOTOS = [b"\xff\xd8" + name.encode() for name in NAMES]


@pytest.fixture
def written(tmp_path):
    return write_records(PHOTOS, NAMES, LABELS, tmp_path / "records", name="shop", share=0.3, n_shards=2)


def test_names_follow_the_pattern(written):
    assert [file.name for file in written] == [
        "shop_train_00000-of-00002.tfrecord",
        "shop_train_00001-of-00002.tfrecord",
        "shop_validation_00000-of-00002.tfrecord",
        "shop_validation_00001-of-00002.tfrecord",
    ]
    assert (written[0].parent / "labels.txt").read_text("utf-8") == "Käse\nhat\n"


def test_all_photos_come_back_in_the_order_of_their_names(written):
    assert read_records(written[0].parent) == (PHOTOS, NAMES, LABELS)


def test_a_record_has_the_keys_of_an_image_example(written):
    records = [record.numpy() for record in tf.data.TFRecordDataset([str(file) for file in written])]
    features = tf.train.Example.FromString(records[0]).features.feature
    assert features["image/format"].bytes_list.value[0] == b"jpeg"
    name = features["image/filename"].bytes_list.value[0].decode()
    assert features["image/class/text"].bytes_list.value[0].decode() == LABELS[NAMES.index(name)]
    assert features["image/class/label"].int64_list.value[0] == ["Käse", "hat"].index(LABELS[NAMES.index(name)])
    assert len(records) == 40


def test_a_missing_shard_is_one_line(written):
    written[1].unlink()
    with pytest.raises(UserError, match=r"found none of shop_train_00001-of-00002\.tfrecord"):
        read_records(written[0].parent)


def test_a_damaged_file_is_one_line(written):
    written[0].write_bytes(written[0].read_bytes()[:-7])
    with pytest.raises(UserError, match="found a damaged one"):
        read_records(written[0].parent)


def test_no_records_is_one_line(tmp_path):
    with pytest.raises(UserError, match=r"expected TFRecord files <name>_train_.* found none: write them first"):
        read_records(tmp_path)


def test_two_sets_in_one_folder_are_one_line(written):
    write_records(PHOTOS, NAMES, LABELS, written[0].parent, name="naver")
    with pytest.raises(UserError, match="found those of naver, shop: leave one set there"):
        read_records(written[0].parent)


def slim_record(photo: bytes, number: int) -> bytes:
    """Return an example as TF-Slim writes it: without names of file and class."""
    features = {
        "image/encoded": tf.train.Feature(bytes_list=tf.train.BytesList(value=[photo])),
        "image/class/label": tf.train.Feature(int64_list=tf.train.Int64List(value=[number])),
    }
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


@pytest.mark.parametrize(
    ("lines", "labels"), [("0:hat\n1:shoe\n", ["hat", "shoe"]), ("hat\nshoe\n", ["hat", "shoe"]), (None, ["0", "1"])]
)
def test_records_of_another_system_are_read(lines, labels, tmp_path):
    names = ["naver_train_00000-of-00002", "naver_train_00001-of-00002"]
    for number, name in enumerate(names):
        with tf.io.TFRecordWriter(str(tmp_path / f"{name}.tfrecord")) as writer:
            writer.write(slim_record(PHOTOS[number], number))
    if lines is not None:
        (tmp_path / "labels.txt").write_text(lines)
    assert read_records(tmp_path) == (PHOTOS[:2], [f"{name}/000000" for name in names], labels)
