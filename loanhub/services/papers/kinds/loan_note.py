"""借据: the acknowledgment of a drawdown under a contract that was signed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from loanhub.documents.data import ContractData
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.signing import SignerRole
from loanhub.services.papers._kind import Case, Fit, Making, PaperKind, Signs, Subject, need_contract


def fits(db: Session, case: Case, now: datetime) -> Fit:
    """Return the drawdown."""
    refused = need_contract(case)
    if refused is not None:
        return refused
    assert case.contract is not None
    if case.contract.status is ContractStatus.TO_SIGN:
        return Fit(reason="借款合同签署之后才能出具", link=f"/contracts/{case.contract.id}")
    return Fit((Subject("", case.main.loan_number),))


def build(db: Session, case: Case, subject: Subject, making: Making) -> ContractData:
    """Return what the note says: the terms as agreed, from the day the money went out once it has."""
    main, loan = case.main, case.loan
    terms = main.terms
    if loan is not None and loan.disbursed_date is not None:
        terms = replace(terms, start_date=loan.disbursed_date, end_date=loan.maturity_date or terms.end_date)
    return replace(
        main, loan_number=loan.number if loan is not None else main.loan_number, terms=terms, issued_at=making.now,
        signing_date=making.today, signing_place=str(making.answers.get("signing_place") or ""),
    )  # fmt: skip


PAPER = PaperKind(
    "loan_note", "JD", fits, build, ("signing_place",),
    lambda db, case, subject, now: {"signing_place": case.main.signing_place},
    signers=lambda data: (
        Signs(SignerRole.BORROWER, data.borrower, "借款人"),
        *(Signs(SignerRole.CO_BORROWER, one, "共同借款人") for one in data.co_borrowers),
    ),
    number_of=lambda case: f"JD-{case.loan.number if case.loan is not None else case.main.loan_number}",
)  # fmt: skip
