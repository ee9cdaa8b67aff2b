"""A made contract: opened, printed with copy numbers, signed, voided."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.documents.copies import numbered
from loanhub.domain import applications as application_rules
from loanhub.domain import contracts as rules
from loanhub.domain import formats
from loanhub.domain.applications import ApplicationEvent
from loanhub.domain.contracts import ContractEvent, ContractStatus, DisclosureNotConfirmed
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.formats import local
from loanhub.domain.permissions import Permission
from loanhub.domain.signing import RoundStatus
from loanhub.models import Application, Contract, Customer, Document, PrintLog, User
from loanhub.repositories.contracts import find_confirmed_disclosure, get_visible
from loanhub.repositories.signing import find_open_round
from loanhub.services import _storage, events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.contracts._terms import check_frozen_cap
from loanhub.services.contracts.center import is_main
from loanhub.services.contracts.create import frozen_data

COPIES_AT_ONCE = 20


def open_pdf(actor: Actor, *, contract_id: int, record: bool = True, now: datetime) -> tuple[str, bytes]:
    """Return (file name, PDF bytes): always the bytes that were stored when the contract was made.

    Raises:
        NotFound: no such contract in the actor's scope.
        NotPermitted: the actor lacks contracts:read.
    """
    with transaction() if record else reading() as db:
        contract = get_visible(db, actor, contract_id)
        actor.require(Permission.CONTRACTS_READ)
        document = db.get(Document, contract.file_id)
        if document is None:
            raise Conflict("合同文件不在了，请联系管理员")
        if record:
            events.record(
                db, actor, "contract.viewed", now=now, entity="contract", entity_id=contract.id,
                customer_id=contract.customer_id, summary=contract.number,
            )  # fmt: skip
        return f"{contract.number}.pdf", _storage.read_all(document.sha256)


def record_print(actor: Actor, *, contract_id: int, copies: int, now: datetime) -> tuple[int, int]:
    """Log a printing and return (first copy number, last copy number).

    Raises:
        NotFound: no such contract in the actor's scope.
        NotPermitted: the actor lacks contracts:print.
        Conflict: the contract is void.
        CostAboveCap: it waits for signatures and its cost lies above a cap in force today.
        InvalidInput: not between 1 and 20 copies.
    """
    if not 1 <= copies <= COPIES_AT_ONCE:
        raise InvalidInput(fields={"copies": f"份数要在 1 到 {COPIES_AT_ONCE} 之间"})
    with transaction() as db:
        contract = get_visible(db, actor, contract_id, for_update=True)
        actor.require(Permission.CONTRACTS_PRINT)
        if contract.status is ContractStatus.VOIDED:
            raise Conflict("已作废的合同不能打印")
        customer = db.get(Customer, contract.customer_id)
        kind = customer.kind if customer is not None else "person"
        check_frozen_cap(db, contract, frozen_data(contract), customer_kind=kind, now=now)
        first = contract.copy_count + 1
        contract.copy_count += copies
        db.add(
            PrintLog(contract_id=contract_id, copies=copies, first_copy=first, by_id=actor.actor_id, at=now)
        )
        span = f"第 {first} 份" if copies == 1 else f"第 {first}–{contract.copy_count} 份"
        events.record(
            db, actor, "contract.printed", now=now, entity="contract", entity_id=contract.id,
            customer_id=contract.customer_id, summary=f"{contract.number} {span}",
        )  # fmt: skip
        return first, contract.copy_count


def printed_pdf(actor: Actor, *, contract_id: int, first_copy: int, now: datetime) -> tuple[str, bytes]:
    """Return (file name, PDF) of one logged printing: each copy in turn, its number at the foot of every page.

    The stored file stays as it is; a seal on it holds for that one, not for paper.

    Raises:
        NotFound: no such contract in the actor's scope, or no printing that began with this copy.
        NotPermitted: the actor lacks contracts:print.
    """
    with reading() as db:
        contract = get_visible(db, actor, contract_id)
        actor.require(Permission.CONTRACTS_PRINT)
        query = sa.select(PrintLog).where(
            col(PrintLog.contract_id) == contract_id, col(PrintLog.first_copy) == first_copy
        )
        log = db.execute(query.limit(1)).scalar_one_or_none()
        document = db.get(Document, contract.file_id)
        if log is None or document is None:
            raise NotFound("没有这次打印的记录")
        by = db.get(User, log.by_id) if log.by_id else None
        note = f"{contract.number}　{formats.instant(log.at)} 打印" + (
            f"　{by.name}" if by is not None else ""
        )
        pdf = _storage.read_all(document.sha256)
        copies = range(log.first_copy, log.first_copy + log.copies)
    return f"{contract.number}-打印.pdf", numbered(pdf, copies, note=note)


def sign(
    actor: Actor,
    *,
    contract_id: int,
    signed_date: date,
    note: str = "",
    expected_version: int | None = None,
    now: datetime,
) -> None:
    """Register that both sides have signed 登记签署.

    Raises:
        NotFound: no such contract in the actor's scope.
        NotPermitted: the actor lacks contracts:sign.
        DisclosureNotConfirmed: an individual's sheet of these terms was not confirmed.
        IllegalMove: the contract is not waiting for signatures.
        Conflict: it is being signed on screens, or somebody changed it.
        CostAboveCap: its cost lies above a cap in force today.
        InvalidInput: a date before the contract or after today.
    """  # fmt: skip
    with transaction() as db:
        contract = get_visible(db, actor, contract_id, for_update=True)
        actor.require(Permission.CONTRACTS_SIGN)
        if expected_version is not None and expected_version != contract.version:
            raise Conflict("别人刚改过这份合同，请看过最新内容再登记")
        if not local(contract.created_at).date() <= signed_date <= local(now).date():
            raise InvalidInput(fields={"signed_date": "签署日期要在合同生成之后、今天之前"})
        customer = db.get(Customer, contract.customer_id)
        data = frozen_data(contract)
        personal = is_main(contract) and (customer is None or customer.kind == "person")
        if find_open_round(db, contract_id, for_update=True) is not None:
            raise Conflict("这份合同正在电子签署，先撤回再登记纸质签署")
        check_frozen_cap(db, contract, data, customer_kind="person" if personal else "company", now=now)
        if personal and find_confirmed_disclosure(db, contract.application_id, data.quote_version) is None:
            raise DisclosureNotConfirmed
        contract.status = rules.move(contract.status, ContractEvent.SIGN)
        contract.signed_date, contract.signed_note = signed_date, note[:300]
        contract.updated_at = now
        contract.version += 1
        events.record(
            db, actor, "contract.signed", now=now, entity="contract", entity_id=contract.id,
            customer_id=contract.customer_id, summary=f"{contract.number} {signed_date.isoformat()}", reason=note,
        )  # fmt: skip


def _void_papers(db: Session, actor: Actor, main: Contract, *, now: datetime) -> None:
    """Void the documents that name a contract which is void now: they secure or tell of nothing any more."""
    query = sa.select(Contract).where(
        col(Contract.main_id) == main.id, col(Contract.status) != ContractStatus.VOIDED
    )
    for paper in db.execute(query.with_for_update()).scalars().all():
        paper.status = rules.move(paper.status, ContractEvent.VOID)
        paper.voided_reason, paper.updated_at = f"主合同 {main.number} 作废", now
        paper.version += 1
        round_ = find_open_round(db, paper.id or 0, for_update=True)
        if round_ is not None:
            round_.status, round_.ended_at, round_.fault = RoundStatus.REVOKED, now, "合同作废"
            round_.version += 1
        events.record(
            db, actor, "contract.voided", now=now, entity="contract", entity_id=paper.id,
            customer_id=paper.customer_id, summary=paper.number, reason=paper.voided_reason,
        )  # fmt: skip


def void(actor: Actor, *, contract_id: int, reason: str, now: datetime) -> None:
    """Void a contract that was not disbursed 作废; its number stays used, the application is approved again.

    Another document of the case is voided alone; with the loan contract those that name it are.

    Raises:
        NotFound: no such contract in the actor's scope.
        NotPermitted: the actor lacks contracts:void.
        IllegalMove: money has gone out already, or it is void.
        InvalidInput: no reason was given.
    """
    if len(reason.strip()) < 2:
        raise InvalidInput(fields={"reason": "写一下作废的原因"})
    with transaction() as db:
        contract = get_visible(db, actor, contract_id, for_update=True)
        actor.require(Permission.CONTRACTS_VOID)
        contract.status = rules.move(contract.status, ContractEvent.VOID)
        contract.voided_reason, contract.updated_at = reason[:300], now
        round_ = find_open_round(db, contract_id, for_update=True)
        if round_ is not None:
            round_.status, round_.ended_at, round_.fault = RoundStatus.REVOKED, now, "合同作废"
            round_.version += 1
        contract.version += 1
        application = db.get(Application, contract.application_id)
        if not is_main(contract):
            application = None
        else:
            _void_papers(db, actor, contract, now=now)
        if application is not None:
            application.status = application_rules.move(application.status, ApplicationEvent.VOID_CONTRACT)
            application.version += 1
        events.record(
            db, actor, "contract.voided", now=now, entity="contract", entity_id=contract.id,
            customer_id=contract.customer_id, summary=contract.number, reason=reason,
        )  # fmt: skip
