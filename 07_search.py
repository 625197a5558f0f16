"""Find look-alikes: output/<dataset>/03_extract -> output/<dataset>/07_search; with --query or --words, search it."""

import contextlib
import sys
from pathlib import Path

from pydantic import PositiveInt

from config import Settings
from lookalike.core.command_line import Action, run_script
from lookalike.core.pipeline import Step, run_steps
from lookalike.core.stage import Stage, edits_file, is_current, lack, recorded, require, stage_folder

LISTED = [f"00_make_labels/{name}" for name in ("catalog.parquet", "labels.parquet", "products*")]


def build(settings: Settings) -> None:
    from lookalike.catalog import catalog, products  # late, so that --help is instant
    from lookalike.core import features
    from lookalike.search import index, words

    with Stage(settings, "07_search", inputs=["03_extract", *LISTED]) as stage:
        extracted, listed = stage.path_of("03_extract"), stage.path_of("00_make_labels")
        paths, notes = features.load(extracted)[0], []
        for matrix in features.names(extracted):
            rows = features.load(extracted, name=matrix)[1]
            notes += index.build(stage.draft, rows, seed=settings.search.seed, name=matrix)
        words.write(stage.draft, paths, catalog.read_labels(listed, paths), products.read(listed))
        counts = {"matrices": len(features.names(extracted))}
        stage.publish(f"{len(paths):,} photos to search", images=len(paths), counts=counts, approximations=set(notes))


def search(settings: Settings, _: object) -> None:
    make_current(settings)
    sight = open_sight(settings)
    from lookalike.core.features import MAIN  # here, while the network opens
    from lookalike.search import shell
    from lookalike.search.opened import Asked

    crop = shell.parse_crop(settings.crop)
    if settings.text:
        require(settings, "03_text", "search")
    opened = open_matrix(settings, settings.features or MAIN, sight, reads=bool(settings.text))
    asked = Asked(
        like=[opened.named(text, crop) for text in settings.query],
        unlike=[opened.named(text) for text in settings.unlike],
        text=settings.text,
        words=settings.words,
        category=settings.category,
        group=settings.group,
        min_score=settings.min_score,
        rerank=settings.rerank,
    )
    hits = opened.find(asked, settings.top)
    shell.require_hits(hits, asked)
    shell.say(opened, hits, as_json=settings.json, null=settings.null)


def make_current(settings: Settings) -> None:
    if not is_current(settings, "07_search"):
        with contextlib.redirect_stdout(sys.stderr):  # what is printed besides the hits
            run_steps(settings, STEPS)
    require(settings, "07_search", "search")
    lacking = lack(settings, "04_cluster", "search")
    if lacking:
        print(f"07_search: groups are not told: {lacking}", file=sys.stderr)


def open_sight(settings: Settings):
    from lookalike.search.sight import Sight

    sight = Sight(stage_folder(settings, "01_preprocess"), stage_folder(settings, "03_extract"))
    if any(Path(text).is_file() for text in (*settings.query, *settings.unlike)):
        sight.open_ahead()
    return sight


def open_matrix(settings: Settings, matrix: str, sight=None, reads: bool = True):
    from lookalike.search.opened import open_dataset

    lacking = lack(settings, "04_cluster", "search")
    of_groups = [] if lacking else ["04_cluster", "04_near_duplicates"]
    names = ["00_make_labels", "01_preprocess", "03_extract", "07_search", *of_groups]
    folders = [stage_folder(settings, name) for name in names]
    texts = stage_folder(settings, "03_text") if reads and not lack(settings, "03_text", "search") else None
    return open_dataset(*folders, matrix=matrix, sight=sight, texts=texts)


def serve(settings: Settings, _: bool) -> None:
    from functools import partial

    from lookalike.core import features
    from lookalike.search import server, work
    from lookalike.search.session import Session

    def opening(matrix: str):
        opened = open_matrix(settings, matrix)
        opened.require_images()
        return opened

    make_current(settings)
    places = {name: getattr(settings, name) for name in ("dataset", "photos", "output", "img", "edits", "run")}
    sections = recorded(settings) | {"search": settings.search.model_copy(update={"enabled": True})}
    made = places | {name: each for name, each in sections.items() if name != "finetune"}
    job = partial(work.bring_up_to_date, Settings, made, Path(__file__).resolve().parent)
    matrices = features.names(stage_folder(settings, "03_extract"))
    app = server.create_app(
        Session(opening, edits_file(settings), job, matrices), stage_folder(settings, "06_visualize")
    )
    where = settings.search.model_dump(include={"host", "port", "token"})
    server.serve(app, **where, show=settings.open)


STEPS = {"07_search": Step(build, wanted=lambda settings: settings.search.enabled)}
SEARCH = {
    "query": (list[str], [], "A photo to find look-alikes of: a path in the dataset, or any file; may be repeated."),
    "text": (str, "", "What is to be seen on the photos found, in words; needs extract.text_encoder."),
    "words": (str, "", "Words that are written about the photos found: path, label, product."),
    "category": (str, "", "Category of the photos found: of the product catalogue, else the true label."),
    "group": (str, "", "Group of the photos found: its number or name, or none."),
}
HOW = {
    "unlike": (list[str], [], "A photo that those found should be unlike; may be repeated."),
    "crop": (str, "", "The part of the query to search with: x,y,width,height in its pixels."),
    "top": (PositiveInt, 20, "How many photos to find."),
    "min_score": (float, -1.0, "Least cosine of a photo found."),
    "rerank": (bool, False, "Rank the best anew by local features that they share with the query in one geometry."),
    "features": (str, "", "Vectors to compare, where there are several: features, base, finetuned or an eye."),
    "json": (bool, False, "Print JSON."),
    "open": (bool, False, "Open the page in a browser, with --serve."),
    "null": (bool, False, "Print paths alone, each ended by NUL, for xargs -0; short: -0."),
}
ACTIONS = (
    {"serve": Action(bool, False, "Serve the page and the API until Ctrl-C.", serve)}
    | {flag: Action(*row, search) for flag, row in SEARCH.items()}
    | {flag: Action(*row, None) for flag, row in HOW.items()}
)

if __name__ == "__main__":
    sys.argv[1:] = ["--null" if argument == "-0" else argument for argument in sys.argv[1:]]
    run_script(STEPS, Settings, ACTIONS)
