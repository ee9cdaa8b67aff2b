"""What settles a loan early on a day 提前结清试算."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from loanhub.domain.errors import InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.money import format_fen, format_plain, uppercase
from loanhub.domain.permissions import Permission
from loanhub.domain.rates import format_percent
from loanhub.domain.repayment import servicing
from loanhub.domain.repayment.allocation import Component
from loanhub.repositories import loans as repository
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.loans._shared import CLOSED, Account, LoanClosed, open_account


@dataclass(frozen=True)
class QuoteLine:
    """One line of a quote; ``note`` says what it was computed from."""

    label: str
    note: str
    amount: str
    tone: str = ""


@dataclass(frozen=True)
class Quote:
    """What to pay on a day to settle, line by line; ``saved`` is interest not paid compared with the schedule."""

    on: str
    lines: tuple[QuoteLine, ...]
    total_fen: int
    total: str
    uppercase: str
    saved_fen: int
    saved: str


def quote(actor: Actor, *, loan_id: int, on: date, now: datetime) -> Quote:
    """Return the settlement quote of a day from today to the loan's last due date; valid for that day only.

    Raises:
        NotFound: no such loan in the actor's scope.
        NotPermitted: the actor lacks loans:read.
        NotDisbursed, LoanClosed: there is nothing to settle.
        InvalidInput: naming ``on``.
    """
    with reading() as db:
        loan = repository.get_visible(db, actor, loan_id)
        actor.require(Permission.LOANS_READ)
        account = open_account(db, loan)
        if loan.status in CLOSED:
            raise LoanClosed(loan.status)
        today = local(now).date()
        if not today <= on <= max(today, loan.maturity_date or today):
            raise InvalidInput(fields={"on": "结清日要在今天到最后一期应还日之间"})
        return quote_of(account, on)


def quote_of(account: Account, on: date) -> Quote:
    """Return the quote of a loan whose day and status have been looked at."""
    state = account.at(on)
    found = servicing.settlement_quote(account.terms, account.postings, on=on, options=account.options)
    future_interest = sum(row.installment.interest_fen for row in state.installments if row.due_date > on)
    overdue = {part: state.due_fen(part) for part in Component}
    principal = found.principal_fen + overdue[Component.PRINCIPAL]
    rate = format_percent(account.loan.annual_rate)
    lines = [QuoteLine("剩余本金", "", format_plain(principal))]
    if overdue[Component.INTEREST]:
        lines.append(QuoteLine("应还未还利息", "", format_plain(overdue[Component.INTEREST])))
    lines.append(
        QuoteLine("应计利息", f"{found.accrued_days} 天 · {rate}", format_plain(found.accrued_interest_fen))
    )
    penalty = overdue[Component.PENALTY] + overdue[Component.COMPOUND]
    if penalty:
        lines.append(QuoteLine("罚息", "", format_plain(penalty), "due"))
    if overdue[Component.FEE]:
        lines.append(QuoteLine("费用", "", format_plain(overdue[Component.FEE])))
    if account.options.prepayment_fee_rate:
        note = format_percent(account.options.prepayment_fee_rate) if found.fee_fen else "免收"
        lines.append(QuoteLine("提前还款违约金", note, format_plain(found.fee_fen)))
    if found.suspense_fen:
        lines.append(QuoteLine("溢缴款抵扣", "", format_plain(-found.suspense_fen), "in"))
    saved = future_interest - found.accrued_interest_fen - found.fee_fen
    return Quote(
        on=on.isoformat(), lines=tuple(lines), total_fen=found.total_fen, total=format_fen(found.total_fen),
        uppercase=uppercase(found.total_fen), saved_fen=saved, saved=format_fen(max(0, saved)),
    )  # fmt: skip
