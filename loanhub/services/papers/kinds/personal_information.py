"""个人信息处理授权书: fits every application of a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from loanhub.documents.data import AuthorizationData
from loanhub.services.papers._kind import Case, Fit, Making, PaperKind, Subject
from loanhub.services.papers.kinds._letters import ASKS, CATEGORIES, begin_with, letter, signers


def fits(db: Session, case: Case, now: datetime) -> Fit:
    """Return the application."""
    if case.customer.kind != "person":
        return Fit(
            reason="企业客户不用个人信息授权；法定代表人另行授权", link=f"/customers/{case.customer.id}"
        )
    return Fit((Subject(),))


def build(db: Session, case: Case, subject: Subject, making: Making) -> AuthorizationData:
    """Return what the letter says."""
    return replace(letter(case, making), categories=CATEGORIES)


PAPER = PaperKind(
    "personal_information_authorization", "SQ", fits, build, ASKS,
    lambda db, case, subject, now: begin_with("审核本人的贷款申请、签订和履行借款合同", now, 36),
    signers=signers, links={"person": "customer"},
)  # fmt: skip
