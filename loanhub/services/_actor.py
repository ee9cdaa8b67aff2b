"""The actor: who asks, what that person may do and how far that person sees; made anew from the session."""

from __future__ import annotations

from dataclasses import dataclass

from loanhub.domain.errors import NotPermitted
from loanhub.domain.permissions import Permission, Scope


class LacksPermission(NotPermitted):
    """The actor's roles do not hold the permission."""

    def __init__(self, permission: Permission) -> None:
        super().__init__(f"你没有「{permission.label}」的权限，如有需要请联系管理员")
        self.permission = permission


class OutOfReach(NotPermitted):
    """The actor holds the permission, but the record lies outside the actor's scope of writing."""

    def __init__(self) -> None:
        super().__init__("这条记录不在你的数据范围内")


@dataclass(frozen=True, slots=True)
class Actor:
    """A person at work, or the system itself; carries no rights beyond those of the moment it was made.

    ``scope`` is the widest record scope of the roles; ``department_ids`` are the departments that scope
    reaches (empty for 本人, the whole tree is not listed for 全部); ``session_id`` is the row of the session.
    """

    user_id: int
    name: str
    roles: frozenset[str] = frozenset()
    permissions: frozenset[Permission] = frozenset()
    scope: Scope = Scope.NONE
    department_id: int | None = None
    department_ids: frozenset[int] = frozenset()
    session_id: int | None = None
    ip: str = ""
    title: str = ""
    must_change_password: bool = False
    version: str = ""
    """Changes whenever the user, its roles or their permissions do; what is cached from the actor is then stale."""

    @property
    def is_system(self) -> bool:
        """Return whether this is the system itself (jobs, set-up) and not a person."""
        return self.user_id == 0

    @property
    def actor_id(self) -> int | None:
        """Return the user's id for a foreign key; None for the system."""
        return self.user_id or None

    def can(self, permission: Permission) -> bool:
        """Return whether the actor may do this at all; the record's scope is asked separately."""
        return self.is_system or permission in self.permissions

    def can_any(self, *permissions: Permission) -> bool:
        """Return whether the actor holds at least one of these."""
        return any(self.can(permission) for permission in permissions)

    def require(self, permission: Permission) -> None:
        """Return quietly when the actor holds the permission.

        Raises:
            LacksPermission: with the permission's Chinese name.
        """
        if not self.can(permission):
            raise LacksPermission(permission)

    def reaches(self, *, owner_id: int | None, department_id: int | None) -> bool:
        """Return whether a record of this owner and department lies inside the actor's scope."""
        if self.is_system or self.scope is Scope.ALL:
            return True
        if self.scope is Scope.NONE:
            return False
        return owner_id == self.user_id or (
            department_id is not None and department_id in self.department_ids
        )


SYSTEM = Actor(user_id=0, name="系统", scope=Scope.ALL)
"""Jobs, imports of reference data and set-up act as the system; it may do everything and appears in the log as 系统."""
