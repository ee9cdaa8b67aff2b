"""Queries on people, roles, departments and sessions."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.models import Department, LoginAttempt, Notification, Role, User, UserRole, UserSession


def find_user_by_login(db: Session, login: str) -> User | None:
    """Return the user of this login (already lower-cased), or None."""
    return db.execute(sa.select(User).where(sa.func.lower(col(User.login)) == login)).scalar_one_or_none()


def any_user(db: Session) -> bool:
    """Return whether anybody at all has an account."""
    return db.execute(sa.select(col(User.id)).limit(1)).first() is not None


_ROLES = (
    sa.select(Role)
    .join(UserRole, col(UserRole.role_id) == col(Role.id))
    .where(col(UserRole.user_id) == sa.bindparam("user"))
    .order_by(col(Role.code))
)


def list_roles_of(db: Session, user_id: int) -> list[Role]:
    """Return the roles of a user, by code."""
    return list(db.execute(_ROLES, {"user": user_id}).scalars())


def list_department_ids_below(db: Session, path: str) -> list[int]:
    """Return the ids of the department with this path and of all below it."""
    below = sa.select(col(Department.id)).where(col(Department.path).startswith(path, autoescape=True))
    return [int(row) for row in db.execute(below).scalars()]


def find_branch_of(db: Session, department: Department) -> Department | None:
    """Return the nearest branch (or the company) the department lies in, itself included."""
    ids = [int(part) for part in department.path.strip("/").split("/") if part]
    around = {d.id: d for d in db.execute(sa.select(Department).where(col(Department.id).in_(ids))).scalars()}
    upward = (around[one] for one in reversed(ids) if one in around)
    return next((d for d in upward if d.kind in ("branch", "company")), None)


_SESSION = (
    sa.select(UserSession, User, Department)
    .join(User, col(User.id) == col(UserSession.user_id))
    .outerjoin(Department, col(Department.id) == col(User.department_id))
    .where(col(UserSession.token_hash) == sa.bindparam("hash"))
)


def find_session(db: Session, token_hash: str) -> tuple[UserSession, User, Department | None] | None:
    """Return the session of this token hash, whatever its state, its user and that user's department."""
    found = db.execute(_SESSION, {"hash": token_hash}).one_or_none()
    return (found[0], found[1], found[2]) if found is not None else None


def list_open_sessions(db: Session, *, user_id: int, now: datetime) -> list[tuple[UserSession, User]]:
    """Return the sessions of a user that are neither revoked nor past their absolute end, newest first."""
    query = (
        sa.select(UserSession, User)
        .join(User, col(User.id) == col(UserSession.user_id))
        .where(
            col(UserSession.user_id) == user_id,
            col(UserSession.revoked_at).is_(None),
            col(UserSession.expires_at) > now,
        )
        .order_by(col(UserSession.last_seen_at).desc())
        .limit(100)
    )
    return [(session, user) for session, user in db.execute(query)]


def revoke_sessions(db: Session, *, user_id: int, now: datetime, keep: int | None) -> int:
    """Revoke every open session of a user but ``keep``; return how many."""
    found = [session for session, _ in list_open_sessions(db, user_id=user_id, now=now) if session.id != keep]
    ids = [session.id for session in found]
    db.execute(sa.update(UserSession).where(col(UserSession.id).in_(ids)).values(revoked_at=now))
    return len(ids)


def count_failures(db: Session, *, login: str, ip: str, since: datetime) -> tuple[int, datetime | None]:
    """Return the failures of this account from this address since ``since`` or the last success, and the last one."""
    mine = (col(LoginAttempt.login) == login, col(LoginAttempt.ip) == ip[:64], col(LoginAttempt.at) >= since)
    last_success = sa.select(sa.func.max(LoginAttempt.id)).where(*mine, col(LoginAttempt.succeeded).is_(True))
    newest = db.execute(last_success).scalar() or 0
    failed = sa.select(sa.func.count(), sa.func.max(LoginAttempt.at)).where(
        *mine, col(LoginAttempt.succeeded).is_(False), col(LoginAttempt.id) > newest
    )
    count, last_at = db.execute(failed).one()
    return int(count), last_at


def list_demo_users(db: Session) -> list[User]:
    """Return the active demo users, in the order they were made, at most one a title."""
    query = sa.select(User).where(col(User.demo).is_(True), col(User.active).is_(True)).order_by(col(User.id))
    by_title: dict[str, User] = {}
    for user in db.execute(query).scalars():
        by_title.setdefault(user.title, user)
    return list(by_title.values())


def count_inbox(db: Session, *, user_id: int, now: datetime) -> int:
    """Return how many inbox messages ask a user to act and are neither done nor snoozed 待处理消息."""
    query = sa.select(sa.func.count()).where(
        col(Notification.user_id) == user_id,
        col(Notification.actionable),
        col(Notification.done_at).is_(None),
        sa.or_(col(Notification.snoozed_until).is_(None), col(Notification.snoozed_until) <= now),
    )
    return int(db.execute(query).scalar_one())


def list_users(db: Session) -> list[tuple[User, Department | None, list[Role], datetime | None]]:
    """Return everybody with department, roles (by code) and when last seen; those at work first, then by login."""
    roles: dict[int, list[Role]] = {}
    joined = sa.select(col(UserRole.user_id), Role).join(Role, col(Role.id) == col(UserRole.role_id))
    for user_id, role in db.execute(joined.order_by(col(Role.code))):
        roles.setdefault(user_id, []).append(role)
    last = sa.select(col(UserSession.user_id), sa.func.max(UserSession.last_seen_at)).group_by(
        col(UserSession.user_id)
    )
    seen = {int(user_id): at for user_id, at in db.execute(last)}
    query = (
        sa.select(User, Department)
        .outerjoin(Department, col(Department.id) == col(User.department_id))
        .order_by(col(User.active).desc(), col(User.login))
    )
    return [(u, d, roles.get(u.id or 0, []), seen.get(u.id or 0)) for u, d in db.execute(query)]


def list_roles(db: Session) -> list[Role]:
    """Return every role, the shipped ones in their order first."""
    return list(db.execute(sa.select(Role).order_by(col(Role.id))).scalars())


def count_active_with_role(db: Session, *, role_id: int, besides: int) -> int:
    """Return how many active people but one hold a role."""
    query = (
        sa.select(sa.func.count())
        .select_from(UserRole)
        .join(User, col(User.id) == col(UserRole.user_id))
        .where(col(UserRole.role_id) == role_id, col(User.active).is_(True), col(User.id) != besides)
    )
    return int(db.execute(query).scalar_one())


def find_department(db: Session, *, name: str, department_id: int | None) -> Department | None:
    """Return the department of this id, else of this name, else (neither given) the company itself."""
    if department_id is not None:
        return db.get(Department, department_id)
    query = sa.select(Department).order_by(col(Department.path)).limit(1)
    query = (
        query.where(col(Department.name) == name)
        if name
        else query.where(col(Department.parent_id).is_(None))
    )
    return db.execute(query).scalar_one_or_none()


def list_departments(db: Session) -> list[Department]:
    """Return the whole tree, siblings in their order."""
    return list(
        db.execute(sa.select(Department).order_by(col(Department.sort), col(Department.id))).scalars()
    )


def count_people_by_department(db: Session) -> dict[int, int]:
    """Return how many active people stand directly in each department."""
    query = sa.select(col(User.department_id), sa.func.count()).where(
        col(User.active).is_(True), col(User.department_id).is_not(None)
    )
    return {int(key): int(count) for key, count in db.execute(query.group_by(col(User.department_id)))}


def count_people_by_role(db: Session) -> dict[int, int]:
    """Return how many active people hold each role."""
    query = (
        sa.select(col(UserRole.role_id), sa.func.count())
        .join(User, col(User.id) == col(UserRole.user_id))
        .where(col(User.active).is_(True))
    )
    return {int(key): int(count) for key, count in db.execute(query.group_by(col(UserRole.role_id)))}
