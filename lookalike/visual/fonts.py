"""Letters in pictures: the figures' font, and for what it lacks another font of the system that has it.

Nothing is bundled or fetched. A character that no installed font has is drawn as an empty box.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import NamedTuple

from matplotlib.font_manager import FontEntry, FontProperties, findfont, fontManager
from matplotlib.ft2font import FT2Font
from PIL import ImageDraw, ImageFont

__all__ = ["FAMILY", "families", "fit", "legible", "text_width", "write"]

FAMILY = "DejaVu Sans"  # comes with Matplotlib
BOX = "□"
LEAST = 9  # pixels of the smallest letters that are read
REGULAR = 400  # weight of a font
# Fonts whose characters are not what their codes say: Matplotlib's own of formulas, and those of boxes for everything.
STRANGE = ("cm", "STIXSize", "STIXNonUnicode", "Last Resort", ".Last")


class _Font(NamedTuple):
    name: str
    characters: frozenset[str]  # those that the figures' font lacks


def legible(text: str) -> str:
    """Put a box for each character that no installed font draws; line breaks stay."""
    lacking = _lacking(text.replace("\n", ""))
    if not lacking:
        return text
    drawn = frozenset().union(*(font.characters for font in _helpers(lacking)))
    return "".join(BOX if letter in lacking and letter not in drawn else letter for letter in text)


def families(text: str) -> list[str]:
    """Return the font families that a text takes, the figures' own first."""
    return [FAMILY, *(font.name for font in _helpers(_lacking(text)))]


def text_width(text: str, size: int, *, bold: bool = False) -> float:
    """Return the pixels that a line of letters `size` pixels high takes."""
    return sum(font.getlength(part) for font, part in _runs(text, size, bold))


def fit(text: str, width: float, size: int, *, bold: bool = False) -> tuple[str, int]:
    """Make letters smaller, down to 9 pixels, and then cut the text's middle, until a line is at most `width` wide."""
    text = legible(text)
    while size > LEAST and text_width(text, size, bold=bold) > width:
        size -= 1
    shown = text
    for length in range(len(text) - 1, 0, -1):
        if text_width(shown, size, bold=bold) <= width:
            break
        tail = (length - 1) // 2
        shown = text[: length - 1 - tail] + "…" + text[len(text) - tail :]
    return shown, size


def write(
    draw: ImageDraw.ImageDraw,
    spot: tuple[float, float],
    text: str,
    size: int,
    *,
    bold: bool = False,
    fill: str = "black",
    anchor: str = "la",
) -> None:
    """Write a line of letters `size` pixels high; anchor: l, m or r, and a (top), m (middle) or s (foot), as Pillow."""
    text = legible(text)
    ascent, descent = _pixel_font(FAMILY, size, bold).getmetrics()
    x = spot[0] - {"l": 0, "m": 0.5, "r": 1}[anchor[0]] * text_width(text, size, bold=bold)
    y = spot[1] + {"a": ascent, "m": (ascent - descent) / 2, "s": 0}[anchor[1]]
    for font, part in _runs(text, size, bold):
        draw.text((x, y), part, fill=fill, font=font, anchor="ls")
        x += font.getlength(part)


def _runs(text: str, size: int, bold: bool) -> Iterator[tuple[ImageFont.FreeTypeFont, str]]:
    """Cut a text where its font changes."""
    helpers = _helpers(_lacking(text))

    def family(letter: str) -> str:
        return next((font.name for font in helpers if letter in font.characters), FAMILY)

    for name, letters in groupby(text, family):
        yield _pixel_font(name, size, bold), "".join(letters)


def _helpers(lacking: frozenset[str]) -> Sequence[_Font]:
    """Choose fonts for characters: the one that has most of them, then the one that has most of the rest, ..."""
    chosen = []
    while lacking:
        best = max(_others(), key=lambda font: len(font.characters & lacking), default=None)
        if best is None or not best.characters & lacking:
            break
        chosen.append(best)
        lacking -= best.characters
    return chosen


def _lacking(text: str) -> frozenset[str]:
    return frozenset(text) - _own()


@cache
def _own() -> frozenset[str]:
    return _characters(findfont(FAMILY)) & _characters(findfont(f"{FAMILY}:bold"))


@cache
def _others() -> Sequence[_Font]:
    """List the installed families that have what the figures' font lacks, those without serifs first."""
    plainest = {}
    for entry in sorted(fontManager.ttflist, key=_plainness):
        if not entry.name.startswith(STRANGE):
            plainest.setdefault(entry.name, entry.fname)
    fonts = [_Font(name, _characters(file) - _own()) for name, file in plainest.items()]
    return sorted((font for font in fonts if font.characters), key=lambda font: ("Sans" not in font.name, font.name))


def _plainness(entry: FontEntry) -> tuple:
    weight = entry.weight if isinstance(entry.weight, int) else REGULAR
    return entry.style != "normal", abs(weight - REGULAR), entry.name, entry.fname


@cache
def _characters(file: str) -> frozenset[str]:
    """Return the characters that a font file has, none where it cannot be read."""
    try:
        return frozenset(map(chr, FT2Font(file).get_charmap()))
    except (OSError, RuntimeError):
        return frozenset()


@cache
def _pixel_font(family: str, size: int, bold: bool) -> ImageFont.FreeTypeFont:
    properties = FontProperties(family=[family], weight="bold" if bold else "normal")
    return ImageFont.truetype(findfont(properties), size, layout_engine=ImageFont.Layout.BASIC)
