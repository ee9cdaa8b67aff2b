"""What the authorization letters 授权书 share: who gives it, for what, from when to when."""

from __future__ import annotations

from datetime import datetime

from loanhub.documents.data import AuthorizationData, BankAccount
from loanhub.domain.calendar import add_months
from loanhub.domain.formats import local
from loanhub.domain.signing import SignerRole
from loanhub.services.contracts._terms import party_of
from loanhub.services.papers._kind import Case, Making, Signs

CATEGORIES = ("身份信息", "联系方式", "工作单位及收入", "资产及负债", "银行账户及交易流水", "信用报告")
"""What is looked at for a loan, as the letters list it; a firm that looks at less says so in its own template."""
ASKS = ("purpose", "valid_from", "valid_to")


def letter(case: Case, making: Making, *, account: BankAccount | None = None) -> AuthorizationData:
    """Return the data of a letter of the borrower."""
    answers = making.answers
    return AuthorizationData(
        contract_number=making.number, issued_at=making.now, signing_date=making.today, person=party_of(case.customer),
        purpose=str(answers.get("purpose") or ""), valid_from=answers.get("valid_from"), valid_to=answers.get("valid_to"),  # type: ignore[arg-type]
        account=account or BankAccount(),
    )  # fmt: skip


def own_account(case: Case) -> BankAccount:
    """Return the borrower's own account."""
    customer = case.customer
    return BankAccount(holder=customer.name, bank=customer.bank_name, number=customer.bank_card or "")


def begin_with(purpose: str, now: datetime, months: int) -> dict[str, str]:
    """Return the customary answers: this purpose, valid from today for so many months."""
    today = local(now).date()
    return {
        "purpose": purpose, "valid_from": today.isoformat(), "valid_to": add_months(today, months).isoformat(),
    }  # fmt: skip


def signers(data: AuthorizationData) -> tuple[Signs, ...]:
    """Return who signs a letter: the one who gives it."""
    return (Signs(SignerRole.BORROWER, data.person, "授权人"),)
