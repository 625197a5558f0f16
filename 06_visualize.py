"""Draw the groups: output/<dataset>/06_visualize."""

from config import Settings
from lookalike.core.command_line import run_script
from lookalike.core.pipeline import Step
from lookalike.core.stage import EDITS, Stage, edits_file

INPUTS = ["00_make_labels/labels.parquet", "01_preprocess/images.parquet", "03_extract/features*", "04_cluster"]
LISTED = (f"00_make_labels/{name}" for name in ("catalog.parquet", "files.parquet", "products*"))
OF_PAGE = [*LISTED, "03_extract", "04_near_duplicates/*.parquet", "04_found", EDITS]


def visualize(settings: Settings) -> None:
    from lookalike.catalog import catalog  # late, so that --help is instant
    from lookalike.clustering import outcome
    from lookalike.core import features
    from lookalike.preprocess import prepared
    from lookalike.visual.pictures import Photos, draw_all

    options = settings.visualize
    with Stage(settings, "06_visualize", inputs=INPUTS + (OF_PAGE if options.gallery else [])) as stage:
        labels, _, extracted, grouped = (stage.path_of(source.split("/")[0]) for source in INPUTS)
        groups = outcome.read(grouped)
        true = catalog.read_labels(labels, groups.paths)
        rows = features.load(extracted, groups.paths, unit=True)[1]
        shown = prepared.open_for(stage)
        photos = Photos(groups.paths, true, groups.labels, rows, groups.distances, shown.reader(), groups.called)
        details = page_details(settings, stage, groups, true, shown) if options.gallery else None
        names, notes = draw_all(stage.draft, grouped, photos, options, settings.dataset, details)
        notes += details.relations.approximations if details else []
        summary = f"{', '.join(names)} of {len(groups.paths):,} photos"
        stage.publish(summary, images=len(groups.paths), counts={"pictures": len(names)}, approximations=notes)


def page_details(settings: Settings, stage: Stage, groups, true: list[str], shown):
    from lookalike.clustering import relations
    from lookalike.clustering.describe import AXES
    from lookalike.clustering.space import Space
    from lookalike.core import features
    from lookalike.edits import questions
    from lookalike.evaluation.facts import page_facts
    from lookalike.visual.gallery_data import Details

    vectors = features.load(stage.path_of("03_extract"), groups.paths)[1]
    space, files = Space(vectors, seed=settings.visualize.seed), files_of(settings, stage, groups, shown)
    asked = questions.questions(groups.labels, space.rows("l2", AXES), files["copies"])
    return Details(
        dataset=settings.dataset,
        elsewhere=stage.flags_elsewhere(),
        groups=groups,
        true=true,
        relations=relations.relate(space, groups.labels),
        questions=questions.as_rows(asked),
        facts=page_facts(*map(stage.path_of, ("04_found", "03_extract", "04_cluster")), true, groups.labels),
        **files,
    )


def files_of(settings: Settings, stage: Stage, groups, shown) -> dict[str, object]:
    from lookalike.catalog import catalog, products
    from lookalike.clustering import near_duplicates, outcome
    from lookalike.core import tars
    from lookalike.core.files import relative_to
    from lookalike.edits import log, marks, report

    paths, listed = groups.paths, stage.path_of("00_make_labels")
    sha256s, said = catalog.read_digests(listed, paths), log.read(edits_file(settings)).rows
    root, names = catalog.read_root(listed), shown.names(paths)
    return {
        "sha256s": sha256s,
        "taken": catalog.read_times(listed, paths),
        "image_names": names,
        "images": relative_to(shown.root, stage.folder),
        "originals": relative_to(root, stage.folder),
        "tars": {"photos": tars.leading_through(root, paths), "images": tars.leading_through(shown.root, names)},
        "copies": near_duplicates.read(stage.path_of("04_near_duplicates"), paths),
        "products": products.read(listed),
        "marks": marks.marked_groups(groups.labels, sha256s, said),
        "log": report.history(stage.path_of("04_cluster")),
        "found": outcome.read_found(stage.path_of("04_found"))[1],
        "said": said,
    }


STEPS = {"06_visualize": Step(visualize)}

if __name__ == "__main__":
    run_script(STEPS, Settings)
