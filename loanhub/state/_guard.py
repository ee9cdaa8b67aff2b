"""The guard: every socket event passes here before its handler runs. Deny by default.

Order: session (≤ 5 s cache) → user and role version → rate → mark → audit context. The service asks again;
it is the authority. States and routes import the marks from here.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, get_origin, get_type_hints

import reflex as rx
import structlog
from reflex.event import EventSpec
from reflex.state import (
    FrontendEventExceptionState,
    OnLoadInternalState,
    State,
    StateUpdate,
    UpdateVarsInternalState,
)
from reflex_base.event import Event
from reflex_base.event.context import EventContext
from reflex_base.registry import RegistrationContext
from reflex_base.utils.format import format_event_handler

from loanhub.domain.errors import LoanHubError
from loanhub.services._actor import Actor
from loanhub.services.auth import SignedOut
from loanhub.settings import settings
from loanhub.state import _live
from loanhub.state._base import SessionState, find_actor, show_identity
from loanhub.state._marks import Mark, mark_of, needs, public, signed_in

__all__ = [
    "Bucket",
    "Gate",
    "Mark",
    "check_handlers",
    "install",
    "mark_of",
    "needs",
    "public",
    "show_error",
    "signed_in",
]

BUCKETS_KEPT = 20_000
LARGEST_NUMBER = 2**63 - 1
"""What a column of the databases holds."""
log = structlog.get_logger("loanhub.guard")


class UnmarkedHandler(SystemExit):
    """A State has a public method that anybody could call; the message names each."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        super().__init__(
            "以下 State 方法没有权限标记，贷通不启动 (handlers without a mark; start them with _ or add "
            "@needs/@signed_in/@public):\n" + "\n".join(f"- {name}" for name in names)
        )


class Bucket:
    """Token buckets by key: ``per_minute`` sustained, ``burst`` at once; the least recently used are forgotten."""

    def __init__(self, per_minute: float, burst: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_second, self.burst, self.clock = per_minute / 60, float(burst), clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> bool:
        """Take one token for this key; return False when none is left."""
        now = self.clock()
        level, at = self._levels.pop(key, (self.burst, now))
        level = min(self.burst, level + max(0.0, now - at) * self.per_second)
        allowed = level >= 1
        self._levels[key] = (level - 1 if allowed else level, now)
        if len(self._levels) > BUCKETS_KEPT:
            self._levels.popitem(last=False)
        return allowed


@cache
def framework_handlers() -> frozenset[str]:
    """Return the names of Reflex's own handlers that a browser needs; every other unmarked one is denied."""
    named: tuple[tuple[type[Any], tuple[str, ...]], ...] = (
        (State, ("hydrate", "hydrate_and_load", "set_is_hydrated")),
        (OnLoadInternalState, ("on_load_internal", "set_is_hydrated")),
        (UpdateVarsInternalState, ("update_vars_internal",)),
        (FrontendEventExceptionState, ("handle_frontend_exception",)),
    )
    return frozenset(
        format_event_handler(state.event_handlers[name])
        for state, names in named
        for name in names
        if name in state.event_handlers
    )


class Gate(rx.Middleware):
    """The middleware that lets an event through or answers it itself."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        limit = settings()
        self._events = Bucket(limit.events_per_minute, limit.events_burst, clock=clock)
        self._framework = Bucket(limit.events_per_minute, limit.events_burst, clock=clock)
        self._marked: dict[tuple[str, int], Bucket] = {}
        self._clock = clock

    async def preprocess(self, app: Any, state: Any, event: Event) -> StateUpdate | None:
        """Return None to let the handler run, or what to answer instead."""
        root = state._get_root_state()
        actor = await find_actor(root)
        emptied = await show_identity(root, actor)
        key = f"session:{actor.session_id}" if actor else f"client:{root.router.session.client_token}"
        # What a handler queued itself is part of that handler's work, not another request.
        asked_by_browser = EventContext.get().parent_txid is None

        if event.name in framework_handlers():
            if asked_by_browser:
                await _note_arrival(root, event)
            return None if not asked_by_browser or self._framework.take(key) else _too_fast()
        registered = RegistrationContext.get().event_handlers.get(event.name)
        mark = mark_of(registered.handler.fn) if registered else None
        if mark is None:
            log.warning("handler_denied", handler=event.name)
            return _answer(rx.toast.error("不能执行这个操作"))
        if asked_by_browser and not self._may_ask(key, event.name, mark):
            return _too_fast()
        if emptied and not mark.open_to_all:
            # Somebody else, or nobody, is behind this tab now: what it asked for belongs to the one before.
            return await _emptied(root, actor)
        if not mark.admits(actor):
            if actor is None:
                return _answer(rx.redirect("/login?expired=1"))
            log.info("permission_denied", handler=event.name, user_id=actor.user_id)
            if not asked_by_browser:
                return _answer()  # part of a page that is opened: the page itself says what is missing
            wanted = "、".join(p.label for p in mark.permissions)
            return _answer(rx.toast.error(f"你没有「{wanted}」的权限，如有需要请联系管理员"))
        if asked_by_browser and not _fits(registered, event.payload):
            log.warning("payload_denied", handler=event.name)
            return _answer(rx.toast.error("不能执行这个操作"))
        structlog.contextvars.bind_contextvars(handler=event.name, user_id=actor.user_id if actor else None)
        return None

    def _may_ask(self, key: str, name: str, mark: Mark) -> bool:
        if mark.per_minute is not None:
            bucket = self._marked.setdefault(
                (name, mark.per_minute),
                Bucket(mark.per_minute, max(5, mark.per_minute // 3), clock=self._clock),
            )
            if not bucket.take(key):
                return False
        return self._events.take(key)


@cache
def _hints(handler: Callable[..., Any]) -> dict[str, Any]:
    return {name: get_origin(hint) or hint for name, hint in get_type_hints(handler).items()}


def _fits(registered: Any, payload: Mapping[str, Any]) -> bool:
    """Whether forms are forms, lists are lists, what should be one word or number is neither, and numbers can be stored.

    Our own pages never send anything else; handlers may therefore take the shape of what they get for granted.
    """
    hints = _hints(registered.handler.fn)
    for name, value in payload.items():
        wanted = hints.get(name, Any)
        if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
            return False
        if wanted in (dict, list):
            if not isinstance(value, wanted):
                return False
        elif wanted in (str, int, float, bool) and isinstance(value, (dict, list)):
            return False
    return True


async def _note_arrival(root: Any, event: Event) -> None:
    """Note whether the page that loads now was there all along: a lost connection that is back, not a visit.

    A page that is opened or loaded anew sends the hashes of what it was built with; one that reconnects has none.
    """
    visit = event.name == format_event_handler(OnLoadInternalState.event_handlers["on_load_internal"])
    reconnect = event.name == format_event_handler(State.event_handlers["hydrate_and_load"])
    if visit or reconnect:
        session = await root.get_state(SessionState)
        session._returning = reconnect and not event.payload.get("hashes")


def _answer(*events: EventSpec) -> StateUpdate:
    return StateUpdate(delta={}, events=Event.from_event_type(list(events)))


async def _emptied(root: Any, actor: Actor | None) -> StateUpdate:
    delta = await root._get_resolved_delta()
    root._clean()
    leave = rx.call_script("window.location.reload()") if actor else rx.redirect("/login?expired=1")
    return StateUpdate(delta=delta, events=Event.from_event_type([leave]))


def _too_fast() -> StateUpdate:
    return _answer(rx.toast.warning("操作太快了，请稍等几秒再试", id="too-fast"))


def check_handlers() -> None:
    """Refuse to start while a public method of one of our States has no mark.

    Raises:
        UnmarkedHandler: names every one. Reflex's own handlers are denied at run time unless listed above.
    """
    unmarked = sorted(
        name
        for name, registered in RegistrationContext.get().event_handlers.items()
        if mark_of(registered.handler.fn) is None
        and not name.endswith(".setvar")
        and not all(state.__module__.split(".")[0].startswith("reflex") for state in registered.states)
    )
    if unmarked:
        raise UnmarkedHandler(unmarked)


def show_error(exception: Exception) -> list[EventSpec]:
    """Turn what a handler raised into words: a refusal says its sentence, a bug an error number 编号."""
    if isinstance(exception, SignedOut):
        return [rx.redirect("/login?expired=1")]
    if isinstance(exception, LoanHubError):
        # One place for refusals: trying again replaces the sentence instead of stacking the same one.
        return [rx.toast.error(exception.sentence, id="refused")]
    number = secrets.token_hex(4).upper()
    log.error("handler_failed", number=number, exc_info=exception)
    return [
        rx.toast.error(
            "这一步没有完成，数据没有改变。可以重试；仍不行时请把编号告诉管理员",
            description=f"编号 {number}",
            id="server-error",
        )
    ]


def install(app: rx.App) -> None:
    """Put the gate, the error handler, the live hub and the start-up checks on the app, after all pages are imported.

    Raises:
        UnmarkedHandler: a handler carries no mark.
    """
    check_handlers()
    app.backend_exception_handler = show_error
    app.add_middleware(Gate(), index=0)
    _live.connect(app, redis_url=settings().redis_url)
