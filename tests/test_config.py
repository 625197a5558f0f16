"""The settings of config.py are those that the library reads: same names, same defaults."""

import inspect
import re
from pathlib import Path
from typing import get_args

import pytest

from config import METHOD_DEFAULTS, Cluster, Preprocess, Settings, with_defaults
from lookalike.clustering import ESTIMATORS, FOLDERS, METHODS, NOISE
from lookalike.core.options import describe


@pytest.mark.parametrize("method", METHODS)
def test_defaults_of_a_method_stand_beside_it_alone(method):
    text = (Path(__file__).parents[1] / "config.py").read_text(encoding="utf-8")
    section = text[text.index("class ClusterSection") :]
    section = section[: section.index("Cluster = create_model")]
    own = set(METHODS[method].options.model_fields)
    assert not {name for name in own if re.search(rf"^ *{name}:", section, re.MULTILINE)}
    assert Settings().cluster.options(method) == METHODS[method].options(**METHOD_DEFAULTS.get(method, {}))
    parameters = inspect.signature(METHODS[method].cluster).parameters
    assert list(parameters) == ["space", "n_clusters", "options"]
    assert all(parameter.default is parameter.empty for parameter in parameters.values())


@pytest.mark.parametrize("method", METHODS)
def test_every_option_of_a_method_says_what_it_does_and_unknown_ones_are_refused(method):
    describe(METHODS[method].options)
    assert all(field.description for field in METHODS[method].options.model_fields.values())
    with pytest.raises(ValueError, match="frobnicate"):
        Settings(cluster={method: {"frobnicate": 1}})


def test_another_default_of_a_method_stays_where_others_are_set():
    options = with_defaults(METHODS["kmeans"].options, {"n_init": 7})
    assert (options().n_init, options(max_iter=5).n_init, options(n_init=2).n_init) == (7, 7, 2)
    with pytest.raises(ValueError, match="n_int"):
        with_defaults(METHODS["kmeans"].options, {"n_int": 7})
    with pytest.raises(ValueError, match="greater than or equal"):
        with_defaults(METHODS["kmeans"].options, {"n_init": 0})


def test_only_what_plays_a_part_counts():
    cluster = Settings(cluster={"method": "kmeans", "kmeans": {"n_init": 3}}).cluster
    assert cluster.parameters()["kmeans"]["n_init"] == 3
    assert not {"som", "local_match", "swept"} & set(cluster.parameters())
    assert "local_match" in Settings(cluster={"estimator": "local_match"}).cluster.parameters()


@pytest.mark.parametrize("n_clusters", [0, -2])
def test_no_groups_at_all_is_no_number(n_clusters):
    with pytest.raises(ValueError, match="-1 to have it estimated, or a number from 1"):
        Settings(cluster={"n_clusters": n_clusters})


@pytest.mark.parametrize("table", [ESTIMATORS, NOISE, FOLDERS])
def test_every_choice_can_be_loaded(table):
    assert all(callable(choice.load()) for choice in table.values())


def test_choices_are_those_of_the_tables():
    fields = Cluster.model_fields
    assert set(get_args(fields["estimator"].annotation)) == set(ESTIMATORS)
    assert set(get_args(fields["noise"].annotation)) == set(NOISE)
    assert {name for row in ESTIMATORS.values() for name in row.inputs} <= set(fields)


def test_preprocess_passes_its_settings_on():
    from lookalike.preprocess import photo, prepare_file

    accepted = {*inspect.signature(photo.prepare).parameters, *inspect.signature(prepare_file.Preparation).parameters}
    assert set(Preprocess.model_fields) <= accepted


@pytest.mark.parametrize(("text", "value"), [("224", (224, 224)), ("224,160", (224, 160))])
def test_a_size_is_one_number_or_two(monkeypatch, text, value):
    monkeypatch.setattr("sys.argv", ["01_preprocess.py", "--preprocess.size", text])
    assert Settings(_cli_parse_args=True).preprocess.size == value


def test_what_only_names_depend_on_changes_no_vector_and_no_group(tmp_path):
    files = [tmp_path / name for name in ("text.onnx", "words.txt", "top.h5", "classes.txt", "tokenizer.json")]
    for file in files:
        file.write_text("hat\n")
    text, words, top, classes, tokenizer = files
    plain, named = (
        Settings(),
        Settings(extract={"text_encoder": text, "vocabulary": words}, cluster={"head": top, "head_names": classes}),
    )
    for stage, section in (("03_extract", "extract"), ("04_found", "cluster"), ("04_sweep", "cluster")):
        one, two = getattr(plain, section), getattr(named, section)
        assert one.parameters(stage) == two.parameters(stage)
        assert two.files(stage) == []
    assert named.extract.files("03_text") == sorted([text, words, tokenizer])
    assert named.cluster.files("04_cluster") == sorted([top, classes])


@pytest.mark.parametrize(
    ("section", "given", "words"),
    [
        ("extract", {"text_encoder": "config.py"}, "a .onnx or .xml file that is there"),
        ("extract", {"vocabulary": "README.md"}, "none without extract.text_encoder"),
        ("cluster", {"head": "README.md"}, "a file of names beside cluster.head, and none"),
        ("cluster", {"head_names": "README.md"}, "beside cluster.head, and none without it"),
    ],
)
def test_settings_of_names_that_do_not_go_together_are_refused(section, given, words):
    with pytest.raises(ValueError, match=words):
        Settings(**{section: given})


def test_to_read_again_changes_no_result():
    assert Settings(make_labels={"rehash": True}).make_labels.parameters() == Settings().make_labels.parameters()


def test_whether_to_fine_tune_changes_no_result():
    enabled = Settings(finetune={"enabled": True}, extract={"weights": "finetuned"})
    assert enabled.finetune.parameters() == Settings().finetune.parameters()


def test_fine_tuning_for_nothing_is_a_bad_setting():
    with pytest.raises(ValueError, match=r"finetune\.enabled: expected extract\.weights finetuned beside it"):
        Settings(finetune={"enabled": True})


@pytest.mark.parametrize("dataset", ["", ".hidden", "a/b", "..", "a\\b"])
def test_a_dataset_is_the_name_of_a_folder(dataset):
    with pytest.raises(ValueError, match="dataset"):
        Settings(dataset=dataset)


@pytest.mark.parametrize(("text", "value"), [("40", 40), ("a,b", ("a", "b"))])
def test_held_out_classes_are_a_number_or_names(monkeypatch, text, value):
    monkeypatch.setattr("sys.argv", ["02_finetune.py", "--finetune.holdout_classes", text])
    assert Settings(_cli_parse_args=True).finetune.holdout_classes == value
