"""债权转让通知书: the claim of a loan handed to somebody else, as its debtor must be told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import cast

from sqlmodel import Session

from loanhub.documents.data import BankAccount, Party
from loanhub.documents.paper_data import AssignmentData
from loanhub.domain.errors import InvalidInput
from loanhub.domain.identity import check_uscc
from loanhub.domain.repayment.allocation import Component
from loanhub.models import Loan
from loanhub.services.loans._shared import business_day, open_account
from loanhub.services.papers._kind import Case, Fit, Making, PaperKind, Subject, need_loan

ASKS = (
    "assignee_name", "assignee_code", "assignee_phone", "assignee_address", "agreement_date", "account_holder",
    "account_bank", "account_number",
)  # fmt: skip


def fits(db: Session, case: Case, now: datetime) -> Fit:
    """Return the claim, while something of it is open."""
    refused = need_loan(case)
    if refused is not None:
        return refused
    assert case.loan is not None
    if case.loan.settled_date is not None:
        return Fit(reason="借据已结清，没有可以转让的债权", link=f"/loans/{case.loan.id}")
    return Fit((Subject("", case.loan.number),))


def claim_of(db: Session, loan: Loan, now: datetime) -> AssignmentData:
    """Return the claim as it stands today: principal open, and every interest and fee earned on it."""
    day = business_day(loan, now)
    state = open_account(db, loan).at(day)
    principal = state.outstanding_principal_fen
    rest = sum(state.due_fen(part) for part in Component if part is not Component.PRINCIPAL)
    interest = rest + state.accrued_interest_fen
    return AssignmentData(
        loan_number=loan.number, base_date=day, principal_fen=principal, interest_fen=interest,
        total_fen=principal + interest,
    )  # fmt: skip


def build(db: Session, case: Case, subject: Subject, making: Making) -> AssignmentData:
    """Return what the notice says.

    Raises:
        InvalidInput: the assignee's number is none, or the agreement lies ahead.
    """
    assert case.loan is not None
    answers = {key: making.answers.get(key) for key in ASKS}
    code, day = (
        check_uscc(str(answers["assignee_code"] or "")),
        cast("date | None", answers["agreement_date"]),
    )
    errors = {}
    if answers["assignee_code"] and not code.valid:
        errors["assignee_code"] = "统一社会信用代码不正确，应为 18 位"
    if day is not None and day > making.today:
        errors["agreement_date"] = "签署日不能晚于今天"
    if errors:
        raise InvalidInput(fields=errors)
    words = {key: str(value or "") for key, value in answers.items()}
    assignee = Party(
        name=words["assignee_name"], kind="company", id_type="统一社会信用代码", id_number=words["assignee_code"].upper(),
        phone=words["assignee_phone"], address=words["assignee_address"],
    )  # fmt: skip
    account = BankAccount(
        holder=words["account_holder"],
        bank=words["account_bank"],
        number=words["account_number"].replace(" ", ""),
    )
    return replace(
        claim_of(db, case.loan, making.now), notice_number=making.number, contract_number=case.main.contract_number,
        issued_at=making.now, issue_date=making.today, borrower=case.main.borrower, assignee=assignee,
        agreement_date=day, account=account,
    )  # fmt: skip


PAPER = PaperKind("assignment_notice", "ZR", fits, build, ASKS)
