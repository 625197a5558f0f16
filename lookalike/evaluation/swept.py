"""The ways that a sweep compares, as a user writes them: methods, and settings of methods with several values.

`kmeans` is a method with its settings as they stand; `graph.neighbours=10/15/25+weights=shared` is three ways, one for
each combination of the values. Light to import.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import product

from pydantic import ValidationError

from lookalike.core.options import Options

__all__ = ["expand"]


Way = tuple[str, Options]  # method, all its settings


def expand(swept: Iterable[str], options_of: Callable[[str], Options | None]) -> dict[str, Way]:
    """Return the ways by their names.

    options_of: the settings of a method as they stand, None where there is no such method. Raises ValueError in one
    line for a method, a setting or a value that does not exist.
    """
    return {name: way for text in swept for name, way in _ways(text, options_of)}


def _ways(text: str, options_of: Callable[[str], Options | None]) -> Iterator[tuple[str, Way]]:
    method, _, rest = text.partition(".")
    options = options_of(method)
    if options is None:
        raise ValueError(f"a known method before any setting, not {method}")
    grid = dict(_values(part) for part in rest.split("+")) if rest else {}
    for values in product(*grid.values()):
        chosen = dict(zip(grid, values, strict=True))
        name = ", ".join([method, *(f"{setting} {value}" for setting, value in chosen.items())])
        yield name, (method, _changed(options, chosen))


def _values(part: str) -> tuple[str, list[str]]:
    setting, equals, values = part.partition("=")
    if not (setting and equals and values):
        raise ValueError("method or method.setting=value/value+setting=value")
    return setting, values.split("/")


def _changed(options: Options, chosen: dict[str, str]) -> Options:
    try:
        return type(options).model_validate(options.model_dump() | chosen)
    except ValidationError as error:
        fault = error.errors()[0]
        raise ValueError(f"settings and values of the method, not {fault['loc'][0]} {fault['input']}") from None
