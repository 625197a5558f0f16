"""Group the feature vectors: output/<dataset>/03_extract -> output/<dataset>/04_cluster."""

from config import Settings
from lookalike.core import features
from lookalike.core.command_line import run
from lookalike.core.stage import Stage


def main(settings: Settings) -> None:
    from lookalike.clustering import describe, grouping, outcome  # late, so that --help is instant

    options = settings.cluster
    with Stage(settings, "04_cluster", inputs=["03_extract"]) as stage:
        paths, matrix = features.load(stage.path_of("03_extract"))
        paths, matrix = paths[: options.first], matrix[: options.first]
        outcome.require_finite(matrix, paths)
        count = options.n_clusters if options.n_clusters > 0 else max(1, round(len(paths) / options.images_per_cluster))
        found = grouping.group(options.method, matrix, count, seed=options.seed, **options.options())
        columns = describe.describe(matrix, found.labels, seed=options.seed)
        outcome.write(stage.draft, paths, found, columns)
        counts = {"clusters": found.n_clusters} | found.scores
        stage.publish(
            outcome.summary(found, options.method),
            images=len(paths),
            counts=counts,
            approximations=found.approximations,
        )


if __name__ == "__main__":
    run(main, Settings, "04_cluster")
