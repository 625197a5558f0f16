"""The steps of a script, and all scripts in order: which steps are up to date, and running those that are not."""

import runpy
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from lookalike.core.errors import UserError
from lookalike.core.stage import (
    STAGES,
    command,
    dataset_lock,
    discard_unfinished,
    faults,
    is_current,
    mend,
    stage_folder,
)

__all__ = ["Step", "main_step", "run_all", "run_steps", "verify"]


class Step(NamedTuple):
    """One stage of a script: a function of the settings that publishes its result.

    holds: whether what the stage read or wrote outside its folder is still as it was. faults: phrases on what of that
    is damaged, for `verify`. wanted: whether the settings ask for it.
    """

    run: Callable
    holds: Callable = lambda settings: True
    faults: Callable = lambda settings: ()
    wanted: Callable = lambda settings: True


def main_step(steps: Mapping[str, Step]) -> str:
    """Return the step that its script is named for."""
    return next(name for name in steps if not STAGES[name].script)


def run_steps(settings, steps: Mapping[str, Step]) -> None:
    """Run the steps of one script that are out of date; where none is, the main one again, since it was asked for."""
    with dataset_lock(settings):
        mend(settings)
        again = all(_is_done(settings, name, step) for name, step in steps.items())
        for name, step in steps.items():
            if (again and name == main_step(steps)) or not _is_done(settings, name, step):
                step.run(settings)


def run_all(settings, scripts: Path) -> None:
    """Run each step whose published result its settings, inputs or photos have outdated; stop at the first failure.

    scripts: the folder of the stages' scripts. Raises UserError with the step's name in front.
    """
    with dataset_lock(settings):
        mend(settings)
        for name, step in _all_steps(scripts):
            _run_one(settings, name, step)


def verify(settings, scripts: Path) -> None:
    """Compare every file of every published result with what was written, and print what is damaged.

    Raises UserError where anything is.
    """
    damaged = 0
    for name, step in _all_steps(scripts):
        folder = stage_folder(settings, name)
        found = [*faults(settings, name), *step.faults(settings)] if folder.exists() else []
        for phrase in found:
            print(f"{name}: {phrase}: run {command(settings, name)}")
        if folder.exists() and not found:
            print(f"{name}: as it was written -> {folder}", flush=True)
        damaged += len(found)
    if damaged:
        raise UserError(f"expected all files as they were written, found {damaged:,} damaged: see above")


def _all_steps(scripts: Path) -> Iterator[tuple[str, Step]]:
    """Yield the steps of all scripts, in order."""
    for script in dict.fromkeys(info.script or name for name, info in STAGES.items()):
        yield from runpy.run_path(str(scripts / f"{script}.py"))["STEPS"].items()


def _run_one(settings, name: str, step: Step) -> None:
    if not step.wanted(settings):
        return
    if _is_done(settings, name, step):
        discard_unfinished(settings, name)
        print(f"{name}: up to date -> {stage_folder(settings, name)}", flush=True)
        return
    try:
        step.run(settings)
    except UserError as error:
        raise UserError(f"{name}: {error}") from error


def _is_done(settings, name: str, step: Step) -> bool:
    return not step.wanted(settings) or (is_current(settings, name) and step.holds(settings))
