"""Allocation: every golden case, and what must hold for any payment."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loanhub.domain.errors import InvalidInput
from loanhub.domain.repayment.allocation import (
    DEFAULT_ORDER,
    AllocationMode,
    Component,
    OpenAmounts,
    allocate,
    check_order,
)
from tests.golden_cases import differences, golden

TODAY = date(2026, 5, 1)


@pytest.mark.parametrize(("section", "case"), golden("allocation"))
def test_allocates_every_golden_payment(section, case):
    assert differences("allocation", section, case) == []


AMOUNTS = st.integers(0, 2_000)
ROWS = st.lists(st.tuples(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, st.integers(-90, 30)), max_size=5)
ORDERS = st.permutations(list(Component))


def build(rows):
    return [
        OpenAmounts(
            period=k + 1,
            due_date=TODAY + timedelta(days=days),
            fee_fen=a,
            penalty_fen=b,
            compound_fen=c,
            interest_fen=d,
            principal_fen=e,
        )
        for k, (a, b, c, d, e, days) in enumerate(rows)
    ]


class TestAllocate:
    @settings(max_examples=60)
    @given(st.integers(0, 30_000), ROWS, ORDERS, st.sampled_from(list(AllocationMode)), st.booleans())
    def test_loses_no_fen_and_never_overpays_a_component(self, payment, rows, order, mode, prepay):
        installments = build(rows)

        result = allocate(payment, installments, as_of=TODAY, order=order, mode=mode, prepay_future=prepay)

        assert sum(a.amount_fen for a in result.allocations) + result.overpaid_fen == payment
        open_now = {(row.period, c): row.of(c) for row in installments for c in Component}
        for given_ in result.allocations:
            assert 0 < given_.amount_fen <= open_now[given_.period, given_.component]
        assert all(row.of(component) >= 0 for row in result.remaining for component in Component)

    @settings(max_examples=60)
    @given(
        st.integers(0, 15_000), st.integers(0, 15_000), ROWS, ORDERS, st.sampled_from(list(AllocationMode))
    )
    def test_gives_the_same_in_two_payments_of_one_day(self, first, second, rows, order, mode):
        installments = build(rows)

        once = allocate(first + second, installments, as_of=TODAY, order=order, mode=mode)
        half = allocate(first, installments, as_of=TODAY, order=order, mode=mode)
        twice = allocate(second, half.remaining, as_of=TODAY, order=order, mode=mode)

        assert twice.remaining == once.remaining
        assert half.allocated_fen + twice.allocated_fen == once.allocated_fen

    def test_refuses_a_negative_payment(self):
        with pytest.raises(InvalidInput):
            allocate(-1, [], as_of=TODAY)

    def test_refuses_an_order_that_forgets_or_repeats(self):
        with pytest.raises(InvalidInput):
            check_order(DEFAULT_ORDER[:-1])
        with pytest.raises(InvalidInput):
            check_order([*DEFAULT_ORDER, Component.FEE])
