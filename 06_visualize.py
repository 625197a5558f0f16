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
    from lookalike.visual.pictures import Photos, draw_all

    with Stage(settings, "06_visualize", inputs=INPUTS) as stage:
        labels, _, extracted, grouped = map(stage.path_of, INPUTS)
        groups = outcome.read(grouped)
        true = catalog.read_labels(labels, groups.paths)
        matrix = features.load(extracted, unit=True)[1][: len(groups.paths)]
        read = prepared.reader(settings)
        photos = Photos(groups.paths, true, groups.labels, matrix, groups.distances, read)
        names, notes = draw_all(stage.draft, grouped, photos, settings.visualize, settings.dataset)
        summary = f"{', '.join(names)} of {len(groups.paths):,} photos"
        stage.publish(summary, images=len(groups.paths), counts={"pictures": len(names)}, approximations=notes)


if __name__ == "__main__":
    run(main, Settings, "06_visualize")
