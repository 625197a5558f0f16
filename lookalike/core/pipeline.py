"""All stages in order: which are up to date, and running those that are not."""

import runpy
from collections.abc import Callable, Iterable
from pathlib import Path

from lookalike.catalog import catalog
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
    listing = catalog.find_files(catalog.photos_folder(settings), outside=(settings.output, settings.img))
    return catalog.is_unchanged(stage_folder(settings, "00_make_labels"), listing)


def _always(settings) -> bool:
    return True


SOURCES_HOLD: dict[str, Callable] = {"00_make_labels": _photos_unchanged, "01_preprocess": prepared.is_intact}
