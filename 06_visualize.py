"""Draw the groups: output/<dataset>/06_visualize."""

from config import Settings
from lookalike.catalog import catalog
from lookalike.core import features
from lookalike.core.command_line import run
from lookalike.core.stage import Stage
from lookalike.preprocess import prepared

INPUTS = ["00_make_labels", "01_preprocess", "03_extract", "04_cluster"]


def main(settings: Settings) -> None:
    from lookalike.clustering import outcome  # late, so that --help is instant
    from lookalike.visual import pictures

    with Stage(settings, "06_visualize", inputs=INPUTS) as stage:
        grouped = stage.path_of("04_cluster")
        groups = outcome.read(grouped)
        true = catalog.read_labels(stage.path_of("00_make_labels"), groups.paths)
        matrix = features.load(stage.path_of("03_extract"), unit=True)[1][: len(groups.paths)]
        reader = prepared.read(stage.path_of("01_preprocess")).reader()
        drawn = (grouped, groups, true, matrix, reader, settings.visualize, settings.dataset)
        names, notes = pictures.draw_all(stage.draft, *drawn)
        summary = f"{', '.join(names)} of {len(groups.paths):,} photos"
        stage.publish(summary, images=len(groups.paths), counts={"pictures": len(names)}, approximations=notes)


if __name__ == "__main__":
    run(main, Settings, "06_visualize")
