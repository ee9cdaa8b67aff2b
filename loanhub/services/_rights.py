"""From a user's rows to an :class:`Actor`: permissions add up, the widest scope wins."""

from __future__ import annotations

from sqlmodel import Session

from loanhub.domain.permissions import Permission, Scope
from loanhub.models import Department, User
from loanhub.repositories import access
from loanhub.services._actor import Actor


def actor_of(db: Session, user: User) -> Actor:
    """Return the actor a user is at this moment, without a session."""
    assert user.id is not None
    roles = access.list_roles_of(db, user.id)
    known = {code: permission for permission in Permission for code in (permission.value,)}
    permissions = frozenset(known[code] for role in roles for code in role.permissions if code in known)
    scope = max((Scope(role.scope) for role in roles), default=Scope.NONE)
    return Actor(
        user_id=user.id,
        name=user.name,
        title=user.title,
        roles=frozenset(role.code for role in roles),
        permissions=permissions,
        scope=scope,
        department_id=user.department_id,
        department_ids=_reach(db, user, scope),
        version=f"{user.access_version}." + ".".join(f"{role.code}{role.version}" for role in roles),
    )


def _reach(db: Session, user: User, scope: Scope) -> frozenset[int]:
    home = db.get(Department, user.department_id) if user.department_id else None
    if home is None or home.id is None or scope in (Scope.NONE, Scope.OWN, Scope.ALL):
        return frozenset()
    if scope is Scope.TEAM:
        return frozenset({home.id})
    top = home if scope is Scope.DEPARTMENT else access.find_branch_of(db, home) or home
    return frozenset(access.list_department_ids_below(db, top.path))
