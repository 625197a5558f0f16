"""Draw the groups: output/<dataset>/06_visualize."""

from config import Settings
from lookalike.core.command_line import run_script
from lookalike.core.pipeline import Step
from lookalike.core.stage import Stage

INPUTS = ["00_make_labels/labels.parquet", "01_preprocess/images.parquet", "03_extract/features*", "04_cluster"]


def visualize(settings: Settings) -> None:
    from lookalike.catalog import catalog  # late, so that --help is instant
    from lookalike.clustering import outcome
    from lookalike.core import features
    from lookalike.preprocess import prepared
    from lookalike.visual.pictures import Photos, draw_all

    with Stage(settings, "06_visualize", inputs=INPUTS) as stage:
        labels, _, extracted, grouped = (stage.path_of(source.split("/")[0]) for source in INPUTS)
        groups = outcome.read(grouped)
        true = catalog.read_labels(labels, groups.paths)
        rows = features.load(extracted, groups.paths, unit=True)[1]
        read = prepared.open_for(stage).reader()
        photos = Photos(groups.paths, true, groups.labels, rows, groups.distances, read, groups.called)
        names, notes = draw_all(stage.draft, grouped, photos, settings.visualize, settings.dataset)
        summary = f"{', '.join(names)} of {len(groups.paths):,} photos"
        stage.publish(summary, images=len(groups.paths), counts={"pictures": len(names)}, approximations=notes)


STEPS = {"06_visualize": Step(visualize)}

if __name__ == "__main__":
    run_script(STEPS, Settings)
