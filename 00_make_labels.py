"""List the photos and what is known about them: raw_img/<dataset> -> output/<dataset>/00_make_labels."""

from pathlib import Path

from config import Settings
from lookalike.core.command_line import run_script
from lookalike.core.pipeline import Step
from lookalike.core.stage import Stage, stage_folder


def make_labels(settings: Settings) -> None:
    from lookalike.catalog import catalog, duplicates, labels, products, written  # late, so that --help is instant
    from lookalike.catalog.examine import examine
    from lookalike.core import tables

    options = settings.make_labels
    with Stage(settings, "00_make_labels", row_key=lambda parameters, inputs: options.max_file_mb) as stage:
        root, listing = list_photos(settings)
        known = catalog.read_known(stage.published, root) if stage.published else []
        limits = {"max_bytes": options.max_file_mb * 2**20, "rehash": options.rehash}
        rows, new = examine(root, listing.files, stage.work, known, run=settings.run, **limits)
        groups = duplicates.find(rows, root)
        rows = duplicates.drop(rows, groups) if options.drop_duplicates else rows
        catalog.require_some(rows, root)
        paths = catalog.usable_paths(rows)
        found = labels.label(paths, root, source=options.source, pattern=options.pattern, table=options.csv)
        catalog.write(stage.draft, rows, listing, root)
        catalog.write_labels(stage.draft, paths, found.labels)
        tables.write_csv(stage.draft / "duplicates.csv", duplicates.columns(groups))
        tables.write_labels(stage.draft / "labels_true", found.labels)
        if options.products:
            products.write(stage.draft, paths, options.products)
        written.write(stage.draft, paths, found.source)
        counts = catalog.count(rows) | found.counts | {"duplicates": sum(len(group) - 1 for group in groups)}
        summary = catalog.summary(counts, found.summary, listing.passed_by)
        stage.publish(summary, images=len(rows), counts=counts, run={"new": new})


def list_photos(settings: Settings, *, check_only: bool = False):
    from lookalike.catalog import catalog, find

    folder = stage_folder(settings, "00_make_labels")
    root = find.photos_folder(settings.photos, Path("raw_img") / settings.dataset, catalog.read_root(folder))
    known = catalog.read_tars(folder, root) if check_only else {}
    return root, find.find_files(root, results=(settings.output, settings.img), known=known)


def photos_are_as_listed(settings: Settings) -> bool:
    from lookalike.catalog import catalog

    if settings.make_labels.rehash:
        return False
    root, listing = list_photos(settings, check_only=True)
    return catalog.is_unchanged(stage_folder(settings, "00_make_labels"), listing, root)


STEPS = {"00_make_labels": Step(make_labels, holds=photos_are_as_listed)}

if __name__ == "__main__":
    run_script(STEPS, Settings)
