"""Write labelled photos as TFRecord files, with the keys of TensorFlow's image examples, and read such files.
Photos go in as the bytes of their files, so that training from records is training from the files."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from lookalike.core.errors import UserError
from lookalike.core.progress import progress
from lookalike.finetuning.data import Encoded, encoded_bytes
from lookalike.finetuning.export import read_labels, write_labels
from lookalike.finetuning.sampling import validation_mask
from lookalike.networks.quiet import tf

__all__ = ["read_records", "record_files", "write_records"]

PARTS = ("train", "validation")
FORMATS = {b"\xff\xd8": b"jpeg", b"\x89P": b"png", b"GI": b"gif", b"BM": b"bmp", b"RI": b"webp"}
NAME = re.compile(r"(?P<name>.+)_(?P<part>train|validation)_(?P<shard>\d+)-of-(?P<total>\d+)\.tfrecord")
KEYS = {  # other systems leave out the file's name, or the class's
    "image/encoded": tf.io.FixedLenFeature((), tf.string),
    "image/filename": tf.io.FixedLenFeature((), tf.string, ""),
    "image/class/text": tf.io.FixedLenFeature((), tf.string, ""),
    "image/class/label": tf.io.FixedLenFeature((), tf.int64, -1),
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
                        writer.write(_example(encoded_bytes(photos[row]), names[row], labels[row], int(numbers[row])))
                advance(len(shard))
            written += files
    return written


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


def read_records(folder: Path) -> tuple[list[bytes], list[str], list[str]]:
    """Return (encoded photos, names, labels) of all records of both parts, sorted by name.

    A record without its file's name is called by its place, one without its class's name by the class's number, or by
    that line of labels.txt. Raises UserError where there are no records, those of several sets, shards are missing, or
    a file is damaged.
    """
    found = {file: match for file in sorted(folder.glob("*.tfrecord")) if (match := NAME.fullmatch(file.name))}
    names = sorted({match["name"] for match in found.values()})
    if len(names) != 1:
        what = f"those of {', '.join(names)}: leave one set there" if names else "none: write them first"
        raise UserError(
            f"expected TFRecord files <name>_train_*-of-*.tfrecord, <name>_validation_*-of-*.tfrecord in {folder}, "
            f"found {what}"
        )
    missing = sorted({name for match in found.values() for name in _expected(match)} - {file.name for file in found})
    if missing:
        raise UserError(f"expected all shards of {names[0]} in {folder}, found none of {', '.join(missing)}")
    rows = sorted(_rows(list(found), _class_names(folder)), key=lambda row: row[1])
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]


def _expected(match: re.Match) -> Iterator[str]:
    """Yield the names of all shards of the part that a file belongs to."""
    digits, total = len(match["shard"]), int(match["total"])
    for shard in range(total):
        yield f"{match['name']}_{match['part']}_{shard:0{digits}d}-of-{match['total']}.tfrecord"


def _class_names(folder: Path) -> dict[int, str]:
    """Return the classes of labels.txt by number; its lines are names, or, as TF-Slim writes, number:name."""
    path = folder / "labels.txt"
    lines = read_labels(path) if path.exists() else []
    numbered = [re.fullmatch(r"(\d+):(.*)", line) for line in lines]
    if lines and all(numbered):
        return {int(match[1]): match[2] for match in numbered}
    return dict(enumerate(lines))


def _rows(files: Sequence[Path], classes: Mapping[int, str]) -> Iterator[tuple[bytes, str, str]]:
    try:
        for file in files:
            for number, record in enumerate(tf.data.TFRecordDataset(str(file))):
                parsed = {key: value.numpy() for key, value in tf.io.parse_single_example(record, KEYS).items()}
                name, label = (_text(parsed[key]) for key in ("image/filename", "image/class/text"))
                place = int(parsed["image/class/label"])
                named = label or (classes.get(place, str(place)) if place >= 0 else "")
                yield parsed["image/encoded"], name or f"{file.stem}/{number:06d}", named
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError) as error:
        raise UserError(
            f"expected whole TFRecords in {files[0].parent}, found a damaged one: write them again"
        ) from error


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
