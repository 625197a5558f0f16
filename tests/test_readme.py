"""What the README says is so: its table of settings, its commands, its pictures."""

import re
from pathlib import Path

import pytest

from config import Settings
from lookalike.core.settings_table import BEGIN, END, settings_table

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"


def test_table_of_settings_is_that_of_the_config():
    table = README.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0].strip()
    assert table == settings_table(Settings), "run: make readme"


def test_every_setting_has_a_comment():
    rows = settings_table(Settings).splitlines()[2:]
    assert not [row for row in rows if row.rstrip(" |").endswith("|") or "|  |" in row.split("`", 2)[2][-4:]]


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make (\w+)", README.read_text(encoding="utf-8")))))
def test_every_make_target_exists(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("script", sorted(set(re.findall(r"python (\S+\.py)", README.read_text(encoding="utf-8")))))
def test_every_script_exists(script):
    assert (ROOT / script).is_file()


@pytest.mark.parametrize(
    "picture", sorted(set(re.findall(r"\]\((\S+?\.(?:png|jpg))\)", README.read_text(encoding="utf-8"))))
)
def test_every_picture_exists(picture):
    assert (ROOT / picture).is_file()


def test_every_flag_exists():
    flags = set(re.findall(r"--([a-z_]+(?:\.[a-z_0-9]+)+)", README.read_text(encoding="utf-8")))
    known = set(re.findall(r"^\| `(\S+)`", settings_table(Settings), re.MULTILINE))
    assert flags <= known
