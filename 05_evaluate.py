"""Score the groups, with true labels where there are some: output/<dataset>/05_evaluate."""

import json

from config import Settings
from lookalike.catalog import catalog
from lookalike.core import artifacts, features
from lookalike.core.command_line import run
from lookalike.core.stage import Stage
from lookalike.preprocess import prepared

INPUTS = ["00_make_labels", "03_extract", "04_cluster", "01_preprocess"]


def main(settings: Settings) -> None:
    from lookalike.clustering import outcome  # late, so that --help is instant
    from lookalike.evaluation import history, report
    from lookalike.evaluation.facts import facts, summary
    from lookalike.regroup import regrouper
    from lookalike.visual.confusions import draw_confusions

    options = settings.evaluate
    with Stage(settings, "05_evaluate", inputs=INPUTS) as stage:
        labels, extracted, clustered = map(stage.path_of, INPUTS[:3])
        groups = outcome.read(clustered)
        true = catalog.read_labels(labels, groups.paths)
        matrix = features.load(extracted, unit=True)[1][: len(groups.paths)]
        how, extract = (artifacts.read_manifest(folder).parameters for folder in (clustered, extracted))
        opened = json.loads((extracted / "description.json").read_text(encoding="utf-8"))
        opened = {name: {"weights": extract["weights"]} | one for name, one in opened.items()}
        count = clustered / "count.json"
        count = json.loads(count.read_text(encoding="utf-8")) if count.exists() else None
        made = facts(how, opened, extract["views"], count)
        regroup = regrouper(features.load(extracted)[1], how)
        scores, notes = report.evaluate(true, groups.labels, matrix, options, regroup)
        head = {"title": settings.dataset, "facts": made, "approximations": notes}
        parts = (true, groups.labels, groups.paths, matrix, scores)
        confusions = report.write_report(stage.draft, *parts, **head, n_confusions=options.n_confusions)
        if confusions:
            draw_confusions(stage.draft / "confusions.png", confusions, groups.paths, prepared.reader(settings))
        history.append_history(stage.folder.parent / "scores_history.csv", made | scores)
        stage.publish(summary(scores), images=len(true), counts=scores, approximations=notes)


if __name__ == "__main__":
    run(main, Settings, "05_evaluate")
