"""What the use cases of the archive share: which files lie in scope, until when one counts, whether one may go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import archive as rules
from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.archive import Rule, Verb, shipped
from loanhub.domain.documents import DocumentKind
from loanhub.domain.errors import InvalidInput
from loanhub.domain.formats import SHANGHAI, local
from loanhub.domain.loans import LoanStatus
from loanhub.models import Application, Customer, Document, DocumentRule, Lead, LegalHold, Loan
from loanhub.repositories.scope import visible_to
from loanhub.services._actor import Actor
from loanhub.services.files import EXPORT_KIND, IMPORT_KIND, STATEMENT_KIND
from loanhub.services.files.rights import hold_on, rule_from, rule_of

PRINT_KIND = "print"
"""Kind of a batch's merged file and archive: reached through the batch, never listed here."""
OUTSIDE = (IMPORT_KIND, STATEMENT_KIND, EXPORT_KIND, PRINT_KIND)
_ID_KINDS = (DocumentKind.ID_FRONT.value, DocumentKind.ID_BACK.value)
_OVER = (ApplicationStatus.REJECTED, ApplicationStatus.WITHDRAWN, ApplicationStatus.FUNDED)
_ENDED = (LoanStatus.SETTLED, LoanStatus.SETTLED_EARLY)
_DAY = timedelta(days=1)


def rules_of_all(db: Session) -> dict[str, Rule]:
    """Return the rule of every kind, in the order of the checklist."""
    changed = {row.kind: rule_from(row) for row in db.execute(sa.select(DocumentRule)).scalars()}
    return {kind.value: changed.get(kind.value) or shipped(kind.value) for kind in DocumentKind}


def in_scope(actor: Actor, every: Mapping[str, Rule]) -> sa.ColumnElement[bool]:
    """Return the condition of files the actor may look at: by the record each belongs to today, and by its kind."""
    closed = [kind for kind, rule in every.items() if not rule.allows(Verb.READ, actor.roles)]

    def of(column: Any, model: type[Customer] | type[Lead]) -> sa.ColumnElement[bool]:
        found: sa.ColumnElement[bool] = column.in_(sa.select(col(model.id)).where(visible_to(actor, model)))
        return found

    reached = sa.or_(
        of(col(Document.customer_id), Customer),
        of(col(Document.lead_id), Lead),
        col(Document.uploaded_by_id) == actor.user_id,
    )
    condition = sa.and_(reached, col(Document.kind).not_in(OUTSIDE), col(Document.purged_at).is_(None))
    return (
        sa.and_(condition, col(Document.kind).not_in(closed)) if closed and not actor.is_system else condition
    )


def ends_between(every: Mapping[str, Rule], first: date | None, last: date) -> sa.ColumnElement[bool]:
    """Return the condition of files whose last day lies in [first, last]; ``first`` None: at any time before.

    The day a file names counts first, then that of the customer's identity card, then the life of its kind.
    """

    def within(column: Any) -> sa.ColumnElement[bool]:
        return sa.and_(column <= last, column >= first) if first is not None else column <= last

    own = col(Document.expires_date)
    of_card = sa.select(col(Customer.id)).where(within(col(Customer.id_valid_until)))
    choices = [
        within(own),
        sa.and_(own.is_(None), col(Document.kind).in_(_ID_KINDS), col(Document.customer_id).in_(of_card)),
    ]
    for kind, rule in every.items():
        if rule.life_days and kind not in _ID_KINDS:
            life = timedelta(days=rule.life_days)
            begin = _midnight(first - life) if first is not None else None
            end = _midnight(last - life + _DAY)
            made = col(Document.created_at)
            span = sa.and_(made < end, made >= begin) if begin is not None else made < end
            choices.append(sa.and_(own.is_(None), col(Document.kind) == kind, span))
    return sa.or_(*choices)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def last_day(row: Document, rule: Rule, customer: Customer | None) -> date | None:
    """Return the last day a file counts, None for one that does not age."""
    if row.expires_date is not None:
        return row.expires_date
    if row.kind in _ID_KINDS and customer is not None and customer.id_valid_until is not None:
        return customer.id_valid_until
    return local(row.created_at).date() + timedelta(days=rule.life_days) if rule.life_days else None


def relation(db: Session, customer_id: int | None) -> tuple[bool, date | None]:
    """Return whether something of a customer is still open, and when the last loan or application ended."""
    if customer_id is None:
        return False, None
    loan = col(Loan.customer_id) == customer_id
    open_loan = db.execute(
        sa.select(sa.literal(1)).where(loan, col(Loan.status).not_in(_ENDED)).limit(1)
    ).first()
    mine = col(Application.customer_id) == customer_id
    under_way = db.execute(
        sa.select(sa.literal(1)).where(mine, col(Application.status).not_in(_OVER)).limit(1)
    ).first()
    settled = db.execute(sa.select(sa.func.max(col(Loan.settled_date))).where(loan)).scalar()
    decided = db.execute(sa.select(sa.func.max(col(Application.updated_at))).where(mine)).scalar()
    days = [
        one for one in (settled, local(decided).date() if decided is not None else None) if one is not None
    ]
    return open_loan is not None or under_way is not None, max(days, default=None)


def may_delete(db: Session, row: Document) -> str | None:
    """Return the sentence why a file may not be removed (a hold, a kind that is always kept); None when it may."""
    return rules.refuse_removal(row.kind, held=hold_on(db, row))


def may_purge(db: Session, row: Document, *, today: date) -> str | None:
    """Return the sentence why a file's content may not be destroyed yet; None when it may."""
    kept = rules.KEPT_KINDS.get(row.kind)
    if kept:
        return kept
    is_open, ended = relation(db, row.customer_id)
    keep = rules.kept_until(
        ended=ended, open_relation=is_open, handed_in=local(row.created_at).date(),
        years=rule_of(db, row.kind).retention_years,
    )  # fmt: skip
    removed = local(row.deleted_at).date() if row.deleted_at is not None else None
    return rules.refuse_purge(
        today=today, removed_on=removed, keep=keep, open_relation=is_open, held=hold_on(db, row)
    )


def held_ids() -> sa.ColumnElement[bool]:
    """Return the condition of files a hold is on."""
    alive = col(LegalHold.released_at).is_(None)
    one = sa.select(col(LegalHold.document_id)).where(alive, col(LegalHold.document_id).is_not(None))
    all_of = sa.select(col(LegalHold.customer_id)).where(alive, col(LegalHold.customer_id).is_not(None))
    return sa.or_(col(Document.id).in_(one), col(Document.customer_id).in_(all_of))


def reason_of(text: str, *, key: str = "reason") -> str:
    """Return a reason of at least two characters.

    Raises:
        InvalidInput: it is shorter, or longer than 200.
    """
    words = text.strip()
    if not 2 <= len(words) <= 200:
        raise InvalidInput(fields={key: "写一下原因，2 到 200 个字"})
    return words
