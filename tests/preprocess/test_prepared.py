"""The folder of prepared photos belongs to one result, is tied to its table, and keeps the user's files."""

import pytest

from lookalike.core.errors import UserError
from lookalike.core.files import file_digest
from lookalike.core.tables import write_table
from lookalike.preprocess import prepared


def prepare(place, names=("a.jpg", "b.jpg"), text="photo"):
    """Publish prepared photos of these names as stage 01 does; return the stage's folder and that of the photos."""
    stage, final = place / "output" / "toys" / "01_preprocess", place / "img" / "toys"
    stage.mkdir(parents=True, exist_ok=True)
    final.parent.mkdir(parents=True, exist_ok=True)
    prepared.check_owner(final, stage)
    draft = prepared.draft_of(final)
    for name in names:
        (draft / name).write_text(text)
    blank = {"source": "", "width": 1, "height": 1, "status": "ok", "reason": "", "removed": False, "fallback": ""}
    digests = {name: file_digest(draft / name) for name in names}
    rows = [blank | {"path": n, "image": n, "digest": digests[n], "bytes": len(text)} for n in names]
    new = stage.with_name(".01_preprocess.draft")
    new.mkdir(exist_ok=True)
    prepared.write(new, rows, final)
    prepared.publish(draft, final, new / prepared.TABLE, owner=stage)
    (new / prepared.TABLE).replace(stage / prepared.TABLE)
    return stage, final


def test_photos_are_found_from_the_table_alone(tmp_path):
    stage, final = prepare(tmp_path / "one")
    found = prepared.read(stage)
    assert found.files(["b.jpg"]) == [final / "b.jpg"]
    (tmp_path / "one").rename(tmp_path / "two")  # moved as a whole
    moved = prepared.read(tmp_path / "two" / "output" / "toys" / "01_preprocess")
    assert moved.files(["a.jpg"])[0].read_text() == "photo"


@pytest.mark.parametrize("harm", ["deleted", "cut", "other photos", "gone"])
def test_photos_that_are_not_those_of_the_table_are_refused(tmp_path, harm):
    stage, final = prepare(tmp_path)
    assert prepared.is_intact(stage)
    if harm == "deleted":
        (final / "a.jpg").unlink()
    elif harm == "cut":
        (final / "a.jpg").write_text("p")
    elif harm == "gone":
        final.rename(tmp_path / "elsewhere")
    else:
        draft = prepared.draft_of(final)
        (draft / "a.jpg").write_text("other")
        write_table(tmp_path / "t.parquet", {"image": ["a.jpg"]})
        prepared.publish(draft, final, tmp_path / "t.parquet", owner=stage)
    assert not prepared.is_intact(stage)
    with pytest.raises(UserError, match=r"run python 01_preprocess\.py"):
        prepared.read(stage)


def test_photos_prepared_elsewhere_are_not_those_asked_for(tmp_path):
    stage, final = prepare(tmp_path)
    assert prepared.is_intact(stage, final)
    assert not prepared.is_intact(stage, tmp_path / "other" / "toys")


def test_two_results_do_not_take_turns_in_one_folder(tmp_path):
    _, final = prepare(tmp_path)
    with pytest.raises(UserError, match="pass --img DIR"):
        prepared.check_owner(final, tmp_path / "results" / "toys" / "01_preprocess")
    prepared.check_owner(final, tmp_path / "output" / "toys" / "01_preprocess")
    (tmp_path / "output").rename(tmp_path / "gone")
    prepared.check_owner(final, tmp_path / "results" / "toys" / "01_preprocess")  # whose owner is gone is free


def test_a_folder_of_someone_else_is_not_touched(tmp_path):
    (tmp_path / "img" / "toys").mkdir(parents=True)
    (tmp_path / "img" / "toys" / "mine.jpg").write_text("mine")
    with pytest.raises(UserError, match="found other files: move them or pass --img DIR"):
        prepare(tmp_path)


def test_the_users_files_move_along_and_old_photos_go(tmp_path):
    _, final = prepare(tmp_path)
    (final / "notes.txt").write_text("mine")
    prepare(tmp_path, names=("b.jpg", "c.jpg"))
    assert sorted(path.name for path in final.iterdir() if path.name[0] != ".") == ["b.jpg", "c.jpg", "notes.txt"]


def test_a_crash_between_photos_and_table_leaves_nothing_over(tmp_path):
    stage, final = prepare(tmp_path)
    draft = prepared.draft_of(final)
    (draft / "crashed.jpg").write_text("photo")
    write_table(tmp_path / "t.parquet", {"image": ["crashed.jpg"]})
    prepared.publish(draft, final, tmp_path / "t.parquet", owner=stage)  # and the stage's folder is never replaced
    prepare(tmp_path)
    assert sorted(path.name for path in final.iterdir() if path.name[0] != ".") == ["a.jpg", "b.jpg"]
