"""Make a document of a case 出具文书: data frozen, numbered, rendered once, stored; what is missing is named, never blank."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.documents import render
from loanhub.documents.data import to_json
from loanhub.documents.preview import page_count
from loanhub.documents.template import MissingData, missing
from loanhub.domain.contracts import ContractStatus, contract_number
from loanhub.domain.errors import Conflict
from loanhub.domain.formats import local
from loanhub.domain.papers import read_answers
from loanhub.domain.permissions import Permission
from loanhub.models import Contract
from loanhub.repositories import contracts as repository
from loanhub.services import events, files, parameters, search
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._numbering import next_number
from loanhub.services._templates import completed, in_use
from loanhub.services._transaction import transaction
from loanhub.services.papers._data import kind_of
from loanhub.services.papers._kind import Case, Making, PaperKind, Subject
from loanhub.services.papers.offers import case_of, find_made
from loanhub.settings import settings


class NotFitting(Conflict):
    """The case cannot have this document now."""

    def __init__(self, label: str, reason: str) -> None:
        super().__init__(f"现在不能出具《{label}》：{reason}")


class AlreadyMade(Conflict):
    """There is one already; another needs the first one voided."""

    def __init__(self, label: str, number: str) -> None:
        super().__init__(f"已出具《{label}》{number}，要改先作废再出")


def issue(
    actor: Actor,
    *,
    application_id: int,
    code: str,
    subject: str = "",
    answers: Mapping[str, object] | None = None,
    key: str = "",
    now: datetime,
) -> int:
    """Make a document of the case of an application and return its id; it is printed, signed and voided like a contract.

    The firm's own template of its kind is used when one is the default. ``answers`` are to the kind's questions.

    Raises:
        NotFound: no such application in the actor's scope, no such kind.
        NotPermitted: the actor lacks contracts:create.
        NotFitting, AlreadyMade: see the classes.
        InvalidInput: a sentence for each answer at fault; MissingData: values it needs are empty, each named.
    """
    given = {name: str(value)[:2_000] for name, value in (answers or {}).items() if isinstance(value, str)}
    with transaction() as db:

        def work() -> dict[str, object]:
            application = repository.get_visible_application(db, actor, application_id, for_update=True)
            actor.require(Permission.CONTRACTS_CREATE)
            kind, case = kind_of(code), case_of(db, application)
            fit = kind.fits(db, case, now)
            found = next((one for one in fit.subjects if one.key == subject), None)
            if found is None:
                raise NotFitting(kind.template.label, fit.reason or "这笔业务没有对应的资料")
            made = find_made(db, application_id, code, subject)
            if made is not None:
                raise AlreadyMade(kind.template.label, made.number)
            return {"id": _store(db, actor, case, kind, found, given, now=now)}

        request = [application_id, code, subject, sorted(given.items())]
        return int(str(once(db, actor, "papers.issue", key, request, now=now, work=work)["id"]))


def _store(
    db: Session, actor: Actor, case: Case, kind: PaperKind, subject: Subject, given: Mapping[str, str], *, now: datetime
) -> int:  # fmt: skip
    choices = kind.choices(case) if kind.choices is not None else {}
    answers = read_answers(kind.asks, given, choices=choices)
    company, today = parameters.company(db, now=now), local(now).date()
    number = _number(db, case, kind, now)
    making = Making(number, now, today, parameters.get(db, "dispute", now=now), answers, company.name)
    data = kind.build(db, case, subject, making)
    template = in_use(db, kind.code)
    data = completed(db, template, data, customer=case.customer, application=case.application)
    lacking = missing(template, data, company)
    if lacking:
        raise MissingData(kind.template.label, lacking)
    pdf = render(
        template, data, company=company, watermark="演示数据" if settings().demo_mode else "",
        verify_url=f"{settings().origin}/verify/{number}",
    )  # fmt: skip
    application, main = case.application, case.contract
    document = files.store_generated(
        db, actor, content=pdf, file_name=f"{number}.pdf", media_type="application/pdf", kind="contract",
        label=f"{kind.template.label} {number}"[:60], now=now, owner_id=application.owner_id,
        department_id=application.department_id, customer_id=case.customer.id, application_id=application.id,
        loan_id=case.loan.id if case.loan is not None else None,
    )  # fmt: skip
    row = Contract(
        number=number, application_id=application.id or 0, customer_id=case.customer.id or 0, template_code=template.code,
        template_revision=template.version, base=kind.code, main_id=main.id if main is not None else None,
        subject=subject.key, status=ContractStatus.TO_SIGN if kind.signers is not None else ContractStatus.ISSUED,
        amount_fen=0, annual_rate=Decimal(0), file_id=document.id, pdf_sha256=hashlib.sha256(pdf).hexdigest(),
        page_count=page_count(pdf), owner_id=application.owner_id, department_id=application.department_id,
        created_by_id=actor.actor_id, created_at=now, updated_at=now,
    )  # fmt: skip
    row.frozen = to_json(data)
    db.add(row)
    db.flush()
    search.index(db, "contract", row)
    events.record(
        db, actor, "contract.issued", now=now, entity="contract", entity_id=row.id, customer_id=case.customer.id,
        lead_id=application.lead_id, summary=f"{kind.template.label} {number}",
    )  # fmt: skip
    return row.id or 0


def _number(db: Session, case: Case, kind: PaperKind, now: datetime) -> str:
    if kind.number_of is None:
        code, day = str(parameters.get(db, "contract_code", now=now)["company"]), local(now).date()
        return contract_number(code, kind.prefix, day, next_number(db, f"contract:{kind.prefix}:{day:%Y}"))
    # Named after what it belongs to; one made again after a void counts up, since a number is never used twice.
    first = kind.number_of(case)
    query = sa.select(sa.func.count()).select_from(Contract).where(
        (col(Contract.number) == first) | col(Contract.number).startswith(f"{first}-R", autoescape=True)
    )  # fmt: skip
    taken = int(db.execute(query).scalar_one())
    return first if not taken else f"{first}-R{taken + 1}"
