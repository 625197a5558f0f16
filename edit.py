"""Correct groups from the shell: name, merge, split, lock or confirm them, move photos, undo.

GROUP is a number or a name in output/<dataset>/04_cluster/clusters.csv, PATH a photo in it.
"""

import runpy
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path

from config import Settings
from lookalike.core.command_line import checked, guard
from lookalike.core.options import describe
from lookalike.core.stage import edits_file, recorded, stage_folder

OPERATIONS = {  # name: (function of lookalike.edits.compose, its words, comment)
    "name": ("call", ("group", "text"), "name a group; '' takes the name away"),
    "merge": ("merge", ("group", "groups"), "make one group of several"),
    "move": ("move", ("group", "paths"), "move photos to a group, or to 'none'"),
    "split": ("split", ("paths",), "make a group of photos"),
    "lock": ("lock", ("group",), "keep the photos of a group together"),
    "confirm": ("confirm", ("group",), "say that a group is right"),
    "undo": ("undo", (), "take back the last edit that stands"),
}
PLACES = ("dataset", "output", "img", "edits")


def parser() -> ArgumentParser:
    describe(Settings)
    top = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    for place in PLACES:
        top.add_argument(f"--{place}", help=Settings.model_fields[place].description)
    operations = top.add_subparsers(dest="operation", required=True)
    for name, (_, words, comment) in OPERATIONS.items():
        operation = operations.add_parser(name, help=comment, description=comment)
        for word in words:
            several = word.endswith("s")
            operation.add_argument(word, metavar=word.rstrip("s").upper(), nargs="+" if several else None)
    return top


def edit(settings: Settings, operation: str, words: list[str]) -> None:
    from lookalike.catalog import catalog
    from lookalike.clustering import outcome
    from lookalike.edits import compose, log

    path, say = edits_file(settings), getattr(compose, OPERATIONS[operation][0])
    if operation == "undo":
        row = say(log.read(path).rows)
    else:
        groups = outcome.read(stage_folder(settings, "04_cluster"))
        sha256s = catalog.read_digests(stage_folder(settings, "00_make_labels"), groups.paths)
        seen = compose.Seen(groups.paths, sha256s, groups.labels, groups.distances, groups.names)
        row = say(seen, *words)
    log.append(path, [row])
    print(f"edit: {row['op']} of {len(row['photos']):,} photos -> {path}", flush=True)
    correct = runpy.run_path(str(Path(__file__).with_name("04_cluster.py")))["STEPS"]["04_cluster"]
    correct.run(settings)


def main() -> None:
    asked = vars(parser().parse_args())
    places = {place: asked[place] for place in PLACES if asked[place] is not None}
    made = recorded(checked(Settings, **places)).get("cluster", {})
    named = {"names": made["names"]} if "names" in made else {}  # other groups keep being called as they were
    settings = checked(Settings, **places, cluster=named)
    words = [asked[word] for word in OPERATIONS[asked["operation"]][1]]
    flat = [text for word in words for text in ([word] if isinstance(word, str) else word)]
    guard("edit", lambda: edit(settings, asked["operation"], flat))


if __name__ == "__main__":
    main()
