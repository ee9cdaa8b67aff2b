"""One's own exports 我的导出: how far each is, its file while it is kept."""

from __future__ import annotations

import secrets
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.services import exports
from loanhub.services.exports import ExportView
from loanhub.state._arguments import number_of
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import signed_in
from loanhub.state._taking import handed


class ExportsState(SessionState):
    """The page of exports."""

    rows: list[ExportView] = []
    loading: bool = True
    named: int = 0
    """The export the address names."""

    @rx.event
    @signed_in
    async def load(self) -> None:
        """Read the list and follow what changes in it."""
        self.named = number_of(self.router.url.query_parameters.get("export", ""))
        self.loading = True
        self._watch(exports.topic_of((await self._actor()).user_id))
        await self._read()

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        self.rows = await rx.run_in_thread(lambda: exports.list_exports(actor, now=now))
        self.loading = False

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        if topic != exports.topic_of((await self._actor()).user_id):
            await super()._on_live(topic, ops)
            return
        await self._read()

    @rx.event
    @signed_in
    async def stop(self, export_id: int) -> Any:
        """Stop an export on its way."""
        actor, number = await self._actor(), number_of(export_id)
        await rx.run_in_thread(lambda: exports.cancel(actor, export_id=number, now=utc_now()))
        await self._read()
        return done("正在停止，没有留下文件")

    @rx.event
    @signed_in
    async def again(self, export_id: int) -> Any:
        """Ask once more for what an export was of."""
        actor, number, key = await self._actor(), number_of(export_id), secrets.token_hex(16)
        made = await rx.run_in_thread(lambda: exports.again(actor, export_id=number, key=key, now=utc_now()))
        await self._read()
        return handed(made) if made.href else done("已排队，好了会发消息")
