"""保证合同: one for each guarantor of the borrower."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import cast

from sqlmodel import Session

from loanhub.documents.paper_data import SecurityData
from loanhub.domain.signing import SignerRole
from loanhub.services.papers._kind import (
    Case,
    Fit,
    Making,
    PaperKind,
    Signs,
    Subject,
    need_contract,
    relations_link,
)
from loanhub.services.papers.kinds._security import security


def fits(db: Session, case: Case, now: datetime) -> Fit:
    """Return the guarantors."""
    refused = need_contract(case)
    if refused is not None:
        return refused
    if not case.guarantors:
        return Fit(reason="没有登记担保人，先在客户的关系里添加", link=relations_link(case))
    return Fit(tuple(Subject(f"relation:{number}", party.name) for number, party in case.guarantors))


def build(db: Session, case: Case, subject: Subject, making: Making) -> SecurityData:
    """Return what the guarantee says."""
    party = case.party(int(subject.key.partition(":")[2]))
    assert party is not None
    years = cast(int, making.answers.get("guarantee_years") or 3)
    kind = str(making.answers.get("guarantee_kind") or "joint")
    return replace(security(case, making, party), guarantee_kind=kind, guarantee_years=years)


def begin(db: Session, case: Case, subject: Subject, now: datetime) -> dict[str, str]:
    """Return the customary answers."""
    return {"guarantee_kind": "joint", "guarantee_years": "3", "signing_place": case.main.signing_place}


PAPER = PaperKind(
    "guarantee_contract", "BZ", fits, build, ("guarantee_kind", "guarantee_years", "signing_place"), begin,
    signers=lambda data: (Signs(SignerRole.GUARANTOR, data.guarantor, "乙方（保证人）"),),
    company_label="甲方（债权人）", links={"guarantor": "relations"},
)  # fmt: skip
