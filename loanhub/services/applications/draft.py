"""Write an application 发起申请: draft, edit, tick documents, withdraw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from loanhub.domain import applications as rules
from loanhub.domain.applications import EDITABLE, ApplicationEvent, ApplicationStatus
from loanhub.domain.documents import DocumentKind
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.permissions import Permission
from loanhub.models import Application, Product
from loanhub.repositories import applications as repository
from loanhub.repositories import leads as lead_repository
from loanhub.repositories.customers import get_visible as get_visible_customer
from loanhub.services import _clashes, catalogue, events, products, search
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._numbering import next_number
from loanhub.services._transaction import transaction
from loanhub.services.applications._shared import close_notices


class StaleEdit(Conflict):
    """Somebody saved this application since it was opened."""

    def __init__(self) -> None:
        super().__init__("别人刚改过这笔申请，请看过最新内容再保存")


def create(
    actor: Actor,
    *,
    customer_id: int,
    lead_id: int | None = None,
    raw: Mapping[str, object],
    key: str = "",
    now: datetime,
) -> int:
    """Open a draft application of a customer and return its id; what is still missing may follow later.

    Without ``lead_id`` it joins the customer's newest open lead in the actor's scope, if there is one, so that
    the lead's card may go on along the board.

    Raises:
        NotFound: no such customer or lead in the actor's scope, or the product is not offered.
        NotPermitted: the actor lacks applications:create.
        InvalidInput: a given field is at fault, or the lead belongs to another customer.
    """
    with transaction() as db:
        customer = get_visible_customer(db, actor, customer_id)
        lead = lead_repository.get_visible(db, actor, lead_id) if lead_id else None
        actor.require(Permission.APPLICATIONS_CREATE)
        if lead is not None and lead.customer_id not in (None, customer_id):
            raise InvalidInput("这条线索属于另一位客户")

        def work() -> dict[str, object]:
            linked = lead if lead is not None else repository.find_open_lead(db, actor, customer_id)
            day = local(now).date()
            application = Application(
                number=f"A{day:%Y%m%d}{next_number(db, f'application:{day:%Y%m%d}'):03d}", customer_id=customer_id,
                lead_id=linked.id if linked else None, status=ApplicationStatus.DRAFT, owner_id=customer.owner_id or actor.actor_id,
                department_id=customer.department_id or actor.department_id, created_at=now, updated_at=now,
                created_by_id=actor.actor_id,
            )  # fmt: skip
            changes = catalogue.apply(db, actor, "application", application, raw, now=now, partial=True)
            _take_product(db, application)
            db.add(application)
            db.flush()
            search.index(db, "application", application)
            events.record(
                db, actor, "application.created", now=now, entity="application", entity_id=application.id,
                customer_id=customer_id, lead_id=application.lead_id, after=changes.after, summary=application.number,
            )  # fmt: skip
            return {"id": application.id or 0}

        request = [customer_id, lead_id, dict(raw)]
        return int(str(once(db, actor, "applications.create", key, request, now=now, work=work)["id"]))


def edit(
    actor: Actor,
    *,
    application_id: int,
    raw: Mapping[str, object],
    expected_version: int | None,
    now: datetime,
) -> int:
    """Write fields of a draft or returned application; returns its new version.

    Raises:
        NotFound: no such application in the actor's scope.
        NotPermitted: the actor lacks applications:edit.
        Conflict: it is under review or decided, or somebody saved it since ``expected_version``.
        InvalidInput: a sentence for each field at fault; nothing is written.
    """
    with transaction() as db:
        application = repository.get_visible(db, actor, application_id, for_update=True)
        actor.require(Permission.APPLICATIONS_EDIT)
        _check_editable(application)
        if expected_version is not None and expected_version != application.version:
            raise StaleEdit
        _write(db, actor, application, raw, now=now)
        return application.version


def save_form(
    actor: Actor, *, application_id: int, raw: Mapping[str, object], shown: _clashes.Shown, now: datetime
) -> _clashes.Saved:
    """Save what a form changed, unless somebody else has changed the same field meanwhile.

    See :func:`loanhub.services._clashes.save_with_clashes`.

    Raises:
        NotFound, NotPermitted, Conflict, InvalidInput: see :func:`edit`.
    """
    with transaction() as db:
        application = repository.get_visible(db, actor, application_id, for_update=True)
        actor.require(Permission.APPLICATIONS_EDIT)
        _check_editable(application)
        return _clashes.save_with_clashes(
            db, actor, "application", application, raw=raw, shown=shown, now=now,
            write=lambda mine: _write(db, actor, application, mine, now=now),
        )  # fmt: skip


def _write(
    db: Session, actor: Actor, application: Application, raw: Mapping[str, object], *, now: datetime
) -> None:
    changes = catalogue.apply(db, actor, "application", application, raw, now=now, partial=True)
    if changes:
        _take_product(db, application)
        application.version += 1
        application.updated_at = now
        events.record(
            db, actor, "application.edited", now=now, entity="application", entity_id=application.id,
            customer_id=application.customer_id, lead_id=application.lead_id, before=changes.before,
            after=changes.after, summary=changes.summary,
        )  # fmt: skip


def tick_documents(
    actor: Actor, *, application_id: int, kinds: Sequence[str] = (), note: str = "已收原件", now: datetime
) -> None:
    """Mark required documents as received in the original 已收原件; all required ones when none is named.

    Raises:
        NotFound, NotPermitted, Conflict: see :func:`edit`.
        InvalidInput: an unknown kind.
    """
    with transaction() as db:
        application = repository.get_visible(db, actor, application_id, for_update=True)
        actor.require(Permission.APPLICATIONS_EDIT)
        _check_editable(application)
        product = db.get(Product, application.product_id) if application.product_id else None
        wanted = list(kinds) or (list(product.required_documents) if product else [])
        if any(DocumentKind.find(kind) is None for kind in wanted):
            raise InvalidInput("没有这种资料")
        if len(note) > 100:
            raise InvalidInput(fields={"note": "备注最多 100 个字"})
        ticked = {str(item["kind"]): item for item in application.documents}
        for kind in wanted:
            ticked[kind] = {"kind": kind, "note": note.strip(), "by": actor.name, "at": now.isoformat()}
        application.documents = list(ticked.values())
        application.version += 1
        labels = "、".join(DocumentKind(kind).label for kind in wanted)
        events.record(
            db, actor, "application.documents_checked", now=now, entity="application", entity_id=application.id,
            customer_id=application.customer_id, lead_id=application.lead_id, after={"资料": labels},
            summary=f"{note}：{labels}",
        )  # fmt: skip


def untick_document(actor: Actor, *, application_id: int, kind: str, now: datetime) -> None:
    """Take back that the original of a document was received.

    Raises:
        NotFound, NotPermitted, Conflict: see :func:`edit`.
        InvalidInput: it is not marked so.
    """
    with transaction() as db:
        application = repository.get_visible(db, actor, application_id, for_update=True)
        actor.require(Permission.APPLICATIONS_EDIT)
        _check_editable(application)
        left = [item for item in application.documents if item.get("kind") != kind]
        if len(left) == len(application.documents):
            raise InvalidInput("这份资料没有标记为已收原件")
        application.documents = left
        application.version += 1
        application.updated_at = now
        events.record(
            db, actor, "application.documents_checked", now=now, entity="application", entity_id=application.id,
            customer_id=application.customer_id, lead_id=application.lead_id,
            summary=f"取消已收原件：{DocumentKind(kind).label}",
        )  # fmt: skip


@dataclass(frozen=True)
class Saved:
    """An autosaved draft: its version now, and what could not be saved, by field."""

    version: int
    errors: dict[str, str]


def autosave(
    actor: Actor,
    *,
    application_id: int,
    raw: Mapping[str, object],
    expected_version: int | None,
    now: datetime,
) -> Saved:
    """Write what is valid of a form still being filled in; what is not comes back with its sentence.

    Raises:
        NotFound, NotPermitted, Conflict: see :func:`edit`.
    """
    wanted: dict[str, object] = dict(raw)
    errors: dict[str, str] = {}
    with transaction():
        while True:
            try:
                version = edit(
                    actor,
                    application_id=application_id,
                    raw=wanted,
                    expected_version=expected_version,
                    now=now,
                )
            except InvalidInput as refusal:
                at_fault = {key: words for key, words in refusal.fields.items() if key in wanted}
                if not at_fault:
                    raise
                errors |= at_fault
                wanted = {key: value for key, value in wanted.items() if key not in at_fault}
            else:
                return Saved(version, errors)


def withdraw(actor: Actor, *, application_id: int, reason: str, now: datetime) -> None:
    """Take an undecided application back 撤回.

    Raises:
        NotFound: no such application in the actor's scope.
        NotPermitted: the actor lacks applications:submit.
        IllegalMove: it is decided.
        InvalidInput: no reason was given.
    """
    with transaction() as db:
        application = repository.get_visible(db, actor, application_id, for_update=True)
        actor.require(Permission.APPLICATIONS_SUBMIT)
        if len(reason.strip()) < 2:
            raise InvalidInput(fields={"reason": "写一下撤回的原因"})
        application.status = rules.move(application.status, ApplicationEvent.WITHDRAW)
        application.version += 1
        application.updated_at = now
        application.due_at = None
        close_notices(db, application, now=now)
        for row in repository.list_submissions(db, application_id):
            row.status, row.decided_at = "withdrawn", now
            row.version += 1
        events.record(
            db, actor, "application.withdrawn", now=now, entity="application", entity_id=application.id,
            customer_id=application.customer_id, lead_id=application.lead_id, summary=application.number,
            reason=reason.strip(),
        )  # fmt: skip


def _take_product(db: Session, application: Application) -> None:
    if not application.product_code:
        return
    product = products.get_active(db, application.product_code)
    if application.product_id != product.id:
        application.product_id, application.mode = product.id, product.mode
        application.method = product.method
        if application.annual_rate is None:
            application.annual_rate = product.max_annual_rate


def _check_editable(application: Application) -> None:
    if application.status not in EDITABLE:
        raise Conflict(f"申请现在是「{application.status.label}」，不能修改")
