"""Change a lead 修改线索, mark it invalid or lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from loanhub.domain import leads as rules
from loanhub.domain.errors import InvalidInput
from loanhub.domain.leads import InvalidReason, LeadEvent, LostReason, Temperature
from loanhub.domain.permissions import Permission
from loanhub.models import Lead
from loanhub.repositories import leads as repository
from loanhub.services import catalogue, events, search
from loanhub.services._actor import Actor
from loanhub.services._clashes import Saved, Shown, last_change, save_with_clashes
from loanhub.services._transaction import transaction
from loanhub.services.leads._shared import StaleEdit


def edit(
    actor: Actor, *, lead_id: int, raw: Mapping[str, object], expected_version: int | None, now: datetime
) -> int:
    """Write the given fields of a lead; returns its new version.

    Raises:
        NotFound: no such lead in the actor's scope.
        NotPermitted: the actor lacks leads:edit.
        StaleEdit: somebody saved it since ``expected_version``.
        InvalidInput: a sentence for each field at fault; nothing is written.
    """
    with transaction() as db:
        lead = repository.get_visible(db, actor, lead_id, for_update=True)
        actor.require(Permission.LEADS_EDIT)
        if expected_version is not None and expected_version != lead.version:
            raise StaleEdit(last_change(db, "lead", lead_id, but=actor.user_id, now=now)[0])
        _write(db, actor, lead, raw, now=now)
        return lead.version


def save_form(actor: Actor, *, lead_id: int, raw: Mapping[str, object], shown: Shown, now: datetime) -> Saved:
    """Save what a form changed, unless somebody else has changed the same field meanwhile.

    See :func:`loanhub.services._clashes.save_with_clashes`.

    Raises:
        NotFound, NotPermitted, InvalidInput: see :func:`edit`.
    """
    with transaction() as db:
        lead = repository.get_visible(db, actor, lead_id, for_update=True)
        actor.require(Permission.LEADS_EDIT)
        return save_with_clashes(
            db, actor, "lead", lead, raw=raw, shown=shown, now=now,
            write=lambda mine: _write(db, actor, lead, mine, now=now),
        )  # fmt: skip


def retag(
    actor: Actor, *, lead_id: int, add: Sequence[str], remove: Sequence[str], now: datetime
) -> tuple[list[str], list[str]]:
    """Put tags on a lead and take others off; returns which were really added and removed.

    Raises:
        NotFound, NotPermitted, InvalidInput: see :func:`edit`.
    """
    with transaction() as db:
        lead = repository.get_visible(db, actor, lead_id, for_update=True)
        actor.require(Permission.LEADS_EDIT)
        had = tags_of(lead)
        kept = [one for one in had if one not in remove]
        wanted = [*kept, *(one for one in dict.fromkeys(add) if one not in kept)]
        if wanted != had:
            _write(db, actor, lead, {"tags": wanted}, now=now)
        return [one for one in wanted if one not in had], [one for one in had if one not in wanted]


def tags_of(lead: Lead) -> list[str]:
    """Return the tags of a lead."""
    found = lead.custom.get("tags") or []
    return [str(one) for one in found] if isinstance(found, list) else []


def _write(db: Session, actor: Actor, lead: Lead, raw: Mapping[str, object], *, now: datetime) -> None:
    changes = catalogue.apply(db, actor, "lead", lead, raw, now=now, partial=True)
    if not changes:
        return
    lead.version += 1
    lead.updated_at = now
    db.flush()
    search.index(db, "lead", lead)
    events.record(
        db, actor, "lead.edited", now=now, entity="lead", entity_id=lead.id, lead_id=lead.id,
        customer_id=lead.customer_id, before=changes.before, after=changes.after, summary=changes.summary,
    )  # fmt: skip


def close(
    actor: Actor,
    *,
    lead_id: int,
    invalid: str = "",
    lost: str = "",
    reason: str = "",
    now: datetime,
) -> None:
    """Mark a lead invalid 无效 (an InvalidReason code) or lost 流失 (a LostReason code).

    Raises:
        NotFound, NotPermitted: see :func:`edit`.
        IllegalMove: the lead's status forbids it.
        InvalidInput: neither or an unknown reason was given.
    """
    with transaction() as db:
        lead = repository.get_visible(db, actor, lead_id, for_update=True)
        actor.require(Permission.LEADS_EDIT)
        found = InvalidReason.find(invalid) if invalid else LostReason.find(lost)
        if found is None:
            raise InvalidInput(fields={"reason": "请选择原因"})
        event = LeadEvent.INVALIDATE if invalid else LeadEvent.LOSE
        before = lead.status
        lead.status = rules.move(lead.status, event)
        if isinstance(found, InvalidReason):
            lead.invalid_reason, lead.temperature = found, Temperature.INVALID
        elif isinstance(found, LostReason):
            lead.lost_reason = found
        lead.closed_at = lead.updated_at = now
        lead.next_step, lead.next_step_at = "", None
        lead.version += 1
        events.record(
            db, actor, "lead.invalidated", now=now, entity="lead", entity_id=lead.id, lead_id=lead.id,
            customer_id=lead.customer_id, before={"状态": before.label}, after={"状态": lead.status.label},
            summary=found.label, reason=reason,
        )  # fmt: skip
