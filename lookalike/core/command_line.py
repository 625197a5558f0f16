"""The command line of a stage: settings from config.py, environment and flags; errors as one line.

Exit status: 0 done, 1 a failed stage, 2 bad settings, 130 stopped by the user.
"""

import os
import re
import sys
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from pydantic import Field, ValidationError, create_model
from pydantic_settings import BaseSettings, CliImplicitFlag, SettingsError

from lookalike.core.errors import UserError
from lookalike.core.files import disk_remedy
from lookalike.core.options import describe
from lookalike.core.pipeline import Step, main_step, run_steps
from lookalike.core.progress import set_progress
from lookalike.core.stage import STAGES

__all__ = ["Action", "checked", "guard", "run", "run_script"]

COMMON = ("dataset", "photos", "output", "img", "edits", "run")


class Action(NamedTuple):
    """A flag that does something else than run the stage: its type, default and comment, and what it does.

    run: takes the settings and the flag's value; None for a flag that only says how another does its work. A flag of
    type `list[str]` may be given several times; its values are taken as they are written.
    """

    kind: type
    default: object
    comment: str
    run: Callable | None


def run_script(
    steps: Mapping[str, Step], settings_class: type[BaseSettings], actions: Mapping[str, Action] | None = None
) -> None:
    """Run a script's steps as the flags say, which may set the section of the step that the script is named for."""
    run(lambda settings: run_steps(settings, steps), settings_class, main_step(steps), actions)


def run(
    main: Callable[..., None],
    settings_class: type[BaseSettings],
    name: str | None,
    actions: Mapping[str, Action] | None = None,
) -> None:
    """Parse the flags, call `main(settings)`, or the action that a flag asks for, and exit.

    name: the stage whose section the flags may set, None for all sections. `--debug` shows tracebacks.
    """
    actions = actions or {}
    if {"-h", "--help"} & {*sys.argv[1:]}:
        describe(settings_class)
    repeated = [flag for flag, action in actions.items() if action.kind == list[str]]
    model = _command_model(settings_class, name, actions)
    settings = _parse(model, settings_class, Path(sys.argv[0]).name, repeated)
    set_progress(settings.run.progress)
    asked = [flag for flag, action in actions.items() if action.run and getattr(settings, flag) != action.default]

    def call() -> None:
        actions[asked[0]].run(settings, getattr(settings, asked[0])) if asked else main(settings)

    guard(name or "run_all", call, debug=settings.debug)


def guard(shown: str, call: Callable[[], None], *, debug: bool = False) -> None:
    """Call a function; what a user can mend becomes one line that starts with `shown`, and the exit status."""
    try:
        call()
    except KeyboardInterrupt:
        _leave(130, f"{shown}: stopped; earlier results are untouched, the same command continues", debug)
    except UserError as error:
        _leave(1, f"{shown}: {error}", debug)
    except BrokenPipeError:
        os._exit(141)  # the reader of our lines has gone: nothing more to say
    except OSError as error:
        remedy = disk_remedy(error)
        if remedy is None:
            raise
        place = f" at {error.filename}" if error.filename else ""
        line = f"{shown}: cannot write or read{place}: {error.strerror or error}; {remedy} and run the same command"
        _leave(1, f"{line}; earlier results are untouched", debug)


def _leave(status: int, line: str, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    print(" ".join(line.splitlines()), file=sys.stderr, flush=True)
    sys.stderr.flush()
    sys.stdout.flush()
    os._exit(status) if status == 130 else sys.exit(status)


def _command_model(settings_class: type[BaseSettings], name: str | None, actions: Mapping) -> type[BaseSettings]:
    """Return a settings class of the fields one command reads: --help lists those, others are refused."""
    fields = settings_class.model_fields
    plain = type("Plain", (BaseSettings,), {"model_config": settings_class.model_config})
    wanted = {} if name is None else {key: fields[key] for key in (*COMMON, STAGES[name].section)}
    chosen = {key: (field.annotation, field) for key, field in wanted.items()}
    chosen["debug"] = (CliImplicitFlag[bool], Field(False, description="Show the traceback of an error."))
    for flag, action in actions.items():
        kind = CliImplicitFlag[bool] if action.kind is bool else action.kind
        chosen[flag] = (kind, Field(action.default, description=action.comment))
    # All sections: the class itself, with what it checks across sections.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", 'Field name "json"')  # a flag of 07; the method of that name is not called
        return create_model("Settings", __base__=settings_class if name is None else plain, **chosen)


def _parse(
    model: type[BaseSettings], settings_class: type[BaseSettings], program: str, repeated: Sequence[str] = ()
) -> BaseSettings:
    model.model_config["cli_prog_name"] = program
    renamed = getattr(settings_class, "RENAMED", {})
    lines = [*_unknown_in_environment(settings_class), *_renamed_flags(renamed)]
    if not lines:
        try:
            rest, values = _taken_out(_underscored(sys.argv[1:]), repeated)
            return checked(model, _cli_parse_args=rest, _cli_exit_on_error=False, **values)
        except SettingsError as error:
            lines = [f"{str(error).removeprefix('error parsing CLI: ')}: see python {program} --help"]
    _refuse(lines)


def checked(settings_class: type[BaseSettings], **values: object) -> BaseSettings:
    """Return the settings of these values; bad ones are a line each, and the program ends."""
    try:
        return settings_class(**values)
    except ValidationError as error:
        _refuse([_bad_setting(fault) for fault in error.errors()])


def _refuse(lines: Sequence[str]) -> NoReturn:
    print("\n".join(" ".join(line.splitlines()) for line in lines), file=sys.stderr)
    raise SystemExit(2)


def _unknown_in_environment(settings_class: type[BaseSettings]) -> list[str]:
    """Return a line for each variable that has the prefix and names no section: it would be ignored silently."""
    prefix = settings_class.model_config.get("env_prefix", "")
    delimiter = settings_class.model_config.get("env_nested_delimiter") or "\0"
    names = [name for name in sorted(os.environ) if prefix and name.upper().startswith(prefix)]
    first = {name: name[len(prefix) :].lower().split(delimiter)[0] for name in names}
    known = ", ".join(settings_class.model_fields)
    unknown = [name for name in names if first[name] not in settings_class.model_fields]
    return [f"{name}: expected one of {known} after {prefix}, found {first[name]!r}" for name in unknown]


def _underscored(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with the names of flags as they are listed: --apply-edits is --apply_edits."""
    parted = (argument.partition("=") for argument in arguments)
    return ["".join((_underscored_name(name), equals, value)) for name, equals, value in parted]


def _taken_out(arguments: Sequence[str], repeated: Sequence[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Take out the flags that may be given several times: a value of theirs may hold commas, which part other lists."""
    rest, values = [], {}
    given = iter(arguments)
    for argument in given:
        name, equals, value = argument.partition("=")
        if name.removeprefix("--") in repeated and name.startswith("--"):
            value = value if equals else next(given, None)
            if value is None:
                raise SettingsError(f"argument {name}: expected one argument")
            values.setdefault(name[2:], []).append(value)
        else:
            rest.append(argument)
    return rest, values


def _underscored_name(name: str) -> str:
    return f"--{name[2:].replace('-', '_')}" if re.fullmatch(r"--[a-z][\w.-]*", name) else name


def _renamed_flags(renamed: Mapping[str, str]) -> list[str]:
    flags = (argument[2:].split("=")[0] for argument in sys.argv[1:] if argument.startswith("--"))
    return [f"{flag}: expected its new name {renamed[flag]}, found the old one" for flag in flags if flag in renamed]


def _bad_setting(fault: Mapping) -> str:
    """Return one line: the setting, the value found, what is allowed."""
    setting = ".".join(str(part) for part in fault["loc"]) or "settings"
    if fault["type"] == "extra_forbidden":
        return f"{setting}: expected a known setting, found this one, which does not exist: see --help"
    if not fault["loc"]:  # checked across sections: the message names the settings
        return fault["msg"].removeprefix("Value error, ")
    return f"{setting}: expected {_allowed(fault)}, found {fault['input']!r}"


def _allowed(fault: Mapping) -> str:
    message = fault["msg"].removeprefix("Value error, ")
    return message.removeprefix("Input should be ")
