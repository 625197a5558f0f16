"""Steps that are up to date are left; by hand the first is done again where nothing is out of date."""

import shutil
from types import SimpleNamespace

import pytest

from lookalike.core.errors import UserError
from lookalike.core.pipeline import Step, run_all, run_steps, verify
from lookalike.core.stage import STAGES, Stage, stage_folder


class Section(SimpleNamespace):
    def parameters(self, stage):
        return {stage: getattr(self, stage, None)}

    def files(self, stage):
        return []


@pytest.fixture
def settings(tmp_path):
    return SimpleNamespace(dataset="shoes", output=tmp_path, **{info.section: Section() for info in STAGES.values()})


@pytest.fixture
def steps():
    done = []

    def step(name, inputs=()):
        def work(settings):
            done.append(name)
            with Stage(settings, name, inputs=inputs) as stage:
                (stage.draft / "a.txt").write_text(str(getattr(settings.cluster, name, "")))
                stage.publish("done", images=1, counts={})

        return Step(work)

    found = {"04_cluster": step("04_cluster"), "04_folders": step("04_folders", ["04_cluster"])}
    return found, done


def test_all_steps_run_once_then_the_first_on_request(settings, steps):
    found, done = steps
    run_steps(settings, found)
    assert done == ["04_cluster", "04_folders"]
    run_steps(settings, found)
    assert done == ["04_cluster", "04_folders", "04_cluster"]


@pytest.mark.parametrize(
    ("changed", "redone"), [("04_folders", ["04_folders"]), ("04_cluster", ["04_cluster", "04_folders"])]
)
def test_a_change_redoes_a_step_and_what_depends_on_it(settings, steps, changed, redone):
    found, done = steps
    run_steps(settings, found)
    setattr(settings.cluster, changed, "other")
    run_steps(settings, found)
    assert done == ["04_cluster", "04_folders", *redone]


def test_what_is_not_wanted_is_not_run(settings, steps):
    found, done = steps
    run_steps(settings, found | {"04_folders": found["04_folders"]._replace(wanted=lambda settings: False)})
    assert done == ["04_cluster"]


@pytest.fixture
def scripts(tmp_path, steps, monkeypatch):
    """A folder of scripts, of which 04_cluster has the steps and the others none."""
    found = steps[0]
    tables = {"04_cluster.py": found}
    monkeypatch.setattr("runpy.run_path", lambda path: {"STEPS": tables.get(path.rsplit("/")[-1], {})})
    return tmp_path


def test_verify_names_what_is_damaged(settings, steps, scripts, capsys):
    run_steps(settings, steps[0])
    verify(settings, scripts)
    assert "04_cluster: as it was written" in capsys.readouterr().out
    (stage_folder(settings, "04_folders") / "a.txt").write_text("x")
    steps[0]["04_cluster"] = steps[0]["04_cluster"]._replace(faults=lambda settings: ["a photo is missing"])
    with pytest.raises(UserError, match="found 2 damaged"):
        verify(settings, scripts)
    said = capsys.readouterr().out
    assert "04_folders: a.txt has 1 bytes in place of 0: run python 04_cluster.py" in said
    assert "04_cluster: a photo is missing" in said


def test_what_a_crash_left_of_a_publication_is_mended_and_nothing_is_done_again(settings, steps, scripts):
    found, done = steps
    run_steps(settings, found)
    results = [stage_folder(settings, name) for name in found]
    shutil.copytree(results[0], results[0].with_name(".04_cluster.old"))  # after the second of two renames
    results[1].rename(results[1].with_name(".groups.old"))  # after the first
    found["04_folders"] = found["04_folders"]._replace(wanted=lambda settings: False)
    run_all(settings, scripts)
    assert done == list(found)
    assert sorted(path.name for path in results[0].parent.iterdir()) == [".lock", "04_cluster", "groups"]
