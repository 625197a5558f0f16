"""Teach the network the known classes: img/<dataset> + labels -> output/<dataset>/02_finetune."""

from pathlib import Path

from config import Settings
from lookalike.core.command_line import Action, run_script
from lookalike.core.pipeline import Step
from lookalike.core.stage import EDITS, Stage, edits_file, stage_folder

CATALOG, LABELS = "00_make_labels/catalog.parquet", "00_make_labels/labels.parquet"
INPUTS = {"true": [LABELS], "confirmed": [CATALOG, EDITS]}  # by where the classes come from


def finetune(settings: Settings) -> None:
    from lookalike.finetuning.run import finetune  # late, so that --help is instant
    from lookalike.networks.squares import Photo
    from lookalike.preprocess import prepared
    from lookalike.visual.finetuning import draw_finetuning

    inputs = ["01_preprocess/images.parquet", *INPUTS[settings.finetune.classes]]
    with Stage(settings, "02_finetune", inputs=inputs, row_key=lambda *made: made) as stage:
        photos = prepared.open_for(stage)
        names, digests = (photos.usable[column].to_pylist() for column in ("path", "digest"))
        files = [Photo(*each) for each in zip(photos.files(), digests, strict=True)]
        labels = read_classes(settings, stage.path_of("00_make_labels"), names)
        made = finetune(files, names, labels, settings.finetune, stage.draft, stage.work)
        draw_finetuning(made.history, made.samples, made.scores["holdout"], stage.draft)
        scores = made.scores
        summary = f"{scores['n_train']:,} photos of {scores['n_classes']:,} classes in {scores['epochs']} epochs"
        stage.publish(summary, images=scores["n_train"], counts=scores)


def read_classes(settings: Settings, listed: Path, names: list[str]) -> list[str]:
    from lookalike.catalog import catalog
    from lookalike.edits import confirmed, log

    if settings.finetune.classes == "true":
        return catalog.read_labels(listed, names)
    return confirmed.classes(catalog.read_digests(listed, names), log.read(edits_file(settings)).rows)


def print_classes(settings: Settings, photo: Path) -> None:
    from lookalike.finetuning.classify import classify

    for name, score in classify(stage_folder(settings, "02_finetune"), photo):
        print(f"{name}  {score:.4f}")


STEPS = {"02_finetune": Step(finetune, wanted=lambda settings: settings.finetune.enabled)}
CLASSIFY = "Print the classes that the fine-tuned model sees in this photo, and stop."
ACTIONS = {"classify": Action(Path | None, None, CLASSIFY, print_classes)}

if __name__ == "__main__":
    run_script(STEPS, Settings, ACTIONS)
