"""Who may do what with a stored file: the record it belongs to, the kind it is, the roles the firm names for it."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col

from loanhub.domain.archive import Rule, Verb, shipped
from loanhub.domain.documents import label_of
from loanhub.domain.errors import NotFound, NotPermitted
from loanhub.domain.permissions import Permission
from loanhub.models import Application, Customer, Document, DocumentRule, Lead, LegalHold, Loan
from loanhub.repositories.scope import visible_to
from loanhub.services._actor import Actor
from loanhub.services.files.types import EXPORT_KIND, OWN_KINDS

LINKS: dict[str, type[SQLModel]] = {
    "customer_id": Customer,
    "lead_id": Lead,
    "application_id": Application,
    "loan_id": Loan,
}


class KindClosed(NotPermitted):
    """The firm leaves this kind of document to other roles."""

    def __init__(self, kind: str, verb: Verb) -> None:
        super().__init__(f"「{label_of(kind)}」的{verb.label}只开放给指定岗位，需要时请联系安全管理员")


def rule_of(db: Session, kind: str) -> Rule:
    """Return what holds for a kind of document: as the firm decided, else as shipped."""
    row: DocumentRule | None = db.execute(
        sa.select(DocumentRule).where(col(DocumentRule.kind) == kind)
    ).scalar_one_or_none()
    return shipped(kind) if row is None else rule_from(row)


def rule_from(row: DocumentRule) -> Rule:
    """Return the rule a row says."""
    return Rule(
        row.kind, frozenset(row.read_roles), frozenset(row.upload_roles), frozenset(row.take_roles),
        row.life_days, row.remind_days, row.retention_years,
    )  # fmt: skip


def check_kind(db: Session, actor: Actor, kind: str, verb: Verb) -> None:
    """Return quietly when the actor's roles may do this with a kind.

    Raises:
        KindClosed: the firm names roles for it, and the actor has none of them.
    """
    if not actor.is_system and not rule_of(db, kind).allows(verb, actor.roles):
        raise KindClosed(kind, verb)


def owner_of(db: Session, actor: Actor, links: dict[str, int | None]) -> tuple[int | None, int | None]:
    """Return owner and department of the first linked record; refuse what the actor may not see."""
    owner: tuple[int | None, int | None] | None = None
    for key, value in links.items():
        if value is None:
            continue
        found = visible_owner(db, actor, LINKS[key], value)
        if found is None:
            raise NotFound
        owner = owner or found
    return owner or (actor.actor_id, actor.department_id)


def visible_owner(
    db: Session, actor: Actor, model: type[SQLModel], record_id: int
) -> tuple[int | None, int | None] | None:
    """Return (owner, department) of a record in scope, None of any other."""
    table = model.__table__.c  # type: ignore[attr-defined]
    condition = visible_to(actor, model)
    row = db.execute(
        sa.select(table.owner_id, table.department_id).where(table.id == record_id, condition)
    ).first()
    return (row[0], row[1]) if row else None


def may_see(db: Session, actor: Actor, row: Document) -> bool:
    """Return whether a file lies inside the actor's scope; the owner of its record today decides."""
    if row.uploaded_by_id == actor.user_id:
        return True
    linked = [(model, getattr(row, key)) for key, model in LINKS.items() if getattr(row, key) is not None]
    if not linked:
        # Belongs to no record: an import or a report is its uploader's own.
        return row.kind not in (*OWN_KINDS, EXPORT_KIND) and actor.reaches(
            owner_id=row.owner_id, department_id=row.department_id
        )
    return any(visible_owner(db, actor, model, record_id) is not None for model, record_id in linked)


def get_readable(
    db: Session, actor: Actor, document_id: int, *, removed: bool = False, for_update: bool = False
) -> Document:
    """Return a file the actor may look at; ``removed`` accepts one taken out of the lists.

    Raises:
        NotFound: no such file, removed or destroyed, or outside the actor's scope.
        NotPermitted: without documents:read for a file of another's; or its kind is closed to the actor.
    """
    row = db.get(Document, document_id, with_for_update=for_update or None)
    gone = row is None or row.purged_at is not None or (row.deleted_at is not None and not removed)
    if row is None or gone or not may_see(db, actor, row):
        raise NotFound("没有找到这个文件")
    if row.uploaded_by_id != actor.user_id:
        actor.require(Permission.DOCUMENTS_READ)
        check_kind(db, actor, row.kind, Verb.READ)
    return row


def hold_on(db: Session, row: Document) -> str:
    """Return the reason of a hold in force on a file or on its customer; empty when there is none."""
    places = [col(LegalHold.document_id) == row.id]
    if row.customer_id is not None:
        places.append(col(LegalHold.customer_id) == row.customer_id)
    query = sa.select(col(LegalHold.reason)).where(col(LegalHold.released_at).is_(None), sa.or_(*places))
    return str(db.execute(query.order_by(col(LegalHold.id)).limit(1)).scalar() or "")


def last_day_of(row: Document, rule: Rule, given: date) -> date | None:
    """Return until when a file counts by its own day or by the firm's rule for its kind; ``given`` is its day of handing in."""
    if row.expires_date is not None:
        return row.expires_date
    return given + timedelta(days=rule.life_days) if rule.life_days else None
