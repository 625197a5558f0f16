"""What the README says is so: its table of settings, its commands, its pictures."""

import re
import runpy
from pathlib import Path

import pytest

from config import Settings
from lookalike.core.settings_table import fill, settings_table

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")


def test_generated_tables_are_up_to_date():
    tables = runpy.run_path(str(ROOT / "docs" / "tables.py"))["tables"]()
    assert fill(README, tables) == TEXT, "run: make readme"
    assert all(content in TEXT for content in tables.values()), "a table has lost its marks"


def test_every_setting_has_a_comment():
    rows = settings_table(Settings).splitlines()[2:]
    assert len(rows) > 50
    assert not [row for row in rows if not row.split(" | ")[-1].rstrip(" |")]


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make (\w+)", TEXT))))
def test_every_make_target_exists(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("script", sorted(set(re.findall(r"python (\S+\.py)", TEXT))))
def test_every_script_exists(script):
    assert (ROOT / script).is_file()


@pytest.mark.parametrize("picture", sorted(set(re.findall(r"\]\((\S+?\.(?:png|jpg))\)", TEXT))))
def test_every_picture_exists(picture):
    assert (ROOT / picture).is_file()


def test_every_flag_exists():
    flags = set(re.findall(r"--([a-z_]+(?:\.[a-z_0-9]+)+)", TEXT))
    known = set(re.findall(r"^\| `(\S+)`", settings_table(Settings), re.MULTILINE))
    assert flags <= known


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_every_place_that_a_page_names_is_there(page):
    """Names in backticks that end in .py are files of the project, where they are written in full or in the room."""
    text = page.read_text(encoding="utf-8")
    known = {path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py") if ".venv" not in path.parts}
    names = set(re.findall(r"`(?:python )?([\w/]+\.py)\b[^`]*`", text))
    missing = [name for name in names if not any(path == name or path.endswith(f"/{name}") for path in known)]
    assert not missing


def test_every_page_is_linked():
    linked = set(re.findall(r"\]\(docs/(\w+\.md)\)", TEXT))
    assert {page.name for page in (ROOT / "docs").glob("*.md")} == linked
