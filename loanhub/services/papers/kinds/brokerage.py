"""居间服务协议: what we do for a client whose loan somebody else grants; no fee before success."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import cast

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.documents.data import BrokerageData
from loanhub.domain.calendar import add_months
from loanhub.domain.signing import SignerRole
from loanhub.models import Submission
from loanhub.services import parameters
from loanhub.services.contracts._terms import party_of
from loanhub.services.papers._kind import Case, Fit, Making, PaperKind, Signs, Subject


def fits(db: Session, case: Case, now: datetime) -> Fit:
    """Return the application, when somebody else lends."""
    if case.product is None:
        return Fit(reason="申请还没有选择产品", link=f"/applications/{case.application.id}")
    if case.product.mode == "own":
        return Fit(reason="自营贷款不收服务费，不签居间协议")
    return Fit((Subject(),))


def build(db: Session, case: Case, subject: Subject, making: Making) -> BrokerageData:
    """Return what the agreement says."""
    application, answers = case.application, making.answers
    query = sa.select(col(Submission.lender)).where(col(Submission.application_id) == application.id)
    names = tuple(
        dict.fromkeys(str(one) for one in db.execute(query.order_by(col(Submission.id))).scalars() if one)
    )
    if not names and case.product is not None and case.product.lender:
        names = (case.product.lender,)
    return BrokerageData(
        contract_number=making.number, issued_at=making.now, signing_date=making.today,
        signing_place=str(answers.get("signing_place") or ""), client=party_of(case.customer),
        amount_fen=application.approved_amount_fen or application.amount_fen, purpose=application.purpose,
        fee_rate=cast("Decimal | None", answers.get("fee_rate")), valid_from=making.today,
        valid_to=add_months(making.today, 6), institutions=names,
        account=parameters.repayment_account(db, now=making.now), dispute=str(making.dispute["kind"]),
        dispute_body=str(making.dispute["body"]),
    )  # fmt: skip


PAPER = PaperKind(
    "brokerage_agreement", "JJ", fits, build, ("fee_rate", "signing_place"),
    lambda db, case, subject, now: {"fee_rate": ""},
    signers=lambda data: (Signs(SignerRole.BORROWER, data.client, "甲方（委托人）"),),
    company_label="乙方（服务方）", links={"client": "customer", "purpose": "application", "amount_fen": "application"},
)  # fmt: skip
