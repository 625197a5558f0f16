"""Group the feature vectors: output/<dataset>/03_extract -> output/<dataset>/04_cluster."""

from config import Settings
from lookalike.catalog import catalog
from lookalike.core import features, tables
from lookalike.core.command_line import run
from lookalike.core.stage import Stage
from lookalike.preprocess import prepared

INPUTS = ["00_make_labels", "01_preprocess", "03_extract"]
ACTIONS = {"sweep": (bool, False, "Compare methods and numbers of groups on these features, recommend one, and stop.")}


def main(settings: Settings) -> None:
    from lookalike import sweep  # late, so that --help is instant
    from lookalike.clustering import folders, grouping, near_duplicates, number, outcome
    from lookalike.clustering.space import Space

    if getattr(settings, "sweep", False):
        return sweep.run(settings)
    options = settings.cluster
    with Stage(settings, "04_cluster", inputs=INPUTS) as stage:
        photos = {photo["path"]: photo for photo in catalog.read_good(stage.path_of("00_make_labels"))}
        paths, matrix = (part[: options.first] for part in features.load(stage.path_of("03_extract")))
        files = prepared.files(settings, paths) if "photos" in outcome.needs(options) else None
        times = catalog.read_times(stage.path_of("00_make_labels"), paths)
        space = Space(matrix, seed=options.seed, photos=files, timestamps=times)
        space.require_finite(paths)
        sizes = [(photos[path]["width"] * photos[path]["height"], photos[path]["size"]) for path in paths]
        copies = near_duplicates.find(space, paths, prepared.reader(settings), sizes, options.near_duplicate)
        result, description, count, estimate = grouping.group(space, copies, options)
        outcome.write(stage.draft, paths, result, description, list(photos))
        tables.write_csv(stage.draft / "near_duplicates.csv", near_duplicates.columns(space, paths, copies))
        number.write_count(stage.draft, estimate, count)
        print("".join(f"{line}\n" for line in [*number.lines(estimate, count), *result.notes]), end="")
        counts = {"clusters": result.n_clusters, "near_duplicates": sum(len(group) - 1 for group in copies)}
        words, made = outcome.summary(result, options.method), counts | result.scores
        stage.publish(words, images=len(paths), counts=made, approximations=result.approximations)
    if options.folders != "none":
        with Stage(settings, "groups", inputs=["00_make_labels", "04_cluster"]) as stage:
            originals = [catalog.photos_folder(settings) / path for path in paths]
            folders.write_folders(stage.draft, stage.folder, originals, result.labels, options.folders)
            stage.publish("folders of the groups", images=len(paths), counts={})


if __name__ == "__main__":
    run(main, Settings, "04_cluster", ACTIONS)
