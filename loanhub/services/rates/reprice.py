"""Repricing 重定价: on its day a loan linked to the LPR takes the LPR in force plus or minus its spread.

The system posts it, once a loan and date: the posting and the next day stand in one transaction, so a run cut
short goes on where it stopped. Stands apart from the package because it needs the loans, which need its checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlmodel import Session

from loanhub.domain import formats
from loanhub.domain.errors import InvalidInput, LoanHubError
from loanhub.domain.formats import local
from loanhub.domain.money import format_fen
from loanhub.domain.permissions import Permission
from loanhub.domain.rates import format_percent
from loanhub.domain.repayment.postings import LoanState, Posting, PostingKind
from loanhub.domain.repayment.servicing import replay
from loanhub.models import Loan
from loanhub.repositories import rates as repository
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._transaction import reading
from loanhub.services.loans._shared import Account, open_account
from loanhub.services.loans._write import Source, write_posting
from loanhub.services.product_terms import LprMissing
from loanhub.services.rates.lpr import lpr_on, require_reader

SHOWN = 50
"""Loans a preview lists; the count says how many there are."""


@dataclass(frozen=True)
class RepriceRow:
    """What a repricing will do to one loan; texts are formatted. ``problem`` says why it cannot."""

    loan_id: int
    number: str
    customer: str
    day: str
    rule: str
    old_rate: str
    new_rate: str
    old_payment: str
    new_payment: str
    tone: str
    problem: str = ""


@dataclass(frozen=True)
class RepricePreview:
    """Loans to be repriced up to a day: how many in all, and the next ones the reader may see."""

    until: str
    count: int
    rows: tuple[RepriceRow, ...]


def _rate_on(db: Session, state: LoanState, day: date) -> Decimal | None:
    """Return the rate a loan takes on a repricing day; None when its terms hang on no LPR any more.

    Raises:
        LprMissing: no reviewed LPR is in force that day.
    """
    link = state.terms.lpr
    if link is None:
        return None
    lpr = lpr_on(db, day, link.tenor)
    if lpr is None:
        raise LprMissing(day)
    return link.rate_for(lpr)


def _present_rate(state: LoanState, day: date) -> Decimal:
    """Return the rate that holds before the repricing of a day."""
    rate = state.terms.annual_rate
    for change in state.terms.changes:
        if change.effective_from < day:
            rate = change.annual_rate
    return rate


def _change(account: Account, day: date, rate: Decimal) -> Posting:
    return Posting(
        sequence=account.next_sequence, kind=PostingKind.RATE_CHANGE, value_date=day, annual_rate=rate
    )


def reprice_loan(db: Session, loan: Loan, on: date, now: datetime) -> bool:
    """Post every repricing of a loan due by the end of ``on``; return whether its rate changed.

    Runs inside the caller's transaction, with the loan's row locked. Called again for the same day it finds
    nothing to do: ``next_reprice_date`` has moved on.

    Raises:
        LprMissing: no reviewed LPR is in force on a repricing day; nothing of this call should be kept.
        InvalidInput: the change does not fit the loan.
    """
    changed = False
    while loan.next_reprice_date is not None and loan.next_reprice_date <= on:
        day = loan.next_reprice_date
        account = open_account(db, loan)
        state = account.at(day)
        following = state.terms.next_reprice_date(day)
        rate = _rate_on(db, state, day) if loan.status in repository.OPEN else None
        if rate is not None and rate != _present_rate(state, day):
            note = f"LPR 重定价：{format_percent(_present_rate(state, day))} → {format_percent(rate)}"
            write_posting(db, SYSTEM, account, _change(account, day, rate), Source(note=note), now=now)
            changed = True
        loan.next_reprice_date = following
        db.flush()
    return changed


def preview_repricing(actor: Actor, *, until: date, now: datetime) -> RepricePreview:
    """Return what the repricings up to a day will do, as far as the LPR is known now. Writes nothing.

    Only loans inside the actor's scope are listed, and only to who may read loans; the count is of all.

    Raises:
        NotPermitted: the actor holds neither rates:edit nor rates:review.
        InvalidInput: naming ``until``: a day gone by.
    """
    require_reader(actor)
    if until < local(now).date():
        raise InvalidInput(fields={"until": "截止日不能早于今天"})
    with reading() as db:
        rows: list[RepriceRow] = []
        if actor.can(Permission.LOANS_READ):
            found = repository.list_loans_to_reprice(db, actor, until=until, limit=SHOWN)
            rows = [_preview(db, loan, name) for loan, name in found]
        return RepricePreview(
            formats.day(until), repository.count_loans_to_reprice(db, until=until), tuple(rows)
        )


def _preview(db: Session, loan: Loan, customer: str) -> RepriceRow:
    assert loan.next_reprice_date is not None
    day = loan.next_reprice_date
    account = open_account(db, loan)
    before = account.at(day)
    old_rate = _present_rate(before, day)
    link = before.terms.lpr
    rule = ""
    if link is not None:
        sign = "+" if link.spread_bp >= 0 else formats.MINUS
        rule = f"{link.tenor.label} {sign}{abs(link.spread_bp)}BP"
    try:
        rate = _rate_on(db, before, day)
        after = before
        if rate is not None and rate != old_rate:
            postings = [*account.postings, _change(account, day, rate)]
            after = replay(account.terms, postings, as_of=day, options=account.options)
    except LoanHubError as fault:
        return RepriceRow(
            loan.id or 0, loan.number, customer, formats.day(day), rule, format_percent(old_rate), "—", "—", "—", "due",
            fault.sentence,
        )  # fmt: skip
    old_payment, new_payment = _payments(before, after, day)
    new_rate = old_rate if rate is None else rate
    return RepriceRow(
        loan.id or 0, loan.number, customer, formats.day(day), rule, format_percent(old_rate),
        format_percent(new_rate), old_payment, new_payment,
        "in" if new_rate < old_rate else "due" if new_rate > old_rate else "",
    )  # fmt: skip


def _payments(before: LoanState, after: LoanState, day: date) -> tuple[str, str]:
    """Return the first payment that the change alters, before and after; the next one when it alters none."""
    old = {row.period: row.installment.payment_fen for row in before.installments if row.due_date > day}
    new = {row.period: row.installment.payment_fen for row in after.installments if row.due_date > day}
    periods = [period for period in old if period in new]
    if not periods:
        return "—", "—"
    period = next((one for one in periods if old[one] != new[one]), periods[0])
    return format_fen(old[period]), format_fen(new[period])
