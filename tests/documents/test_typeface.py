"""Fonts: nothing prints blank."""

import random
from collections import Counter

import pytest

from loanhub.documents.typeface import (
    GlyphTable,
    MissingGlyph,
    UnprintableText,
    build_base,
    check_printable,
    find_file,
    font_file,
    unicode_map,
)


def random_names(count: int) -> list[str]:
    """Return names of common and rare characters alike: GBK, extension A, and the names' own rarities."""
    source = random.Random(20260115)
    pool = [chr(code) for code in range(0x4E00, 0x9FA6)] + [chr(code) for code in range(0x3400, 0x4DB6)]
    rare = list("㛃㵘䶮䲠㸆㑇㻬䓬䴙𬱖𬣙𬇙𬤇𬘡𬜬𬬻")
    return ["".join(source.choices(pool, k=2)) + source.choice(rare) for _ in range(count)]


class TestFindFile:
    def test_has_every_character_of_two_thousand_random_names(self):
        names = random_names(2000)

        assert not [c for name in names for c in name if find_file("S", c) is None]
        assert not [c for name in names for c in name if find_file("H", c) is None]

    @pytest.mark.parametrize(
        ("character", "key"),
        [("张", "S"), ("〇", "S"), ("·", "S"), ("喆", "S"), ("㛃", "S"), ("囍", "A"), ("㐂", "B")],
    )
    def test_looks_in_the_common_font_first(self, character, key):
        assert find_file("S", character) == key

    def test_gb2312_is_wholly_in_the_main_fonts(self):
        rows = (bytes([row, cell]) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF))
        characters = {text for text in (row.decode("gb2312", "ignore") for row in rows) if text}

        assert len(characters) == 6763
        assert characters <= font_file("S").glyphs.keys()
        assert characters <= font_file("H").glyphs.keys()


class TestCheckPrintable:
    def test_names_what_no_font_has(self):
        with pytest.raises(MissingGlyph) as caught:
            check_printable(["张\U00030edd", "😀"])

        assert "「\U00030edd」(U+30EDD)" in str(caught.value)
        assert "U+1F600" in str(caught.value)

    @pytest.mark.parametrize("text", ["a\x00b", "甲\x1b[31m", "\u202e倒序", "零\u200b宽", "\ue000", "\ufeff"])
    def test_refuses_what_would_print_as_nothing(self, text):
        with pytest.raises(UnprintableText):
            check_printable([text])

    def test_accepts_line_feeds(self):
        check_printable(["一\n二"])


class TestFontFile:
    def test_digits_have_one_width(self):
        for key in ("S", "H"):
            assert len({font_file(key).widths[digit] for digit in "0123456789"}) == 1


class TestBuildBase:
    def test_places_figures_first_and_then_the_most_frequent(self):
        base = build_base({"S": Counter("借款款款合合7")})

        glyphs = base.glyphs["S"]
        assert sorted(glyphs, key=lambda c: (glyphs[c].font, glyphs[c].code)) == ["7", "款", "合", "借"]
        assert not any(glyph.own for glyph in glyphs.values())

    def test_gives_further_characters_a_subset_of_the_document_s_own(self):
        base = build_base({"S": Counter("借款")})

        first, second = GlyphTable(base).find("S", "喆"), GlyphTable(base).find("S", "赟")

        assert first.own
        assert first.font not in {glyph.font for glyph in base.glyphs["S"].values()}
        assert (first.font, first.code) == (second.font, second.code), "one document does not know of another"

    def test_fits_more_characters_than_one_subset_holds(self):
        characters = [chr(code) for code in range(0x4E00, 0x4E00 + 700)]
        counter = Counter(c for c in characters if c in font_file("S").glyphs)

        base = build_base({"S": counter})

        glyphs = base.glyphs["S"].values()
        assert len({(glyph.font, glyph.code) for glyph in glyphs}) == len(counter)


class TestUnicodeMap:
    def test_writes_characters_beyond_the_first_plane_as_two_units(self):
        assert b"<01> <d871dfee>" in unicode_map([0, ord("𬟮")])
