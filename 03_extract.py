"""Turn prepared photos into feature vectors: img/<dataset> -> output/<dataset>/03_extract."""

from config import Settings
from lookalike.core import features, tables
from lookalike.core.command_line import run
from lookalike.core.stage import Stage
from lookalike.preprocess import prepared


def main(settings: Settings) -> None:
    from lookalike.networks import extraction, graph, vectors  # late, so that --help is instant

    options = settings.extract
    inputs = ["01_preprocess", *(["02_finetune"] if options.weights == "finetuned" else [])]
    with Stage(settings, "03_extract", inputs=inputs, row_key=extraction.row_key) as stage:
        photos = prepared.read_prepared(settings)
        tuned = stage.path_of("02_finetune")
        workers = settings.run.workers
        extractors = extraction.open_extractors(options, stage.draft, stage.folder, tuned, workers=workers)
        graph.write_description(stage.draft, {name: each.description for name, each in extractors.items()})
        published = stage.folder if stage.reusable else None
        found = vectors.extract_all(photos, stage.draft, published, extractors, options, settings.run)
        tables.write_csv(stage.draft / "errors.csv", {"path": found.errors, "error": found.errors.values()})
        dimension = features.load(stage.draft)[1].shape[1]
        counts = {"computed": found.computed, "errors": len(found.errors), "dimension": dimension}
        summary = f"{found.images:,} vectors of {dimension:,} numbers, {found.computed:,} of them new"
        stage.publish(summary, images=found.images, counts=counts)


if __name__ == "__main__":
    run(main, Settings, "03_extract")
