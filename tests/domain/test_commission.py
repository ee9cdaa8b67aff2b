"""Commission against the golden file, and that no fen is lost."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain import commission
from loanhub.domain.commission import Share, Tier, TierMode
from loanhub.domain.errors import InvalidInput
from tests.golden_cases import differences, golden


@pytest.mark.parametrize(("section", "case"), golden("commission"))
def test_splits_tiers_and_clawbacks_are_the_golden_ones(section, case):
    assert differences("commission", section, case) == []


@given(
    amount_fen=st.integers(0, 10**12),
    weights=st.lists(st.integers(0, 1000), min_size=1, max_size=8),
    kept=st.integers(1, 1000),
)
def test_parts_and_retained_are_the_whole(amount_fen, weights, kept):
    total = sum(weights) + kept
    shares = [Share(str(i), (Decimal(w) / total).quantize(Decimal("0.0001"))) for i, w in enumerate(weights)]
    if sum(s.ratio for s in shares) > 1:
        shares = shares[:1]

    found = commission.split(amount_fen, shares)

    assert sum(p.amount_fen for p in found.parts) + found.retained_fen == amount_fen
    assert found.retained_fen >= 0
    for part, share in zip(found.parts, shares, strict=True):
        assert abs(part.amount_fen - amount_fen * share.ratio) <= 1


class TestSplit:
    def test_refuses_more_than_everything(self):
        with pytest.raises(InvalidInput, match=r"101\.00%"):
            commission.split(100, [Share("a", Decimal("0.51")), Share("b", Decimal("0.5"))])

    def test_refuses_a_negative_amount(self):
        with pytest.raises(InvalidInput, match="结转下月"):
            commission.split(-1, [Share("a", Decimal("0.5"))])


class TestTieredFen:
    def test_refuses_tiers_that_fall(self):
        with pytest.raises(InvalidInput):
            commission.tiered_fen(1, [Tier(10, Decimal(0)), Tier(5, Decimal(0))], TierMode.WHOLE)

    def test_refuses_an_amount_beyond_the_last_tier(self):
        with pytest.raises(InvalidInput):
            commission.tiered_fen(11, [Tier(10, Decimal("0.1"))], TierMode.MARGINAL)


def test_a_paid_batch_cannot_go_back():
    with pytest.raises(commission.IllegalMove, match="「已发放」的结算批次不能退回"):
        commission.move(commission.SettlementStatus.PAID, commission.SettlementEvent.RETURN)


def test_distributable_is_what_was_received_less_what_went_out():
    assert commission.distributable_fen(received_fen=1000, channel_fen=100, refund_fen=50, tax_fen=30) == 820
