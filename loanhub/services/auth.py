"""Signing in and out, sessions, passwords: who is at the other end 登录、会话、密码.

A session is a random 256-bit token in an HttpOnly cookie; the database keeps its hash. What the session
may do is read again at most ``session_cache_seconds`` (5 s) after any change.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import Permission, RoleCode
from loanhub.models import LoginAttempt, User, UserSession
from loanhub.repositories import access
from loanhub.services import _passwords, events, parameters
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._actor_cache import ActorCache
from loanhub.services._rights import actor_of
from loanhub.services._transaction import reading, transaction
from loanhub.settings import settings

STRICT_ROLES = frozenset({RoleCode.FINANCE, RoleCode.ADMIN, RoleCode.SECURITY_ADMIN})
"""Roles whose sessions end after the short idle limit."""
TOUCH_SECONDS = 60
DEMO_PASSWORD = "澄江晚风-27-拾月"  # noqa: S105 - shown on the login page, demo mode only
"""Password of every demo account; they can sign in only in demo mode."""
_FIRST_DELAY_SECONDS = 30
_cache = ActorCache()


class SignedOut(NotPermitted):
    """There is no session, or it has ended or been revoked."""

    def __init__(self) -> None:
        super().__init__("登录已过期，请重新登录")


class WrongPassword(NotPermitted):
    """Account or password is wrong; the sentence never says which."""

    def __init__(self) -> None:
        super().__init__("账号或密码不正确")


class TooManyFailures(Conflict):
    """Too many failures for this account from this address; says how long to wait."""

    def __init__(self, wait_seconds: int) -> None:
        minutes = -(-wait_seconds // 60)
        super().__init__(
            f"尝试次数过多，请 {minutes} 分钟后再试" if wait_seconds > 60 else "尝试次数过多，请 1 分钟后再试"
        )
        self.wait_seconds = wait_seconds


@dataclass(frozen=True)
class NewSession:
    """A session just opened; ``token`` goes into the cookie and is known nowhere else."""

    token: str
    session_id: int
    user_id: int
    expires_at: datetime
    must_change_password: bool


@dataclass(frozen=True)
class SessionView:
    """A session as the account page and the security administrator see it."""

    id: int
    user_id: int
    user_name: str
    ip: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


@dataclass(frozen=True)
class DemoAccount:
    """A demo account offered on the login page, demo mode only."""

    login: str
    name: str
    title: str


def sign_in(login: str, password: str, *, ip: str, user_agent: str, now: datetime) -> NewSession:
    """Open a session for the right account and password.

    Raises:
        WrongPassword: unknown account, wrong password, disabled account: one sentence, one timing.
        TooManyFailures: 5 failures within 15 minutes for this account and address, then a growing delay.
    """
    login = login.strip().casefold()[:60]
    attempt_id = _reserve_attempt(login, ip=ip, now=now)
    with reading() as db:
        user = access.find_user_by_login(db, login)
        user_id = user.id if user else None
        usable = user is not None and user.active and (settings().demo_mode or not user.demo)
        password_hash = user.password_hash if user and usable else None
    if not _passwords.verify(password_hash, password):
        with transaction() as db:
            refused = replace(SYSTEM, ip=ip)
            events.record(db, refused, "session.refused", now=now, entity="user", entity_id=user_id)
        raise WrongPassword
    assert user_id is not None
    with transaction() as db:
        db.execute(sa.update(LoginAttempt).where(col(LoginAttempt.id) == attempt_id).values(succeeded=True))
        return _open_session(db, user_id, ip=ip, user_agent=user_agent, now=now)


def open_session_for(user_id: int, *, ip: str, user_agent: str, now: datetime) -> NewSession:
    """Open a session for a user whose identity was just proved another way (a redeemed ticket).

    Raises:
        WrongPassword: no such user, or disabled.
    """
    with transaction() as db:
        return _open_session(db, user_id, ip=ip, user_agent=user_agent, now=now)


def sign_out(token: str, *, now: datetime) -> None:
    """Revoke the session of this token; an unknown token is signed out already."""
    actor = actor_for_session(token, now)
    if actor is not None:
        revoke_session(actor, session_id=actor.session_id or 0, now=now)


def actor_for_session(token: str, now: datetime, *, ip: str = "") -> Actor | None:
    """Return who this session token belongs to with present rights, or None when it is not valid.

    Answers from memory for at most ``session_cache_seconds``; a revocation in this process works at once.
    """
    if not token or len(token) > 200:
        return None
    token_hash = _hash(token)
    known = _cache.get(token_hash, now)
    if known is not None:
        return known
    with reading() as db:
        found = access.find_session(db, token_hash)
        actor = _actor_of(db, found[0], found[1], now=now, ip=ip) if found else None
        seen_at = found[0].last_seen_at if found else now
    if actor is None:
        return None
    if (now - seen_at).total_seconds() > TOUCH_SECONDS:
        with transaction() as db:
            mine = sa.update(UserSession).where(
                col(UserSession.id) == actor.session_id, col(UserSession.revoked_at).is_(None)
            )
            db.execute(mine.values(last_seen_at=now))
    _cache.put(token_hash, actor, now)
    return actor


def actor_for_login(login: str) -> Actor:
    """Return the actor of a login, for the command line.

    Raises:
        NotFound: no such login, or disabled.
    """
    with reading() as db:
        user = access.find_user_by_login(db, login.strip().casefold())
    if user is None or user.id is None:
        raise NotFound("没有这个登录名")
    return actor_for_user(user.id)


def actor_for_user(user_id: int) -> Actor:
    """Return the actor of a user without a session: for the command line, jobs and the demo company.

    Raises:
        NotFound: no such user, or disabled.
    """
    with reading() as db:
        user = db.get(User, user_id)
        if user is None or not user.active:
            raise NotFound("没有这个员工，或已停用")
        return actor_of(db, user)


def cached_actor(token: str, now: datetime) -> Actor | None:
    """Return the actor if it is known without asking the database; for callers on the event loop."""
    return _cache.get(_hash(token), now) if token else None


def list_sessions(actor: Actor, *, now: datetime, user_id: int | None = None) -> list[SessionView]:
    """Return the open sessions of the actor, newest first; of somebody else with sessions:revoke.

    Raises:
        NotPermitted: another person's sessions without sessions:revoke.
    """
    wanted = actor.user_id if user_id is None else user_id
    if wanted != actor.user_id:
        actor.require(Permission.SESSIONS_REVOKE)
    with reading() as db:
        return [
            SessionView(
                id=session.id or 0,
                user_id=user.id or 0,
                user_name=user.name,
                ip=session.ip,
                user_agent=session.user_agent,
                created_at=session.created_at,
                last_seen_at=session.last_seen_at,
                current=session.id == actor.session_id,
            )
            for session, user in access.list_open_sessions(db, user_id=wanted, now=now)
        ]


def revoke_session(actor: Actor, *, session_id: int, now: datetime) -> None:
    """End a session of one's own, or of anybody with sessions:revoke; ending an ended one changes nothing.

    Raises:
        NotFound: no such session, or another person's without sessions:revoke.
    """
    with transaction() as db:
        session = db.get(UserSession, session_id)
        if session is None or (
            session.user_id != actor.user_id and not actor.can(Permission.SESSIONS_REVOKE)
        ):
            raise NotFound("没有找到这个会话")
        if session.revoked_at is None:
            session.revoked_at = now
            own = session_id == actor.session_id
            event = "session.closed" if own else "session.revoked"
            events.record(db, actor, event, now=now, entity="user", entity_id=session.user_id)
    _cache.forget(session_id=session_id)


def revoke_all_sessions(actor: Actor, *, user_id: int, now: datetime, keep: int | None = None) -> int:
    """End every open session of a user but ``keep``; return how many. Own sessions, or with sessions:revoke.

    Raises:
        NotPermitted: another person's sessions without sessions:revoke.
    """
    if user_id != actor.user_id:
        actor.require(Permission.SESSIONS_REVOKE)
    with transaction() as db:
        ended = access.revoke_sessions(db, user_id=user_id, now=now, keep=keep)
        if ended:
            events.record(
                db,
                actor,
                "session.revoked",
                now=now,
                entity="user",
                entity_id=user_id,
                summary=f"{ended} 个会话",
            )
    _cache.forget(user_id=user_id)
    return ended


def change_password(actor: Actor, *, current: str, new: str, now: datetime) -> None:
    """Set one's own password and end every session, this one included; sign in again through a ticket.

    Raises:
        InvalidInput: the present password is wrong (field ``current``) or the new one weak (field ``new``).
        TooManyFailures: the present password was guessed too often.
    """
    with reading() as db:
        user = db.get(User, actor.user_id)
        if user is None:
            raise SignedOut
        login, name, present_hash = user.login, user.name, user.password_hash
        companies = parameters.company_names(db, now=now)
    attempt_id = _reserve_attempt(login, ip=actor.ip, now=now)
    if not _passwords.verify(present_hash, current):
        raise InvalidInput(fields={"current": "当前密码不正确"})
    if current == new:
        raise InvalidInput(fields={"new": "新密码不能与当前密码相同"})
    _passwords.check_rules(new, login=login, name=name, companies=companies, field="new")
    hashed = _passwords.hash_password(new)
    with transaction() as db:
        row = db.get(User, actor.user_id)
        assert row is not None
        row.password_hash, row.must_change_password, row.access_version = (
            hashed,
            False,
            row.access_version + 1,
        )
        db.execute(sa.update(LoginAttempt).where(col(LoginAttempt.id) == attempt_id).values(succeeded=True))
        access.revoke_sessions(db, user_id=actor.user_id, now=now, keep=None)
        events.record(
            db,
            actor,
            "user.password_set",
            now=now,
            entity="user",
            entity_id=actor.user_id,
            summary="本人修改",
        )
    _cache.forget(user_id=actor.user_id)


def list_demo_accounts() -> list[DemoAccount]:
    """Return the demo accounts for the login page; empty outside demo mode."""
    if not settings().demo_mode:
        return []
    with reading() as db:
        return [DemoAccount(u.login, u.name, u.title) for u in access.list_demo_users(db)]


def forget_cached(*, user_id: int | None = None) -> None:
    """Forget what is cached of a user (of everybody when None): call after changing a user, a role, a department."""
    _cache.forget(user_id=user_id, everything=user_id is None)


def _reserve_attempt(login: str, *, ip: str, now: datetime) -> int:
    """Count this attempt as failed before the password is looked at, so that parallel guesses are counted too."""
    limit = settings()
    with transaction() as db:
        failures, last_at = access.count_failures(
            db, login=login, ip=ip, since=now - timedelta(minutes=limit.login_window_minutes)
        )
        if failures >= limit.login_failures and last_at is not None:
            delay = min(
                _FIRST_DELAY_SECONDS * 2 ** (failures - limit.login_failures),
                limit.login_delay_maximum_seconds,
            )
            waited = (now - last_at).total_seconds()
            if waited < delay:
                raise TooManyFailures(int(delay - waited) + 1)
        attempt = LoginAttempt(login=login, ip=ip[:64], at=now)
        db.add(attempt)
        db.flush()
        assert attempt.id is not None
        return attempt.id


def _open_session(db: Session, user_id: int, *, ip: str, user_agent: str, now: datetime) -> NewSession:
    user = db.get(User, user_id)
    if user is None or user.id is None or not user.active:
        raise WrongPassword
    token = secrets.token_urlsafe(32)
    session = UserSession(
        token_hash=_hash(token),
        user_id=user.id,
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(hours=settings().session_absolute_hours),
        ip=ip[:64],
        user_agent=user_agent[:300],
    )
    db.add(session)
    db.flush()
    assert session.id is not None
    who = Actor(user_id=user.id, name=user.name, session_id=session.id, ip=ip)
    events.record(db, who, "session.opened", now=now, entity="user", entity_id=user.id)
    return NewSession(token, session.id, user.id, session.expires_at, user.must_change_password)


def _actor_of(db: Session, session: UserSession, user: User, *, now: datetime, ip: str) -> Actor | None:
    if session.revoked_at is not None or session.expires_at <= now or not user.active:
        return None
    if user.demo and not settings().demo_mode:
        return None
    actor = actor_of(db, user)
    strict = bool(STRICT_ROLES & {RoleCode.find(code) for code in actor.roles})
    idle = settings().session_idle_strict_minutes if strict else settings().session_idle_minutes
    if session.last_seen_at + timedelta(minutes=idle) <= now:
        return None
    if user.must_change_password:
        # Until it is done, the account page is all there is.
        actor = replace(actor, permissions=frozenset(), must_change_password=True)
    return replace(actor, session_id=session.id, ip=ip or session.ip)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
