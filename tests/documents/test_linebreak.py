"""Where Chinese lines may break, and how they fill the measure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.documents.linebreak import (
    CLOSING,
    NEVER_FIRST,
    OPENING,
    Span,
    may_break,
    pair_adjustment,
    set_lines,
)
from loanhub.documents.typeface import GlyphTable

TABLE = GlyphTable()
PROSE = (
    "甲方（出借人）应当按照《借款合同》的约定，将“借款本金”人民币¥1,234,567.89元划入乙方账户；"
    "逾期的，按年利率21.60%计收罚息。"
)


def lines(text: str, width: float = 200.0, **options):
    return set_lines((Span(text),), TABLE, size=10.5, width=width, **options)


class TestMayBreak:
    @pytest.mark.parametrize(
        "pair", ["款，", "款。", "款）", "款》", "款”", "（甲", "《借", "“借", "12", "1,", "5%", "9元", "……"]
    )
    def test_refuses(self, pair):
        assert not may_break(*pair)

    @pytest.mark.parametrize("pair", ["借款", "，甲", "）的", "款（", "第1", "1年"])
    def test_allows(self, pair):
        assert may_break(*pair)


class TestPairAdjustment:
    @pytest.mark.parametrize("pair", ["）。", "》（", "，“", "“《", "。）"])
    def test_squeezes_neighboring_marks_by_half(self, pair):
        assert pair_adjustment(*pair) == -500

    def test_sets_numbers_a_little_apart(self):
        assert pair_adjustment("第", "1") > 0
        assert pair_adjustment("9", "元") > 0
        assert pair_adjustment("借", "款") == 0


class TestSetLines:
    @pytest.mark.parametrize("width", range(60, 460, 7))
    def test_keeps_every_character_and_the_rules_at_each_width(self, width):
        found = lines(PROSE, float(width))

        assert "".join(line.text for line in found) == PROSE
        for line in found[1:]:
            assert line.text[0] not in NEVER_FIRST
        for line in found[:-1]:
            assert line.text[-1] not in OPENING

    @pytest.mark.parametrize("width", range(90, 460, 7))
    def test_never_divides_an_amount(self, width):
        assert any("¥1,234,567.89元" in line.text for line in lines(PROSE, float(width)))

    def test_fills_the_measure_to_the_point(self):
        found = lines("借款人应当按照合同约定的期限足额偿还借款本金和利息，" * 6, 300.0)

        for line in found[:-1]:
            assert line.offset + line.width == pytest.approx(300.0, abs=0.05)

    def test_leaves_no_single_character_on_the_last_line_where_a_hair_closer_helps(self):
        text = "借" * 39 + "款。"

        assert len(lines(text, 10.5 * 40 - 2)) == 1

    def test_indents_the_first_line_only(self):
        found = lines("借款" * 40, 200.0, first_indent=21.0)

        assert found[0].offset == 21.0
        assert found[1].offset == 0.0

    def test_breaks_a_word_longer_than_the_line(self):
        found = lines("9" * 200, 100.0)

        assert len(found) > 5
        assert "".join(line.text for line in found) == "9" * 200

    def test_underlines_what_was_filled_in(self):
        (line,) = set_lines(
            (Span("姓名"), Span("张三", filled=True), Span("。")), TABLE, size=10.0, width=200, align="left"
        )

        assert line.rules == ((20.0, 40.0),)

    @given(st.text(st.sampled_from("借款合同，。（）《》“”12,.%元 年Ab-"), min_size=1, max_size=80))
    def test_any_mixture_fits_and_loses_nothing(self, text):
        found = lines(text, 84.0)

        assert "".join(line.text for line in found).replace(" ", "") == text.replace(" ", "")
        assert all(line.width <= 84.0 + 5.3 for line in found), "a closing mark may hang half a character"
        assert CLOSING <= NEVER_FIRST
