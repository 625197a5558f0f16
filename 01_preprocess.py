"""Make photos upright, small and, if asked, without background: raw_img/<dataset> -> img/<dataset>."""

from pathlib import Path

from config import Settings
from lookalike.core.command_line import run_script
from lookalike.core.pipeline import Step
from lookalike.core.stage import Stage, stage_folder

INPUTS = ["00_make_labels/catalog.parquet"]


def preprocess(settings: Settings) -> None:
    from lookalike.catalog import catalog  # late, so that --help is instant
    from lookalike.core import tables
    from lookalike.preprocess import preparation, prepared
    from lookalike.preprocess.tiles import Tiles
    from lookalike.visual.preparation_sheet import draw_sheet

    options, final = settings.preprocess, Path(settings.img) / settings.dataset
    with Stage(settings, "01_preprocess", inputs=INPUTS, row_key=preparation.row_key) as stage:
        stage.hold(prepared.lock_of(final), what=str(final), shared=False)
        prepared.check_owner(final, stage.folder)
        photos = catalog.read(stage.path_of("00_make_labels"))
        rows = photos.usable.to_pylist()
        how = preparation.plan(photos.root, prepared.draft_of(final), options, decode_mb=settings.run.decode_mb)
        known = prepared.read_known(stage.published) if stage.published else []
        tiles = Tiles(row["path"] for row in rows)
        table, new = preparation.prepare_all(rows, how, stage.work, known, final, run=settings.run, tiles=tiles)
        preparation.require_some(table)
        counts = preparation.count(table)
        prepared.write(stage.draft, table, final)
        tables.write_csv(stage.draft / "quarantine.csv", preparation.quarantine(table))
        shown = preparation.tiles_shown(tiles, table, rows, how)
        said = {f"n_{name}": counts[name] for name in ("prepared", "fallbacks")}
        said["n_changed"] = len(preparation.changed(table, rows))
        draw_sheet(stage.draft / "sheet.png", *shown, **said, background=options.background)
        prepared.publish(how.folder, final, stage.draft / prepared.TABLE, owner=stage.folder)
        stage.publish(preparation.summary(counts, new), images=len(rows), counts=counts, run={"new": new})


def photos_are_as_prepared(settings: Settings) -> bool:
    from lookalike.preprocess import prepared

    folder, final = stage_folder(settings, "01_preprocess"), Path(settings.img) / settings.dataset
    prepared.mend(final)
    return prepared.is_intact(folder, final)


def damaged_photos(settings: Settings) -> list[str]:
    from lookalike.preprocess import prepared

    return list(prepared.damage(stage_folder(settings, "01_preprocess")))


STEPS = {"01_preprocess": Step(preprocess, holds=photos_are_as_prepared, faults=damaged_photos)}

if __name__ == "__main__":
    run_script(STEPS, Settings)
