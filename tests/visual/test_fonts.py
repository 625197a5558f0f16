"""Letters: those that the figures' font lacks come from another font of the system, or are boxes, without a word."""

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.font_manager import fontManager
from PIL import Image, ImageDraw

from lookalike.visual import fonts
from lookalike.visual.style import figure

NAMES = ["写真", "a\nb", "<b>&amp;", "$x_1$ \\frac", "'\"", "é ё ش", "😀", ""]


@pytest.fixture
def bare(monkeypatch):
    """A system without any font but those that come with Matplotlib."""
    own = [entry for entry in fontManager.ttflist if "matplotlib" in entry.fname]
    monkeypatch.setattr(fontManager, "ttflist", own)
    fonts._others.cache_clear()
    yield
    fonts._others.cache_clear()


@pytest.fixture
def with_font(bare, tmp_path):
    """The same, and a font that draws 写 as a full square."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 900), (900, 900), (900, 0)):
        pen.lineTo(corner)
    pen.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "square"])
    builder.setupCharacterMap({ord("写"): "square"})
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "square": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (1000, 0), "square": (1000, 0)})
    builder.setupHorizontalHeader(ascent=900, descent=-100)
    builder.setupNameTable({"familyName": "Squares", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(tmp_path / "squares.ttf")
    fontManager.addfont(tmp_path / "squares.ttf")
    fonts._others.cache_clear()
    return "Squares"


def written(text, size=40):
    page = Image.new("L", (400, 80), 255)
    fonts.write(ImageDraw.Draw(page), (10, 10), text, size)
    return np.asarray(page)


def test_a_font_that_has_the_letter_is_found_and_drawn(with_font, tmp_path):
    assert fonts.legible("写真") == "写□"
    assert fonts.families("a写") == [fonts.FAMILY, with_font]
    assert (written("a写") == 0).sum() > 1000  # a full square of 36 x 36 pixels
    with figure(tmp_path / "one.png", 2, 1) as drawing:
        drawing.text(0.5, 0.5, "写", fontsize=40)
    page = np.asarray(Image.open(tmp_path / "one.png").convert("L"))
    assert (page == 0).sum() > 2000


@pytest.mark.parametrize("name", NAMES)
def test_no_name_brings_a_warning_and_pictures_are_equal(bare, tmp_path, name, recwarn):
    for file in ("1.png", "2.png"):
        with figure(tmp_path / file, 4, 3) as drawing:
            drawing.suptitle(name, weight="bold")
            drawing.add_subplot().set_xticks([0], [name])
    assert (tmp_path / "1.png").read_bytes() == (tmp_path / "2.png").read_bytes()
    line = name.replace("\n", " ")
    assert np.array_equal(written(line), written(line))
    assert not [str(one.message) for one in recwarn.list if one.category is not ResourceWarning]  # of other tests


def test_without_a_font_a_letter_is_a_box(bare):
    assert fonts.legible("写真 1") == "□□ 1"
    assert np.array_equal(written("写真"), written("□□"))


def test_letters_get_smaller_and_then_fewer_until_they_fit():
    assert fonts.fit("short", 200, 20) == ("short", 20)
    text, size = fonts.fit("a group with a very long name", 80, 20)
    assert size == fonts.LEAST
    assert text.startswith("a gr")
    assert "…" in text
    assert fonts.text_width(text, size) <= 80
