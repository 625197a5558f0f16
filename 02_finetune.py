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
    from lookalike.finetuning.run import finetune  # late, so that --help is instant

    with Stage(settings, "02_finetune", inputs=INPUTS, row_key=lambda *made: artifacts.digest_of(made)) as stage:
        photos = prepared.read(stage.path_of("01_preprocess"))
        paths = photos.usable["path"].to_pylist()
        labels = catalog.read_labels(stage.path_of("00_make_labels"), paths)
        scores = finetune(photos.files(), paths, labels, stage.draft, **settings.finetune.options())
        summary = f"{scores['n_train']:,} photos of {scores['n_classes']:,} classes in {scores['epochs']} epochs"
        stage.publish(summary, images=scores["n_train"], counts=scores)


def print_classes(folder: Path, photo: Path) -> None:
    """Print one line `class  score` for each of the likeliest classes."""
    from lookalike.finetuning.classify import classify

    for name, score in classify(folder, photo):
        print(f"{name}  {score:.4f}")


if __name__ == "__main__":
    run(main, Settings, "02_finetune", ACTIONS)
