"""SessionState: the parent of every State. Who is at the other end, and what the frame shows of that person.

Identity is never kept: each event asks the session anew (≤ 5 s cache). What is kept are the words on the
screen, stamped with the user they belong to; another user behind the same client token finds a fresh state.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

import reflex as rx
from reflex_base.registry import RegistrationContext
from starlette.requests import cookie_parser

from loanhub.domain.permissions import RoleCode
from loanhub.services import auth, notice_preferences, shell, telephony
from loanhub.services._actor import Actor
from loanhub.settings import settings
from loanhub.state import _live, _marks, _nav
from loanhub.state._clock import utc_now
from loanhub.state._nav import MobileItem, NavGroup


class SessionState(rx.State):
    """What every page knows of the person signed in; the parent of all our States."""

    signed_in: bool = False
    user_id: int = 0
    user_name: str = ""
    user_title: str = ""
    role_label: str = ""
    initials: str = ""
    company_name: str = ""
    demo_mode: bool = False
    must_change_password: bool = False
    allowed: list[str] = []
    """Permission codes, for showing and hiding buttons; the service decides."""
    nav: list[NavGroup] = []
    mobile_nav: list[MobileItem] = []
    inbox_count: int = 0
    incoming: dict[str, str] = {}
    """Who is calling at this moment, for the card over the page; empty: nobody."""
    desktop_title: str = ""
    desktop_link: str = ""
    desktop_stamp: str = ""
    """A new one makes the browser show the notice."""

    _waiting: dict[str, int] = {}
    _stamp: str = ""
    _refused_by: str = ""
    _returning: bool = False
    """Whether this load follows a lost connection: what is open and typed stays, and what was missed is read."""

    @rx.event
    @_marks.public
    async def enter(self) -> Any:
        """First ``on_load`` of every page but the public ones: to the login without a session, else the inbox count."""
        actor = await self._find_actor()
        path = self.router.url.path
        if actor is None:
            return rx.redirect(f"/login?next={quote(path)}")
        if actor.must_change_password and path.rstrip("/") != "/account":
            return rx.redirect("/account")
        _live.watch(self, ())
        if not self._returning:
            _live.end_editing(self)
        _live.join(self, _inbox_topic(actor), state_class=SessionState)
        await self._count_inbox(actor)
        return None

    @rx.event
    @_marks.signed_in
    async def close_call(self) -> None:
        """Put the card of the caller away."""
        self.incoming = {}

    async def _find_actor(self) -> Actor | None:
        """Return who this socket's session belongs to now, or None."""
        return await find_actor(self)

    async def _actor(self) -> Actor:
        """Return who asks, with the rights of this moment.

        Raises:
            SignedOut: there is no session any more.
        """
        actor = await find_actor(self)
        if actor is None:
            raise auth.SignedOut
        return actor

    def _watch(self, *topics: str, reader: Actor | None = None) -> None:
        """Receive changes of these topics from now on through ``_on_live``, and of no others (one page at a time)."""
        _live.watch(self, topics, reader=reader)

    @classmethod
    def _wants(cls, topic: str, op: _live.Op, reader: Actor | None) -> bool:
        """Return whether an announcement can concern this page at all; asked before any state is loaded."""
        return True

    async def _on_live(self, topic: str, ops: list[_live.Op]) -> None:
        """Read the inbox count again; a page State overrides this for the topics it watches."""
        actor = await self._actor()
        await self._count_inbox(actor)
        newest = next((op for op in reversed(ops) if op.get("title")), None)
        if newest is not None and await rx.run_in_thread(lambda: notice_preferences.wants_desktop(actor)):
            self.desktop_title, self.desktop_link = str(newest["title"]), str(newest.get("link") or "/inbox")
            self.desktop_stamp = secrets.token_hex(6)
        calling = next((op["call"] for op in reversed(ops) if isinstance(op.get("call"), int)), None)
        if calling is not None:
            found = await rx.run_in_thread(lambda: telephony.caller(actor, call_id=int(str(calling))))
            self.incoming = {key: str(value) for key, value in asdict(found).items()}

    async def _count_inbox(self, actor: Actor) -> None:
        self.inbox_count, self._waiting = await rx.run_in_thread(
            lambda: (shell.inbox_count(actor, now=utc_now()), shell.waiting_counts(actor))
        )
        menu = _nav.menu_of(actor, inbox_count=self.inbox_count, waiting=self._waiting)
        places = _nav.mobile_menu_of(actor, inbox_count=self.inbox_count)
        # What is assigned is sent and drawn again, equal or not: on every visit three kilobytes and the sidebar.
        if menu != list(self.nav):
            self.nav = menu
        if places != list(self.mobile_nav):
            self.mobile_nav = places

    async def _show(self, actor: Actor | None) -> None:
        """Put what the frame shows of this actor on the screen; cheap when nothing changed."""
        stamp = _stamp_of(actor)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        self.company_name = await rx.run_in_thread(lambda: shell.brand(now=utc_now()))
        self.demo_mode = settings().demo_mode
        self.signed_in = actor is not None
        self.user_id = actor.user_id if actor else 0
        self.user_name = actor.name if actor else ""
        self.user_title = actor.title if actor else ""
        self.role_label = role_label(actor) if actor else ""
        self.initials = initials(actor.name) if actor else ""
        self.must_change_password = bool(actor and actor.must_change_password)
        self.allowed = sorted(p.value for p in actor.permissions) if actor else []
        self.nav = _nav.menu_of(actor, inbox_count=self.inbox_count, waiting=self._waiting) if actor else []
        self.mobile_nav = _nav.mobile_menu_of(actor, inbox_count=self.inbox_count) if actor else []


def _inbox_topic(actor: Actor) -> str:
    return f"inbox:{actor.user_id}"


def _stamp_of(actor: Actor | None) -> str:
    return f"{actor.user_id}:{actor.session_id}:{actor.version}" if actor else "nobody"


def role_label(actor: Actor) -> str:
    """Return the Chinese names of the roles, joined by 、; a role the firm added shows its code."""
    known = {role.value: role.label for role in RoleCode}
    return "、".join(known.get(code, code) for code in sorted(actor.roles))


def initials(name: str) -> str:
    """Return what the avatar shows: the last two characters of a Chinese name, else the first letters."""
    if name.isascii():
        return "".join(word[0] for word in name.split()[:2]).upper()
    return name[-2:]


def session_token(state: Any) -> str:
    """Return the session token of the cookie this socket was opened with, or an empty text."""
    cookies = cookie_parser(state.router.headers.cookie or "")
    return cookies.get(settings().cookie_name, "")


async def find_actor(state: Any) -> Actor | None:
    """Return the actor of a state's session; from memory when known for less than 5 s, else from the database."""
    token, now, ip = session_token(state), utc_now(), state.router.session.client_ip
    if not token:
        return None
    known = auth.cached_actor(token, now)
    if known is not None:
        return known
    actor: Actor | None = await rx.run_in_thread(lambda: auth.actor_for_session(token, now, ip=ip))
    return actor


async def show_identity(root: Any, actor: Actor | None) -> bool:
    """Bring the shown identity up to date; return True when the state belonged to somebody else and was emptied."""
    session = await root.get_state(SessionState)
    before = session._stamp.split(":")[0]
    now = _stamp_of(actor).split(":")[0]
    emptied = before not in ("", "nobody", now)
    if emptied:
        _live.leave(session)
        await _empty(root)
    await session._show(actor)
    return emptied


async def _empty(root: Any) -> None:
    # With Redis only the states an event needs are loaded; the others must be emptied as well.
    for state_class in list(RegistrationContext.get().base_states.values()):
        if issubclass(state_class, rx.State) and state_class is not rx.State:
            await root.get_state(state_class)
    root.reset()
