"""Postings as JSON, and what their kinds say about money and terms."""

from datetime import date
from decimal import Decimal

import pytest

from loanhub.domain.errors import InvalidInput
from loanhub.domain.repayment.allocation import Component
from loanhub.domain.repayment.posting import Posting, PostingKind
from loanhub.domain.repayment.prepayment import PrepaymentMode
from tests.domain.repayment.strategies import plain_terms

EVERYTHING = {
    "period": 3,
    "component": Component.PRINCIPAL,
    "prepay_fen": 5,
    "mode": PrepaymentMode.SHORTEN_TERM,
    "months": 2,
    "annual_rate": Decimal("0.12"),
    "split": True,
    "new_terms": plain_terms(repayment_day=20),
    "carry": False,
}


def restored(detail, kind=PostingKind.WAIVER):
    return Posting.restore(
        sequence=7, kind=kind, value_date=date(2026, 3, 1), amount_fen=100, detail=detail, reverses=None
    )


class TestDetail:
    def test_reads_back_what_it_wrote(self):
        posting = Posting(
            sequence=7, kind=PostingKind.WAIVER, value_date=date(2026, 3, 1), amount_fen=100, **EVERYTHING
        )

        assert restored(posting.detail()) == posting
        assert set(posting.detail()) == set(EVERYTHING)
        assert posting.detail()["annual_rate"] == "0.12"

    def test_leaves_defaults_out(self):
        posting = Posting(sequence=1, kind=PostingKind.PAYMENT, value_date=date(2026, 3, 1), amount_fen=1)

        assert posting.detail() == {}

    @pytest.mark.parametrize(
        ("detail", "field"),
        [
            ({"colour": 1}, "colour"),
            ({"months": "3"}, "months"),
            ({"months": True}, "months"),
            ({"annual_rate": 0.12}, "annual_rate"),
            ({"annual_rate": "x"}, "annual_rate"),
            ({"component": "gold"}, "component"),
            ({"split": 1}, "split"),
            ({"new_terms": {"method": "flat", "colour": 1}}, "colour"),
        ],
    )
    def test_names_what_it_cannot_read(self, detail, field):
        with pytest.raises(InvalidInput) as refused:
            restored(detail)

        assert field in refused.value.fields


def test_kinds_say_what_they_move():
    def kinds(flag):
        return {kind.value for kind in PostingKind if getattr(kind, flag)}

    assert kinds("brings_money") == {"payment", "prepayment", "settlement", "recovery"}
    assert kinds("sends_money") == {"refund"}
    assert kinds("forgives") == {"waiver", "write_off"}
    assert kinds("changes_terms") == {
        "rate_change", "extension", "restructure", "acceleration", "prepayment",
    }  # fmt: skip
