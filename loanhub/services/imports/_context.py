"""What is the same for every row of an import: the catalogue, what was chosen, prices of channels, who gets the leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.catalogue import Catalogue
from loanhub.models import Channel, Role, User, UserRole
from loanhub.services import catalogue as catalogues
from loanhub.services._actor import Actor
from loanhub.services.imports._plan import Options, Ownership
from loanhub.services.imports._ready import Places, places_of


@dataclass(frozen=True)
class Context:
    """What is the same for every row of a run."""

    catalogue: Catalogue
    places: Places
    options: Options
    costs: Mapping[str, int]
    channels: Mapping[str, str]
    owners: tuple[tuple[int, int | None], ...]
    """(user id, department id) in turn; empty for the public pool."""


def context_of(db: Session, actor: Actor, options: Options) -> Context:
    """Return what every chunk of a run needs."""
    channels = db.execute(
        sa.select(col(Channel.code), col(Channel.label), col(Channel.cost_per_lead_fen))
    ).all()
    catalogue = catalogues.current(db)
    return Context(
        catalogue=catalogue, options=options, places=places_of(catalogue),
        costs={code: cost for code, _, cost in channels}, channels={code: label for code, label, _ in channels},
        owners=_owners(db, actor, options),
    )  # fmt: skip


def _owners(db: Session, actor: Actor, options: Options) -> tuple[tuple[int, int | None], ...]:
    if options.owner is Ownership.ME:
        return ((actor.user_id, actor.department_id),)
    if options.owner in (Ownership.POOL, Ownership.RULES):
        return ()
    homes = set(actor.department_ids)
    if not homes and actor.department_id is not None:
        homes.add(actor.department_id)
    query = (
        sa.select(col(User.id), col(User.department_id))
        .join(UserRole, col(UserRole.user_id) == col(User.id))
        .join(Role, col(Role.id) == col(UserRole.role_id))
        .where(col(User.active), col(User.department_id).in_(homes), col(Role.code) == "sales")
        .distinct()
        .order_by(col(User.id))
    )
    found = tuple((int(user_id or 0), department) for user_id, department in db.execute(query).all())
    return found or ((actor.user_id, actor.department_id),)
