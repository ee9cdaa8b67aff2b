"""One contract as its page shows it: masked facts, what comes next, printings, history; and its pages as pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.documents.data import ContractData
from loanhub.documents.preview import page_image, page_strip
from loanhub.domain import formats
from loanhub.domain.contracts import MOVES, ContractEvent, ContractStatus
from loanhub.domain.masking import MaskKind, mask
from loanhub.domain.money import format_fen, uppercase
from loanhub.domain.permissions import Permission
from loanhub.domain.signing import SignerStatus
from loanhub.models import Contract, Customer, Disclosure, Event, Loan, PrintLog, SigningCertificate, User
from loanhub.repositories import contracts as repository
from loanhub.repositories.signing import find_open_round, find_signed, list_signers
from loanhub.services._actor import Actor
from loanhub.services._templates import name_of
from loanhub.services._transaction import reading
from loanhub.services.contracts.center import TONES, is_main, title_of
from loanhub.services.contracts.create import frozen_data
from loanhub.services.contracts.life import open_pdf
from loanhub.services.events import EventView
from loanhub.services.papers import facts_of, signers_of

HISTORY_ROWS = 60
PREVIEW_DPI = 144


@dataclass(frozen=True)
class NextStep:
    """What a contract waits for: ``code`` sheet, sign, disburse, loan, again or done; the button and where it leads."""

    code: str = "done"
    title: str = ""
    reason: str = ""
    verb: str = ""
    link: str = ""


@dataclass(frozen=True)
class ContractView:
    """A contract as its page shows it. Numbers of persons and accounts are masked; the whole ones are in the PDF.

    ``facts``, ``people`` are {label, value}; ``steps`` {label, note, status (d done, c current, '')};
    ``prints`` {copies, who, time, at}; ``history`` is what the timeline draws.
    """

    id: int = 0
    version: int = 0
    number: str = ""
    title: str = ""
    status: str = ""
    status_label: str = ""
    tone: str = ""
    customer: str = ""
    customer_id: int = 0
    application_id: int = 0
    amount: str = ""
    uppercase: str = ""
    pages: list[int] = field(default_factory=list)
    page_count: int = 0
    copy_count: int = 0
    fingerprint: str = ""
    verify_path: str = ""
    created_on: str = ""
    voided_reason: str = ""
    next_step: NextStep = NextStep()
    facts: list[dict[str, str]] = field(default_factory=list)
    people: list[dict[str, str]] = field(default_factory=list)
    steps: list[dict[str, str]] = field(default_factory=list)
    prints: list[dict[str, str]] = field(default_factory=list)
    history: list[dict[str, str]] = field(default_factory=list)
    papers: list[dict[str, str]] = field(default_factory=list)
    main_link: str = ""
    main_number: str = ""
    is_main: bool = True
    can_issue: bool = False
    has_sheet: bool = False
    sheet_confirmed: bool = False
    can_print: bool = False
    can_sign: bool = False
    can_confirm: bool = False
    can_void: bool = False


def open_contract(actor: Actor, *, contract_id: int, now: datetime) -> ContractView:
    """Return one contract for its page.

    Raises:
        NotFound: no such contract in the actor's scope.
        NotPermitted: the actor lacks contracts:read.
    """
    with reading() as db:
        contract = repository.get_visible(db, actor, contract_id)
        actor.require(Permission.CONTRACTS_READ)
        data = frozen_data(contract)
        customer = db.get(Customer, contract.customer_id)
        sheet = repository.find_confirmed_disclosure(db, contract.application_id, data.quote_version)
        loan = db.execute(
            sa.select(Loan).where(col(Loan.contract_id) == contract_id).limit(1)
        ).scalar_one_or_none()
        main = is_main(contract)
        personal = main and (customer is None or customer.kind == "person")
        above = db.get(Contract, contract.main_id) if contract.main_id else None
        to_sign, void = contract.status is ContractStatus.TO_SIGN, contract.status is ContractStatus.VOIDED
        signs = actor.can(Permission.CONTRACTS_SIGN)
        round_ = find_open_round(db, contract_id)
        return ContractView(
            id=contract_id, version=contract.version, number=contract.number, title=title_of(contract),
            status=contract.status.value, status_label=contract.status.label, tone=TONES[contract.status],
            customer=data.borrower.name or (customer.name if customer else ""), customer_id=contract.customer_id, application_id=contract.application_id,
            amount=format_fen(contract.amount_fen) if main else title_of(contract),
            uppercase=uppercase(contract.amount_fen) if main else "",
            pages=list(range(1, contract.page_count + 1)), page_count=contract.page_count,
            copy_count=contract.copy_count, fingerprint=contract.pdf_sha256[:16],
            verify_path=f"/verify/{contract.number}", created_on=formats.day(contract.created_at),
            voided_reason=contract.voided_reason,
            next_step=_next_step(db, actor, contract, loan, needs_sheet=personal and sheet is None),
            facts=_facts(contract, data, name_of(db, contract.template_code)) if main
            else _paper_facts(contract, name_of(db, contract.template_code)),
            people=_people(data) if main else [], is_main=main,
            papers=[_paper(one) for one in repository.list_papers(db, actor, contract.application_id)] if main else [],
            main_link=f"/contracts/{above.id}" if above is not None else "", main_number=above.number if above is not None else "",
            can_issue=main and not void and actor.can(Permission.CONTRACTS_CREATE),
            steps=_steps(db, contract, sheet, loan, personal=personal) if main else _paper_steps(contract),
            prints=[_print(log, name, now) for log, name in repository.list_prints(db, contract_id)],
            history=_history(db, contract_id, now), has_sheet=personal, sheet_confirmed=sheet is not None,
            can_print=not void and actor.can(Permission.CONTRACTS_PRINT),
            can_sign=signs and to_sign and round_ is None and (sheet is not None or not personal),
            can_confirm=signs and to_sign and personal and sheet is None,
            can_void=actor.can(Permission.CONTRACTS_VOID) and (contract.status, ContractEvent.VOID) in MOVES,
        )  # fmt: skip


def _next_step(
    db: Session, actor: Actor, contract: Contract, loan: Loan | None, *, needs_sheet: bool
) -> NextStep:
    if not is_main(contract):
        return _paper_next(db, actor, contract)
    if contract.status is ContractStatus.VOIDED:
        newer = repository.find_valid_of(db, contract.application_id)
        if newer is not None:
            return NextStep(
                "again", "合同已作废", f"已重新生成 {newer.number}", "看新合同", f"/contracts/{newer.id}"
            )
        back = f"/contracts?tab=waiting&application={contract.application_id}"
        can = actor.can(Permission.CONTRACTS_CREATE)
        reason = "申请已回到「待出合同」，改好后可以再生成一份"
        return NextStep("again", "合同已作废", reason, "再生成一份" if can else "", back if can else "")
    if contract.status is ContractStatus.SETTLED:
        return NextStep("done", "借款已结清", "没有待办", "看借据", _loan_link(actor, loan))
    if contract.status is ContractStatus.EFFECTIVE:
        return NextStep("loan", "合同已生效", "款已放出，后面在借据里还款", "看借据", _loan_link(actor, loan))
    if contract.status is ContractStatus.SIGNED:
        can = actor.can(Permission.LOANS_READ)
        return NextStep("disburse", "去放款", "双方已签署，由财务发起放款、另一人复核", "去放款" if can else "",
                        f"/loans?contract={contract.id}" if can else "")  # fmt: skip
    round_ = find_open_round(db, contract.id or 0)
    if round_ is not None:
        statuses = [one.status for one in list_signers(db, round_.id or 0)]
        signed = sum(one is SignerStatus.SIGNED for one in statuses)
        words = f"已发出 {len(statuses)} 个签署链接，签了 {signed} 个；签齐后自动加盖电子签章"
        return NextStep("wait", "等签署人签名" if signed < len(statuses) else "正在加盖电子签章", words)
    by_others = "" if actor.can(Permission.CONTRACTS_SIGN) else "；由合同岗办理"
    if needs_sheet:
        reason = "借款人先阅读并确认《综合融资成本明示表》，才能签合同"
        return NextStep("sheet", "确认明示表", reason + by_others, "打开明示表")
    return NextStep("sign", "登记签署", "打印后双方签字盖章，再登记签署日期" + by_others, "登记签署")


def _paper_next(db: Session, actor: Actor, paper: Contract) -> NextStep:
    status = paper.status
    desk = (
        f"/contracts/issue?application={paper.application_id}"
        if actor.can(Permission.CONTRACTS_CREATE)
        else ""
    )
    if status is ContractStatus.VOIDED:
        return NextStep(
            "again", "文书已作废", "需要时可以按现在的资料重新出具", "去出具" if desk else "", desk
        )
    if status is ContractStatus.ISSUED:
        return NextStep("done", "已出具", "打印盖章后送达，不需要对方签字", "", "")
    if status is not ContractStatus.TO_SIGN:
        return NextStep("done", "已签署", "没有待办", "出具其他文书" if desk else "", desk)
    round_ = find_open_round(db, paper.id or 0)
    if round_ is not None:
        statuses = [one.status for one in list_signers(db, round_.id or 0)]
        signed = sum(one is SignerStatus.SIGNED for one in statuses)
        return NextStep(
            "wait",
            "等签署人签名",
            f"已发出 {len(statuses)} 个签署链接，签了 {signed} 个；签齐后自动加盖电子签章",
        )
    by_others = "" if actor.can(Permission.CONTRACTS_SIGN) else "；由合同岗办理"
    return NextStep("sign", "登记签署", "手机签署，或打印签字后登记签署日期" + by_others, "登记签署")


def _paper_facts(paper: Contract, template: str) -> list[dict[str, str]]:
    facts = [*facts_of(paper), ("模板", f"{template} v{paper.template_revision}")]
    return [{"label": label, "value": value} for label, value in facts]


def _paper_steps(paper: Contract) -> list[dict[str, str]]:
    made = {"label": "出具文书", "note": formats.instant(paper.created_at), "status": "d"}
    if paper.status is ContractStatus.ISSUED or not signers_of(paper):
        return [made]
    signed = paper.signed_date
    note = " · ".join(filter(None, (formats.day(signed), paper.signed_note))) if signed else "未签署"
    waits = "c" if paper.status is ContractStatus.TO_SIGN else ""
    return [made, {"label": "登记签署", "note": note, "status": "d" if signed else waits}]


def _paper(paper: Contract) -> dict[str, str]:
    return {
        "id": str(paper.id), "label": title_of(paper), "number": paper.number, "status": paper.status.label,
        "tone": TONES[paper.status],
    }  # fmt: skip


def _loan_link(actor: Actor, loan: Loan | None) -> str:
    return f"/loans/{loan.id}" if loan is not None and actor.can(Permission.LOANS_READ) else ""


def _facts(contract: Contract, data: ContractData, template: str) -> list[dict[str, str]]:
    terms = data.terms
    first = format_fen(data.schedule[0].payment_fen) if data.schedule else "—"
    facts = {
        "借款金额": format_fen(contract.amount_fen),
        "金额大写": uppercase(contract.amount_fen),
        "年利率（单利）": formats.percent(contract.annual_rate),
        "综合融资成本": formats.percent(terms.simple_cost_rate),
        "期限": f"{contract.term_months} 个月",
        "起止": formats.day_range(contract.start_date, contract.end_date),
        "还款方式": terms.method,
        "首期应还": first,
        "利息合计": format_fen(sum(row.interest_fen for row in data.schedule)),
        "用途": terms.purpose or "—",
        "签署地点": data.signing_place or "—",
        "模板": f"{template} v{contract.template_revision}",
    }
    return [{"label": label, "value": value} for label, value in facts.items()]


def _people(data: ContractData) -> list[dict[str, str]]:
    borrower, account = data.borrower, data.disbursement_account
    id_kind = MaskKind.USCC if borrower.kind == "company" else MaskKind.ID
    facts = {
        "借款人": borrower.name,
        borrower.id_type: mask(id_kind, borrower.id_number) or "—",
        "手机号": mask(MaskKind.PHONE, borrower.phone) or "—",
        "地址": mask(MaskKind.ADDRESS, borrower.address) or "—",
        "收款账户": " ".join(
            part for part in (account.bank, mask(MaskKind.BANK_CARD, account.number)) if part
        )
        or "—",
    }
    return [{"label": label, "value": value} for label, value in facts.items()]


def _steps(
    db: Session, contract: Contract, sheet: Disclosure | None, loan: Loan | None, *, personal: bool
) -> list[dict[str, str]]:
    done: list[tuple[str, bool, str]] = [("生成合同", True, formats.instant(contract.created_at))]
    if personal:
        by = db.get(User, sheet.confirmed_by_id) if sheet is not None and sheet.confirmed_by_id else None
        note = (
            f"{formats.instant(sheet.confirmed_at)} · 阅读 {sheet.read_seconds} 秒"
            if sheet is not None
            else "未确认"
        )
        done.append(("确认明示表", sheet is not None, f"{note} · {by.name}" if by else note))
    signed = contract.signed_date
    note = (
        "未签署" if signed is None else " · ".join(filter(None, (formats.day(signed), contract.signed_note)))
    )
    done.append(("登记签署", signed is not None, note))
    paid = loan is not None and loan.disbursed_date is not None
    done.append(("放款", paid, formats.day(loan.disbursed_date) if loan is not None and paid else "未放款"))
    current = next((label for label, is_done, _ in done if not is_done), "")
    if contract.status is ContractStatus.VOIDED:
        current = ""
    return [
        {"label": label, "note": note, "status": "d" if is_done else "c" if label == current else ""}
        for label, is_done, note in done
    ]


def _print(log: PrintLog, name: str | None, now: datetime) -> dict[str, str]:
    last = log.first_copy + log.copies - 1
    copies = f"第 {log.first_copy} 份" if last == log.first_copy else f"第 {log.first_copy}–{last} 份"
    return {
        "copies": copies,
        "who": name or "系统",
        "time": formats.relative(log.at, now),
        "at": formats.instant(log.at),
    }


def _history(db: Session, contract_id: int, now: datetime) -> list[dict[str, str]]:
    # Each preview leaves an event for the audit; here they would bury what happened to the contract.
    query = sa.select(Event).where(
        col(Event.entity) == "contract",
        col(Event.entity_id) == contract_id,
        col(Event.type) != "contract.viewed",
    )
    found = db.execute(query.order_by(col(Event.id).desc()).limit(HISTORY_ROWS)).scalars()
    tones = {"contract.signed": "p", "contract.voided": "d"}
    history = []
    for view in (EventView.of(event) for event in found):
        tone = tones.get(view.type, "w" if view.sensitive else "")
        history.append(
            {"id": str(view.id), "icon": view.icon, "tone": tone, "who": view.actor, "what": view.label,
             "time": formats.relative(view.at, now), "at": formats.instant(view.at), "text": view.summary,
             "note": f"原因：{view.reason}" if view.reason else ""}
        )  # fmt: skip
    return history


def page_picture(actor: Actor, *, contract_id: int, page: int, now: datetime) -> bytes:
    """Return one page (from 1) of the stored PDF as PNG; opening the first page is recorded as a preview.

    Raises:
        NotFound: no such contract in the actor's scope, or no such page.
        NotPermitted: the actor lacks contracts:read.
    """
    _, pdf = open_pdf(actor, contract_id=contract_id, record=page == 1, now=now)
    return page_image(pdf, page, dpi=PREVIEW_DPI)


def thumbnails(actor: Actor, *, contract_id: int, now: datetime) -> bytes:
    """Return all pages, small and below each other, as one PNG: one request instead of one a page.

    Raises:
        NotFound, NotPermitted: see :func:`page_picture`.
    """
    _, pdf = open_pdf(actor, contract_id=contract_id, record=False, now=now)
    return page_strip(pdf)


@dataclass(frozen=True)
class Verification:
    """What anybody holding a printed contract may learn of it: nothing about a person, and no amount."""

    number: str
    kind: str
    status: str
    created_on: str
    signed_on: str
    page_count: int
    fingerprint: str
    void: bool
    seal: str = ""
    stamped_at: str = ""
    newer: str = ""


def verify(number: str) -> Verification | None:
    """Return whether we made a contract of this number, and how it stands; None for an unknown number."""
    with reading() as db:
        contract = repository.find_by_number(db, number.strip().upper()[:40])
        if contract is None:
            return None
        sealed = find_signed(db, contract.id or 0)
        row = db.get(SigningCertificate, sealed.certificate_id) if sealed and sealed.certificate_id else None
        newer = repository.find_valid_of(db, contract.application_id) if is_main(contract) else None
        return Verification(
            number=contract.number, kind=title_of(contract).partition("（")[0], status=contract.status.label,
            created_on=formats.day(contract.created_at), signed_on=formats.day(contract.signed_date),
            page_count=contract.page_count, fingerprint=contract.pdf_sha256[:16],
            void=contract.status is ContractStatus.VOIDED, seal=row.subject if row is not None else "",
            stamped_at=formats.instant(sealed.stamped_at) if sealed and sealed.stamped_at else "",
            newer="已另行出具新合同" if newer is not None and newer.id != contract.id else "",
        )  # fmt: skip
