"""Artifacts are whole or absent, and a manifest says the same for the same work."""

import json

import pytest

from lookalike.core import artifacts


def fill(folder, text):
    folder.mkdir()
    (folder / "a.txt").write_text(text)
    return folder


def manifest_of(folder, parameters=None):
    return artifacts.write_manifest(folder, "04_cluster", parameters or {"k": 1}, {}, counts={}, approximations=[])


def test_identical_work_gives_identical_manifests(tmp_path):
    first, second = (manifest_of(fill(tmp_path / name, "x")) for name in "ab")
    assert first == second
    assert (tmp_path / "a" / "manifest.json").read_bytes() == (tmp_path / "b" / "manifest.json").read_bytes()


@pytest.mark.parametrize(("text", "parameters"), [("y", {"k": 1}), ("x", {"k": 2})])
def test_digest_changes_with_files_and_parameters(tmp_path, text, parameters):
    assert manifest_of(fill(tmp_path / "a", "x")).digest != manifest_of(fill(tmp_path / "b", text), parameters).digest


def test_run_record_and_times_stay_out_of_the_manifest(tmp_path):
    folder = fill(tmp_path / "a", "x")
    before = manifest_of(folder).digest
    (folder / "run.json").write_text('{"seconds": 3}')
    (folder / "stat.parquet").write_bytes(b"times")
    assert manifest_of(folder).digest == before


@pytest.mark.parametrize("text", ["", "{", "[]", '{"stage": "x"}', json.dumps({"unknown": 1})])
def test_a_broken_manifest_means_do_the_work_again(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    assert artifacts.read_manifest(tmp_path) is None


def test_a_manifest_of_another_format_is_not_read(tmp_path):
    manifest_of(fill(tmp_path / "a", "x"))
    text = (tmp_path / "a" / "manifest.json").read_text().replace('"format": 1', '"format": 0')
    (tmp_path / "a" / "manifest.json").write_text(text)
    assert artifacts.read_manifest(tmp_path / "a") is None


def test_replace_folder_leaves_the_new_one_only(tmp_path):
    fill(tmp_path / "final", "old")
    artifacts.replace_folder(fill(tmp_path / "draft", "new"), tmp_path / "final")
    assert (tmp_path / "final" / "a.txt").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["final"]


def test_a_crash_between_the_two_renames_keeps_the_old_result(tmp_path):
    fill(tmp_path / ".final.old", "old")  # what stands on disk when the machine stops after the first rename
    artifacts.recover(tmp_path / "final")
    assert (tmp_path / "final" / "a.txt").read_text() == "old"


def test_a_crash_before_the_old_result_is_removed_keeps_the_new_one(tmp_path):
    fill(tmp_path / ".final.old", "old")
    fill(tmp_path / "final", "new")
    artifacts.recover(tmp_path / "final")
    assert (tmp_path / "final" / "a.txt").read_text() == "new"
    assert not (tmp_path / ".final.old").exists()
