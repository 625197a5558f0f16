"""The shape of the project: scripts are recipes, imports go one way, TensorFlow stays in its room."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = [*sorted(ROOT.glob("0[0-9]_*.py")), ROOT / "run_all.py", ROOT / "edit.py"]
MODULES = sorted((ROOT / "lookalike").rglob("*.py"))
SOURCES = [*SCRIPTS, ROOT / "config.py", *MODULES]
TENSORFLOW = {"tensorflow", "keras", "openvino"}
NETWORKS = {"networks", "finetuning"}  # the rooms of TensorFlow
SEES = {  # rooms that a room may import besides core, catalog and itself
    "finetuning": {"networks"},
    "networks": {"preprocess"},  # an eye may see photos without background
    "visual": {"clustering", "edits"},
    "search": {"clustering", "edits", "networks", "preprocess"},  # it sees a query as 01 and 03 saw the photos
}
HEAVY = {*TENSORFLOW, "sklearn", "matplotlib", "pandas", "faiss", "numba"}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(path):
    return path.relative_to(ROOT / "lookalike").parts[0]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_a_table_of_recipes(script):
    tree = ast.parse(script.read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert max(node.end_lineno - node.lineno + 1 for node in functions) <= 27
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.Try | ast.While)]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_point_one_way(module):
    allowed = {"core", "__init__.py", room(module)} | SEES.get(room(module), set())
    allowed |= {"catalog"} if room(module) != "core" else set()
    for name in imports(module):
        parts = name.split(".")
        assert parts[0] != "config", f"{module.name} imports config"
        if parts[0] == "lookalike" and len(parts) > 1 and module.parent.name != "lookalike":
            assert parts[1] in allowed, f"{module.name} imports {name}"
        assert parts[0] not in TENSORFLOW or room(module) in NETWORKS, f"{module.name} imports {name}"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_help_is_complete_and_loads_nothing_heavy(script):
    code = (
        "import runpy, sys\n"
        f"sys.argv = [{str(script)!r}, '--help']\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        f"finally: print(sorted({HEAVY!r} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
    assert "--dataset" in done.stdout


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_public_names_are_declared_and_exist(module):
    tree = ast.parse(module.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "a module says what it does"
    public = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    }
    declared = next((ast.literal_eval(node.value) for node in tree.body if _declares(node)), None)
    assert declared is not None or not public, "a module with public names has __all__"
    missing = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    undocumented = [node.name for node in missing if node.name in (declared or []) and not ast.get_docstring(node)]
    assert not undocumented


def _declares(node):
    return isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"


def test_the_project_speaks_of_itself_alone():
    ours = "|".join(("dev", "proc", "tmp", "path/to", "api", "photo", "prepared", "thumbnails"))
    place = rf"(?:^|[\s\"'(=`])/(?!(?:{ours})/)[a-z][\w.-]*/[\w.-]"  # a path of some machine
    words = re.compile(rf"{place}|TODO|FIXME|raise NotImplementedError", re.MULTILINE)
    python = [path for folder in ("tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    files = [*SOURCES, *python, ROOT / "README.md", ROOT / "Makefile", *(ROOT / "docs").glob("*.md")]
    found = [path.name for path in files if path != Path(__file__) and words.search(path.read_text(encoding="utf-8"))]
    assert not found


def test_no_function_grows_long():
    functions = [
        (node.end_lineno - node.lineno + 1, f"{path.name}:{node.name}")
        for path in [*SCRIPTS, ROOT / "config.py", *MODULES]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]
    long = [name for lines, name in functions if lines > 30]
    assert len(long) <= 8, long
