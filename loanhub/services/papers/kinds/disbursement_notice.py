"""放款通知书: that the money went out, what it costs, and when the first installment is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from loanhub.documents.data import ContractData, ScheduleRow
from loanhub.domain.repayment.schedule import build_schedule
from loanhub.domain.repayment.terms import Terms
from loanhub.services.papers._kind import Case, Fit, Making, PaperKind, Subject, need_loan


def fits(db: Session, case: Case, now: datetime) -> Fit:
    """Return the loan that was paid out."""
    refused = need_loan(case)
    if refused is not None:
        return refused
    assert case.loan is not None
    return Fit((Subject("", case.loan.number),))


def build(db: Session, case: Case, subject: Subject, making: Making) -> ContractData:
    """Return what the notice says: the schedule from the day of payment, as it was before any change."""
    assert case.loan is not None
    terms, main = Terms.parse(case.loan.terms), case.main
    rows = tuple(
        ScheduleRow(
            number=row.period, due_date=row.due_date, principal_fen=row.principal_fen, interest_fen=row.interest_fen,
            fee_fen=row.fee_fen, closing_fen=row.closing_fen,
        )
        for row in build_schedule(terms)
    )  # fmt: skip
    agreed = replace(
        main.terms, principal_fen=case.loan.principal_fen, start_date=case.loan.disbursed_date,
        end_date=rows[-1].due_date, periods=len(rows),
    )  # fmt: skip
    return replace(
        main, loan_number=case.loan.number, issued_at=making.now, signing_date=making.today, terms=agreed, schedule=rows,
    )  # fmt: skip


PAPER = PaperKind(
    "disbursement_notice", "FK", fits, build,
    number_of=lambda case: f"FK-{case.loan.number if case.loan is not None else ''}",
)  # fmt: skip
