"""委托划款授权书: the loan is paid to the account of somebody the borrower names."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from loanhub.documents.data import AuthorizationData, BankAccount
from loanhub.domain.errors import InvalidInput
from loanhub.services.papers._kind import Case, Fit, Making, PaperKind, Subject, need_contract
from loanhub.services.papers.kinds._letters import ASKS, begin_with, letter, signers


def fits(db: Session, case: Case, now: datetime) -> Fit:
    """Return the contract whose money is to be paid out; afterwards it is too late."""
    refused = need_contract(case)
    if refused is not None:
        return refused
    if case.loan is not None and case.loan.disbursed_date is not None:
        return Fit(reason="款已放出，不能再委托划款", link=f"/loans/{case.loan.id}")
    return Fit((Subject(),))


def build(db: Session, case: Case, subject: Subject, making: Making) -> AuthorizationData:
    """Return what the letter says.

    Raises:
        InvalidInput: the account is the lender's own, or its number is none.
    """
    words = {
        key: str(making.answers.get(key) or "")
        for key in ("account_holder", "account_bank", "account_number")
    }
    number = "".join(words["account_number"].split())
    errors = {}
    if number and not (number.isascii() and number.replace("-", "").isdigit() and len(number) >= 8):
        errors["account_number"] = "账号只能是数字，至少 8 位"
    if words["account_holder"] and words["account_holder"] == making.company_name:
        errors["account_holder"] = "收款账户不能是本公司的账户"
    if errors:
        raise InvalidInput(fields=errors)
    return letter(
        case,
        making,
        account=BankAccount(holder=words["account_holder"], bank=words["account_bank"], number=number),
    )


PAPER = PaperKind(
    "payment_instruction", "HK", fits, build, (*ASKS, "account_holder", "account_bank", "account_number"),
    lambda db, case, subject, now: begin_with(case.application.purpose, now, 2), signers=signers,
    links={"person": "customer"},
)  # fmt: skip
