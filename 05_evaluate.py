"""Score the groups, with true labels where there are some: output/<dataset>/05_evaluate."""

from config import Settings
from lookalike.core.command_line import run_script
from lookalike.core.pipeline import Step
from lookalike.core.stage import Stage

INPUTS = ["00_make_labels/labels.parquet", "01_preprocess/images.parquet", "03_extract", "04_cluster", "04_found"]


def evaluate(settings: Settings) -> None:
    from lookalike.catalog import catalog  # late, so that --help is instant
    from lookalike.clustering import outcome
    from lookalike.clustering.again import regrouper
    from lookalike.core import artifacts, features
    from lookalike.evaluation import history, report
    from lookalike.evaluation.facts import advice, corrections, read_facts, summary
    from lookalike.preprocess import prepared
    from lookalike.visual.confusions import draw_confusions

    options = settings.evaluate
    with Stage(settings, "05_evaluate", inputs=INPUTS) as stage:
        labels, _, extracted, clustered, found = (stage.path_of(source.split("/")[0]) for source in INPUTS)
        groups = outcome.read(clustered)
        true = catalog.read_labels(labels, groups.paths)
        rows = features.load(extracted, groups.paths, unit=True)[1]
        made, how = read_facts(found, extracted) | corrections(clustered), artifacts.read_manifest(found).parameters
        regroup = regrouper(features.load(extracted, groups.paths)[1], how)
        scores, notes = report.evaluate(true, groups.labels, rows, options, regroup)
        head = {"title": settings.dataset, "facts": made, "advice": advice(clustered, stage.command("run_all"))}
        parts = (stage.draft, true, groups.labels, groups.paths, rows, scores, groups.called)
        confusions = report.write_report(*parts, **head, approximations=notes, n_confusions=options.n_confusions)
        if confusions:
            file, read = stage.draft / "confusions.png", prepared.open_for(stage).reader()
            draw_confusions(file, groups, true, read, n_groups=options.n_confusions)
        history.append_history(stage.folder.parent / "scores_history.csv", made | scores)
        stage.publish(summary(scores), images=len(true), counts=scores, approximations=notes)


STEPS = {"05_evaluate": Step(evaluate)}

if __name__ == "__main__":
    run_script(STEPS, Settings)
