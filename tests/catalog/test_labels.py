"""Labels from names, folders and tables; what does not match is unlabelled, never a crash."""

import pytest

from lookalike.catalog import labels, products
from lookalike.core.errors import UserError

PATTERN = r"^(\d+)_"


def label(paths, folder, *, source="auto", pattern=PATTERN, table=None):
    return labels.label(paths, folder, source=source, pattern=pattern, table=table)


def test_name_takes_the_whole_number_not_its_first_ten_digits():
    paths = ["10001_200000_0.jpg", "shoes/12345678901_1_1.jpg", "12345678902_1_1.jpg", "nothing.jpg"]
    assert labels.from_name(paths, PATTERN) == ["10001", "12345678901", "12345678902", ""]


@pytest.mark.parametrize("pattern", ["(", r"^\d+_"])
def test_a_pattern_without_a_group_is_one_line(pattern):
    with pytest.raises(ValueError, match="a regular expression"):
        labels.from_name(["1_2.jpg"], pattern)


def test_a_group_that_takes_no_part_is_no_label():
    assert labels.from_name(["b.jpg"], r"(a)?b") == [""]


def test_folder_is_the_one_that_holds_the_photo():
    assert labels.from_folder(["top.jpg", "hat/1.jpg", "train/shoe/2.jpg"]) == ["", "hat", "shoe"]


def test_folders_of_one_name_at_several_places_are_told_apart():
    paths = ["shoes/front/1.jpg", "bags/front/2.jpg", "bags/back/3.jpg", "top.jpg"]
    assert labels.from_folder(paths) == ["shoes/front", "bags/front", "back", ""]


def test_folders_that_split_a_set_are_no_places():
    paths = ["train/shoe/1.jpg", "test/shoe/2.jpg", "Val/hat/3.jpg", "train/4.jpg"]
    assert labels.from_folder(paths) == ["shoe", "shoe", "hat", "train"]


def test_auto_takes_folders_where_each_name_would_be_a_class(tmp_path):
    paths = [f"{'daisy' if number % 2 else 'rose'}/{1000 + number}_x.jpg" for number in range(40)]
    found = label(paths, tmp_path)
    assert (found.source, found.counts["classes"]) == ("folder", 2)
    assert "a class of its own" in found.summary
    flat = label([path.split("/")[1] for path in paths], tmp_path)
    assert flat.source == "name"


@pytest.mark.parametrize(
    ("paths", "source"),
    [
        (["1_1.jpg"] * 19 + ["x.jpg"], "name"),
        (["a/1_1.jpg"] * 9 + ["a/x.jpg"], "folder"),
        (["1_1.jpg", "x.jpg"], "none"),
        (["a/x.jpg"], "folder"),
    ],
)
def test_auto_says_what_it_takes(tmp_path, paths, source):
    assert label(paths, tmp_path).source == source


def test_csv_may_count_paths_from_the_photos_or_from_itself(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    table = tmp_path / "labels.csv"
    table.write_text(
        '\ufeffpath,label\na/1.jpg,hat\nphotos/b.jpg,shoe\n2.jpg,"Hüte, <b>"\ngone.jpg,x\n', encoding="utf-8"
    )
    found = label(["a/1.jpg", "b.jpg", "c/2.jpg", "d.jpg"], photos, table=table)
    assert found.labels == ["hat", "shoe", "Hüte, <b>", ""]
    assert found.source == "csv"
    assert found.counts == {"labelled": 3, "classes": 3, "csv_rows_without_photo": 1}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_may_be_divided_by_semicolons_or_tabs(tmp_path, delimiter):
    table = tmp_path / "labels.csv"
    table.write_text(f"path{delimiter} label\na.jpg{delimiter}hat\n")
    assert label(["a.jpg"], tmp_path, table=table).labels == ["hat"]


def test_csv_cells_may_be_of_any_length(tmp_path):
    table = tmp_path / "labels.csv"
    table.write_text(f"path,label,text\na.jpg,hat,{'x' * 200_000}\n")
    assert label(["a.jpg"], tmp_path, table=table).labels == ["hat"]


def test_a_file_name_that_occurs_twice_is_not_guessed(tmp_path):
    table = tmp_path / "labels.csv"
    table.write_text("path,label\n1.jpg,hat\n")
    assert label(["a/1.jpg", "b/1.jpg"], tmp_path, table=table).labels == ["", ""]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"file,class\n1.jpg,hat\n", "expected the columns path, label, found file, class"),
        (b"", "found none"),
        (b"path,label\n\xff\xfe,x\n", "expected UTF-8 text"),
        (b"file;class;more\n", "found file, class, more"),
    ],
)
def test_a_wrong_csv_is_one_line(tmp_path, content, line):
    (tmp_path / "labels.csv").write_bytes(content)
    with pytest.raises(UserError, match=line):
        label(["1.jpg"], tmp_path, table=tmp_path / "labels.csv")


def test_source_csv_without_a_file_says_which_flag(tmp_path):
    with pytest.raises(UserError, match=r"--make_labels\.csv FILE"):
        label(["1.jpg"], tmp_path, source="csv")
    with pytest.raises(UserError, match="expected a CSV file"):
        label(["1.jpg"], tmp_path, table=tmp_path / "gone.csv")


def test_product_catalogue_is_joined_by_file_name(tmp_path):
    table = tmp_path / "products.csv"
    table.write_text("id,genre_id,name,top_img\n7,15,Kaffeemühle,15_1.jpg\n8,15,Other,15_2.jpg\n", encoding="utf-8")
    joined = products.join_products(["x/15_1.jpg", "y.jpg"], table)
    assert joined == {
        "path": ["x/15_1.jpg"],
        "id": ["7"],
        "genre_id": ["15"],
        "name": ["Kaffeemühle"],
        "top_img": ["15_1.jpg"],
    }


def test_labels_are_those_that_unpacked_tars_would_have(tmp_path):
    paths = ["hat/1.jpg", "train/shoe/2.jpg", "3.jpg"]
    packed = ["shard-000.tar/hat/1.jpg", "shard-001.tar/train/shoe/2.jpg", "shard-001.tar/3.jpg"]
    assert labels.from_folder(packed) == labels.from_folder(paths) == ["hat", "shoe", ""]
    assert labels.choose_source(["a.tar/x.jpg", "b.tar/y.jpg"], PATTERN, None) == ("none", "")
    table = tmp_path / "labels.csv"
    table.write_text("path,label\nhat/1.jpg,one\nshard-001.tar/train/shoe/2.jpg,two\n3.jpg,three\n")
    assert labels.from_csv(packed, table, tmp_path) == (["one", "two", "three"], 0)
    twice = ["a.tar/hat/1.jpg", "b.tar/hat/1.jpg"]
    table.write_text("path,label\na.tar/hat/1.jpg,one\nhat/1.jpg,which?\n")
    assert labels.from_csv(twice, table, tmp_path) == (["one", ""], 1)
