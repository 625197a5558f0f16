"""Run all stages in order, skipping what is up to date: photos -> groups, scores, pictures."""

from pathlib import Path

from config import Settings
from lookalike.core import pipeline
from lookalike.core.command_line import Action, run

VERIFY = "Compare every file of the results with what was written, name what is damaged, and stop."
SCRIPTS = Path(__file__).parent


def run_all(settings: Settings) -> None:
    pipeline.run_all(settings, SCRIPTS)


def verify(settings: Settings, asked: bool) -> None:
    pipeline.verify(settings, SCRIPTS)


ACTIONS = {"verify": Action(bool, False, VERIFY, verify)}


if __name__ == "__main__":
    run(run_all, Settings, None, ACTIONS)
