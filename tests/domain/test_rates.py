"""Rates as they are quoted."""

from decimal import Decimal

import pytest

from loanhub.domain.errors import InvalidInput
from loanhub.domain.rates import RateKind, convert, format_percent, parse_percent, percent
from tests.golden_cases import differences, golden


@pytest.mark.parametrize(("section", "case"), golden("rate_conversion"))
def test_converts_every_golden_quote(section, case):
    assert differences("rate_conversion", section, case) == []


def test_covers_every_kind():
    assert {parameters.values[1]["input"]["kind"] for parameters in golden("rate_conversion")} == {
        kind.value for kind in RateKind
    }


class TestConvert:
    def test_needs_the_lpr_for_a_spread(self):
        with pytest.raises(InvalidInput) as refused:
            convert(RateKind.LPR_BPS, Decimal(45))

        assert "lpr_pct" in refused.value.fields

    def test_refuses_another_day_base_and_negative_rates(self):
        with pytest.raises(InvalidInput):
            convert(RateKind.DAILY_WAN, Decimal(5), day_base=366)
        with pytest.raises(InvalidInput):
            convert(RateKind.LPR_BPS, Decimal(-400), lpr_pct=Decimal(3))


class TestPercent:
    def test_writes_two_decimals_half_up(self):
        assert format_percent(Decimal("0.144")) == "14.40%"
        assert format_percent(Decimal("0.12345")) == "12.35%"
        assert format_percent(Decimal("-0.001")) == "−0.10%"
        assert percent(Decimal("0.163184")) == Decimal("16.32")
        assert str(percent(Decimal("-1e-20"))) == "0.00"

    def test_reads_a_percentage(self):
        assert parse_percent("14.4") == Decimal("0.144")
        assert parse_percent("１４．４％") == Decimal("0.144")

    @pytest.mark.parametrize("text", ["", "abc", "-1", "1000", "1.2345678", "1e2", ".5.", "²"])
    def test_refuses_the_rest(self, text):
        with pytest.raises(InvalidInput) as refused:
            parse_percent(text, field="rate")

        assert list(refused.value.fields) == ["rate"]
