"""A loan secured by a pledge: what the application names, and the contract made of it, waiting for its signatures."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.contracts import ContractStatus
from loanhub.domain.errors import LoanHubError
from loanhub.domain.money import FEN_PER_YUAN
from loanhub.domain.papers import LOAN_CONTRACT
from loanhub.models import Application, Contract
from loanhub.services import papers
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction

PROOF = "示仓字第 000128 号"


def build(clerk: Actor, *, now: datetime) -> int:
    """Make a pledge contract of the newest loan contract that can have one; return how many were made."""
    newest = (
        sa.select(col(Contract.application_id))
        .where(col(Contract.base) == LOAN_CONTRACT, col(Contract.status) == ContractStatus.TO_SIGN)
        .order_by(col(Contract.id).desc())
        .limit(5)
    )
    with reading() as db:
        found = list(db.execute(newest).scalars())
    for application_id in found:
        with transaction() as db:
            application = db.get(Application, application_id)
            assert application is not None
            application.profile = {
                **application.profile,
                "pledge_kind": "movable", "pledge": "冷轧钢卷 120 吨（示范仓库一号库，品质合格）",
                "pledge_value_fen": 600_000 * FEN_PER_YUAN,
            }  # fmt: skip
        desk = papers.desk(clerk, application_id=application_id, now=now)
        fitting = next((one for one in desk.fitting if one.code == "pledge_contract"), None)
        if fitting is None or fitting.made_id:
            continue
        answers = {
            **fitting.answers, "pledge_proof": PROOF, "delivery_place": "上海市宝山区示范路 8 号示范仓库",
            "keeper": "示范仓储有限公司",
        }  # fmt: skip
        try:
            papers.issue(
                clerk,
                application_id=application_id,
                code=fitting.code,
                subject=fitting.subject,
                answers=answers,
                now=now,
            )
        except LoanHubError:  # something of the borrower is missing: the next will do
            continue
        return 1
    return 0
