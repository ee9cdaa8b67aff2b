"""The empty form of a new lead, from the catalogue in force."""

from __future__ import annotations

from datetime import datetime

from loanhub.domain.catalogue import Access, may_enter
from loanhub.domain.permissions import Permission
from loanhub.services import catalogue
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.catalogue import FieldView


def blank(actor: Actor, *, now: datetime) -> tuple[FieldView, ...]:
    """Return the fields of an empty lead form, in form order, those the actor may enter.

    Raises:
        NotPermitted: the actor lacks leads:create.
    """
    actor.require(Permission.LEADS_CREATE)
    rights = catalogue.rights_of(actor)
    with reading() as db:
        options = catalogue.sources(db)
        return tuple(
            catalogue.field_view(spec, None, Access.WRITE, now, options, editable=True)
            for spec in catalogue.current(db).for_form("lead")
            if may_enter(spec, rights)
        )
