"""Notices of overdue payment 催收函: what is due today, to be paid within seven days."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.documents import render
from loanhub.documents.paper_data import OverdueData
from loanhub.domain.contracts import contract_number
from loanhub.domain.errors import Conflict
from loanhub.domain.formats import local
from loanhub.domain.loans import LoanStatus
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.allocation import Component
from loanhub.models import Contract, Customer, Loan
from loanhub.repositories import loans as repository
from loanhub.services import parameters
from loanhub.services._actor import Actor
from loanhub.services._numbering import next_number
from loanhub.services._templates import in_use
from loanhub.services._transaction import transaction
from loanhub.services.contracts._terms import party_of
from loanhub.services.loans._shared import business_day, open_account, record
from loanhub.services.printing._kind import Paper, PaperKind
from loanhub.services.printing.kinds import _sources
from loanhub.settings import settings

PAY_WITHIN_DAYS = 7


def overdue_data(db: Session, loan: Loan, *, number: str, handler: str, now: datetime) -> OverdueData:
    """Return what the notice of a loan says as it stands on its business day.

    Raises:
        Conflict: nothing is overdue.
    """
    day = business_day(loan, now)
    state = open_account(db, loan).at(day)
    late = [one.due_date for one in state.installments if one.due_date < day and one.open.total_fen]
    if not late or not state.dpd:
        raise Conflict("这笔借据没有逾期，不出催收函")
    customer, contract = db.get(Customer, loan.customer_id), db.get(Contract, loan.contract_id)
    assert customer is not None and contract is not None
    parts = [(part.label, state.due_fen(part)) for part in Component if state.due_fen(part)]
    if state.suspense_fen:
        parts.append(("已收待抵扣", -state.suspense_fen))
    issued = local(now).date()
    return OverdueData(
        notice_number=number, contract_number=contract.number, loan_number=loan.number, issued_at=now,
        issue_date=issued, as_of=day, pay_by=issued + timedelta(days=PAY_WITHIN_DAYS), borrower=party_of(customer),
        principal_fen=loan.principal_fen, overdue_since=min(late), days_overdue=state.dpd, components=tuple(parts),
        total_fen=sum(fen for _, fen in parts), repayment_account=parameters.repayment_account(db, now=now),
        handler=handler,
    )  # fmt: skip


def make(actor: Actor, record_id: int, key: str, now: datetime) -> Paper:
    """Make the notice of a loan as it stands on its business day.

    Raises:
        Conflict: nothing is overdue.
    """
    with transaction() as db:
        loan = repository.get_visible(db, actor, record_id)
        actor.require(Permission.COLLECTIONS_CONTACT)
        company = str(parameters.get(db, "contract_code", now=now)["company"])
        issued = local(now).date()
        number = contract_number(company, "CS", issued, next_number(db, f"notice:CS:{issued:%Y}"))
        data = overdue_data(db, loan, number=number, handler=actor.name, now=now)
        pdf = render(
            in_use(db, "overdue_notice"), data, company=parameters.company(db, now=now),
            watermark="演示数据" if settings().demo_mode else "",
        )  # fmt: skip
        record(db, actor, "loan.document_printed", loan, now=now, summary=f"{loan.number} 催收函 {number}")
        return Paper(f"{number}.pdf", pdf)


def find(db: Session, actor: Actor, first: date, last: date) -> list[int]:
    """Return the overdue loans; the days are not asked for, since a notice says how things stand today."""
    return _sources.loan_ids(db, actor, sa.and_(col(Loan.status) == LoanStatus.OVERDUE, col(Loan.dpd) > 0))


KIND = PaperKind("overdue_notice", "催收函", Permission.COLLECTIONS_CONTACT, make, _sources.loans, find)
