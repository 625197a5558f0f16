"""List the photos and what is known about them: raw_img/<dataset> -> output/<dataset>/00_make_labels."""

import shutil
from pathlib import Path

from config import Settings
from lookalike.core.command_line import run
from lookalike.core.stage import Stage


def main(settings: Settings) -> None:
    from lookalike.catalog import catalog, duplicates, find, labels, products  # late, so that --help is instant
    from lookalike.catalog.examine import examine
    from lookalike.core import tables

    options = settings.make_labels
    with Stage(settings, "00_make_labels", row_key=lambda parameters, inputs: "files") as stage:
        root = find.photos_folder(settings.photos, Path("raw_img") / settings.dataset, catalog.read_root(stage.folder))
        files, passed_by = find.find_files(root, results=(settings.output, settings.img))
        work, known = stage.draft / "shards", catalog.read_known(stage.folder, root)
        limits = {"max_bytes": options.max_file_mb * 2**20, "rehash": options.rehash}
        rows, _ = examine(root, files, work, known, run=settings.run, **limits)
        groups = duplicates.find(rows, root)
        rows = duplicates.drop(rows, groups) if options.drop_duplicates else rows
        catalog.require_some(rows, root)
        paths = catalog.usable_paths(rows)
        found = labels.label(paths, root, source=options.source, pattern=options.pattern, table=options.csv)
        shutil.rmtree(work)
        catalog.write(stage.draft, rows, files, root)
        catalog.write_labels(stage.draft, paths, found.labels)
        tables.write_csv(stage.draft / "duplicates.csv", duplicates.columns(groups))
        tables.write_labels(stage.draft / "labels_true", found.labels)
        if options.products:
            tables.write_csv(stage.draft / "products.csv", products.join_products(paths, options.products))
        counts = catalog.count(rows) | found.counts | {"duplicates": sum(len(group) - 1 for group in groups)}
        stage.publish(catalog.summary(counts, found.summary, passed_by), images=len(rows), counts=counts)


if __name__ == "__main__":
    run(main, Settings, "00_make_labels")
