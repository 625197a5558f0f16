"""Make photos upright, small and, if asked, without background: raw_img/<dataset> -> img/<dataset>."""

from config import Settings
from lookalike.catalog import catalog
from lookalike.core import tables
from lookalike.core.command_line import run
from lookalike.core.stage import Stage
from lookalike.preprocess import prepared


def main(settings: Settings) -> None:
    from lookalike.preprocess import preparation  # late, so that --help is instant
    from lookalike.visual.preparation_sheet import draw_sheet

    options = settings.preprocess.parameters()
    photos, final = catalog.photos_folder(settings), prepared.image_folder(settings)
    with Stage(settings, "01_preprocess", inputs=["00_make_labels"], row_key=preparation.row_key) as stage:
        rows = catalog.read_good(stage.path_of("00_make_labels"))
        folder = prepared.open_draft(final, resumed=stage.resumed)
        published = stage.folder / prepared.TABLE if stage.reusable and prepared.is_intact(settings) else None
        known = preparation.known_rows(published, final, stage.draft, folder)
        new = preparation.prepare_all(rows, photos, folder, stage.draft, known, run=settings.run, **options)
        table = preparation.finish_table(stage.draft, folder, [row["path"] for row in rows])
        counts = preparation.count(table) | {"new": new}
        preparation.require_some(counts)
        tables.write_csv(stage.draft / "quarantine.csv", preparation.quarantine(table))
        shown = preparation.tiles_shown(table, photos, options)
        said = {"n_prepared": counts["prepared"], "n_fallbacks": counts["fallbacks"]}
        draw_sheet(stage.draft / "sheet.png", *shown, **said, background=options["background"])
        prepared.publish(folder, final, stage.draft)
        stage.publish(preparation.summary(counts), images=len(rows), counts=counts)


if __name__ == "__main__":
    run(main, Settings, "01_preprocess")
