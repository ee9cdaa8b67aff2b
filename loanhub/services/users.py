"""The people who work here 员工: add, change, disable, set a password; who may do it to whom.

Administrator, security administrator and auditor stand apart: such a role is held alone, and only the
holder of roles:edit gives, withdraws or touches it, so that no administrator can become or silence the others.
Source: security guide §3 (separation of duties).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import Permission, RoleCode
from loanhub.models import Department, Role, User, UserRole
from loanhub.repositories import access
from loanhub.services import _passwords, auth, events, parameters
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction

GOVERNANCE = frozenset({RoleCode.ADMIN.value, RoleCode.SECURITY_ADMIN.value, RoleCode.AUDITOR.value})
"""Roles that watch each other; none is joined with another one."""
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,59}")


class StaleUser(Conflict):
    """Somebody changed this person since the form was opened."""

    def __init__(self) -> None:
        super().__init__("这位员工的资料刚被别人改过，请重新打开再改")


class NeedsSecurityAdmin(NotPermitted):
    """The person holds, or would get, a role that only a security administrator deals with."""

    def __init__(self) -> None:
        super().__init__("管理员、安全管理员和审计的账号只能由安全管理员处理")


class NotOneself(NotPermitted):
    """Nobody changes their own rights or disables themselves."""

    def __init__(self, what: str) -> None:
        super().__init__(f"不能{what}自己，请由另一位管理员操作")


class LastOfItsKind(Conflict):
    """Nobody would be left who can administer the installation."""

    def __init__(self, role: RoleCode) -> None:
        super().__init__(f"这是最后一位在用的{role.label}，请先指定另一位")


@dataclass(frozen=True)
class UserView:
    """A person as the list shows them; ``roles`` and ``department`` are labels."""

    id: int
    login: str
    name: str
    title: str
    roles: str
    role_codes: tuple[str, ...]
    department: str
    department_id: int
    active: bool
    must_change_password: bool
    last_seen_at: datetime | None
    version: int
    editable: bool
    """Whether the reader may change this person."""


def list_users(
    actor: Actor,
    *,
    text: str = "",
    role: str = "",
    department_id: int | None = None,
    active: bool | None = None,
) -> list[UserView]:
    """Return the people, those at work first, then by login; a department includes those below it.

    Raises:
        NotPermitted: the actor lacks users:read.
    """
    actor.require(Permission.USERS_READ)
    wanted = text.strip().casefold()
    with reading() as db:
        reach = None
        if department_id is not None:
            top = db.get(Department, department_id)
            reach = set(access.list_department_ids_below(db, top.path)) if top else set()
        views = [_view(actor, *row) for row in access.list_users(db)]
    return [
        one
        for one in views
        if (not wanted or any(wanted in value.casefold() for value in (one.login, one.name, one.title)))
        and (not role or role in one.role_codes)
        and (reach is None or one.department_id in reach)
        and (active is None or one.active is active)
    ]


def list_roles(actor: Actor) -> list[tuple[str, str]]:
    """Return (code, label) of the roles this actor may give.

    Raises:
        NotPermitted: the actor lacks users:read.
    """
    actor.require(Permission.USERS_READ)
    with reading() as db:
        return [(role.code, role.label) for role in access.list_roles(db) if _may_edit(actor, {role.code})]


def create(
    actor: Actor,
    *,
    login: str,
    name: str,
    roles: list[str],
    department: str = "",
    password: str,
    now: datetime,
    title: str = "",
    department_id: int | None = None,
    must_change: bool = True,
) -> int:
    """Add a person with a temporary password, to be changed at the first sign-in; return the id.

    The department is named by id or by name; without either it is the company.

    Raises:
        NotPermitted: the actor lacks users:edit (roles:edit for an account of a watching role).
        NeedsSecurityAdmin: one of the roles is not this actor's to give.
        InvalidInput: login taken or malformed, name, role, department or password cannot be accepted.
    """
    require_over(actor, roles)
    login, name, title = login.strip().casefold(), name.strip(), title.strip()
    codes = list(dict.fromkeys(roles))
    if faults := _faults(login=login, name=name, title=title, codes=codes):
        raise InvalidInput(fields=faults)
    with reading() as db:
        companies = parameters.company_names(db, now=now)
    _passwords.check_rules(password, login=login, name=name, companies=companies)
    hashed = _passwords.hash_password(password)
    with transaction() as db:
        if access.find_user_by_login(db, login) is not None:
            raise InvalidInput(fields={"login": "这个账号已经有人用了"})
        known = _roles_of_codes(db, codes)
        place = _department(db, department, department_id)
        user = User(
            login=login, name=name, title=title or known[0].label, department_id=place.id, password_hash=hashed,
            must_change_password=must_change, joined_at=now, created_at=now,
        )  # fmt: skip
        db.add(user)
        db.flush()
        assert user.id is not None
        _set_roles(db, user.id, known)
        events.record(
            db, actor, "user.created", now=now, entity="user", entity_id=user.id, summary=f"{name}（{login}）",
            after={"姓名": name, "角色": _labels(known), "部门": place.name},
        )  # fmt: skip
        return user.id


def edit(
    actor: Actor,
    *,
    user_id: int,
    version: int,
    name: str,
    title: str,
    department_id: int,
    roles: list[str],
    now: datetime,
) -> None:
    """Change name, title, department and roles; what the person may do changes within seconds.

    Raises:
        NotFound: no such person.
        NotPermitted: the actor lacks users:edit, or changes their own roles.
        NeedsSecurityAdmin: a role before or after is not this actor's to deal with.
        LastOfItsKind: the last administrator would go.
        StaleUser: ``version`` is not the present one.
        InvalidInput: name, title, roles or department cannot be accepted.
    """
    name, title, codes = name.strip(), title.strip(), list(dict.fromkeys(roles))
    with transaction() as db:
        user = _get(db, user_id)
        before = access.list_roles_of(db, user_id)
        held = [role.code for role in before]
        changes_roles = set(held) != set(codes)
        require_over(actor, [*held, *codes])
        if changes_roles and user_id == actor.user_id:
            raise NotOneself("修改角色给")
        if user.version != version:
            raise StaleUser
        # The first administrator holds two until one is handed on; other edits must not be refused for it.
        faults = _faults(
            login=user.login, name=name, title=title, codes=codes if changes_roles else ["sales"]
        )
        if faults:
            raise InvalidInput(fields=faults)
        after = _roles_of_codes(db, codes)
        place = _department(db, "", department_id)
        for code in (RoleCode.ADMIN, RoleCode.SECURITY_ADMIN):
            if code.value in held and code.value not in codes:
                _keep_one(db, code, besides=user_id)
        old_place = db.get(Department, user.department_id) if user.department_id else None
        shown = (
            ("姓名", user.name, name), ("职务", user.title, title),
            ("部门", old_place.name if old_place else "", place.name), ("角色", _labels(before), _labels(after)),
        )  # fmt: skip
        changed = [(label, old, new) for label, old, new in shown if old != new]
        if not changed:
            return
        user.name, user.title, user.department_id = name, title, place.id
        user.version, user.access_version = user.version + 1, user.access_version + 1
        if changes_roles:
            _set_roles(db, user_id, after)
        events.record(
            db, actor, "user.edited", now=now, entity="user", entity_id=user_id, summary=f"{name}（{user.login}）",
            before={label: old or "—" for label, old, _ in changed},
            after={label: new or "—" for label, _, new in changed},
        )  # fmt: skip
    auth.forget_cached(user_id=user_id)


def set_active(actor: Actor, *, login: str, active: bool, now: datetime) -> int:
    """Disable a person and end their sessions at once, or let them in again; return how many sessions ended.

    Raises:
        NotFound: no such account.
        NotPermitted: the actor lacks users:edit, or means themselves.
        NeedsSecurityAdmin: the person's role is not this actor's to deal with.
        LastOfItsKind: the last administrator would go.
    """
    with transaction() as db:
        user = _get_by_login(db, login)
        assert user.id is not None
        held = [role.code for role in access.list_roles_of(db, user.id)]
        require_over(actor, held)
        if user.id == actor.user_id:
            raise NotOneself("停用")
        if user.active is active:
            return 0
        ended = 0
        if not active:
            for code in (RoleCode.ADMIN, RoleCode.SECURITY_ADMIN):
                if code.value in held:
                    _keep_one(db, code, besides=user.id)
            ended = _end_sessions(db, user.id, now=now)
        user.active, user.version, user.access_version = active, user.version + 1, user.access_version + 1
        events.record(
            db, actor, "user.enabled" if active else "user.disabled", now=now, entity="user", entity_id=user.id,
            summary=f"{user.name}（{user.login}）" + (f"，退出 {ended} 个会话" if ended else ""),
        )  # fmt: skip
        user_id = user.id
    auth.forget_cached(user_id=user_id)
    return ended


def set_password(actor: Actor, *, login: str, password: str, now: datetime, must_change: bool = True) -> None:
    """Set another person's password and end all their sessions; they choose their own at the next sign-in.

    Raises:
        NotFound: no such account.
        NotPermitted: the actor lacks users:edit, or means themselves (the account page asks for the present one).
        NeedsSecurityAdmin: the person's role is not this actor's to deal with.
        InvalidInput: the password is weak.
    """
    with reading() as db:
        user = _get_by_login(db, login)
        assert user.id is not None
        user_id, name, stored_login = user.id, user.name, user.login
        require_over(actor, [role.code for role in access.list_roles_of(db, user_id)])
        companies = parameters.company_names(db, now=now)
    if user_id == actor.user_id:
        raise NotOneself("在这里重设密码给")
    _passwords.check_rules(password, login=stored_login, name=name, companies=companies)
    hashed = _passwords.hash_password(password)
    with transaction() as db:
        user = _get(db, user_id)
        user.password_hash, user.must_change_password = hashed, must_change
        user.version, user.access_version = user.version + 1, user.access_version + 1
        ended = _end_sessions(db, user_id, now=now)
        events.record(
            db, actor, "user.password_set", now=now, entity="user", entity_id=user_id,
            summary=f"{name}（{stored_login}）" + (f"，退出 {ended} 个会话" if ended else ""),
        )  # fmt: skip
    auth.forget_cached(user_id=user_id)


def _view(
    actor: Actor, user: User, department: Department | None, roles: list[Role], seen: datetime | None
) -> UserView:
    codes = tuple(role.code for role in roles)
    return UserView(
        id=user.id or 0, login=user.login, name=user.name, title=user.title, roles=_labels(roles),
        role_codes=codes, department=department.name if department else "—",
        department_id=user.department_id or 0, active=user.active,
        must_change_password=user.must_change_password, last_seen_at=seen, version=user.version,
        editable=_may_edit(actor, codes),
    )  # fmt: skip


def _may_edit(actor: Actor, held: Iterable[str]) -> bool:
    if GOVERNANCE & set(held):
        return actor.can(Permission.ROLES_EDIT)
    return actor.can(Permission.USERS_EDIT)


def require_over(actor: Actor, held: Iterable[str]) -> None:
    """Return quietly when the actor may change a person of these roles; say which right is lacking otherwise."""
    if _may_edit(actor, held):
        return
    if GOVERNANCE & set(held) and actor.can(Permission.USERS_EDIT):
        raise NeedsSecurityAdmin
    actor.require(Permission.USERS_EDIT)


def _faults(*, login: str, name: str, title: str, codes: list[str]) -> dict[str, str]:
    faults = {}
    if not _LOGIN.fullmatch(login):
        faults["login"] = "账号为 2 到 60 个小写字母、数字或 . _ @ -"
    if not 1 <= len(name) <= 60:
        faults["name"] = "请填写姓名，最多 60 个字"
    if len(title) > 40:
        faults["title"] = "职务最多 40 个字"
    if not codes:
        faults["roles"] = "请至少选一个角色"
    elif len(codes) > 1 and (alone := sorted(GOVERNANCE & set(codes))):
        label = RoleCode(alone[0]).label
        faults["roles"] = f"{label}不能与其他角色兼任（三权分立）"
    return faults


def _get(db: Session, user_id: int) -> User:
    user = db.get(User, user_id, with_for_update=True)
    if user is None:
        raise NotFound("没有这个员工")
    return user


def _get_by_login(db: Session, login: str) -> User:
    user = access.find_user_by_login(db, login.strip().casefold())
    if user is None:
        raise NotFound("没有这个账号")
    return user


def _department(db: Session, name: str, department_id: int | None) -> Department:
    found = access.find_department(db, name=name.strip(), department_id=department_id)
    if found is None:
        key = "department" if department_id is None else "department_id"
        raise InvalidInput(fields={key: "没有这个部门"})
    return found


def _roles_of_codes(db: Session, codes: list[str]) -> list[Role]:
    known = {role.code: role for role in access.list_roles(db)}
    if any(code not in known for code in codes):
        raise InvalidInput(fields={"roles": "没有这个角色"})
    return [known[code] for code in codes]


def _set_roles(db: Session, user_id: int, roles: list[Role]) -> None:
    db.execute(sa.delete(UserRole).where(col(UserRole.user_id) == user_id))
    for role in roles:
        db.add(UserRole(user_id=user_id, role_id=role.id or 0))
    db.flush()


def _keep_one(db: Session, code: RoleCode, *, besides: int) -> None:
    # The role's row is locked, so that two who go at the same moment cannot each count on the other.
    role = db.execute(sa.select(Role).where(col(Role.code) == code.value).with_for_update()).scalar_one()
    if not access.count_active_with_role(db, role_id=role.id or 0, besides=besides):
        raise LastOfItsKind(code)


def _end_sessions(db: Session, user_id: int, *, now: datetime) -> int:
    total = 0
    while ended := access.revoke_sessions(db, user_id=user_id, now=now, keep=None):
        total += ended
    return total


def _labels(roles: Iterable[Role]) -> str:
    return "、".join(role.label for role in roles)
