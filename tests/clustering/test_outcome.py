"""The published result: one table that is read, by name, and texts for people."""

from types import SimpleNamespace

import numpy as np
import pytest

from lookalike.clustering import outcome
from lookalike.clustering.result import Clustering
from lookalike.core.artifacts import write_manifest
from lookalike.core.errors import UserError
from lookalike.core.tables import read_table

PATHS = ["a.jpg", 'b, "x".jpg', "d\n.jpg"]
DESCRIPTION = {
    "confidence": np.array([1, 0.5, 0], np.float32),
    "distance": np.array([0.1, 0.25, np.nan], np.float32),
    "distance_to_next": np.array([1, 2, np.nan], np.float32),
    "is_exemplar": np.array([True, False, False]),
}


@pytest.fixture
def folder(tmp_path):
    found, folder = tmp_path / "found", tmp_path / "corrected"
    found.mkdir()
    folder.mkdir()
    clustering = Clustering(np.array([0, 0, -1]), {"linkage": np.eye(2)}, {"inertia": 2.0})
    outcome.write_found(found, PATHS, clustering, DESCRIPTION)
    write_manifest(found, "04_found", {}, {}, counts={}, approximations=[])
    all_paths = ["a.jpg", PATHS[1], "c.jpg", PATHS[2]]
    names = {0: outcome.Name('shoes, "<b>"', "products")}
    outcome.write(folder, found, clustering.labels, names, DESCRIPTION, all_paths)
    return folder


def test_the_table_is_read_back_with_its_types(folder):
    types = {field.name: str(field.type) for field in read_table(folder / "clusters.parquet").schema}
    assert types == {
        "path": "string",
        "cluster": "int32",
        "confidence": "float",
        "distance": "float",
        "distance_to_next": "float",
        "is_exemplar": "bool",
        "name": "string",
        "named_by": "string",
    }
    found = outcome.read(folder)
    assert found.paths == PATHS and found.labels.tolist() == [0, 0, -1] and found.labels.dtype == np.int32
    assert np.allclose(found.distances, DESCRIPTION["distance"], equal_nan=True)
    assert found.is_exemplar.tolist() == [True, False, False]
    assert found.names == ['shoes, "<b>"'] * 2 + [""]
    assert found.named_by == ["products", "products", ""]
    assert found.called == {0: 'shoes, "<b>"'} and found.said == {}


def test_a_group_is_called_by_its_name_else_by_its_number():
    assert [outcome.group_name(group, {3: "shoes"}) for group in (3, 4, -1)] == ["shoes", "group 4", "in no group"]


def test_what_the_method_learnt_stays_beside_the_corrected_groups(folder):
    assert np.load(folder / "linkage.npy").tolist() == [[1, 0], [0, 1]]
    assert (folder / "method_scores.json").exists()


def test_the_grouping_as_found_is_read_back(folder):
    paths, labels, description = outcome.read_found(folder.parent / "found")
    assert paths == PATHS and labels.tolist() == [0, 0, -1]
    assert list(description) == list(DESCRIPTION)


def test_a_resaved_csv_changes_nothing(folder):
    (folder / "clusters.csv").write_text("path;cluster\nz.jpg;9\n")
    assert outcome.read(folder).labels.tolist() == [0, 0, -1]


def test_labels_have_a_row_for_each_usable_photo(folder):
    assert np.load(folder / "labels_pred.npy").tolist() == [0, 0, -1, -1]
    assert (folder / "labels_pred.txt").read_text().split() == ["0", "0", "-1", "-1"]


def test_the_text_for_people_has_short_numbers_and_no_nan(folder):
    lines = (folder / "clusters.csv").read_text().splitlines()
    assert lines[0] == "path,cluster,confidence,distance,distance_to_next,is_exemplar,name,named_by"
    assert lines[1] == 'a.jpg,0,1,0.1,1,True,"shoes, ""<b>""",products'
    assert lines[-1] == '.jpg",-1,0,,,False,,'


@pytest.mark.parametrize("damage", ["missing", "cut", "foreign"])
def test_a_damaged_table_is_one_line(folder, damage):
    table = folder / "clusters.parquet"
    data = table.read_bytes()
    table.unlink()
    if damage != "missing":
        table.write_bytes(data[:200] if damage == "cut" else b"path,cluster\n")
    with pytest.raises(UserError, match=r"clusters\.parquet, found .*: run python 04_cluster\.py") as error:
        outcome.read(folder)
    assert "\n" not in str(error.value)


def test_photos_are_needed_by_a_method_or_an_estimator_that_is_used():
    usual = {"method": "kmeans", "n_clusters": -1, "estimator": "combined", "drop_near_duplicates": False}
    assert outcome.needs(SimpleNamespace(**usual)) == set()
    assert outcome.needs(SimpleNamespace(**usual | {"method": "local_match"})) == {"photos"}
    matched = usual | {"estimator": "local_match"}
    assert outcome.needs(SimpleNamespace(**matched)) == {"photos"}
    assert outcome.needs(SimpleNamespace(**matched | {"n_clusters": 3})) == set()
    assert outcome.needs(SimpleNamespace(**matched | {"method": "hierarchical"})) == {"timestamps"}
    assert outcome.needs(SimpleNamespace(**usual | {"drop_near_duplicates": True})) == {"copies"}
