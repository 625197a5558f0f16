"""Make photos upright, small and, if asked, without background: raw_img/<dataset> -> img/<dataset>."""

import shutil
from pathlib import Path

from config import Settings
from lookalike.core.command_line import run
from lookalike.core.stage import Stage


def main(settings: Settings) -> None:
    from lookalike.catalog import catalog  # late, so that --help is instant
    from lookalike.catalog.memory import MemoryBudget
    from lookalike.core import tables
    from lookalike.preprocess import preparation, prepared
    from lookalike.preprocess.prepare_file import Preparation
    from lookalike.preprocess.tiles import Tiles
    from lookalike.visual.preparation_sheet import draw_sheet

    options = settings.preprocess.parameters()
    final = Path(settings.img) / settings.dataset
    with Stage(settings, "01_preprocess", inputs=["00_make_labels"], row_key=preparation.row_key) as stage:
        photos = catalog.read(stage.path_of("00_make_labels"))
        rows = photos.usable.to_pylist()
        folder, memory = prepared.open_draft(final), MemoryBudget(settings.run.decode_mb * 2**20)
        form = {key: options.pop(key) for key in ("format", "quality")}
        how = Preparation(photos.root, folder, **form, options=options, memory=memory)
        known = prepared.read_known(stage.folder) if stage.reusable else []
        work, tiles = stage.draft / "shards", Tiles(row["path"] for row in rows)
        table, new = preparation.prepare_all(rows, how, work, known, final, run=settings.run, tiles=tiles)
        shutil.rmtree(work)
        preparation.require_some(table)
        counts = preparation.count(table)
        prepared.write(stage.draft, table, final)
        tables.write_csv(stage.draft / "quarantine.csv", preparation.quarantine(table))
        shown = preparation.tiles_shown(tiles, table, rows, how)
        said = {"n_prepared": counts["prepared"], "n_fallbacks": counts["fallbacks"]}
        draw_sheet(stage.draft / "sheet.png", *shown, **said, background=options["background"])
        prepared.publish(folder, final, stage.draft)
        stage.publish(preparation.summary(counts, new), images=len(rows), counts=counts)


if __name__ == "__main__":
    run(main, Settings, "01_preprocess")
