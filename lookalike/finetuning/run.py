"""Fine-tune a backbone on labelled photos, and show what that does for classes it has never seen.
A killed run goes on from its last whole epoch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lookalike.core.errors import UserError
from lookalike.core.files import digest_of, write_json
from lookalike.finetuning import LOSSES
from lookalike.finetuning.checkpoints import Checkpoint, writing
from lookalike.finetuning.data import Encoded, LabelledPhotos, read_pixels
from lookalike.finetuning.export import export
from lookalike.finetuning.heads import HEADS, Classifier, unfreeze_layers
from lookalike.finetuning.history import open_history
from lookalike.finetuning.holdout import choose_classes, holdout_scores, score_lines
from lookalike.finetuning.options import Options
from lookalike.finetuning.phases import extract_features, train_backbone, train_head
from lookalike.finetuning.results import Samples, altered_samples, training_scores, write_augmented, write_tfrecords
from lookalike.finetuning.split import Parts, divide
from lookalike.finetuning.tfrecord import read_records
from lookalike.finetuning.train import Objective
from lookalike.networks import is_model_file
from lookalike.networks.backbones import build_extractor, find_backbone, weights_digest
from lookalike.networks.devices import room_on_device
from lookalike.networks.keras_files import load_model
from lookalike.networks.keras_network import set_precision
from lookalike.networks.quiet import keras
from lookalike.networks.squares import Photo
from lookalike.networks.tensorflow_engine import has_gpu

__all__ = ["FineTuning", "finetune"]

NO_INFLUENCE = {"write_augmented", "write_tfrecords", "tfrecords", "backbone", "weights"}  # on the weights, by name

Log = Callable[[str], None]


@dataclass(frozen=True)
class FineTuning:
    """The scores of a run, as in scores.json, its history, a row an epoch, and altered photos to show."""

    scores: dict
    history: list[dict]
    samples: Samples


def finetune(
    photos: Sequence[Photo],
    names: Sequence[str],
    labels: Sequence[str],
    options: Options,
    folder: Path,
    work: Path,
    *,
    log: Log = print,
) -> FineTuning:
    """Teach a backbone the classes of labelled photos.

    names: relative names of the photos, by which they are split; labels: "" where unknown; folder: takes the models,
    history and scores; work: keeps the state of a killed run. log: gets each line for the reader. Raises UserError for
    what a user can mend.
    """
    sources = _labelled(*(read_records(options.tfrecords) if options.tfrecords else (photos, names, labels)))
    held_out = choose_classes(sources[2], options.holdout_classes, seed=options.seed)
    extractor = _network(options)
    data = _read(*sources, extractor.input_shape[1], work)
    parts = divide(data, held_out, share=options.validation, balanced=options.balanced, log=log)
    before = extract_features(extractor, data.pixels, parts.holdout, "features before")
    classifier, history = _train(extractor, data, parts, options, folder, work, log)
    after = extract_features(classifier.extractor, data.pixels, parts.holdout, "features after")
    scores = training_scores(data, parts, history, options)
    held_out_labels = [data.labels[row] for row in parts.holdout]
    scores["holdout"] = holdout_scores(before, after, held_out_labels, seed=options.seed)
    with writing(folder):
        _write(classifier, data, parts, options, scores, folder, log)
    return FineTuning(scores, history, altered_samples(data.pixels, parts, options))


def _labelled(photos: Sequence[Encoded], names: Sequence[str], labels: Sequence[str]) -> tuple[list, list, list]:
    """Return what is labelled in the order of the names, so that the order of listing changes nothing."""
    rows = sorted((row for row, label in enumerate(labels) if label), key=names.__getitem__)
    if not rows:
        raise UserError(
            f"expected photos with labels to learn from, found none among {len(names):,}: set make_labels.source "
            f"and run 00_make_labels.py again"
        )
    return [photos[row] for row in rows], [names[row] for row in rows], [labels[row] for row in rows]


def _network(options: Options) -> keras.Model:
    """Return the extractor to teach: of a row of the table, or a .keras or .h5 file from photos to vectors."""
    if is_model_file(options.backbone):
        return _whole_model(Path(options.backbone))
    row = find_backbone(options.backbone, "finetune")
    return build_extractor(row, options.weights, size=options.size, seed=options.seed, section="finetune")


def _whole_model(path: Path) -> keras.Model:
    model = load_model(path)
    if len(model.input_shape) != 4 or None in model.input_shape[1:] or len(model.output_shape) != 2:
        raise UserError(
            f"expected {path.name} to go from photos of one size to vectors, found {model.input_shape} -> "
            f"{model.output_shape}"
        )
    return model


def _read(sources: list[Encoded], names: list[str], labels: list[str], side: int, work: Path) -> LabelledPhotos:
    with writing(work):
        return LabelledPhotos(sources, names, labels, *read_pixels(sources, side, work / "pixels.npy"))


def _train(
    extractor: keras.Model, data: LabelledPhotos, parts: Parts, options: Options, folder: Path, work: Path, log: Log
) -> tuple[Classifier, list[dict]]:
    """Run both phases and return the extractor with what was learnt, its head, and a row an epoch."""
    history, add = open_history(folder, log)
    checkpoint = Checkpoint(work / "checkpoint.npz", _run_of(extractor, data, parts, options))
    learner = _network(options)
    set_precision(learner, _arithmetic(options.mixed_precision))
    make_head = HEADS[LOSSES[options.loss].head]
    classifier = Classifier(learner, make_head(learner.output_shape[-1], len(parts.classes), options.seed))
    unfreeze_layers(learner, options.unfreeze)
    with room_on_device("finetune.batch_size", options.batch_size):
        train_head(classifier, data.pixels, parts, options, add)
        train_backbone(classifier, data.pixels, parts, options, checkpoint, add)
    extractor.set_weights(learner.get_weights())
    return Classifier(extractor, classifier.head), history


def _run_of(extractor: keras.Model, data: LabelledPhotos, parts: Parts, options: Options) -> dict[str, object]:
    """Return what the weights learnt depend on."""
    return {
        "backbone": options.backbone,
        "start weights": weights_digest(extractor),
        "settings": options.model_dump_json(exclude=NO_INFLUENCE),
        "photos": digest_of([data.names, data.labels, data.digest, parts.train.tolist()]),
    }


def _arithmetic(mixed: str | bool | None) -> str:
    """Return the number format that the backbone learns in; its weights and the head are in float32."""
    if isinstance(mixed, str):
        return mixed
    wanted = has_gpu() if mixed is None else mixed
    return "float16" if wanted else "float32"


def _write(
    classifier: Classifier,
    data: LabelledPhotos,
    parts: Parts,
    options: Options,
    scores: dict,
    folder: Path,
    log: Log,
) -> None:
    """Write the models, scores.json, and copies and records where they are wanted."""
    sharpness = Objective(options.loss, options.temperature, options.label_smoothing).sharpness
    files = export(classifier, sharpness, parts.classes, folder)
    if folder / "extractor.h5" not in files:
        log("left out extractor.h5 and classifier.h5: this older form cannot hold the network, the .keras files do")
    write_json(folder / "scores.json", scores)
    if options.write_augmented:
        write_augmented(data, parts, folder / "augmented")
    if options.write_tfrecords:
        write_tfrecords(data, folder / "tfrecords", share=options.validation)
    for line in score_lines(scores["holdout"]):
        log(line)
