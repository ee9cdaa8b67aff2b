"""Fonts: nothing prints blank."""

import random

import pytest

from loanhub.documents.typeface import (
    MissingGlyph,
    UnprintableText,
    build_base,
    check_printable,
    find_file,
    font_file,
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


class TestBuildBase:
    def test_holds_the_characters_asked_for_in_order(self):
        base = build_base("S", "款借A")

        assert base.characters == ("A", "借", "款")
        assert base.glyphs[0] == 0

    def test_digits_have_one_width(self):
        for key in ("S", "H"):
            file = font_file(key)
            assert len({file.widths[file.glyphs[digit]] for digit in "0123456789"}) == 1
