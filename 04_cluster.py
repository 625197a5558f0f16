"""Group the feature vectors and correct the groups: output/<dataset>/03_extract, edits -> output/<dataset>/04_cluster.

Besides: near copies, folders, the grouping as it was found.
"""

from functools import cache
from pathlib import Path

from config import Cluster, Run, Settings
from lookalike.core.command_line import Action, run_script
from lookalike.core.pipeline import Step
from lookalike.core.stage import EDITS, Stage, edits_file, stage_folder

CATALOG, LABELS, FILES, WRITTEN = (
    f"00_make_labels/{name}.parquet" for name in ("catalog", "labels", "files", "written")
)
IMAGES, FEATURES, COPIES = "01_preprocess/images.parquet", "03_extract/features*", "04_near_duplicates/*.parquet"
VOCABULARY, BELOW = "03_text/vocabulary*", ("00_make_labels", "03_extract")


def find_near_duplicates(settings: Settings) -> None:
    from lookalike.catalog import catalog  # late, so that --help is instant
    from lookalike.clustering import near_duplicates
    from lookalike.preprocess import prepared

    options = settings.cluster
    with Stage(settings, "04_near_duplicates", inputs=[CATALOG, IMAGES, FEATURES]) as stage:
        paths, space = open_space(settings, stage, options.first, options.seed)
        sizes = catalog.read_sizes(stage.path_of("00_make_labels"), paths)
        groups = near_duplicates.find(space, paths, prepared.open_for(stage).reader(), sizes, options.near_duplicate)
        near_duplicates.write(stage.draft, space, paths, groups)
        copies = sum(len(group) - 1 for group in groups)
        stage.publish(f"{copies:,} near copies", images=len(paths), counts={"near_duplicates": copies})


def find_groups(settings: Settings) -> None:
    from lookalike.catalog import catalog
    from lookalike.clustering import grouping, near_duplicates, number, outcome
    from lookalike.preprocess import prepared

    options = settings.cluster
    needs = outcome.needs(options)
    beside = {"photos": IMAGES, "timestamps": FILES, "copies": COPIES}
    with Stage(settings, "04_found", inputs=[CATALOG, FEATURES, *(beside[need] for need in sorted(needs))]) as stage:
        paths, space = open_space(settings, stage, options.first, options.seed)
        listed = stage.path_of("00_make_labels")
        space.photos = prepared.open_for(stage).files(paths) if "photos" in needs else None
        space.timestamps = catalog.read_times(listed, paths) if "timestamps" in needs else None
        copies = near_duplicates.read(stage.path_of("04_near_duplicates"), paths) if "copies" in needs else []
        space.require_finite(paths)
        result, description, count, estimate = grouping.group(space, copies, options)
        outcome.write_found(stage.draft, paths, result, description)
        if estimate:
            number.write_count(stage.draft, estimate, count)
        notes = [*number.lines(estimate, count), *result.notes]
        counts = {"clusters": result.n_clusters} | result.scores
        words = f"{outcome.summary(result.labels)} by {options.method}"
        stage.publish(words, images=len(paths), counts=counts, approximations=result.approximations, notes=notes)


def correct(settings: Settings) -> None:
    from lookalike.catalog import catalog
    from lookalike.clustering import describe, outcome
    from lookalike.core import artifacts, files
    from lookalike.edits import apply, confirmed, log, report

    with Stage(settings, "04_cluster", inputs=[CATALOG, FEATURES, "04_found", EDITS, *for_names(settings)]) as stage:
        said = log.read(edits_file(settings))
        found, listed, extracted = map(stage.path_of, ("04_found", *BELOW))
        paths, as_found, description = outcome.read_found(found)
        sha256s = catalog.read_digests(listed, paths)
        labels, called, became = apply.apply(as_found, sha256s, said.rows)
        named, unused = find_names(stage, settings.cluster, paths, labels, called)
        if (labels != as_found).any():
            how = artifacts.read_manifest(found).parameters
            space = open_space(settings, stage, how["first"], how["seed"])[1]
            description = describe.describe(space, labels)
        outcome.write(stage.draft, found, labels, named, description, catalog.read(listed).usable["path"].to_pylist())
        words, counts = outcome.summary(labels), {"clusters": int(labels.max(initial=-1)) + 1}
        taught = artifacts.read_manifest(extracted).parameters["weights"] == "finetuned"
        advice = {} if taught else confirmed.advice(sha256s, said.rows, counts["clusters"])
        if said.rows or said.faults:
            files.write_json(stage.draft / report.NAME, report.as_json(became, said.faults, advice))
            words += f", {report.phrase(became)}"
        notes = [*unused, *report.lines(became, said.faults, advice, stage.command("run_all"))]
        stage.publish(words, images=len(paths), counts=counts, notes=notes)
        opened.cache_clear()  # nobody needs the space from here on, nor its workers


def find_names(stage: Stage, options: Cluster, paths: list[str], labels, said: dict[int, str]):
    from lookalike.clustering import names, sources

    opened, unused = sources.open_sources(options, paths, labels, *map(stage.path_of, (*BELOW, "03_text")))
    return names.name_groups(labels, said, opened), unused


def for_names(settings: Settings) -> list[str]:
    seen = settings.cluster.head or stage_folder(settings, "03_text").exists()
    return [WRITTEN, VOCABULARY, *(["03_extract"] if seen else [])]  # names may come from vectors of one eye alone


def take_in_edits(settings: Settings, file: Path) -> None:
    from lookalike.catalog import catalog
    from lookalike.edits import log

    path = edits_file(settings)
    known = catalog.read(stage_folder(settings, "00_make_labels")).rows["sha256"].to_pylist()
    new, faults = log.take_in(path, file, set(known))
    print("\n".join([*faults, f"{new:,} new edits of {file} -> {path}"]), flush=True)
    correct(settings)


def make_folders(settings: Settings) -> None:
    from lookalike.catalog import catalog
    from lookalike.clustering import folders, outcome
    from lookalike.core import artifacts

    if settings.cluster.folders == "none":
        return artifacts.remove_own(stage_folder(settings, "04_folders"))
    with Stage(settings, "04_folders", inputs=[FILES, "04_cluster/clusters.parquet"]) as stage:
        groups = outcome.read(stage.path_of("04_cluster"))
        root = catalog.read_root(stage.path_of("00_make_labels"))
        photos = [root / path for path in groups.paths]
        folders.write_folders(stage.draft, stage.folder, photos, groups.labels, settings.cluster.folders)
        stage.publish("folders of the groups", images=len(photos), counts={})


def sweep(settings: Settings, asked: bool) -> None:
    from lookalike.catalog import catalog
    from lookalike.clustering import again, number
    from lookalike.evaluation.sweep import sweep, tried_numbers
    from lookalike.preprocess import prepared
    from lookalike.visual.sheet import draw_best

    options = settings.cluster
    with Stage(settings, "04_sweep", inputs=[LABELS, IMAGES, FEATURES]) as stage:
        paths, space = open_space(settings, stage, options.first, options.seed)
        true = catalog.read_labels(stage.path_of("00_make_labels"), paths)
        levels = [] if options.n_clusters > 0 else number.estimate(space, "combined").levels
        numbers = tried_numbers(options.n_clusters, map(vars, levels))
        ways = again.ways(options.ways(), numbers)
        ranking = sweep(stage.draft, ways, space.features, true, numbers=numbers, seed=options.seed)
        draw_best(stage.draft, ranking.candidates, paths, prepared.open_for(stage).reader())
        counts = {"ways": len(ranking.candidates), "tied": ranking.n_tied}
        stage.publish(f"recommended: {ranking.reason}", images=len(paths), counts=counts)


def open_space(settings: Settings, stage: Stage, first: int | None, seed: int):
    features = (stage.path_of("03_extract"), stage.inputs[FEATURES])
    return opened(*features, first, seed, settings.run, stage.shared_work)


@cache  # the steps of a run share the space: what it computes once serves all
def opened(folder: Path, digest: str, first: int | None, seed: int, run: Run, work: Path):
    from lookalike.clustering.space import Space
    from lookalike.core import features
    from lookalike.core.crew import Crew

    paths = features.load(folder)[0][:first]
    return paths, Space(Crew(run, work).share(features.load(folder, paths)[1]), seed=seed)


def wants_folders(settings: Settings) -> bool:
    return settings.cluster.folders != "none" or stage_folder(settings, "04_folders").exists()


STEPS = {
    "04_near_duplicates": Step(find_near_duplicates),
    "04_found": Step(find_groups),
    "04_cluster": Step(correct),
    "04_folders": Step(make_folders, wanted=wants_folders),
}
SWEEP = "Compare methods and numbers of groups on these features, recommend one, and stop."
TAKE_IN = "Take in the corrections of this file, such as the page exports, correct the groups as found, and stop."
ACTIONS = {
    "sweep": Action(bool, False, SWEEP, sweep),
    "apply_edits": Action(Path | None, None, TAKE_IN, take_in_edits),
}

if __name__ == "__main__":
    run_script(STEPS, Settings, ACTIONS)
