"""The drawer of records behind a number: opened, grouped, narrowed to a group, taken away as a file."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import reflex as rx

from loanhub.services import cockpit
from loanhub.services._actor import Actor
from loanhub.services.cockpit import Drill, Selection
from loanhub.state._clock import utc_now
from loanhub.state._taking import take

LONGEST_CODE = 80


class DrillMixin(rx.State, mixin=True):
    """What the drawer shows; the handlers stand in the page's State, with its permission."""

    opened: Drill = Drill()
    drill_open: bool = False

    if TYPE_CHECKING:  # Reflex copies what a mixin has over what the page's State has of the same name

        def _selection(self) -> Selection: ...

        async def _actor(self) -> Actor: ...

    async def _open(self, code: Any) -> None:
        await self._drill(code)
        self.drill_open = True

    async def _regroup(self, by: Any, only: Any) -> None:
        if self.drill_open:
            await self._drill(self.opened.code, by, only)

    async def _drill(self, code: Any, by: Any = "", only: Any = "") -> None:
        actor, wanted = await self._actor(), self._selection()
        asked, grouped, picked = (
            one[:LONGEST_CODE] if isinstance(one, str) else "" for one in (code, by, only)
        )
        self.opened = await rx.run_in_thread(
            lambda: cockpit.drill(actor, asked, selection=wanted, by=grouped, only=picked, now=utc_now())
        )

    async def _fetch_drill(self) -> Any:
        shown = self.opened
        asked = {
            "code": shown.code,
            "selection": asdict(self._selection()),
            "by": shown.by,
            "only": shown.only,
        }
        return await take(await self._actor(), "number", asked)
