"""Run all stages in order, skipping what is up to date: photos -> groups, scores, pictures."""

from pathlib import Path

from config import Settings
from lookalike.core.command_line import run
from lookalike.core.pipeline import run_all


def main(settings: Settings) -> None:
    run_all(settings, scripts=Path(__file__).parent)


if __name__ == "__main__":
    run(main, Settings, None)
