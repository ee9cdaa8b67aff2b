"""综合融资成本明示表: shown, read, confirmed; bound to the terms by their hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from loanhub.documents import render
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.rates import format_percent
from loanhub.models import Application, Contract, Customer, Disclosure
from loanhub.repositories.contracts import find_confirmed_disclosure, get_visible
from loanhub.services import events, parameters
from loanhub.services._actor import Actor
from loanhub.services._templates import completed, in_use
from loanhub.services._transaction import reading, transaction
from loanhub.services.contracts.center import is_main
from loanhub.services.contracts.create import frozen_data
from loanhub.settings import settings

READING_SECONDS = 10
"""How long the sheet must have been on screen before it can be confirmed."""


@dataclass(frozen=True)
class Sheet:
    """The disclosure sheet as the page shows it; rates are texts."""

    contract_id: int
    items: tuple[tuple[str, str, str, str, str], ...]
    contingent: tuple[tuple[str, str, str], ...]
    total_text: str
    compound_text: str
    confirmed_at: datetime | None
    reading_seconds: int


def show(actor: Actor, *, contract_id: int, now: datetime) -> Sheet:
    """Return the sheet of a contract's terms: (label, timing, standard, payee, annual rate) rows.

    Raises:
        NotFound: no such contract in the actor's scope.
        NotPermitted: the actor lacks contracts:read.
    """
    with reading() as db:
        contract = _main(get_visible(db, actor, contract_id))
        actor.require(Permission.CONTRACTS_READ)
        data = frozen_data(contract)
        confirmed = find_confirmed_disclosure(db, contract.application_id, data.quote_version)
        return Sheet(
            contract_id=contract_id,
            items=tuple(
                (c.label, c.method, c.standard, c.payee, format_percent(c.annual_rate or 0))
                for c in data.costs
            ),
            contingent=tuple((c.label, c.standard, c.payee) for c in data.contingent_costs),
            total_text=format_percent(data.terms.simple_cost_rate or 0),
            compound_text=format_percent(data.terms.compound_cost_rate or 0),
            confirmed_at=confirmed.confirmed_at if confirmed else None,
            reading_seconds=READING_SECONDS,
        )


def confirm(
    actor: Actor, *, contract_id: int, read_seconds: int, channel: str = "onsite", now: datetime
) -> None:
    """Record that the borrower read and confirmed the sheet; confirming again changes nothing.

    Raises:
        NotFound: no such contract in the actor's scope.
        NotPermitted: the actor lacks contracts:sign.
        InvalidInput: it was on screen for less than the reading time.
    """
    with transaction() as db:
        contract = _main(get_visible(db, actor, contract_id, for_update=True))
        actor.require(Permission.CONTRACTS_SIGN)
        if read_seconds < READING_SECONDS:
            raise InvalidInput(f"请让借款人至少阅读 {READING_SECONDS} 秒")
        _confirm(db, actor, contract, read_seconds=read_seconds, channel=channel, now=now)


def _main(contract: Contract) -> Contract:
    if not is_main(contract):
        raise NotFound("只有借款合同有《综合融资成本明示表》")
    return contract


def _confirm(
    db: Session, actor: Actor, contract: Contract, *, read_seconds: int, channel: str, now: datetime
) -> None:
    data = frozen_data(contract)
    if find_confirmed_disclosure(db, contract.application_id, data.quote_version) is not None:
        return
    if data.terms.simple_cost_rate is None:
        raise Conflict("这份合同没有综合融资成本数据")
    db.add(
        Disclosure(
            application_id=contract.application_id, terms_hash=data.quote_version,
            annual_cost_rate=data.terms.simple_cost_rate, shown_at=now, read_seconds=read_seconds,
            confirmed_at=now, confirmed_by_id=actor.actor_id, channel=channel[:20],
        )
    )  # fmt: skip
    events.record(
        db, actor, "disclosure.confirmed", now=now, entity="contract", entity_id=contract.id,
        customer_id=contract.customer_id, summary=f"综合融资成本 {format_percent(data.terms.simple_cost_rate)}",
    )  # fmt: skip


def sheet_pdf(actor: Actor, *, contract_id: int, now: datetime) -> tuple[str, bytes]:
    """Return (file name, PDF) of the disclosure sheet of a contract's terms.

    Raises:
        NotFound, NotPermitted: see :func:`show`.
    """
    with reading() as db:
        contract = _main(get_visible(db, actor, contract_id))
        actor.require(Permission.CONTRACTS_READ)
        data = frozen_data(contract)
        template = in_use(db, "cost_disclosure")
        customer, application = (
            db.get(Customer, contract.customer_id),
            db.get(Application, contract.application_id),
        )
        data = completed(db, template, data, customer=customer, application=application)
        pdf = render(
            template, data, company=parameters.company(db, now=now),
            watermark="演示数据" if settings().demo_mode else "",
        )  # fmt: skip
        return f"{contract.number}-明示表.pdf", pdf
