"""The settings of config.py are those that the library reads: same names, same defaults."""

import inspect
from typing import get_args

import pytest

from config import Cluster, Preprocess, Settings
from lookalike.clustering import METHODS, load

GIVEN = {"features", "n_clusters", "seed"}


@pytest.mark.parametrize("method", METHODS)
def test_options_of_a_method_are_its_keywords(method):
    parameters = inspect.signature(load(method)).parameters
    keywords = {name: row.default for name, row in parameters.items() if name not in GIVEN | set(METHODS[method].needs)}
    assert Settings().cluster.model_copy(update={"method": method}).options() == keywords


def test_only_the_chosen_method_counts():
    cluster = Settings(cluster={"method": "kmeans", "kmeans": {"restarts": 3}}).cluster
    assert cluster.parameters()["kmeans"]["restarts"] == 3
    assert "som" not in cluster.parameters()


def test_every_estimator_can_be_chosen():
    from lookalike.clustering.count import ESTIMATORS

    assert set(get_args(Cluster.model_fields["estimator"].annotation)) == {*ESTIMATORS, "local_match"}


def test_preprocess_passes_its_settings_on():
    from lookalike.preprocess import photo, prepare_file

    accepted = {*inspect.signature(photo.prepare).parameters, *inspect.signature(prepare_file.Preparation).parameters}
    assert set(Preprocess.model_fields) <= accepted


@pytest.mark.parametrize(("text", "value"), [("224", (224, 224)), ("224,160", (224, 160))])
def test_a_size_is_one_number_or_two(monkeypatch, text, value):
    monkeypatch.setattr("sys.argv", ["01_preprocess.py", "--preprocess.size", text])
    assert Settings(_cli_parse_args=True).preprocess.size == value


def test_to_read_again_changes_no_result():
    assert Settings(make_labels={"rehash": True}).make_labels.parameters() == Settings().make_labels.parameters()


def test_whether_to_fine_tune_changes_no_result():
    assert Settings(finetune={"enabled": True}).finetune.parameters() == Settings().finetune.parameters()


@pytest.mark.parametrize("dataset", ["", ".hidden", "a/b", "..", "a\\b"])
def test_a_dataset_is_the_name_of_a_folder(dataset):
    with pytest.raises(ValueError, match="dataset"):
        Settings(dataset=dataset)


@pytest.mark.parametrize(("text", "value"), [("40", 40), ("a,b", ("a", "b"))])
def test_held_out_classes_are_a_number_or_names(monkeypatch, text, value):
    monkeypatch.setattr("sys.argv", ["02_finetune.py", "--finetune.holdout_classes", text])
    assert Settings(_cli_parse_args=True).finetune.holdout_classes == value
