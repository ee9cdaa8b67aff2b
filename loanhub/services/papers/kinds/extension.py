"""展期协议: an extension that was approved and posted, with the schedule that follows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.documents.data import ScheduleRow
from loanhub.documents.paper_data import ExtensionData
from loanhub.domain.repayment.postings import PostingKind
from loanhub.domain.signing import SignerRole
from loanhub.models import Loan, LoanRequest, Payment
from loanhub.services.loans._shared import open_account
from loanhub.services.papers._kind import Case, Fit, Making, PaperKind, Signs, Subject, need_loan


def fits(db: Session, case: Case, now: datetime) -> Fit:
    """Return the extensions approved on the loan and not reversed since."""
    refused = need_loan(case)
    if refused is not None:
        return refused
    assert case.loan is not None
    undone = sa.select(col(Payment.reverses_id)).where(col(Payment.reverses_id).is_not(None))
    query = (
        sa.select(LoanRequest)
        .join(Payment, col(Payment.request_id) == col(LoanRequest.id))
        .where(
            col(LoanRequest.loan_id) == case.loan.id, col(LoanRequest.kind) == PostingKind.EXTENSION.value,
            col(LoanRequest.status) == "approved", col(Payment.id).not_in(undone),
        )
        .order_by(col(LoanRequest.id))
    )  # fmt: skip
    found = tuple(
        Subject(f"request:{row.id}", f"{row.number} · {row.value_date.isoformat()} 起")
        for row in db.execute(query).scalars()
    )
    if not found:
        return Fit(reason="借据没有审批通过的展期，先在借据里发起展期", link=f"/loans/{case.loan.id}")
    return Fit(found)


def extension_data(db: Session, loan: Loan, request: LoanRequest) -> ExtensionData:
    """Return what an approved extension changed: the loan replayed to just before it and to just after."""
    account = open_account(db, loan)
    payment = next(one for one in account.payments if one.request_id == request.id)
    posting = next(one for one in account.postings if one.sequence == payment.seq)
    day = payment.value_date
    before = account.at(day, postings=[one for one in account.postings if one.sequence < payment.seq])
    after = account.at(day, postings=[one for one in account.postings if one.sequence <= payment.seq])
    rows = tuple(
        ScheduleRow(
            number=one.installment.period, due_date=one.due_date, principal_fen=one.installment.principal_fen,
            interest_fen=one.installment.interest_fen, fee_fen=one.installment.fee_fen,
            closing_fen=one.installment.closing_fen,
        )
        for one in after.installments if one.open.total_fen and one.due_date >= day
    )  # fmt: skip
    return ExtensionData(
        loan_number=loan.number, outstanding_fen=before.outstanding_principal_fen, old_end_date=before.last_due_date,
        new_end_date=after.last_due_date, months=posting.months, old_rate=before.terms.annual_rate,
        new_rate=after.terms.annual_rate, reason=request.reason, schedule=rows,
    )  # fmt: skip


def build(db: Session, case: Case, subject: Subject, making: Making) -> ExtensionData:
    """Return what the agreement says."""
    request = db.get(LoanRequest, int(subject.key.partition(":")[2]))
    assert request is not None and case.loan is not None
    main = case.main
    return replace(
        extension_data(db, case.loan, request), agreement_number=making.number, contract_number=main.contract_number,
        issued_at=making.now, signing_date=making.today, signing_place=str(making.answers.get("signing_place") or ""),
        borrower=main.borrower, guarantors=tuple(party for _, party in case.guarantors),
        dispute_body=str(making.dispute["body"]), copies=2 + len(case.guarantors),
    )  # fmt: skip


PAPER = PaperKind(
    "extension_agreement", "ZQ", fits, build, ("signing_place",),
    lambda db, case, subject, now: {"signing_place": case.main.signing_place},
    signers=lambda data: (
        Signs(SignerRole.BORROWER, data.borrower, "乙方（借款人）"),
        *(Signs(SignerRole.GUARANTOR, one, "担保人") for one in data.guarantors),
    ),
    links={"guarantors": "relations"},
)  # fmt: skip
