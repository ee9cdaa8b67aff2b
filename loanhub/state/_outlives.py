"""What is open and typed outlives a lost connection: one mark on the ``load`` of a page with sheets.

A page loads again when its connection is back (``SessionState._returning``). Without the mark its sheets would close and
what was typed in them would be gone.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def outlives(*opened: str, keep: tuple[str, ...] = (), whole: bool = False) -> Callable[[Function], Function]:
    """Mark a load: while one of the ``opened`` vars says that something is open, those and ``keep`` stay as they are.

    The rest of the page is read anew, topics are joined again. whole: the page is one form, so nothing is read at all;
    saving then meets what others changed, as any save does. Stands below ``@needs``.
    """

    def mark(function: Function) -> Function:
        kept = (*opened, *keep)

        def holding(state: Any) -> Mapping[str, Any] | None:
            if not state._returning or not any(getattr(state, name) for name in opened):
                return None
            return {name: _plain(getattr(state, name)) for name in kept}

        def restore(state: Any, held: Mapping[str, Any]) -> None:
            for name, value in held.items():
                setattr(state, name, value)

        if inspect.isasyncgenfunction(function):

            @functools.wraps(function)
            async def generator(self: Any, *args: Any) -> Any:
                held = holding(self)
                if held is None:
                    async for event in function(self, *args):
                        yield event
                    return
                if not whole:
                    async for _ in function(self, *args):
                        pass  # nothing is shown in between: the sheet must not close for a moment
                    restore(self, held)

            return generator  # type: ignore[return-value]

        @functools.wraps(function)
        async def coroutine(self: Any, *args: Any) -> Any:
            held = holding(self)
            if held is None:
                return await function(self, *args)
            if whole:
                return None
            answer = await function(self, *args)
            restore(self, held)
            return answer

        return coroutine  # type: ignore[return-value]

    return mark


def _plain(value: Any) -> Any:
    """Return the value behind Reflex's wrapper, which would see the change that a load makes."""
    return getattr(value, "__wrapped__", value)
