"""Restructuring 重组: all open principal starts a new schedule; what else is unpaid is carried or waived.

Source: docs/algorithms/restructure.md.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from loanhub.domain.errors import InvalidInput
from loanhub.domain.repayment._rows import CHARGED, Row
from loanhub.domain.repayment.allocation import Component
from loanhub.domain.repayment.delinquency import FiveClass, five_class_of, worse_class
from loanhub.domain.repayment.method import Installment
from loanhub.domain.repayment.postings import Posting
from loanhub.domain.repayment.schedule import build_schedule

if TYPE_CHECKING:
    from loanhub.domain.repayment._replay import LoanLedger


def restructure(ledger: LoanLedger, posting: Posting) -> None:
    """Let all open principal start a new schedule that day; unpaid interest and fees are carried or waived."""
    day, agreed = posting.value_date, posting.new_terms
    if agreed is None:
        raise InvalidInput(fields={"method": "请填写重组后的还款条款"})
    if ledger.settled_date is not None:
        raise InvalidInput(fields={"value_date": "没有未还本金，不能重组"})
    coming, rest = ledger.coming_rows(day), ledger.rest(day, fee=False)
    current = coming[0] if coming else None
    number = max((row.period for row in ledger.rows if row.due <= day or row.carried), default=0)
    number = max(number, current.period - 1 if current else 0)
    late = ledger.delinquency(day)
    stub = _stub(ledger, current, day, number + 1, rest.accrued_interest_fen if not posting.carry else 0)
    number += stub is not None
    kept = [row for row in ledger.rows if row.due <= day or row.carried] + ([stub] if stub else [])
    held = dict.fromkeys(Component, 0)
    held[Component.INTEREST] = rest.accrued_interest_fen if posting.carry else 0
    if posting.carry:
        for row in kept:
            for component in held:
                held[component] += row.open(component, max(day, row.due))
    held[Component.PRINCIPAL] = 0
    carries = any(held.values())
    terms = replace(
        agreed,
        principal_fen=ledger.outstanding(day),
        disburse_date=day,
        elapsed_periods=0,
        kept_payment_fen=None,
        numbered_after=number + carries,
    )
    fresh = build_schedule(terms, ledger.overrides)

    _end_rows(ledger, posting, kept)
    ledger.terms = terms
    rows = [row for row in kept if not (row.carried and posting.carry and row.due > day)]
    if carries:
        rows.append(_carried_row(ledger, fresh[0], number + 1, held))
    ledger.set_rows([*rows, *(ledger.row(installment) for installment in fresh)])
    _chain_openings(ledger.rows)
    ledger.restructured = True
    was = five_class_of(late.dpd)
    floor = FiveClass.SUBSTANDARD if was.is_non_performing else FiveClass.SPECIAL_MENTION
    ledger.class_floor = worse_class(ledger.class_floor, floor)


def _stub(ledger: LoanLedger, current: Row | None, day: date, number: int, interest_fen: int) -> Row | None:
    """Return the row that ends the current period that day: what was repaid early in it, interest to waive."""
    if current is None or not (current.early_principal or current.early_fee or interest_fen):
        return None
    agreed = current.installment
    stub = ledger.row(
        replace(
            agreed,
            period=number,
            start_date=min(agreed.start_date, day),
            due_date=day,
            days=max(0, (day - agreed.start_date).days),
            principal_fen=current.early_principal,
            interest_fen=interest_fen,
            fee_fen=current.early_fee,
        )
    )
    stub.paid = dict(current.paid)
    return stub


def _end_rows(ledger: LoanLedger, posting: Posting, rows: list[Row]) -> None:
    """Take what is open out of rows that a restructure ends: principal goes on, the rest is carried or waived."""
    day = posting.value_date
    for row in rows:
        if row.carried and row.due > day and not posting.carry:
            row.carry_to(day)
        if not posting.carry:
            for component in Component:
                if component is not Component.PRINCIPAL:
                    ledger.waive(posting, row, component, row.open(component, day))
        row.installment = replace(
            row.installment,
            principal_fen=row.gone(Component.PRINCIPAL),
            interest_fen=row.gone(Component.INTEREST),
            fee_fen=row.gone(Component.FEE),
        )
        if day > row.last_free_day:
            row.charged = {component: row.gone(component) for component in CHARGED}
        row.note_cleared(day)


def _carried_row(ledger: LoanLedger, first: Installment, number: int, held: dict[Component, int]) -> Row:
    """Return the row that makes carried amounts due again, with the first installment of the new terms."""
    row = ledger.row(
        replace(
            first,
            period=number,
            principal_fen=0,
            interest_fen=held[Component.INTEREST],
            fee_fen=held[Component.FEE],
        )
    )
    row.carried = True
    row.charging = replace(row.charging, multiplier=row.charging.multiplier * 0)
    row.charged = {component: held[component] for component in CHARGED}
    row.carry_to(first.due_date)
    row.last_free_day = first.start_date - timedelta(days=1)  # grace hides nothing that was charged already
    return row


def _chain_openings(rows: list[Row]) -> None:
    """Let each row open with the balance the one before leaves."""
    balance = sum(row.installment.principal_fen for row in rows)
    for row in rows:
        row.installment = replace(row.installment, opening_fen=balance)
        balance -= row.installment.principal_fen
