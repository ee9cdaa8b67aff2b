"""The contract center 合同中心: what waits for a contract, the contracts by status, and the draft before one is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.documents.template import get_template
from loanhub.domain import formats
from loanhub.domain.choice import Choice
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.money import format_fen, format_wan, uppercase
from loanhub.domain.papers import LOAN_CONTRACT
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.schedule import method_label
from loanhub.models import Application, Contract, Customer, Product, User
from loanhub.repositories import contracts as repository
from loanhub.repositories.signing import count_signed
from loanhub.services import lists
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.contracts.create import prepare

PAGE_ROWS = lists.PAGE_ROWS
TONES = {
    ContractStatus.TO_SIGN: "visit",
    ContractStatus.SIGNED: "intent",
    ContractStatus.EFFECTIVE: "approved",
    ContractStatus.SETTLED: "disbursed",
    ContractStatus.ISSUED: "approved",
    ContractStatus.VOIDED: "closed",
}
"""The look of each status mark."""


class Tab(Choice):
    """The tabs of the center: what waits for a contract, one per status, the other documents, all contracts."""

    WAITING = "waiting", "待出合同"
    TO_SIGN = "to_sign", "待签"
    SIGNED = "signed", "已签"
    EFFECTIVE = "effective", "已生效"
    SETTLED = "settled", "已结清"
    VOIDED = "voided", "作废"
    PAPERS = "papers", "其他文书"
    ALL = "all", "全部"


@dataclass(frozen=True)
class WaitingRow:
    """An approved application without a contract."""

    id: int = 0
    number: str = ""
    customer: str = ""
    customer_id: int = 0
    product: str = ""
    amount: str = ""
    amount_full: str = ""
    terms: str = ""
    approved: str = ""
    approved_at: str = ""
    owner: str = ""
    owner_color: int = 1


@dataclass(frozen=True)
class ContractRow:
    """A contract as the center lists it; ``signing`` says what stands between it and the signature."""

    id: int = 0
    number: str = ""
    title: str = ""
    customer: str = ""
    customer_id: int = 0
    amount: str = ""
    amount_full: str = ""
    template_version: str = ""
    status: str = ""
    status_label: str = ""
    tone: str = ""
    signing: str = ""
    owner: str = ""
    owner_color: int = 1
    created: str = ""
    created_at: str = ""
    pages: str = ""
    copies: str = ""


@dataclass(frozen=True)
class Center:
    """One page of one tab; ``tabs`` are (code, label, count) of those the reader may open."""

    tab: str
    tabs: tuple[tuple[str, str, int], ...]
    waiting: tuple[WaitingRow, ...]
    rows: tuple[ContractRow, ...]
    total: int
    amount: str


def page(
    actor: Actor,
    *,
    tab: str = "",
    text: str = "",
    owner_id: int | None = None,
    period: str = "",
    sort: str = "",
    descending: bool = True,
    offset: int = 0,
    limit: int = PAGE_ROWS,
    now: datetime,
) -> Center:
    """Return one page of a tab; an unknown tab is the first one with something to do.

    text: part of a number or of a customer's name. period: a named period of the criteria language, by the
    time the contract was made. sort: ``amount`` or ``created``.

    Raises:
        NotPermitted: the actor lacks contracts:read.
        InvalidInput: an unknown period.
    """
    actor.require(Permission.CONTRACTS_READ)
    limit, offset = max(1, min(limit, 200)), max(0, offset)
    with reading() as db:
        tabs = _tabs(db, actor)
        chosen = _chosen(tab, tabs, actor)
        if chosen is Tab.WAITING:
            found, total, fen = repository.list_waiting(
                db, actor, text=text, owner_id=owner_id, offset=offset, limit=limit
            )
            waiting = tuple(_waiting_row(a, c, p, owner, now) for a, c, p, owner in found)
            return Center(chosen.value, tabs, waiting, (), total, format_wan(fen))
        leaves: list[dict[str, object]] = []
        if chosen not in (Tab.ALL, Tab.PAPERS):
            leaves.append({"field": "status", "op": "eq", "value": chosen.value})
        if owner_id is not None:
            leaves.append({"field": "owner_id", "op": "eq", "value": owner_id})
        if period:
            leaves.append({"field": "created_at", "op": "in_period", "value": {"relative": period}})
        condition, _ = lists.select_ids(
            db, actor, "contract", raw_criteria={"all": leaves} if leaves else None, now=now
        )
        condition = sa.and_(condition, repository.of_base(papers=chosen is Tab.PAPERS))
        made, total, fen = repository.list_contracts(
            db, condition, text=text, sort=sort, descending=descending, offset=offset, limit=limit
        )
        confirmed = repository.confirmed_terms(db, [contract.application_id for contract, _, _ in made])
        signed = count_signed(db, [contract.id or 0 for contract, _, _ in made])
        rows = tuple(
            _row(contract, customer, owner, confirmed, signed.get(contract.id or 0), now)
            for contract, customer, owner in made
        )
        return Center(chosen.value, tabs, (), rows, total, "" if chosen is Tab.PAPERS else format_wan(fen))


def owners(actor: Actor) -> list[tuple[int, str]]:
    """Return (id, name) of those who own contracts or waiting applications in the actor's scope.

    Raises:
        NotPermitted: the actor lacks contracts:read.
    """
    actor.require(Permission.CONTRACTS_READ)
    with reading() as db:
        query = sa.select(col(User.id), col(User.name)).where(col(User.id).in_(repository.owner_ids(actor)))
        return [(int(user_id), str(name)) for user_id, name in db.execute(query.order_by(col(User.id))).all()]


def _tabs(db: Session, actor: Actor) -> tuple[tuple[str, str, int], ...]:
    by_status = repository.count_by_status(db, actor)
    counts = {Tab(status.value): number for status, number in by_status.items()}
    counts[Tab.ALL] = sum(by_status.values())
    counts[Tab.PAPERS] = repository.count_papers(db, actor)
    shown = list(Tab)
    if actor.can(Permission.APPLICATIONS_READ):
        counts[Tab.WAITING] = repository.count_waiting(db, actor)
    else:
        shown.remove(Tab.WAITING)
    return tuple((tab.value, tab.label, counts.get(tab, 0)) for tab in shown)


def _chosen(code: str, tabs: tuple[tuple[str, str, int], ...], actor: Actor) -> Tab:
    open_tabs = {tab: number for tab, _, number in tabs}
    if code in open_tabs:
        return Tab(code)
    if actor.can(Permission.CONTRACTS_CREATE):
        return Tab(next((tab for tab in (Tab.WAITING, Tab.TO_SIGN) if open_tabs.get(tab)), Tab.ALL))
    return Tab.ALL


def _waiting_row(
    application: Application, customer: Customer, product: Product, owner: str | None, now: datetime
) -> WaitingRow:
    fen = application.approved_amount_fen or 0
    return WaitingRow(
        id=application.id or 0, number=application.number, customer=customer.name, customer_id=customer.id or 0,
        product=product.label, amount=format_wan(fen), amount_full=format_fen(fen), terms=_terms(application, product),
        approved=formats.relative(application.decided_at or application.updated_at, now),
        approved_at=formats.instant(application.decided_at or application.updated_at), owner=owner or "—",
    )  # fmt: skip


def _terms(application: Application, product: Product) -> str:
    rate = application.approved_rate if application.approved_rate is not None else product.max_annual_rate
    label = method_label(application.method or product.method)
    return f"{application.approved_term_months or 0} 个月 · {formats.percent(rate)} · {label}"


def is_main(contract: Contract) -> bool:
    """Return whether this is the loan contract itself, not another document of its case."""
    return contract.base == LOAN_CONTRACT


def title_of(contract: Contract) -> str:
    """Return what a contract is called: 借款合同（等额本息）."""
    label = get_template(contract.base).label
    return f"{label}（{method_label(contract.method)}）" if contract.method else label


def _row(
    contract: Contract,
    customer: Customer,
    owner: str | None,
    confirmed: frozenset[tuple[int, str]],
    signed: tuple[int, int] | None,
    now: datetime,
) -> ContractRow:
    return ContractRow(
        id=contract.id or 0, number=contract.number, title=title_of(contract), customer=customer.name,
        customer_id=contract.customer_id, amount=format_wan(contract.amount_fen) if is_main(contract) else "—",
        amount_full=format_fen(contract.amount_fen) if is_main(contract) else "", template_version=f"v{contract.template_revision}",
        status=contract.status.value, status_label=contract.status.label, tone=TONES[contract.status],
        signing=_signing(contract, customer, confirmed, signed), owner=owner or "—",
        created=formats.relative(contract.created_at, now), created_at=formats.instant(contract.created_at),
        pages=f"{contract.page_count} 页", copies=f"{contract.copy_count} 份" if contract.copy_count else "未打印",
    )  # fmt: skip


def _signing(
    contract: Contract,
    customer: Customer,
    confirmed: frozenset[tuple[int, str]],
    signed: tuple[int, int] | None,
) -> str:
    if contract.status is ContractStatus.VOIDED:
        return "—"
    if contract.signed_date is not None:
        return f"{formats.day(contract.signed_date)} 签"
    if signed is not None:
        return f"手机签署 {signed[0]}/{signed[1]}"
    if contract.status is ContractStatus.ISSUED:
        return "不需签字"
    if customer.kind != "person" or not is_main(contract):
        return "等签字"
    known = (contract.application_id, str(contract.data.get("terms_hash", ""))) in confirmed
    return "明示表已确认" if known else "明示表未确认"


@dataclass(frozen=True)
class Draft:
    """What the create dialog shows of an application: the money, what is missing, and what forbids a contract.

    ``missing`` are {label, link}; ``blocked`` is the sentence of a refusal, empty when a contract can be made.
    """

    application_id: int = 0
    number: str = ""
    customer: str = ""
    product: str = ""
    amount: str = ""
    uppercase: str = ""
    terms: str = ""
    conditions: str = ""
    start: str = ""
    first_payment: str = ""
    total_interest: str = ""
    cost: str = ""
    warning: str = ""
    blocked: str = ""
    missing: list[dict[str, str]] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        """Return whether the contract can be made as it stands."""
        return bool(self.application_id) and not self.blocked and not self.missing


def draft(actor: Actor, *, application_id: int, start: date | None = None, now: datetime) -> Draft:
    """Return the draft of a contract; a refusal that the reader can do something about stands in ``blocked``.

    Raises:
        NotFound: no such application in the actor's scope.
        NotPermitted: the actor lacks contracts:create.
        InvalidInput: a start date out of range.
    """
    begin = start or formats.local(now).date()
    with reading() as db:
        application = repository.get_visible_application(db, actor, application_id)
        actor.require(Permission.CONTRACTS_CREATE)
        customer = db.get(Customer, application.customer_id)
        product = db.get(Product, application.product_id) if application.product_id else None
        fen = application.approved_amount_fen or 0
        known: dict[str, str] = {
            "number": application.number, "customer": customer.name if customer else "", "start": begin.isoformat(),
            "product": product.label if product else "", "amount": format_fen(fen), "uppercase": uppercase(fen),
            "terms": _terms(application, product) if product else "", "conditions": application.conditions,
        }  # fmt: skip
    try:
        prepared = prepare(actor, application_id=application_id, start=start, now=now)
    except (Conflict, InvalidInput) as refusal:
        if isinstance(refusal, InvalidInput) and refusal.fields:
            raise
        return Draft(application_id=application_id, blocked=refusal.sentence, **known)  # type: ignore[arg-type]
    return Draft(
        application_id=application_id, first_payment=prepared.first_payment_text,
        total_interest=prepared.total_interest_text, cost=prepared.cost_text, warning=prepared.warning,
        missing=[{"label": one.label, "link": one.link} for one in prepared.missing], **known,  # type: ignore[arg-type]
    )  # fmt: skip
