"""A stage publishes whole or not at all, and says which command to run when its inputs are out of step."""

from types import SimpleNamespace

import pytest

from lookalike.core import stage as stages
from lookalike.core.errors import UserError
from lookalike.core.stage import Stage, is_current, stage_folder


class Section(SimpleNamespace):
    def parameters(self):
        return vars(self)


@pytest.fixture
def settings(tmp_path):
    sections = {section: Section() for section in stages.STAGES.values()}
    return SimpleNamespace(dataset="shoes", output=tmp_path, **sections)


def run(settings, name, text="x", **options):
    with Stage(settings, name, **options) as stage:
        (stage.draft / "a.txt").write_text(text)
        stage.publish("done", images=3, counts={})


def run_chain(settings):
    run(settings, "00_make_labels")
    run(settings, "01_preprocess", inputs=["00_make_labels"])
    run(settings, "03_extract", inputs=["01_preprocess"])


def test_the_closing_line_has_counts_rate_and_path(settings, capsys):
    run(settings, "00_make_labels")
    line = capsys.readouterr().out
    assert line.startswith("00_make_labels: done, ")
    assert "images/s" in line
    assert str(settings.output / "shoes" / "00_make_labels") in line


def test_a_missing_input_names_the_command(settings):
    with pytest.raises(UserError, match=r"needs 03_extract.*run python 03_extract\.py --dataset shoes"):
        Stage(settings, "04_cluster", inputs=["03_extract"])


def test_an_older_input_names_the_command(settings):
    run_chain(settings)
    run(settings, "01_preprocess", "other", inputs=["00_make_labels"])
    with pytest.raises(UserError, match=r"03_extract is older than 01_preprocess: run python 03_extract\.py"):
        Stage(settings, "04_cluster", inputs=["03_extract"])


def test_an_identical_rerun_leaves_later_stages_current(settings):
    run_chain(settings)
    run(settings, "00_make_labels")
    run(settings, "01_preprocess", inputs=["00_make_labels"])
    assert is_current(settings, "03_extract")
    Stage(settings, "04_cluster", inputs=["03_extract"])


def test_other_parameters_or_inputs_make_a_stage_stale(settings):
    run_chain(settings)
    assert is_current(settings, "03_extract")
    settings.extract.backbone = "vgg16_fc1"
    assert not is_current(settings, "03_extract")
    run(settings, "00_make_labels", "other")
    assert not is_current(settings, "01_preprocess")


def test_a_file_named_by_a_setting_counts_by_its_content(settings, tmp_path):
    (tmp_path / "labels.csv").write_text("a")
    settings.make_labels.csv = str(tmp_path / "labels.csv")
    run(settings, "00_make_labels")
    assert is_current(settings, "00_make_labels")
    (tmp_path / "labels.csv").write_text("b")
    assert not is_current(settings, "00_make_labels")


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, UserError])
def test_an_interrupted_stage_leaves_the_old_result(settings, error):
    run(settings, "00_make_labels", "old")
    with pytest.raises(error), Stage(settings, "00_make_labels") as stage:
        (stage.draft / "a.txt").write_text("half")
        raise error
    assert (stage_folder(settings, "00_make_labels") / "a.txt").read_text() == "old"
    run(settings, "00_make_labels", "new")
    assert (stage_folder(settings, "00_make_labels") / "a.txt").read_text() == "new"


@pytest.mark.parametrize(("key", "kept"), [("same", True), ("other", False)])
def test_a_draft_is_taken_up_only_with_the_same_row_key(settings, key, kept):
    with pytest.raises(RuntimeError), Stage(settings, "03_extract", row_key=lambda *made: "same") as stage:
        (stage.draft / "shard").touch()
        raise RuntimeError
    with Stage(settings, "03_extract", row_key=lambda *made: key) as stage:
        assert (stage.draft / "shard").exists() is kept


def test_a_stage_without_rows_starts_with_an_empty_draft(settings):
    with pytest.raises(RuntimeError), Stage(settings, "04_cluster") as stage:
        (stage.draft / "half").touch()
        raise RuntimeError
    with Stage(settings, "04_cluster") as stage:
        assert not (stage.draft / "half").exists()


def test_two_runs_at_once_are_refused(settings):
    with Stage(settings, "00_make_labels"), pytest.raises(UserError, match="already running"):
        run(settings, "00_make_labels")


def test_approximations_are_printed_and_recorded(settings, capsys):
    with Stage(settings, "04_cluster") as stage:
        stage.publish("done", images=1, counts={"clusters": 2}, approximations=["mini-batch"])
    assert "approximation: mini-batch" in capsys.readouterr().out
    manifest = stages.read_manifest(stage_folder(settings, "04_cluster"))
    assert manifest.approximations == ["mini-batch"]
    assert manifest.counts == {"images": 1, "clusters": 2}
