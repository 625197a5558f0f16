"""List the photos and what is known about them: raw_img/<dataset> -> output/<dataset>/00_make_labels."""

from config import Settings
from lookalike.catalog import catalog, labels
from lookalike.core import tables
from lookalike.core.command_line import run
from lookalike.core.stage import Stage


def main(settings: Settings) -> None:
    options = settings.make_labels
    photos = catalog.photos_folder(settings)
    listing = catalog.find_files(photos, outside=(settings.output, settings.img))
    with Stage(settings, "00_make_labels") as stage:
        rows = catalog.examine(photos, listing, catalog.read_known(stage.folder), settings.run.workers)
        groups = catalog.duplicates(rows)
        rows = catalog.drop_duplicates(rows, groups) if options.drop_duplicates else rows
        catalog.require_some(rows, photos)
        found = labels.label(rows, photos, source=options.source, pattern=options.pattern, table=options.csv)
        catalog.write_catalog(stage.draft, rows, found.labels, listing, photos)
        catalog.write_duplicates(stage.draft, groups)
        tables.write_labels(stage.draft / "labels_true", found.labels)
        if options.products:
            products = labels.join_products([row["path"] for row in rows], options.products)
            tables.write_csv(stage.draft / "products.csv", products)
        counts = catalog.count(rows) | found.counts | {"duplicates": sum(len(group) - 1 for group in groups)}
        stage.publish(catalog.summary(counts, found.source), images=len(rows), counts=counts)


if __name__ == "__main__":
    run(main, Settings, "00_make_labels")
