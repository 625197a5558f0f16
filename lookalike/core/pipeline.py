"""All stages in order: which are up to date, and running those that are not."""

import runpy
from collections.abc import Callable, Iterable
from pathlib import Path

from lookalike.catalog import catalog, find
from lookalike.core.errors import UserError
from lookalike.core.stage import STAGES, is_current, stage_folder
from lookalike.preprocess import prepared

__all__ = ["run_all"]


def run_all(settings, scripts: Path, stages: Iterable[str] = STAGES) -> None:
    """Run each stage whose published result its settings, inputs or photos have outdated; stop at the first failure.

    scripts: the folder of the stages' scripts. Raises UserError with the stage's name in front.
    """
    for name in stages:
        if not _is_wanted(settings, name):
            continue
        if is_current(settings, name) and SOURCES_HOLD.get(name, _always)(settings):
            print(f"{name}: up to date -> {stage_folder(settings, name)}", flush=True)
            continue
        try:
            runpy.run_path(str(scripts / f"{name}.py"))["main"](settings)
        except UserError as error:
            raise UserError(f"{name}: {error}") from error


def _is_wanted(settings, name: str) -> bool:
    return getattr(getattr(settings, STAGES[name]), "enabled", True)


def _photos_unchanged(settings) -> bool:
    folder = stage_folder(settings, "00_make_labels")
    photos = find.photos_folder(settings.photos, Path("raw_img") / settings.dataset, catalog.read_root(folder))
    files = find.find_files(photos, results=(settings.output, settings.img)).files
    return not settings.make_labels.rehash and catalog.is_unchanged(folder, files, photos)


def _always(settings) -> bool:
    return True


def _images_intact(settings) -> bool:
    return prepared.is_intact(stage_folder(settings, "01_preprocess"))


SOURCES_HOLD: dict[str, Callable] = {"00_make_labels": _photos_unchanged, "01_preprocess": _images_intact}
