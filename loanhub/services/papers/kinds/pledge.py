"""质押合同: the movable thing or the right the application names as pledged 质押财产."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from typing import cast

from sqlmodel import Session

from loanhub.documents.data import Guarantee
from loanhub.documents.paper_data import PledgeData
from loanhub.domain.catalogue.choices import PledgeKind
from loanhub.domain.money import format_plain
from loanhub.domain.signing import SignerRole
from loanhub.services.papers._kind import Case, Fit, Making, PaperKind, Signs, Subject, need_contract
from loanhub.services.papers.kinds._security import security
from loanhub.services.papers.kinds.mortgage import BORROWER

REGISTRIES = {
    PledgeKind.SHARES: "市场监督管理部门（上市公司股份和基金份额为证券登记结算机构）",
    PledgeKind.RECEIVABLES: "中国人民银行征信中心动产融资统一登记公示系统",
    PledgeKind.IP: "国家知识产权主管部门",
}
"""Where a pledge that comes into being by registration is registered (民法典 443–445; 国发〔2020〕18号)."""


def fits(db: Session, case: Case, now: datetime) -> Fit:
    """Return what is pledged."""
    refused = need_contract(case)
    if refused is not None:
        return refused
    things = str(case.application.profile.get("pledge") or "").strip()
    if not things:
        return Fit(reason="申请没有登记质押财产，先在申请里填写", link=f"/applications/{case.application.id}")
    return Fit((Subject("pledge", things[:60]),))


def build(db: Session, case: Case, subject: Subject, making: Making) -> PledgeData:
    """Return what the pledge says; the pledgor is the borrower or one of the guarantors."""
    answers = making.answers
    code = str(answers.get("pledgor") or BORROWER)
    pledgor = case.main.borrower if code == BORROWER else case.party(int(code.partition(":")[2]))
    assert pledgor is not None
    kind = PledgeKind(str(answers.get("pledge_kind") or PledgeKind.MOVABLE))
    thing = Guarantee(
        kind="质押", guarantor=pledgor.name, subject=str(answers.get("pledge") or subject.label),
        certificate=str(answers.get("pledge_proof") or ""), value_fen=cast("int | None", answers.get("value")),
    )  # fmt: skip
    shared = security(case, making, pledgor)
    return PledgeData(
        **{one.name: getattr(shared, one.name) for one in fields(shared) if one.name != "things"},
        things=(thing,), pledge_kind=kind.value, delivery_date=cast("date | None", answers.get("delivery_date")),
        delivery_place=str(answers.get("delivery_place") or ""), keeper=str(answers.get("keeper") or ""),
        registry=str(answers.get("registry") or REGISTRIES.get(kind, "")),
    )  # fmt: skip


def begin(db: Session, case: Case, subject: Subject, now: datetime) -> dict[str, str]:
    """Return what the application says."""
    profile = case.application.profile
    value = profile.get("pledge_value_fen")
    return {
        "pledge_kind": str(profile.get("pledge_kind") or PledgeKind.MOVABLE.value), "pledgor": BORROWER,
        "pledge": str(profile.get("pledge") or "")[:200], "signing_place": case.main.signing_place,
        "value": format_plain(value) if isinstance(value, int) and value > 0 else "",
        "delivery_date": case.main.terms.start_date.isoformat() if case.main.terms.start_date else "",
    }  # fmt: skip


def choices(case: Case) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return who may pledge."""
    others = tuple((f"relation:{number}", party.name) for number, party in case.guarantors)
    return {"pledgor": ((BORROWER, f"{case.customer.name}（借款人）"), *others)}


PAPER = PaperKind(
    "pledge_contract", "ZY", fits, build,
    ("pledge_kind", "pledgor", "pledge", "pledge_proof", "value", "delivery_date", "delivery_place", "keeper", "registry",
     "signing_place"),
    begin, choices, signers=lambda data: (Signs(SignerRole.GUARANTOR, data.guarantor, "乙方（出质人）"),),
    company_label="甲方（质权人）", links={"guarantor": "relations"},
)  # fmt: skip
