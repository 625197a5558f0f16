"""Write labelled photos as TFRecord files, with the keys of TensorFlow's image examples, and read them back.
Photos go in as the bytes of their files, so that training from records is training from the files."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from lookalike.core.errors import UserError
from lookalike.core.progress import progress
from lookalike.finetuning.data import Encoded
from lookalike.finetuning.export import write_labels
from lookalike.finetuning.sampling import validation_mask
from lookalike.networks.quiet import tf

__all__ = ["read_records", "record_files", "write_records"]

PARTS = ("train", "validation")
FORMATS = {b"\xff\xd8": b"jpeg", b"\x89P": b"png", b"GI": b"gif", b"BM": b"bmp", b"RI": b"webp"}
KEYS = {
    "image/encoded": tf.io.FixedLenFeature((), tf.string),
    "image/filename": tf.io.FixedLenFeature((), tf.string),
    "image/class/text": tf.io.FixedLenFeature((), tf.string),
}


def record_files(folder: Path, name: str, part: str, n_shards: int) -> list[Path]:
    """Return the files `<name>_<part>_00000-of-00005.tfrecord` of a part."""
    return [folder / f"{name}_{part}_{shard:05d}-of-{n_shards:05d}.tfrecord" for shard in range(n_shards)]


def write_records(
    photos: Sequence[Encoded],
    names: Sequence[str],
    labels: Sequence[str],
    folder: Path,
    *,
    name: str = "photos",
    share: float = 0.1,
    n_shards: int = 5,
) -> list[Path]:
    """Write labelled photos, split by the hash of their names, and labels.txt; return the record files.

    A record's class number is the line of its label in labels.txt, from 0.
    """
    classes = sorted(set(labels))
    place = {label: number for number, label in enumerate(classes)}
    numbers = np.array([place[label] for label in labels], int)
    validates = validation_mask(names, numbers, share)
    folder.mkdir(parents=True, exist_ok=True)
    write_labels(folder / "labels.txt", classes)
    written = []
    with progress("records", len(names)) as advance:
        for part, chosen in zip(PARTS, (~validates, validates), strict=True):
            files = record_files(folder, name, part, n_shards)
            for file, shard in zip(files, np.array_split(np.flatnonzero(chosen), n_shards), strict=True):
                with tf.io.TFRecordWriter(str(file)) as writer:
                    for row in shard:
                        writer.write(_example(_bytes_of(photos[row]), names[row], labels[row], int(numbers[row])))
                advance(len(shard))
            written += files
    return written


def _bytes_of(photo: Encoded) -> bytes:
    return photo if isinstance(photo, bytes) else photo.read_bytes()


def _example(encoded: bytes, name: str, label: str, number: int) -> bytes:
    def text(value: bytes) -> tf.train.Feature:
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))

    features = {
        "image/encoded": text(encoded),
        "image/format": text(FORMATS.get(encoded[:2], b"tiff")),
        "image/filename": text(name.encode("utf-8", "surrogateescape")),
        "image/class/text": text(label.encode("utf-8", "surrogateescape")),
        "image/class/label": tf.train.Feature(int64_list=tf.train.Int64List(value=[number])),
    }
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString(deterministic=True)


def read_records(folder: Path, name: str = "photos") -> tuple[list[bytes], list[str], list[str]]:
    """Return (encoded photos, names, labels) of all records of both parts, sorted by name.

    Raises UserError where there are none, shards are missing, or a file is damaged.
    """
    files = sorted(file for part in PARTS for file in folder.glob(f"{name}_{part}_*-of-*.tfrecord"))
    if not files:
        raise UserError(f"expected TFRecord files {name}_train_*.tfrecord in {folder}, found none: write them first")
    missing = [each.name for each in _expected(files) if not each.exists()]
    if missing:
        raise UserError(f"expected all shards of {name} in {folder}, found none of {', '.join(missing)}")
    rows = sorted(_rows(files), key=lambda row: row[1])
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]


def _expected(files: Sequence[Path]) -> Iterator[Path]:
    for file in files:
        stem, _, total = file.stem.rpartition("-of-")
        prefix = stem.rpartition("_")[0]
        yield from (file.with_name(f"{prefix}_{shard:05d}-of-{total}.tfrecord") for shard in range(int(total)))


def _rows(files: Sequence[Path]) -> Iterator[tuple[bytes, str, str]]:
    try:
        for record in tf.data.TFRecordDataset([str(file) for file in files]):
            found = {key: value.numpy() for key, value in tf.io.parse_single_example(record, KEYS).items()}
            name, label = (
                found[key].decode("utf-8", "surrogateescape") for key in ("image/filename", "image/class/text")
            )
            yield found["image/encoded"], name, label
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError) as error:
        raise UserError(
            f"expected whole TFRecords in {files[0].parent}, found a damaged one: write them again"
        ) from error
