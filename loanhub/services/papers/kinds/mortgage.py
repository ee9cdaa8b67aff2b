"""抵押合同: the thing the application names as collateral 抵押物."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import cast

from sqlmodel import Session

from loanhub.documents.data import Guarantee
from loanhub.documents.paper_data import SecurityData
from loanhub.domain.money import format_plain
from loanhub.domain.signing import SignerRole
from loanhub.services.papers._kind import Case, Fit, Making, PaperKind, Signs, Subject, need_contract
from loanhub.services.papers.kinds._security import security

BORROWER = "borrower"


def fits(db: Session, case: Case, now: datetime) -> Fit:
    """Return the collateral."""
    refused = need_contract(case)
    if refused is not None:
        return refused
    things = str(case.application.profile.get("collateral") or "").strip()
    if not things:
        return Fit(reason="申请没有登记抵押物，先在申请里填写", link=f"/applications/{case.application.id}")
    return Fit((Subject("collateral", things[:60]),))


def build(db: Session, case: Case, subject: Subject, making: Making) -> SecurityData:
    """Return what the mortgage says; the owner is the borrower or one of the guarantors."""
    answers = making.answers
    code = str(answers.get("owner") or BORROWER)
    owner = case.main.borrower if code == BORROWER else case.party(int(code.partition(":")[2]))
    assert owner is not None
    thing = Guarantee(
        kind="抵押", guarantor=owner.name, subject=str(answers.get("things") or subject.label),
        certificate=str(answers.get("certificate") or ""), value_fen=cast("int | None", answers.get("value")),
    )  # fmt: skip
    return replace(security(case, making, owner), things=(thing,))


def begin(db: Session, case: Case, subject: Subject, now: datetime) -> dict[str, str]:
    """Return what the application says."""
    profile = case.application.profile
    value = profile.get("collateral_value_fen")
    return {
        "owner": BORROWER, "things": str(profile.get("collateral") or "")[:200], "signing_place": case.main.signing_place,
        "value": format_plain(value) if isinstance(value, int) and value > 0 else "",
    }  # fmt: skip


def choices(case: Case) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return who may own the thing."""
    others = tuple((f"relation:{number}", party.name) for number, party in case.guarantors)
    return {"owner": ((BORROWER, f"{case.customer.name}（借款人）"), *others)}


PAPER = PaperKind(
    "mortgage_contract", "DY", fits, build, ("owner", "things", "certificate", "value", "signing_place"), begin, choices,
    signers=lambda data: (Signs(SignerRole.GUARANTOR, data.guarantor, "乙方（抵押人）"),),
    company_label="甲方（抵押权人）", links={"guarantor": "relations"},
)  # fmt: skip
