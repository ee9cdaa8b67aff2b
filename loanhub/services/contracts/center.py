"""The contract center 合同中心: what waits for a contract, how a contract is listed, and the draft before one is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import col

from loanhub.documents.template import get_template
from loanhub.domain import formats
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
MAIN = {"field": "base", "op": "eq", "value": LOAN_CONTRACT}
"""The condition of loan contracts; what fails it are the other documents of their cases."""
CUSTOMERS_FOUND = 200
"""So many customers of a name are looked for."""
TONES = {
    ContractStatus.TO_SIGN: "visit",
    ContractStatus.SIGNED: "intent",
    ContractStatus.EFFECTIVE: "approved",
    ContractStatus.SETTLED: "disbursed",
    ContractStatus.ISSUED: "approved",
    ContractStatus.VOIDED: "closed",
}
"""The look of each status mark."""


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
class Waiting:
    """One page of what waits for a contract; ``amount`` is the sum of what was approved."""

    rows: tuple[WaitingRow, ...]
    total: int
    amount: str


def waiting(
    actor: Actor,
    *,
    text: str = "",
    owner_id: int | None = None,
    offset: int = 0,
    limit: int = PAGE_ROWS,
    now: datetime,
) -> Waiting:
    """Return one page of the approved applications without a contract 待出合同, the longest waiting first.

    text: part of a number or of a customer's name.

    Raises:
        NotPermitted: the actor lacks contracts:read or applications:read.
    """
    actor.require(Permission.CONTRACTS_READ)
    actor.require(Permission.APPLICATIONS_READ)
    with reading() as db:
        found, total, fen = repository.list_waiting(
            db, actor, text=text, owner_id=owner_id, offset=max(0, offset), limit=max(1, min(limit, 200))
        )
        rows = tuple(_waiting_row(a, c, p, owner, now) for a, c, p, owner in found)
        return Waiting(rows, total, format_wan(fen))


def count_waiting(actor: Actor) -> int | None:
    """Return how many wait for a contract; None for those who may not read applications.

    Raises:
        NotPermitted: the actor lacks contracts:read.
    """
    actor.require(Permission.CONTRACTS_READ)
    if not actor.can(Permission.APPLICATIONS_READ):
        return None
    with reading() as db:
        return repository.count_waiting(db, actor)


def rows(actor: Actor, ids: Sequence[int], *, now: datetime) -> list[ContractRow]:
    """Return these contracts as the center lists them, in this order; what the actor does not see is left out.

    Raises:
        NotPermitted: the actor lacks contracts:read.
    """
    actor.require(Permission.CONTRACTS_READ)
    with reading() as db:
        made = {contract.id: (contract, customer, owner)
                for contract, customer, owner in repository.list_with_names(db, actor, ids)}  # fmt: skip
        confirmed = repository.confirmed_terms(
            db, [contract.application_id for contract, _, _ in made.values()]
        )
        signed = count_signed(db, [contract_id or 0 for contract_id in made])
        return [_row(*made[one], confirmed, signed.get(one), now) for one in ids if one in made]


def newest(actor: Actor, *, status: str = "", limit: int, now: datetime) -> list[ContractRow]:
    """Return the newest loan contracts in the actor's scope, of one status or of any.

    Raises:
        NotPermitted: the actor lacks contracts:read.
        InvalidInput: no such status.
    """
    asked = [MAIN, {"field": "status", "op": "eq", "value": status}] if status else [MAIN]
    found = lists.page(actor, "contract", keys=("number",), raw_criteria={"all": asked}, limit=limit, now=now)
    return rows(actor, [row.id for row in found.rows], now=now)


def customer_ids(actor: Actor, text: str) -> list[int]:
    """Return the customers of contracts in the actor's scope whose name holds the text, at most 200.

    Raises:
        NotPermitted: the actor lacks contracts:read.
    """
    actor.require(Permission.CONTRACTS_READ)
    with reading() as db:
        return repository.customers_named(db, actor, text.strip()[:40], limit=CUSTOMERS_FOUND)


def owners(actor: Actor) -> list[tuple[int, str]]:
    """Return (id, name) of those who own contracts or waiting applications in the actor's scope.

    Raises:
        NotPermitted: the actor lacks contracts:read.
    """
    actor.require(Permission.CONTRACTS_READ)
    with reading() as db:
        query = sa.select(col(User.id), col(User.name)).where(col(User.id).in_(repository.owner_ids(actor)))
        return [(int(user_id), str(name)) for user_id, name in db.execute(query.order_by(col(User.id))).all()]


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
