"""Fees: when they are taken, from what, whether they come back, and which may not be taken at all."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loanhub.domain.errors import InvalidInput
from loanhub.domain.rates import percent
from loanhub.domain.repayment.cost import (
    Fee,
    FeeBase,
    FeePayer,
    FeeTiming,
    add_financed,
    contingent_items,
    cost_of,
    cost_of_flows,
    disclosure,
    fee_flows,
    upfront_refusals,
)
from loanhub.domain.repayment.options import ServicingOptions
from loanhub.domain.repayment.schedule import build_schedule
from tests.domain.repayment.strategies import plain_terms


def fee(timing=FeeTiming.UPFRONT, **given):
    if not {"amount_fen", "rate"} & set(given):
        given["rate"] = Decimal("0.01")
    return Fee(**{"code": "service", "label": "服务费", "timing": timing, **given})


class TestFlows:
    @pytest.mark.parametrize("timing", [FeeTiming.BEFORE, FeeTiming.UPFRONT, FeeTiming.FINANCED])
    def test_what_is_paid_at_the_start_leaves_less_in_hand(self, timing):
        """100,000 at 14.4 % less 1 %: 16.32 % simple, 17.60 % compound (lending guide)."""
        cost = cost_of(plain_terms(), [fee(timing)])

        assert (str(percent(cost.apr_simple_rate)), str(percent(cost.eir_compound_rate))) == (
            "16.32",
            "17.60",
        )

    def test_a_fee_on_the_balance_falls_with_it(self):
        terms = plain_terms()
        rows = build_schedule(terms)
        first, later = fee_flows(
            fee(FeeTiming.EACH_PERIOD, rate=Decimal("0.003"), base=FeeBase.BALANCE), terms, rows
        )

        assert first == 0
        assert later[0] == 30_000
        assert later[1] == 27_661  # 92,202.46 × 0.3 % = 276.607…
        assert sum(later) < 12 * 30_000

    def test_a_deposit_costs_only_the_use_of_the_money(self):
        terms = plain_terms()
        deposit = fee(label="保证金", amount_fen=500_000, refundable=True)
        rows = build_schedule(terms)
        flows = [terms.principal_fen - 500_000, *(-row.payment_fen for row in rows)]
        flows[-1] += 500_000

        assert cost_of(terms, [deposit]) == cost_of_flows(flows)
        assert cost_of(terms, [deposit]).total_cost_fen == cost_of(terms).total_cost_fen
        assert cost_of(terms, [deposit]).apr_simple_rate > cost_of(terms).apr_simple_rate
        assert disclosure(terms, [deposit]).items[1].standard == "¥5,000.00，到期退还"

    def test_what_the_borrower_does_not_pay_or_the_rule_leaves_out_is_not_counted(self):
        terms = plain_terms()
        lenders = fee(payer=FeePayer.LENDER)
        left_out = fee(label="公证费", included_in_cost=False)

        assert cost_of(terms, [lenders, left_out]) == cost_of(terms)
        sheet = disclosure(terms, [lenders, left_out])
        assert [(item.label, item.annual_pct) for item in sheet.items[1:]] == [("公证费", 0)]
        assert "不计入" in sheet.items[1].standard
        assert sheet.items[1].amount_fen == 100_000


class TestFinanced:
    def test_is_added_to_what_is_wanted_and_not_counted_on_itself(self):
        principal, fees = add_financed(10_000_000, [fee(FeeTiming.FINANCED, rate=Decimal("0.02")), fee()])

        assert principal == 10_200_000
        assert fees[0].amount_fen == 200_000
        assert fees[1].rate == Decimal("0.01")
        terms = plain_terms(principal_fen=principal)
        assert principal - fee_flows(fees[0], terms, build_schedule(terms))[0] == 10_000_000

    @given(st.integers(1, 10**11), st.decimals("0", "0.5", places=4))
    def test_leaves_what_was_wanted(self, wanted, rate):
        principal, (added,) = add_financed(wanted, [fee(FeeTiming.FINANCED, rate=rate)])

        assert principal - added.each_fen(principal) == wanted


class TestDisclosureSums:
    @settings(max_examples=30, deadline=None)
    @given(
        st.lists(
            st.builds(
                fee,
                timing=st.sampled_from(list(FeeTiming)),
                rate=st.decimals("0", "0.02", places=4),
                payer=st.sampled_from(list(FeePayer)),
                included_in_cost=st.booleans(),
            ),
            max_size=5,
        ),
        st.integers(0, 2_000),
        st.one_of(st.none(), st.integers(1, 28)),
    )
    def test_items_sum_to_the_total_shown(self, fees, period_fee, day):
        terms = plain_terms(period_fee_fen=period_fee, repayment_day=day)
        sheet = disclosure(terms, fees)
        cost = cost_of(terms, fees)

        assert (
            sum(item.annual_pct for item in sheet.items) == sheet.total_pct == percent(cost.apr_simple_rate)
        )
        assert sheet.cost == cost


class TestContingent:
    def test_lists_what_default_and_early_payment_cost_apart(self):
        options = ServicingOptions(
            compound=True, prepayment_fee_rate=Decimal("0.01"), prepayment_free_after=6
        )
        items = contingent_items(plain_terms(), options, lender="示例小贷")

        assert [item.label for item in items] == ["罚息", "复利", "提前还款违约金"]
        assert "21.60%" in items[0].standard
        assert items[2].standard == "提前归还本金的 1.00%，第 6 期后免收"
        assert contingent_items(plain_terms(annual_rate=Decimal(0)), ServicingOptions()) == ()


class TestRefusals:
    @pytest.mark.parametrize(
        ("given", "own", "refused"),
        [
            ({"timing": FeeTiming.FINANCED}, True, True),
            ({"timing": FeeTiming.FINANCED, "payer": FeePayer.LENDER}, True, False),
            ({"timing": FeeTiming.UPFRONT}, True, False),
            ({"timing": FeeTiming.UPFRONT, "label": "首期利息"}, True, True),
            ({"timing": FeeTiming.BEFORE, "label": "预收", "code": "interest"}, True, True),
            ({"timing": FeeTiming.EACH_PERIOD, "label": "利息补差"}, True, False),
            ({"timing": FeeTiming.FINANCED}, False, False),
            ({"timing": FeeTiming.BEFORE}, False, True),
            ({"timing": FeeTiming.BEFORE, "label": "房产评估费"}, False, False),
            ({"timing": FeeTiming.UPFRONT, "label": "包装费"}, False, True),
            ({"timing": FeeTiming.UPFRONT, "label": "前期费用"}, False, True),
            ({"timing": FeeTiming.UPFRONT, "label": "居间服务费"}, False, False),
        ],
    )
    def test_nothing_is_taken_before_it_may_be(self, given, own, refused):
        found = upfront_refusals([fee(label="其他", timing=FeeTiming.EACH_PERIOD), fee(**given)], own=own)

        assert list(found) == (["fees[1]"] if refused else [])
        assert all("民法典第" in sentence for sentence in found.values())


class TestParse:
    def test_reads_back_what_it_stores(self):
        one = fee(FeeTiming.EACH_PERIOD, rate=Decimal("0.003"), base=FeeBase.BALANCE, collector="示例担保")

        assert Fee.parse(one.as_dict()) == one
        assert Fee.parse(fee(amount_fen=5, refundable=True).as_dict()).refundable

    @pytest.mark.parametrize(
        "stored",
        [
            {"rate": "0.01", "vat": "0.06"},
            {"rate": 0.01},
            {"rate": "one"},
            {"amount_fen": 1.5},
            {"amount_fen": 100, "rate": "0.01"},
            {"rate": "0.01", "base": "fixed"},
            {"amount_fen": 1, "base": "balance"},
            {"rate": "-0.01"},
            {"rate": "0.01", "timing": "at_end", "refundable": True},
            {"rate": "0.01", "timing": "sometimes"},
            {"rate": "0.01", "refundable": "yes"},
        ],
    )
    def test_refuses_what_it_does_not_understand(self, stored):
        with pytest.raises(InvalidInput) as fault:
            Fee.parse(stored)
        assert list(fault.value.fields) == ["fees"]
