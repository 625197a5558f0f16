"""Group the feature vectors: output/<dataset>/03_extract -> output/<dataset>/04_cluster."""

from config import Settings
from lookalike.catalog import catalog
from lookalike.core import features, tables
from lookalike.core.command_line import run
from lookalike.core.stage import Stage
from lookalike.preprocess import prepared

ACTIONS = {"sweep": (bool, False, "Compare methods and numbers of groups on these features, recommend one, and stop.")}


def main(settings: Settings) -> None:
    from lookalike import sweep  # late, so that --help is instant
    from lookalike.clustering import describe, folders, grouping, near_duplicates, number, outcome, refine

    if getattr(settings, "sweep", False):
        return sweep.run(settings)
    options = settings.cluster
    with Stage(settings, "04_cluster", inputs=outcome.inputs(options)) as stage:
        paths, matrix = features.load(stage.path_of("03_extract"))
        paths, matrix = paths[: options.first], matrix[: options.first]
        outcome.require_finite(matrix, paths)
        needs = outcome.needs(options)
        files = prepared.read(stage.path_of("01_preprocess")).files(paths) if "photos" in needs else None
        times = catalog.read_times(stage.path_of("00_make_labels"), paths) if "timestamps" in needs else None
        count, estimate = number.decide(matrix, options, files)
        given = outcome.given(options.method, photos=files, timestamps=times)
        found = grouping.group(options.method, matrix, count, seed=options.seed, **options.options(), **given)
        found = refine.refine(matrix, found, seed=options.seed, **options.refinement())
        outcome.write(stage.draft, paths, found, describe.describe(matrix, found.labels, seed=options.seed))
        copies = near_duplicates.columns(matrix, paths, similarity=options.near_duplicate, seed=options.seed)
        tables.write_csv(stage.draft / "near_duplicates.csv", copies)
        if estimate:
            number.write_count(stage.draft, estimate, count)
            print("\n".join(number.lines(estimate, count)))
        notes = [*(estimate.approximations if estimate else []), *found.approximations]
        counts = {"clusters": found.n_clusters, "near_duplicates": copies["keep"].count(False)} | found.scores
        stage.publish(outcome.summary(found, options.method), images=len(paths), counts=counts, approximations=notes)
    if options.folders != "none":
        root = catalog.read_root(stage.path_of("00_make_labels"))
        originals = [root / path for path in paths]
        folders.write_folders(stage.folder.parent / "groups", originals, found.labels, way=options.folders)


if __name__ == "__main__":
    run(main, Settings, "04_cluster", ACTIONS)
