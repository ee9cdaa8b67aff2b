"""Money: written, read, split, and in formal Chinese numerals."""

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loanhub.domain import money
from loanhub.domain.errors import InvalidInput

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "amount_uppercase.json").read_text())["cases"]
VALUES = {character: value for value, character in enumerate("零壹贰叁肆伍陆柒捌玖")}
UNITS = {"拾": 10, "佰": 100, "仟": 1000}


def read_uppercase(text: str) -> int:
    """Read formal numerals the naive way, character by character: an independent check."""
    sign, text = (-1, text[1:]) if text.startswith("负") else (1, text)
    whole, _, cents = text.partition("元") if "元" in text else ("", "", text)
    total = section = digit = 0
    for character in whole:
        if character in VALUES:
            digit = VALUES[character]
        elif character in UNITS:
            section, digit = section + digit * UNITS[character], 0
        elif character == "万":
            total, section, digit = total + (section + digit) * 10**4, 0, 0
        else:
            total, section, digit = (total + section + digit) * 10**8, 0, 0
    fen, digit = (total + section + digit) * 100, 0
    for character in cents:
        digit = VALUES.get(character, digit)
        fen += {"角": 10, "分": 1}.get(character, 0) * digit
    return sign * fen


@pytest.mark.parametrize("case", GOLDEN, ids=[str(case["amount_fen"]) for case in GOLDEN])
class TestGoldenAmounts:
    def test_is_shown_and_written_as_expected(self, case):
        assert money.format_fen(case["amount_fen"]).replace("−", "-") == case["display"]
        assert money.uppercase(case["amount_fen"]) == case["canonical"]

    def test_accepts_the_canonical_and_the_other_valid_forms_only_for_this_amount(self, case):
        for form in (case["canonical"], *case["also_valid"]):
            assert money.uppercase_matches(form, case["amount_fen"])
            assert money.uppercase_matches(
                f"人民币 {form}".replace("元", "圆").replace("整", "正"), case["amount_fen"]
            )
            assert not money.uppercase_matches(form, case["amount_fen"] + 1)


class TestUppercase:
    @given(st.integers(-(10**14), 10**14))
    def test_reads_back_as_the_same_amount(self, fen):
        written = money.uppercase(fen)

        assert read_uppercase(written) == fen
        assert money.uppercase_matches(written, fen)
        assert "零零" not in written

    def test_refuses_a_careless_form(self):
        assert not money.uppercase_matches("拾元整", 1000)
        assert not money.uppercase_matches("壹佰伍元整", 10500)

    def test_writes_a_trillion(self):
        assert money.uppercase(10**14) == "壹万亿元整"


class TestFormats:
    @pytest.mark.parametrize(
        ("fen", "text"),
        [
            (999_999, "¥9,999.99"),
            (1_000_000, "1.0 万"),
            (123_450_000, "123.5 万"),
            (-123_450_000, "−123.5 万"),
            (9_999_949_999, "9,999.9 万"),
            (9_999_950_000, "1.00 亿"),
            (13_550_000_000, "1.36 亿"),
        ],
    )
    def test_shortens_large_amounts(self, fen, text):
        assert money.format_wan(fen) == text

    def test_writes_plain_yuan(self):
        assert money.format_plain(123_400) == "1,234.00"
        assert money.format_plain(-5) == "−0.05"
        assert [money.decimal_text(fen) for fen in (123_400, -5, 0, -100)] == [
            "1234.00",
            "-0.05",
            "0.00",
            "-1.00",
        ]


class TestParse:
    @pytest.mark.parametrize(
        ("text", "fen"),
        [
            ("1,234.5", 123_450),
            ("１２３４", 123_400),
            ("１，２３４．５０", 123_450),
            ("12.5万", 12_500_000),
            ("12.5w", 12_500_000),
            ("1.2亿元", 12_000_000_000),
            ("￥88", 8_800),
            (" 人民币 5 元 ", 500),
            (".5", 50),
            ("0.00001万", 10),
            ("1000000000000", 10**14),
        ],
    )
    def test_reads_what_people_type(self, text, fen):
        assert money.parse_fen(text) == fen

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "请填写金额"),
            ("元", "请填写金额"),
            ("1.234", "两位小数"),
            ("0.0000001万", "两位小数"),
            ("-3", "负数"),
            ("¥-3", "负数"),
            ("1,5", "千位分隔符"),
            ("1,234,", "千位分隔符"),
            ("1e5", "格式"),
            ("5²", "格式"),
            ("--5", "格式"),
            ("壹佰", "格式"),
            ("万", "格式"),
            ("1000000000000.01", "过大"),
        ],
    )
    def test_refuses_the_rest_beside_its_field(self, text, sentence):
        with pytest.raises(InvalidInput) as refused:
            money.parse_fen(text, field="principal")

        assert sentence in refused.value.fields["principal"]

    def test_reads_negative_amounts_when_allowed(self):
        assert money.parse_fen("−1,234.5", allow_negative=True) == -123_450

    @given(st.integers(-(10**14), 10**14))
    def test_reads_back_what_is_shown(self, fen):
        assert money.parse_fen(money.format_fen(fen), allow_negative=True) == fen
        assert money.parse_fen(money.format_plain(fen), allow_negative=True) == fen


class TestSplit:
    @given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 1000), min_size=1, max_size=8))
    def test_loses_no_fen(self, total, weights):
        if not any(weights):
            weights = [*weights, 1]

        parts = money.split_largest_remainder(total, weights)

        assert sum(parts) == total
        for part, weight in zip(parts, weights, strict=True):
            assert abs(Fraction(part) - Fraction(total * weight, sum(weights))) < 1

    def test_gives_ties_to_the_first(self):
        assert money.split_largest_remainder(100, [1, 1, 1]) == (34, 33, 33)
        assert money.split_largest_remainder(-100, [1, 1, 1]) == (-34, -33, -33)
        assert money.split_largest_remainder(10, [Decimal("0.5"), Fraction(1, 2)]) == (5, 5)

    @pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
    def test_refuses_weights_without_meaning(self, weights):
        with pytest.raises(ValueError, match="weights"):
            money.split_largest_remainder(1, weights)


class TestRounding:
    @pytest.mark.parametrize(
        ("value", "rounded"),
        [
            (Fraction(5, 2), 3),
            (Fraction(-5, 2), -3),
            (Decimal("40677.5"), 40678),
            (Decimal("0.49"), 0),
            (Decimal("-0.5"), -1),
            (7, 7),
        ],
    )
    def test_goes_half_away_from_zero(self, value, rounded):
        assert money.round_half_up(value) == rounded

    @settings(max_examples=50)
    @given(st.fractions(-1000, 1000))
    def test_is_never_more_than_half_away(self, value):
        assert abs(money.round_half_up(value) - value) <= Fraction(1, 2)
