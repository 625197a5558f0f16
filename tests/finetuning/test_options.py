"""Settings of fine-tuning: the same value by flag and by default, and faults told before any stage runs."""

import pytest
from pydantic import ValidationError

from config import Settings
from lookalike.finetuning.options import Options, check_together
from lookalike.networks.options import Options as ExtractionOptions


def test_a_share_on_the_command_line_is_the_default(monkeypatch):
    monkeypatch.setattr("sys.argv", ["02_finetune.py", "--finetune.unfreeze", "0.25"])
    assert Settings(_cli_parse_args=True).finetune.parameters() == Settings().finetune.parameters()


@pytest.mark.parametrize(("given", "kept"), [("0.5", 0.5), (1, 1.0), ("block_13_expand", "block_13_expand")])
def test_layers_to_learn_are_a_share_or_a_name(given, kept):
    assert Options(unfreeze=given).unfreeze == kept and type(Options(unfreeze=given).unfreeze) is type(kept)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"unfreeze": "1.5"}, "a share of the layers above 0, up to 1"),
        ({"unfreeze": 0}, "a share of the layers above 0, up to 1"),
        ({"backbone": "handcrafted"}, "a network that can learn"),
        ({"backbone": "model.pb"}, "a network that can learn"),
        ({"backbone": "model.keras"}, "mobilenet_v2"),
        ({"weights": "finetuned"}, "imagenet, random or a file of weights that is there"),
        ({"tfrecords": "nowhere"}, "a folder of TFRecords that is there"),
    ],
)
def test_bad_values_are_refused(changes, words):
    with pytest.raises(ValidationError, match=words):
        Options(**changes)


def test_fine_tuning_for_nothing_is_told():
    line = check_together(True, ExtractionOptions())
    assert line.startswith("finetune.enabled: expected extract.weights finetuned beside it, found imagenet")
    assert check_together(False, ExtractionOptions()) is None
    assert check_together(True, ExtractionOptions(weights="finetuned")) is None
