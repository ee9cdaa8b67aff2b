"""扣款授权书: installments collected from the borrower's own account."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from loanhub.services.papers._kind import Case, Fit, PaperKind, Subject, need_contract
from loanhub.services.papers.kinds._letters import ASKS, begin_with, letter, own_account, signers


def fits(db: Session, case: Case, now: datetime) -> Fit:
    """Return the contract whose installments are collected."""
    return need_contract(case) or Fit((Subject(),))


def begin(db: Session, case: Case, subject: Subject, now: datetime) -> dict[str, str]:
    """Return the purpose, valid to the last due date at least."""
    words = begin_with(f"偿还编号为{case.main.contract_number}的借款合同项下的应还款项", now, 12)
    end = case.main.terms.end_date
    return {**words, "valid_to": max(end.isoformat(), words["valid_to"])} if end is not None else words


PAPER = PaperKind(
    "debit_authorization", "SQ", fits,
    lambda db, case, subject, making: letter(case, making, account=own_account(case)), ASKS, begin,
    signers=signers, links={"person": "customer", "account": "customer"},
)  # fmt: skip
