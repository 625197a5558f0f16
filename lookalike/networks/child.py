"""Call a function in a Python process of its own: one that needs Keras on another backend than this process has, or
that may take its process down."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from pkgutil import resolve_name

from lookalike.core.errors import UserError

__all__ = ["ChildError", "call", "call_on_jax"]

ROOT = Path(__file__).resolve().parents[2]
KERAS_ON_JAX = {
    "KERAS_BACKEND": "jax",
    "JAX_PLATFORMS": "cpu",  # the device is left to the process that computes
    "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",  # what runs there runs once: start values, which the weights replace
}


class ChildError(Exception):
    """The process ended without an answer. The message is one line: how it ended, and its own last words."""


def call(
    function: str, *arguments: object, environment: Mapping[str, str] | None = None, timeout: float | None = None
) -> object:
    """Return what `function`, "module:name", returns for these arguments; JSON carries both.

    environment: variables that the process has besides those of this one; timeout: seconds it may take. Raises
    UserError where the function does, ChildError where it fails otherwise, dies or takes too long.
    """
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    variables = os.environ | {"PYTHONPATH": os.pathsep.join(paths)} | dict(environment or {})
    with tempfile.TemporaryDirectory(prefix="lookalike-") as folder:
        answer = Path(folder) / "answer.json"
        command = [sys.executable, "-m", "lookalike.networks.child", function, str(answer)]
        given = {"input": json.dumps(arguments), "env": variables, "timeout": timeout}
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, **given)
        except subprocess.TimeoutExpired as error:
            raise ChildError(f"it took more than {timeout:.0f} s") from error
        if not answer.exists():
            raise ChildError(_last_words(done))
        said = json.loads(answer.read_text("utf-8"))
    if said["error"]:
        raise UserError(said["error"])
    return said["result"]


def call_on_jax(function: str, *arguments: object, network: str) -> object:
    """Return what a function returns in a process that has Keras on JAX, and JAX on the processor.

    network: its name or file, for the UserError where that does not work.
    """
    try:
        return call(function, *arguments, environment=KERAS_ON_JAX)
    except ChildError as error:
        raise UserError(
            f"expected {network} to be a network that Keras opens on JAX: {error}: take another --extract.engine"
        ) from error


def _last_words(done: subprocess.CompletedProcess) -> str:
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    how = f"signal {-done.returncode}" if done.returncode < 0 else f"status {done.returncode}"
    return f"it ended with {how}{': ' + lines[-1] if lines else ''}"


def _answer(function: str, path: Path) -> None:
    said = {"result": None, "error": None}
    try:
        said["result"] = resolve_name(function)(*json.load(sys.stdin))
    except UserError as error:
        said["error"] = str(error)
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps(said), "utf-8")
    aside.replace(path)


if __name__ == "__main__":
    _answer(sys.argv[1], Path(sys.argv[2]))
