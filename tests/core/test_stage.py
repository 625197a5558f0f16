"""A stage publishes whole or not at all, and says which command to run when its inputs are out of step."""

from types import SimpleNamespace

import pytest

from lookalike.core import stage as stages
from lookalike.core.artifacts import read_manifest
from lookalike.core.errors import UserError
from lookalike.core.options import Options
from lookalike.core.stage import Stage, command, faults, is_current, stage_folder


class Section(SimpleNamespace):
    def parameters(self, stage):
        return vars(self)

    def files(self, stage):
        return getattr(self, "named", [])


@pytest.fixture
def settings(tmp_path):
    sections = {info.section: Section() for info in stages.STAGES.values()}
    return SimpleNamespace(dataset="shoes", output=tmp_path, **sections)


def run(settings, name, text="x", names=("a.txt",), **options):
    with Stage(settings, name, **options) as stage:
        for file in names:
            (stage.draft / file).write_text(text)
        stage.publish("done", images=3, counts={})


def run_chain(settings):
    run(settings, "00_make_labels", names=["catalog.parquet", "labels.parquet"])
    run(settings, "01_preprocess", inputs=["00_make_labels/catalog.parquet"])
    run(settings, "03_extract", inputs=["01_preprocess"])


def enter(settings, name, **options):
    with Stage(settings, name, **options):
        pass


def test_the_closing_line_has_counts_rate_and_path(settings, capsys):
    run(settings, "00_make_labels")
    line = capsys.readouterr().out
    assert line.startswith("00_make_labels: done, ")
    assert "images/s" in line
    assert str(settings.output / "shoes" / "00_make_labels") in line


def test_a_missing_input_names_the_command(settings):
    with pytest.raises(UserError, match=r"needs 03_extract.*run python 03_extract\.py --dataset shoes"):
        enter(settings, "04_cluster", inputs=["03_extract"])


def test_an_older_input_names_the_command(settings):
    run_chain(settings)
    run(settings, "01_preprocess", "other", inputs=["00_make_labels"])
    with pytest.raises(UserError, match=r"03_extract is older than 01_preprocess: run python 03_extract\.py"):
        enter(settings, "04_cluster", inputs=["03_extract"])


def test_an_identical_rerun_leaves_later_stages_current(settings):
    run_chain(settings)
    run(settings, "00_make_labels", names=["catalog.parquet", "labels.parquet"])
    run(settings, "01_preprocess", inputs=["00_make_labels/catalog.parquet"])
    assert is_current(settings, "03_extract")
    enter(settings, "04_cluster", inputs=["03_extract"])


def test_only_a_change_of_the_files_that_are_read_counts(settings):
    run_chain(settings)
    with Stage(settings, "00_make_labels") as stage:
        (stage.draft / "catalog.parquet").write_text("x")
        (stage.draft / "labels.parquet").write_text("other labels")
        stage.publish("relabelled", images=3, counts={})
    assert is_current(settings, "01_preprocess")
    assert is_current(settings, "03_extract")


def test_other_parameters_or_inputs_make_a_stage_stale(settings):
    run_chain(settings)
    assert is_current(settings, "03_extract")
    settings.extract.backbone = "vgg16_fc1"
    assert not is_current(settings, "03_extract")
    run(settings, "00_make_labels", "other", names=["catalog.parquet", "labels.parquet"])
    assert not is_current(settings, "01_preprocess")


def test_a_file_or_folder_named_by_a_setting_counts_by_its_content(settings, tmp_path):
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "model.pb").write_text("a")
    settings.extract.named = [tmp_path / "saved"]
    settings.extract.parameters = lambda stage: {}
    run(settings, "03_extract")
    assert is_current(settings, "03_extract")
    (tmp_path / "saved" / "model.pb").write_text("b")
    assert not is_current(settings, "03_extract")


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
def test_unfinished_work_is_taken_up_only_with_the_same_row_key(settings, key, kept):
    with pytest.raises(RuntimeError), Stage(settings, "03_extract", row_key=lambda *made: "same") as stage:
        stage.work.mkdir(parents=True)
        (stage.work / "shard").touch()
        raise RuntimeError
    with Stage(settings, "03_extract", row_key=lambda *made: key) as stage:
        assert (stage.work / "shard").exists() is kept
        assert len(list(stage.work.parent.glob("*"))) == kept
        stage.publish("done", images=1, counts={})
    assert not stage.work.parent.exists()


def test_rows_of_a_published_result_serve_only_with_the_same_row_key(settings):
    run(settings, "03_extract", row_key=lambda *made: "same")
    with Stage(settings, "03_extract", row_key=lambda *made: "same") as stage:
        assert stage.published == stage.folder
    with Stage(settings, "03_extract", row_key=lambda *made: "other") as stage:
        assert stage.published is None


def test_a_stage_starts_with_an_empty_draft(settings):
    with pytest.raises(RuntimeError), Stage(settings, "04_cluster") as stage:
        (stage.draft / "half").touch()
        raise RuntimeError
    with Stage(settings, "04_cluster") as stage:
        assert not (stage.draft / "half").exists()


def test_an_input_that_changes_meanwhile_is_no_result(settings):
    run_chain(settings)
    with pytest.raises(UserError, match="01_preprocess changed while 03_extract worked on it"):  # noqa: SIM117
        with Stage(settings, "03_extract", inputs=["01_preprocess"]) as stage:
            run(settings, "01_preprocess", "other", inputs=["00_make_labels/catalog.parquet"])
            stage.publish("done", images=1, counts={})


@pytest.mark.parametrize("harm", ["cut", "flipped", "deleted"])
def test_a_damaged_input_is_refused_with_the_command(settings, harm):
    run(settings, "03_extract", names=["a.npy"])
    file = stage_folder(settings, "03_extract") / "a.npy"
    file.unlink() if harm == "deleted" else file.write_text("" if harm == "cut" else "y")
    assert is_current(settings, "03_extract") is (harm == "flipped")
    assert len(list(faults(settings, "03_extract"))) == 1
    with pytest.raises(UserError, match=r"04_cluster needs 03_extract as it was written.*run python 03_extract\.py"):
        enter(settings, "04_cluster", inputs=["03_extract/a*"])


def test_approximations_are_printed_and_recorded_and_facts_of_the_run_stay_out(settings, capsys):
    with Stage(settings, "04_cluster") as stage:
        counts, run_facts = {"clusters": 2}, {"computed": 1}
        stage.publish("done", images=1, counts=counts, run=run_facts, approximations=["mini-batch"], notes=["look"])
    said = capsys.readouterr().out
    assert "04_cluster: approximation: mini-batch" in said
    assert "04_cluster: look" in said
    manifest = read_manifest(stage_folder(settings, "04_cluster"))
    assert manifest.approximations == ["mini-batch"]
    assert manifest.counts == {"images": 1, "clusters": 2}
    assert "computed" in (stage_folder(settings, "04_cluster") / "run.json").read_text()


def test_what_people_said_is_an_input_that_may_be_absent(settings):
    settings.edits = settings.output / "edits"
    run(settings, "04_cluster", inputs=["edits"])
    run(settings, "05_evaluate", inputs=["04_cluster"])
    assert is_current(settings, "04_cluster")
    settings.edits.mkdir()
    stages.edits_file(settings).write_text("{}")
    assert not is_current(settings, "04_cluster")
    with pytest.raises(UserError, match=r"04_cluster is older than edits: run python 04_cluster\.py"):
        enter(settings, "05_evaluate", inputs=["04_cluster"])
    run(settings, "04_cluster", inputs=["edits"])
    assert is_current(settings, "04_cluster")


def test_a_command_has_the_flags_in_use(tmp_path):
    class Places(Options):
        dataset: str = "sample"
        photos: str | None = None
        output: str = "output"
        img: str = "img"

    assert command(Places(), "04_folders") == "python 04_cluster.py --dataset sample"
    places = Places(dataset="shoes", output="my results", photos="p")
    assert command(places, "03_extract") == ("python 03_extract.py --dataset shoes --photos p --output 'my results'")
