"""Settings from flags and environment; one line and the right exit status for what goes wrong."""

import errno
import sys
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from lookalike.core.command_line import Action, run
from lookalike.core.errors import UserError


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Run(Section):
    progress: str = "off"


class Cluster(Section):
    method: Literal["som", "kmeans"] = "som"
    """How to group."""
    n_clusters: int = Field(-1, ge=-1)
    """How many."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="LOOKALIKE_", env_nested_delimiter="__", nested_model_default_partial_update=True, extra="forbid"
    )
    dataset: str = "sample"
    photos: str | None = None
    output: str = "output"
    img: str = "img"
    edits: str = "edits"
    cluster: Cluster = Cluster()
    extract: Section = Section()
    run: Run = Run()


def call(monkeypatch, *flags, main=lambda settings: None, name="04_cluster", **options):
    monkeypatch.setattr(sys, "argv", ["04_cluster.py", *flags])
    run(main, Settings, name, **options)


def test_config_below_environment_below_flags(monkeypatch):
    seen = []
    monkeypatch.setenv("LOOKALIKE_CLUSTER__METHOD", "kmeans")
    monkeypatch.setenv("LOOKALIKE_CLUSTER__N_CLUSTERS", "5")
    call(monkeypatch, "--cluster.n_clusters", "7", main=seen.append)
    assert seen[0].cluster == Cluster(method="kmeans", n_clusters=7)
    assert seen[0].dataset == "sample"


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (["--cluster.method", "foo"], "cluster.method: expected 'som' or 'kmeans', found 'foo'"),
        (["--cluster.n_clusters", "-2"], "cluster.n_clusters: expected greater than or equal to -1, found '-2'"),
        (["--cluster.n_clusters", "many"], "cluster.n_clusters: expected a valid integer"),
        (["--cluster.methud", "som"], "unrecognized arguments: --cluster.methud som"),
        (["--cluster.n_clusters"], "argument --cluster.n_clusters"),
    ],
)
def test_bad_settings_are_one_line_and_exit_2(monkeypatch, capsys, flags, line):
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch, *flags)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert line in error
    assert len(error.splitlines()) == 1


def test_an_unknown_setting_of_the_environment_is_refused(monkeypatch, capsys):
    monkeypatch.setenv("LOOKALIKE_CLUSTER__METHUD", "som")
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch)
    assert stop.value.code == 2
    assert "cluster.methud: expected a known setting" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (UserError("expected photos,\nfound none"), "04_cluster: expected photos, found none"),
        (OSError(errno.ENOSPC, "No space left on device", "x.npy"), "at x.npy: No space left on device; make room"),
        (OSError(errno.EACCES, "Permission denied", "out"), "at out: Permission denied"),
    ],
)
def test_a_failed_stage_is_one_line_and_exit_1(monkeypatch, capsys, error, line):
    def main(settings):
        raise error

    with pytest.raises(SystemExit) as stop:
        call(monkeypatch, main=main)
    assert stop.value.code == 1
    text = capsys.readouterr().err
    assert line in text
    assert len(text.splitlines()) == 1


def test_debug_shows_the_traceback(monkeypatch, capsys):
    def main(settings):
        raise UserError("expected, found")

    with pytest.raises(SystemExit):
        call(monkeypatch, "--debug", main=main)
    assert "Traceback" in capsys.readouterr().err


def test_a_bug_keeps_its_traceback(monkeypatch):
    def main(settings):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        call(monkeypatch, main=main)


def test_help_lists_the_stage_own_settings_with_their_comments(monkeypatch, capsys):
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch, "--help", actions={"sweep": Action(bool, False, "Compare methods.", print)})
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert "--cluster.method {som,kmeans}" in text
    assert "How to group." in text
    assert "--sweep" in text
    assert "Compare methods." in text
    assert "--extract" not in text


def test_an_action_is_done_in_place_of_the_stage(monkeypatch):
    seen, done = [], []
    sweep = Action(bool, False, "Compare methods.", lambda settings, value: seen.append((settings.dataset, value)))
    call(monkeypatch, "--sweep", main=done.append, actions={"sweep": sweep})
    assert seen == [("sample", True)]
    assert not done
    call(monkeypatch, main=done.append, actions={"sweep": sweep})
    assert len(done) == 1


def test_a_misspelt_section_of_the_environment_is_refused(monkeypatch, capsys):
    monkeypatch.setenv("LOOKALIKE_CLUSTR__METHOD", "som")
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch)
    assert stop.value.code == 2
    assert "LOOKALIKE_CLUSTR__METHOD: expected one of dataset, photos" in capsys.readouterr().err


def test_another_stages_section_of_the_environment_is_let_be(monkeypatch):
    monkeypatch.setenv("LOOKALIKE_EXTRACT__ANYTHING", "x")
    call(monkeypatch)


def test_an_old_name_of_a_setting_leads_to_the_new_one(monkeypatch, capsys):
    monkeypatch.setattr(Settings, "RENAMED", {"cluster.size": "cluster.n_clusters"}, raising=False)
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch, "--cluster.size=3")
    assert stop.value.code == 2
    assert "cluster.size: expected its new name cluster.n_clusters" in capsys.readouterr().err


def test_what_is_checked_across_sections_is_one_line_of_run_all(monkeypatch, capsys):
    class Checked(Settings):
        @model_validator(mode="after")
        def together(self):
            raise ValueError("cluster.method: expected som beside it, found kmeans")

    monkeypatch.setattr(sys, "argv", ["run_all.py"])
    with pytest.raises(SystemExit) as stop:
        run(print, Checked, None)
    assert stop.value.code == 2
    assert capsys.readouterr().err == "cluster.method: expected som beside it, found kmeans\n"


def test_a_flag_that_may_be_repeated_takes_its_values_as_they_are(monkeypatch):
    seen = []
    actions = {
        "query": Action(list[str], [], "What.", lambda settings, query: seen.append((query, settings.top))),
        "top": Action(int, 20, "How many.", None),
    }
    call(monkeypatch, "--query", "a, b.jpg", "--top", "3", "--query=[c]=d.jpg", actions=actions)
    assert seen == [(["a, b.jpg", "[c]=d.jpg"], 3)]


def test_a_flag_that_says_how_alone_runs_the_stage(monkeypatch):
    seen = []
    call(
        monkeypatch, "--top", "3", main=lambda settings: seen.append("main"), actions={"top": Action(int, 20, "", None)}
    )
    assert seen == ["main"]
