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


def test_run_record_and_logs_stay_out_of_the_manifest(tmp_path):
    folder = fill(tmp_path / "a", "x")
    before = manifest_of(folder).digest
    (folder / "run.json").write_text('{"seconds": 3}')
    (folder / "logs").mkdir()
    (folder / "logs" / "events").write_bytes(b"times")
    assert manifest_of(folder).digest == before


@pytest.mark.parametrize("text", ["", "{", "[]", '{"stage": "x"}', json.dumps({"unknown": 1})])
def test_a_broken_manifest_means_do_the_work_again(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    assert artifacts.read_manifest(tmp_path) is None


def test_a_manifest_of_another_format_is_not_read(tmp_path, monkeypatch):
    manifest_of(fill(tmp_path / "a", "x"))
    monkeypatch.setattr(artifacts, "FORMAT", artifacts.FORMAT + 1)
    assert artifacts.read_manifest(tmp_path / "a") is None


def test_a_later_edition_of_a_stage_makes_its_results_stale_alone(tmp_path, monkeypatch):
    manifest_of(fill(tmp_path / "a", "x"))
    artifacts.write_manifest(fill(tmp_path / "b", "x"), "03_extract", {}, {}, counts={}, approximations=[])
    monkeypatch.setitem(artifacts.EDITIONS, "04_cluster", artifacts.EDITIONS.get("04_cluster", 0) + 1)
    assert artifacts.read_manifest(tmp_path / "a") is None
    assert artifacts.read_manifest(tmp_path / "b").stage == "03_extract"


def test_a_manifest_with_any_changed_byte_is_damaged(tmp_path):
    manifest_of(fill(tmp_path / "a", "x"))
    file = tmp_path / "a" / "manifest.json"
    facts = json.loads(file.read_text())
    for name, value in facts.items():
        file.write_text(json.dumps({**facts, name: [value, 1]}))
        assert artifacts.read_manifest(tmp_path / "a") is None, name
    file.write_text(json.dumps(facts))
    assert artifacts.read_manifest(tmp_path / "a")


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


def test_a_file_of_the_users_own_moves_along(tmp_path):
    final = fill(tmp_path / "final", "old")
    manifest_of(final)
    (final / "notes.txt").write_text("mine")
    (final / "mine").mkdir()
    (final / "mine" / ".hidden").write_text("mine too")
    draft = fill(tmp_path / "draft", "new")
    manifest_of(draft)
    artifacts.replace_folder(draft, final)
    assert (final / "a.txt").read_text() == "new"
    assert (final / "notes.txt").read_text() == "mine"
    assert (final / "mine" / ".hidden").read_text() == "mine too"
    again = fill(tmp_path / "again", "newest")
    (again / "a.txt").rename(again / "b.txt")
    manifest_of(again)
    artifacts.replace_folder(again, final)
    assert sorted(path.name for path in final.iterdir()) == ["b.txt", "manifest.json", "mine", "notes.txt"]


def test_an_older_result_is_replaced_whole(tmp_path):
    final = fill(tmp_path / "final", "old")
    record = {"stage": "00_make_labels", "files": {"a.txt": "sha"}, "format": 1}
    (final / "manifest.json").write_text(json.dumps(record))
    (final / "stat.parquet").write_text("times")
    (final / "notes.txt").write_text("mine")
    draft = fill(tmp_path / "draft", "new")
    (draft / "a.txt").rename(draft / "b.txt")
    manifest_of(draft)
    artifacts.replace_folder(draft, final)
    assert sorted(path.name for path in final.iterdir()) == ["b.txt", "manifest.json", "notes.txt"]


def test_removing_an_artifact_leaves_the_users_files(tmp_path):
    folder = fill(tmp_path / "a", "x")
    (folder / "deep").mkdir()
    (folder / "deep" / "b.txt").write_text("y")
    manifest_of(folder)
    (folder / "notes.txt").write_text("mine")
    artifacts.remove_own(folder)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    (folder / "notes.txt").unlink()
    manifest_of(folder)
    artifacts.remove_own(folder)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("harm", "quick", "phrase"),
    [
        (lambda file: file.unlink(), True, "a.txt is missing"),
        (lambda file: file.write_text("longer"), True, "a.txt has 6 bytes in place of 3"),
        (lambda file: file.write_text("old"), False, None),
        (lambda file: file.write_text("olD"), False, "a.txt has other bytes than were written"),
    ],
)
def test_damage_is_told_by_size_and_on_request_by_content(tmp_path, harm, quick, phrase):
    folder = fill(tmp_path / "a", "old")
    manifest = manifest_of(folder)
    harm(folder / "a.txt")
    assert list(artifacts.damage(folder, manifest)) == ([phrase] if quick else [])
    assert list(artifacts.damage(folder, manifest, digests=True)) == ([phrase] if phrase else [])
    assert list(artifacts.damage(folder, manifest, pattern="b*", digests=True)) == []


def test_links_of_an_older_format_are_not_taken_for_the_users(tmp_path):
    final = fill(tmp_path / "groups", "old link")
    (final / ".lookalike-folders.json").write_text(json.dumps(["a.txt"]))
    (final / "mine.txt").write_text("mine")
    draft = fill(tmp_path / "draft", "new")
    (draft / "a.txt").rename(draft / "b.txt")
    manifest_of(draft)
    artifacts.replace_folder(draft, final)
    assert sorted(path.name for path in final.iterdir()) == ["b.txt", "manifest.json", "mine.txt"]
