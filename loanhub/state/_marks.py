"""The mark every State handler and every HTTP route carries: who may call it at all.

``@needs(Permission.X)`` any of the permissions · ``@signed_in`` anybody with a session · ``@public`` anybody.
The guard enforces marks on socket events, ``api._routing`` on routes; a start without them is refused.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import reflex as rx
from reflex.istate.proxy import StateProxy

from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services._actor import Actor

MARK = "__loanhub_mark__"
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Mark:
    """Who may call: ``open_to_all``, otherwise a session, and one of ``permissions`` unless that is empty.

    ``key_scope``: another system with an API key of that scope, and no session. ``signed``: another system whose
    signature the route checks itself; like a key it comes from no page, so no origin is asked for.
    """

    open_to_all: bool = False
    permissions: tuple[Permission, ...] = ()
    per_minute: int | None = None
    key_scope: str = ""
    signed: bool = False

    def admits(self, actor: Actor | None) -> bool:
        """Return whether this actor (None: no session) may call."""
        if self.open_to_all:
            return True
        if self.key_scope:
            return False
        return actor is not None and (not self.permissions or actor.can_any(*self.permissions))


def needs(*permissions: Permission, per_minute: int | None = None) -> Callable[[Function], Function]:
    """Mark a handler or route: the caller needs one of the permissions.

    per_minute: a tighter rate than the session's, for searches and the like.
    """
    if not permissions:
        raise TypeError("needs() wants at least one permission; use @signed_in")
    return lambda function: _marked(function, Mark(permissions=permissions, per_minute=per_minute))


def signed_in(function: Function) -> Function:
    """Mark a handler or route: anybody with a session, for their own affairs."""
    return _marked(function, Mark())


def public(function: Function) -> Function:
    """Mark a handler or route: anybody, without a session (login, health)."""
    return _marked(function, Mark(open_to_all=True))


def keyed(scope: str) -> Callable[[Function], Function]:
    """Mark a route: another system, with an API key that holds the scope (an ``ApiScope`` or several with ``|``)."""
    return lambda function: _marked(function, Mark(key_scope=scope))


def signed(function: Function) -> Function:
    """Mark a route: anybody whose message carries a signature the route checks before anything else."""
    return _marked(function, Mark(open_to_all=True, signed=True))


def mark_of(function: Any) -> Mark | None:
    """Return the mark, or None when the function has none."""
    mark = getattr(function, MARK, None)
    return mark if isinstance(mark, Mark) else None


def _marked(function: Function, mark: Mark) -> Function:
    if getattr(function, MARK, None) is not None:
        raise TypeError(f"{function.__qualname__} is marked twice")
    is_handler = next(iter(inspect.signature(function).parameters), "") == "self"
    result = _showing_field_errors(function) if is_handler else function
    setattr(result, MARK, mark)
    return result


def _showing_field_errors(function: Any) -> Any:
    """Wrap a handler so that an InvalidInput lands beside its fields when its State has ``field_errors``."""
    name = function.__qualname__
    if inspect.isasyncgenfunction(function):

        @functools.wraps(function)
        async def generator(self: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                async for event in function(self, *args, **kwargs):
                    yield event
                await _accepted(self, name)
            except InvalidInput as error:
                yield await _refused(self, error, name)

        return generator

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def coroutine(self: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                result = await function(self, *args, **kwargs)
            except InvalidInput as error:
                return await _refused(self, error, name)
            await _accepted(self, name)
            return result

        return coroutine

    # A plain handler only sets vars: it calls no service, so nothing can be refused.
    return function


async def _refused(state: Any, error: InvalidInput, handler: str) -> Any:
    if not error.fields or not hasattr(state, "field_errors"):
        raise error
    await _put(state, dict(error.fields), handler)
    return rx.toast.error(error.sentence)


async def _accepted(state: Any, handler: str) -> None:
    # Only the form that was refused is cleared; another button of the page leaves its sentences alone.
    if getattr(state, "_refused_by", "") == handler:
        await _put(state, {}, "")


async def _put(state: Any, fields: dict[str, str], handler: str) -> None:
    if isinstance(state, StateProxy):
        async with state:
            state.field_errors, state._refused_by = fields, handler
    else:
        state.field_errors, state._refused_by = fields, handler
