"""The book-wide tags agree with the rules of one customer, on facts of every kind."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from random import Random

import polars as pl
import pytest

from loanhub.analytics.customers.tags import FACTS, compute
from loanhub.domain import rfm
from loanhub.domain.catalogue.choices import Lifecycle, ValueSegment

TODAY = date(2026, 11, 20)


def _facts(random: Random) -> rfm.Facts:
    def ago(top: int) -> date | None:
        return TODAY - timedelta(
            days=random.choice((0, 30, 31, 60, 61, 90, 91, 180, 181, 365, 366, random.randint(0, top)))
        )

    loans = random.choice((0, 0, 1, 2, 3, 4, 5, 9))
    first = ago(900) if loans else None
    paid = random.choice((None, ago(400))) if loans else None
    last = max(first, ago(400) or TODAY) if first else None
    open_loans = random.randint(0, loans)
    return rfm.Facts(
        loans=loans, open_loans=open_loans, principal_fen=loans * random.choice((1, 10, 20, 33)) * rfm.WAN,
        dpd=random.choice((0, 0, 1, 30, 31)) if open_loans else 0, first_loan=first, last_loan=last, last_paid=paid,
        last_money=max((d for d in (paid, last) if d), default=None), last_contact=random.choice((None, ago(300))),
        last_settled=random.choice((None, ago(300))) if loans > open_loans else None,
        next_maturity=random.choice((None, TODAY + timedelta(days=random.choice((0, 60, 61))))) if open_loans else None,
        due_periods=random.choice((0, 5, 6, 20)), late_periods=random.choice((0, 0, 1, 2, 3)),
        early_periods=random.choice((0, 2, 3)), settled_early=random.choice((0, 0, 1)),
    )  # fmt: skip


def test_the_book_agrees_with_the_rules() -> None:
    random = Random(7)
    all_facts = [_facts(random) for _ in range(3000)]
    frame = pl.DataFrame([{"id": n, **asdict(one)} for n, one in enumerate(all_facts)], schema=FACTS)
    rows = compute(frame, TODAY).sort("id").to_dicts()
    for one, row in zip(all_facts, rows, strict=True):
        expected = rfm.tags(one, TODAY)
        scores = expected.rfm
        assert (row["recency"], row["frequency"], row["monetary"], row["segment"]) == (
            (scores.recency, scores.frequency, scores.monetary, scores.segment.value)
            if scores
            else (None, None, None, "")
        ), one
        assert row["lifecycle"] == expected.lifecycle.value, one
        assert tuple(row["behaviour"]) == expected.behaviour, one


@pytest.mark.parametrize(
    ("days", "score"),
    [(0, 5), (30, 5), (31, 4), (60, 4), (61, 3), (90, 3), (91, 2), (180, 2), (181, 1)],
)
def test_recency_at_its_edges(days: int, score: int) -> None:
    found = rfm.rfm(rfm.Facts(loans=1, principal_fen=1, last_money=TODAY - timedelta(days=days)), TODAY)
    assert found is not None and found.recency == score


def test_the_calculation_reads_as_it_was_made() -> None:
    day = TODAY - timedelta(days=12)
    facts = rfm.Facts(loans=3, open_loans=1, principal_fen=126 * rfm.WAN, last_money=day, last_paid=day, last_loan=day,
                      first_loan=TODAY - timedelta(days=200))  # fmt: skip
    found = rfm.rfm(facts, TODAY)
    assert found is not None and (found.recency, found.frequency, found.monetary) == (5, 3, 5)
    assert found.segment is ValueSegment.PROMISING
    assert [line.words for line in rfm.explain(facts, found, TODAY)] == [
        "12 天前还款",
        "3 次借款",
        "累计 ¥126 万",
    ]
    assert rfm.lifecycle(facts, TODAY) is Lifecycle.GROWING


def test_every_lifecycle_is_reached() -> None:
    def back(days: int) -> date:
        return TODAY - timedelta(days=days)

    owing = {"loans": 1, "open_loans": 1, "first_loan": back(500), "last_loan": back(500)}
    cases = {
        Lifecycle.NEW: rfm.Facts(last_contact=back(10)),
        Lifecycle.AT_RISK: rfm.Facts(**owing, dpd=31),
        Lifecycle.STABLE: rfm.Facts(**owing),
        Lifecycle.GROWING: rfm.Facts(**{**owing, "loans": 2, "last_loan": back(20)}),
        Lifecycle.DORMANT: rfm.Facts(loans=1, last_settled=back(200)),
    }
    for stage, facts in cases.items():
        assert rfm.lifecycle(facts, TODAY) is stage
