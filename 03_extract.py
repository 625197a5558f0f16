"""Turn prepared photos into feature vectors: img/<dataset> -> output/<dataset>/03_extract."""

from config import Settings
from lookalike.core import artifacts, tables
from lookalike.core.command_line import run
from lookalike.core.stage import Stage
from lookalike.preprocess import prepared


def main(settings: Settings) -> None:
    from lookalike.networks import extraction  # late, so that --help is instant

    options = settings.extract
    inputs = ["01_preprocess", *(["02_finetune"] if options.weights == "finetuned" else [])]
    with Stage(settings, "03_extract", inputs=inputs, row_key=extraction.row_key) as stage:
        found = prepared.read(stage.path_of("01_preprocess"))
        photos = found.usable.to_pydict() | {"image": found.files()}
        folders = (stage.folder, stage.draft, stage.path_of("02_finetune"))
        extractors = extraction.open_extractors(*folders, workers=settings.run.workers, **options.model())
        published = stage.folder if stage.reusable else None
        found = extraction.extract_all(photos, stage.draft, published, extractors, run=settings.run, **options.rows())
        tables.write_csv(stage.draft / "errors.csv", {"path": found.errors, "error": found.errors.values()})
        dimension = extraction.finish(stage.draft, pca=options.pca, tsv=options.tsv)
        described = {name: extractor.describe() for name, extractor in extractors.items()}
        artifacts.write_json(stage.draft / "description.json", described)
        counts = {"computed": found.computed, "errors": len(found.errors), "dimension": dimension}
        summary = f"{found.images:,} vectors of {dimension:,} numbers, {found.computed:,} of them new"
        stage.publish(summary, images=found.images, counts=counts)


if __name__ == "__main__":
    run(main, Settings, "03_extract")
