"""The annualized cost: golden flows, the disclosure sheet, and caps."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loanhub.domain.errors import InvalidInput
from loanhub.domain.rates import percent
from loanhub.domain.repayment.cost import (
    Fee,
    FeeTiming,
    NoRate,
    cost_of,
    cost_of_flows,
    disclosure,
    irr,
    xirr,
)
from tests.domain.repayment.strategies import plain_terms

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "irr_apr.json").read_text())
SERVICE = Fee(
    code="service", label="服务费", timing=FeeTiming.UPFRONT, rate=Decimal("0.01"), collector="示例公司"
)
GUARANTEE = Fee(code="guarantee", label="担保费", timing=FeeTiming.EACH_PERIOD, rate=Decimal("0.003"))


@pytest.mark.parametrize("case", GOLDEN["periodic"], ids=[case["id"] for case in GOLDEN["periodic"]])
def test_finds_every_golden_rate(case):
    cost = cost_of_flows(case["flows_fen"], case["periods_per_year"])

    assert cost.total_cost_fen == case["total_cost_fen"]
    assert f"{cost.irr_per_period:.12f}" == case["irr_per_period"]
    assert str(percent(cost.apr_simple_rate)) == case["apr_simple_pct"]
    assert str(percent(cost.apr_simple_rate, 6)) == case["apr_simple_pct_6"]
    assert str(percent(cost.eir_compound_rate)) == case["eir_compound_pct"]
    assert str(percent(cost.eir_compound_rate, 6)) == case["eir_compound_pct_6"]


@pytest.mark.parametrize("case", GOLDEN["dated"], ids=[case["id"] for case in GOLDEN["dated"]])
def test_finds_every_golden_dated_rate(case):
    rate = xirr([(date.fromisoformat(day), amount) for day, amount in case["flows"]])

    assert str(percent(rate)) == case["xirr_pct"]
    assert str(percent(rate, 6)) == case["xirr_pct_6"]


class TestCostOf:
    @pytest.mark.parametrize(
        ("fees", "simple", "compound"),
        [
            ((), "14.40", "15.39"),
            ((SERVICE,), "16.32", "17.60"),
            ((GUARANTEE,), "20.71", "22.80"),
            ((SERVICE, GUARANTEE), "22.66", "25.17"),
        ],
    )
    def test_counts_every_fee(self, fees, simple, compound):
        cost = cost_of(plain_terms(), fees)

        assert str(percent(cost.apr_simple_rate)) == simple
        assert str(percent(cost.eir_compound_rate)) == compound

    @pytest.mark.parametrize(
        ("flat_rate", "periods", "simple"),
        [("0.005", 12, "10.90"), ("0.0068", 24, "14.96"), ("0.0075", 36, "16.24"), ("0.01", 24, "21.57")],
    )
    def test_shows_what_a_flat_rate_really_costs(self, flat_rate, periods, simple):
        flat = plain_terms(
            method="flat", annual_rate=Decimal(0), flat_monthly_rate=Decimal(flat_rate), periods=periods
        )

        assert str(percent(cost_of(flat).apr_simple_rate)) == simple

    def test_uses_the_dates_when_they_are_uneven(self):
        days = plain_terms(method="bullet", maturity_date=date(2027, 1, 15))

        assert percent(cost_of(days).eir_compound_rate) == Decimal("14.40")

    def test_spreads_a_bullet_over_its_months(self):
        bullet = plain_terms(method="bullet", annual_rate=Decimal("0.12"), periods=6)

        assert percent(cost_of(bullet).eir_compound_rate) == Decimal("12.36")

    def test_counts_fees_in_the_schedule_and_at_the_end(self):
        at_end = Fee(code="end", label="手续费", timing=FeeTiming.AT_END, amount_fen=12_000)

        assert cost_of(plain_terms(), [at_end]).total_cost_fen == 797_053 + 12_000
        assert cost_of(plain_terms(period_fee_fen=1_000)).total_cost_fen == 797_053 + 12_000


class TestDisclosure:
    def test_lists_items_that_sum_to_the_total(self):
        sheet = disclosure(plain_terms(), [SERVICE, GUARANTEE], lender="示例小贷")

        assert [(item.label, str(item.annual_pct)) for item in sheet.items] == [
            ("利息", "14.40"),
            ("服务费", "1.92"),
            ("担保费", "6.34"),
        ]
        assert sheet.items[1].collector == "示例公司"
        assert sheet.items[2].amount_fen == 360_000
        assert sheet.items[2].standard == "本金的 0.30%"
        assert sheet.total_pct == Decimal("22.66")

    @settings(max_examples=25, deadline=None)
    @given(
        st.decimals("0", "0.24", places=4),
        st.lists(
            st.builds(
                Fee,
                code=st.just("x"),
                label=st.just("费"),
                timing=st.sampled_from(list(FeeTiming)),
                rate=st.decimals("0", "0.02", places=4),
            ),
            max_size=4,
        ),
    )
    def test_sums_whatever_the_fees(self, rate, fees):
        sheet = disclosure(plain_terms(annual_rate=rate, period_fee_fen=500), fees)

        assert sum(item.annual_pct for item in sheet.items) == sheet.total_pct
        assert sheet.total_pct == percent(
            cost_of(plain_terms(annual_rate=rate, period_fee_fen=500), fees).apr_simple_rate
        )
        assert all(item.annual_pct >= 0 for item in sheet.items)


class TestIrr:
    def test_is_zero_when_nothing_is_charged(self):
        assert irr([1_000, -500, -500]) == 0
        assert percent(xirr([(date(2026, 1, 1), 1_000), (date(2026, 7, 1), -1_000)])) == 0

    @pytest.mark.parametrize("flows", [[], [0, 0], [1_000], [-1_000, 500], [1_000, 500]])
    def test_refuses_flows_without_a_rate(self, flows):
        with pytest.raises(NoRate):
            irr(flows)
        with pytest.raises(NoRate):
            xirr([(date(2026, 1, k + 1), flow) for k, flow in enumerate(flows)])


class TestFee:
    def test_is_read_from_json(self):
        fee = Fee.parse(
            {"code": "s", "label": "服务费", "timing": "upfront", "rate": "0.02", "collector": "我司"}
        )

        assert fee.each_fen(12_345) == 247

    def test_needs_an_amount_or_a_rate(self):
        with pytest.raises(InvalidInput):
            Fee(code="s", label="服务费", timing=FeeTiming.UPFRONT)
        with pytest.raises(InvalidInput):
            Fee(code="s", label="服务费", timing=FeeTiming.UPFRONT, amount_fen=-1)
