"""向第三方提供个人信息授权书: names each recipient (个人信息保护法 23)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import cast

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.documents.data import AuthorizationData
from loanhub.models import Submission
from loanhub.services.papers._kind import Case, Fit, Making, PaperKind, Subject
from loanhub.services.papers.kinds._letters import ASKS, CATEGORIES, begin_with, letter, signers


def begin(db: Session, case: Case, subject: Subject, now: datetime) -> dict[str, str]:
    """Return the lenders the application went to, or the lender of its product."""
    query = sa.select(col(Submission.lender)).where(col(Submission.application_id) == case.application.id)
    names = [str(one) for one in db.execute(query.order_by(col(Submission.id))).scalars() if one]
    if not names and case.product is not None and case.product.mode != "own" and case.product.lender:
        names = [case.product.lender]
    return {**begin_with("向接收方申请贷款", now, 6), "recipients": "\n".join(dict.fromkeys(names))}


def build(db: Session, case: Case, subject: Subject, making: Making) -> AuthorizationData:
    """Return what the letter says."""
    recipients = cast("tuple[str, ...]", making.answers.get("recipients") or ())
    return replace(letter(case, making), recipients=recipients, categories=CATEGORIES)


PAPER = PaperKind(
    "third_party_authorization", "SQ", lambda db, case, now: Fit((Subject(),)), build, (*ASKS, "recipients"), begin,
    signers=signers, links={"person": "customer"},
)  # fmt: skip
