"""The command line of a stage: settings from config.py, environment and flags; errors as one line.

Exit status: 0 done, 1 a failed stage, 2 bad settings, 130 stopped by the user.
"""

import errno
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import Field, ValidationError, create_model
from pydantic_settings import BaseSettings, CliImplicitFlag, SettingsError

from lookalike.core.errors import UserError
from lookalike.core.progress import set_progress
from lookalike.core.stage import STAGES

__all__ = ["run"]

COMMON = ("dataset", "photos", "output", "img", "run")
# None: libraries that write by C report a short write without a number.
DISK_FAULTS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, None}


def run(
    main: Callable[..., None],
    settings_class: type[BaseSettings],
    name: str | None,
    actions: Mapping[str, tuple[type, object, str]] | None = None,
) -> None:
    """Parse the flags, call `main(settings)` and exit.

    name: the stage whose section the flags may set, None for all sections. actions: flags that are no settings,
    name -> (type, default, comment); their values stand on the settings object. `--debug` shows tracebacks.
    """
    settings = _parse(_command_model(settings_class, name, actions or {}), Path(sys.argv[0]).name)
    set_progress(settings.run.progress)
    try:
        main(settings)
    except KeyboardInterrupt:
        _leave(
            130, f"{name or 'run_all'}: stopped; earlier results are untouched, the same command continues", settings
        )
    except UserError as error:
        _leave(1, f"{name or 'run_all'}: {error}", settings)
    except OSError as error:
        if error.errno not in DISK_FAULTS:
            raise
        place = f" at {error.filename}" if error.filename else ""
        remedy = "make room or change permissions and run the same command; earlier results are untouched"
        _leave(1, f"{name or 'run_all'}: cannot write or read{place}: {error.strerror or error}; {remedy}", settings)


def _leave(status: int, line: str, settings: BaseSettings) -> None:
    if settings.debug:
        traceback.print_exc()
    print(" ".join(line.splitlines()), file=sys.stderr, flush=True)
    sys.stderr.flush()
    sys.stdout.flush()
    os._exit(status) if status == 130 else sys.exit(status)


def _command_model(settings_class: type[BaseSettings], name: str | None, actions: Mapping) -> type[BaseSettings]:
    """Return a settings class of the fields one command reads: --help lists those, others are refused."""
    fields = settings_class.model_fields
    wanted = fields if name is None else (*COMMON, STAGES.get(name, name))
    chosen = {key: (fields[key].annotation, fields[key]) for key in wanted}
    chosen["debug"] = (CliImplicitFlag[bool], Field(False, description="Show the traceback of an error."))
    for action, (kind, default, comment) in actions.items():
        kind = CliImplicitFlag[bool] if kind is bool else kind
        chosen[action] = (kind, Field(default, description=comment))
    plain = type("Plain", (BaseSettings,), {"model_config": settings_class.model_config})
    return create_model("Settings", __base__=plain, **chosen)


def _parse(model: type[BaseSettings], program: str) -> BaseSettings:
    model.model_config["cli_prog_name"] = program
    try:
        return model(_cli_parse_args=sys.argv[1:], _cli_exit_on_error=False)
    except ValidationError as error:
        lines = [_bad_setting(fault) for fault in error.errors()]
    except SettingsError as error:
        lines = [f"{str(error).removeprefix('error parsing CLI: ')}: see python {program} --help"]
    print("\n".join(lines), file=sys.stderr)
    raise SystemExit(2)


def _bad_setting(fault: Mapping) -> str:
    """Return one line: the setting, the value found, what is allowed."""
    setting = ".".join(str(part) for part in fault["loc"]) or "settings"
    if fault["type"] == "extra_forbidden":
        return f"{setting}: expected a known setting, found this one, which does not exist: see --help"
    return f"{setting}: expected {_allowed(fault)}, found {fault['input']!r}"


def _allowed(fault: Mapping) -> str:
    message = fault["msg"].removeprefix("Value error, ")
    return message.removeprefix("Input should be ")
