"""Make the fonts beside this file from the static TrueType files of Noto Serif SC and Noto Sans SC.

Run by hand, and only when the repertoire changes; LoanHub itself never runs it. Input: the TrueType files of
the npm packages ``@expo-google-fonts/noto-serif-sc`` and ``@expo-google-fonts/noto-sans-sc`` (SIL Open Font
License), and ``Unihan_OtherMappings.txt`` of the Unicode Character Database, whose field ``kTGH`` is the
通用规范汉字表 (8,105 characters).

    python -m loanhub.documents.fonts.make_subset SERIF_400.ttf SANS_600.ttf Unihan_OtherMappings.txt

Output:
    LoanHubSerif-Regular.ttf     body, 宋体: GB 2312, 通用规范汉字表, Latin and the signs of our documents
    LoanHubSans-SemiBold.ttf     headings, 黑体: the same repertoire
    LoanHubSerif-RareA.ttf       fallback: every other character of U+4E00–74FF that Noto Serif SC has
    LoanHubSerif-RareB.ttf       fallback: extensions A to H and the compatibility ideographs it has
    LoanHubSerif-RareC.ttf       fallback: every other character of U+7500–9FFF

What is changed against Noto, and why:
    * no hinting, layout, vertical or style tables: a PDF uses none of them;
    * 400 units per em instead of 1,000, outlines fitted again within 1.6 units (0.004 em: 0.015 mm at 五号, a
      third of a dot of a 600 dpi printer). A contract embeds about 600 glyphs; this is what keeps it small;
    * the digits have one width;
    * other names, as the license asks of changed fonts.
"""

import re
import sys
from pathlib import Path

from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.qu2cuPen import Qu2CuPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

UNITS_PER_EM = 400
TOLERANCE = 1.6
HERE = Path(__file__).parent
DROPPED_TABLES = ["GSUB", "GPOS", "GDEF", "BASE", "STAT", "vhea", "vmtx", "prep", "gasp", "fpgm", "cvt "]


def is_ideograph(code: int) -> bool:
    """Tell whether a code point is a Han character: unified, extension or compatibility."""
    return 0x3400 <= code <= 0x4DBF or 0x4E00 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or code >= 0x20000


def common_characters(unihan: Path) -> set[int]:
    """Return the Han characters of GB 2312 and of the 通用规范汉字表."""
    rows = (bytes([row, cell]) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF))
    gb2312 = {ord(text) for text in (row.decode("gb2312", "ignore") for row in rows) if text}
    table = re.findall(r"^U\+([0-9A-F]+)\tkTGH\t", unihan.read_text("utf-8"), re.MULTILINE)
    return gb2312 | {int(code, 16) for code in table}


def build(source: Path, target: str, family: str, style: str, wanted: set[int]) -> None:
    """Write one font holding the ``wanted`` code points that ``source`` has."""
    font = TTFont(source, recalcTimestamp=False)
    options = subset.Options(
        drop_tables=DROPPED_TABLES, layout_features=[], notdef_outline=True, hinting=False
    )
    options.name_IDs, options.glyph_names = ["*"], False
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=sorted(wanted & set(font.getBestCmap())))
    subsetter.subset(font)
    _refit(font)
    _rename(font, family, style)
    font.save(HERE / target, reorderTables=False)


def _refit(font: TTFont) -> None:
    scale = UNITS_PER_EM / font["head"].unitsPerEm
    glyphs, outlines = font.getGlyphSet(), font["glyf"]
    fitted = {}
    for name in font.getGlyphOrder():
        pen = TTGlyphPen(None)
        quadratic = Cu2QuPen(pen, TOLERANCE)
        glyphs[name].draw(
            Qu2CuPen(TransformPen(quadratic, (scale, 0, 0, scale, 0, 0)), TOLERANCE, all_cubic=True)
        )
        fitted[name] = pen.glyph(round=round)
    for name, glyph in fitted.items():
        outlines[name] = glyph
        glyph.recalcBounds(outlines)
        advance = round(font["hmtx"][name][0] * scale)
        font["hmtx"][name] = (advance, getattr(glyph, "xMin", 0))
    _level_digits(font)
    font["head"].unitsPerEm = UNITS_PER_EM
    for table, keys in {
        "hhea": ("ascent", "descent", "lineGap"),
        "OS/2": ("sTypoAscender", "sTypoDescender", "sTypoLineGap", "usWinAscent", "usWinDescent",
                 "sCapHeight", "sxHeight", "ySubscriptXSize", "yStrikeoutPosition"),
        "post": ("underlinePosition", "underlineThickness"),
    }.items():  # fmt: skip
        for key in keys:
            setattr(font[table], key, round(getattr(font[table], key) * scale))


def _level_digits(font: TTFont) -> None:
    """Give the ten digits one width, the widest, so that columns of money line up."""
    characters = font.getBestCmap()
    names = [characters[code] for code in range(ord("0"), ord("9") + 1) if code in characters]
    if not names:
        return
    widest = max(font["hmtx"][name][0] for name in names)
    for name in names:
        shift = (widest - font["hmtx"][name][0]) // 2
        glyph = font["glyf"][name]
        glyph.coordinates.translate((shift, 0))
        glyph.recalcBounds(font["glyf"])
        font["hmtx"][name] = (widest, glyph.xMin)


def _rename(font: TTFont, family: str, style: str) -> None:
    names = font["name"]
    kept = {record.nameID: record.toUnicode() for record in names.names if record.nameID in (0, 13, 14)}
    names.names = []
    for number, text in {
        **kept,
        1: family,
        2: style,
        4: f"{family} {style}",
        6: f"{family.replace(' ', '')}-{style}",
    }.items():
        names.setName(text, number, 3, 1, 0x409)


def main(serif: Path, sans: Path, unihan: Path) -> None:
    """Write the five fonts."""
    every = set(TTFont(serif, lazy=True).getBestCmap())
    han = {code for code in every if is_ideograph(code)}
    common = common_characters(unihan)
    signs = {
        code for code in every - han if code < 0x2E80 or 0x3000 <= code <= 0x33FF or 0xFF00 <= code <= 0xFFEF
    }
    first = {code for code in han - common if 0x4E00 <= code < 0x7500}
    second = {code for code in han - common if 0x7500 <= code <= 0x9FFF}
    build(serif, "LoanHubSerif-Regular.ttf", "LoanHub Serif", "Regular", common | signs)
    build(sans, "LoanHubSans-SemiBold.ttf", "LoanHub Sans", "SemiBold", common | signs)
    build(serif, "LoanHubSerif-RareA.ttf", "LoanHub Serif Rare A", "Regular", first)
    build(serif, "LoanHubSerif-RareB.ttf", "LoanHub Serif Rare B", "Regular", han - common - first - second)
    build(serif, "LoanHubSerif-RareC.ttf", "LoanHub Serif Rare C", "Regular", second)


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))
