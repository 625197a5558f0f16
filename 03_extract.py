"""Turn prepared photos into feature vectors: img/<dataset> -> output/<dataset>/03_extract."""

from config import Settings
from lookalike.core import artifacts, prepared, tables
from lookalike.core.command_line import run
from lookalike.core.stage import Stage, parameters_of


def main(settings: Settings) -> None:
    from lookalike.models import dataset  # late, so that --help need not load the engines

    options = settings.extract
    row_key = dataset.row_key(parameters_of(settings, "03_extract"))
    with Stage(settings, "03_extract", inputs=["01_preprocess"], row_key=row_key) as stage:
        photos = prepared.read_prepared(settings)
        extractor = dataset.open_reusing(stage.folder, stage.draft, workers=settings.run.workers, **options.model())
        published = stage.folder if stage.reusable else None
        found = dataset.extract_all(photos, stage.draft, published, extractor, run=settings.run, **options.rows())
        tables.write_csv(stage.draft / "errors.csv", {"path": found.errors, "error": found.errors.values()})
        dimension = dataset.finish(stage.draft, pca=options.pca, tsv=options.tsv)
        artifacts.write_json(stage.draft / "description.json", extractor.describe())
        counts = {"computed": found.computed, "errors": len(found.errors), "dimension": dimension}
        stage.publish(
            f"{found.images:,} vectors of {dimension:,} numbers, {found.computed:,} of them new",
            images=found.images,
            counts=counts,
        )


if __name__ == "__main__":
    run(main, Settings, "03_extract")
