"""Settings know the files they name, whose content their result depends on."""

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import ValidationError

from lookalike.core.options import NamesFile, Options, describe


class Inner(Options):
    table: Path | None = None


class Network(Options):
    backbone: Annotated[str, NamesFile] = "small"
    weights: str = "imagenet"
    inner: Inner = Inner()


def test_files_are_the_marked_and_the_paths_that_exist(tmp_path):
    (tmp_path / "model.pb").touch()
    (tmp_path / "saved").mkdir()
    options = Network(backbone=str(tmp_path / "saved"), weights=str(tmp_path / "model.pb"))
    assert options.files("03_extract") == [tmp_path / "saved"]
    assert Network(inner={"table": tmp_path / "model.pb"}).files("03_extract") == [tmp_path / "model.pb"]
    assert Network().files("03_extract") == []


def test_unknown_names_and_changes_are_refused():
    with pytest.raises(ValidationError):
        Network(backbon="x")
    with pytest.raises(ValidationError):
        Network().backbone = "x"


def test_the_text_below_a_setting_describes_it_in_sections_and_subclasses():
    from config import Settings

    describe(Settings)
    top = Settings.model_fields
    assert top["photos"].description == "Folder of photos to read in place of raw_img/<dataset>."
    kmeans = top["cluster"].annotation.model_fields["kmeans"].annotation.model_fields
    assert kmeans["components"].description == "Principal axes kept; 0: all."  # of the class above it
    assert all(field.description for section in top.values() for field in fields_of(section))


def fields_of(section):
    return getattr(section.annotation, "model_fields", {}).values()
