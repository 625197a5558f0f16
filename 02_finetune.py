"""Teach the network the known classes: img/<dataset> + labels -> output/<dataset>/02_finetune."""

from pathlib import Path

from config import Settings
from lookalike.catalog import catalog
from lookalike.core import artifacts
from lookalike.core.command_line import run
from lookalike.core.stage import Stage, stage_folder
from lookalike.preprocess import prepared

INPUTS = ["00_make_labels", "01_preprocess"]
ACTIONS = {"classify": (Path | None, None, "Print the classes that the fine-tuned model sees in this photo, and stop.")}


def main(settings: Settings) -> None:
    if getattr(settings, "classify", None):
        return print_classes(stage_folder(settings, "02_finetune"), settings.classify)
    from lookalike.finetuning.run import finetune, forget_checkpoint  # late, so that --help is instant
    from lookalike.networks.squares import Photo
    from lookalike.visual.finetuning import draw_finetuning

    with Stage(settings, "02_finetune", inputs=INPUTS, row_key=lambda *made: artifacts.digest_of(made)) as stage:
        prepared_photos = prepared.read_prepared(settings)
        photos = [Photo(*each) for each in zip(prepared_photos["image"], prepared_photos["digest"], strict=True)]
        names = prepared_photos["path"]
        labels = catalog.read_labels(stage.path_of("00_make_labels"), names)
        made = finetune(photos, names, labels, settings.finetune, stage.draft)
        draw_finetuning(made.history, made.samples, made.scores["holdout"], stage.draft)
        forget_checkpoint(stage.draft)
        scores = made.scores
        summary = f"{scores['n_train']:,} photos of {scores['n_classes']:,} classes in {scores['epochs']} epochs"
        stage.publish(summary, images=scores["n_train"], counts=scores)


def print_classes(folder: Path, photo: Path) -> None:
    """Print one line `class  score` for each of the likeliest classes."""
    from lookalike.finetuning.classify import classify

    for name, score in classify(folder, photo):
        print(f"{name}  {score:.4f}")


if __name__ == "__main__":
    run(main, Settings, "02_finetune", ACTIONS)
