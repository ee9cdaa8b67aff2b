"""The inbox of pushed leads that could not be read 待处理进线: look, mend, replay, put aside."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.domain.webhooks import DeliveryStatus
from loanhub.services import webhooks
from loanhub.services.webhooks import DeliveryView
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs

SHOWN = (DeliveryStatus.FAILED, DeliveryStatus.DONE, DeliveryStatus.DISCARDED)
_MAY = Permission.DELIVERIES_MEND


class DeliveriesState(SessionState):
    """The page of deliveries."""

    status: str = DeliveryStatus.FAILED.value
    views: list[dict[str, str]] = []
    rows: list[dict[str, str]] = []
    loading: bool = True
    opened: bool = False
    one: dict[str, str] = {}
    issues: list[dict[str, str]] = []
    form_key: str = ""
    field_errors: dict[str, str] = {}

    @rx.event
    @needs(_MAY)
    async def load(self) -> None:
        """Show what waits."""
        self.status, self.opened, self.one, self.loading = DeliveryStatus.FAILED.value, False, {}, True
        await self._read()

    async def _read(self) -> None:
        actor, now, status = await self._actor(), utc_now(), self.status
        found, waiting = await rx.run_in_thread(
            lambda: (webhooks.list_deliveries(actor, status=status, now=now), webhooks.waiting(actor))
        )
        self.rows = [_row(one) for one in found]
        counts = {DeliveryStatus.FAILED: str(waiting)}
        self.views = [{"id": one.value, "name": one.label, "count": counts.get(one, "")} for one in SHOWN]
        self.loading = False

    @rx.event
    @needs(_MAY)
    async def choose(self, status: str) -> None:
        """Show another status."""
        self.status = str(status) if str(status) in {one.value for one in SHOWN} else self.status
        await self._read()

    def _show(self, view: DeliveryView) -> None:
        self.one = _row(view) | {"body": view.body, "original": view.original}
        self.issues = [{"label": label, "sentence": sentence} for label, sentence in view.issues]
        self.form_key, self.field_errors, self.opened = secrets.token_hex(8), {}, True

    @rx.event
    @needs(_MAY)
    async def open(self, delivery_id: str) -> None:
        """Open one with its body."""
        actor, now = await self._actor(), utc_now()
        number = int(delivery_id) if str(delivery_id).isdigit() else 0
        self._show(await rx.run_in_thread(lambda: webhooks.open_delivery(actor, delivery_id=number, now=now)))

    @rx.event
    @needs(_MAY)
    async def close(self, is_open: bool) -> None:
        """Close the sheet."""
        if not is_open:
            self.opened, self.one, self.field_errors = False, {}, {}

    @rx.event
    @needs(_MAY)
    async def mend(self, data: dict[str, Any]) -> Any:
        """Read the mended body."""
        actor, now = await self._actor(), utc_now()
        number, version = int(self.one.get("id", "0")), int(self.one.get("version", "0"))
        body = str(data.get("body") or "")[:70_000]
        view = await rx.run_in_thread(
            lambda: webhooks.mend(actor, delivery_id=number, version=version, body=body, now=now)
        )
        await self._read()
        if view.status == DeliveryStatus.DONE.value:
            self.opened = False
            return done(f"已入库 {view.number}：{view.reason}")
        self._show(view)
        return rx.toast.warning(f"还不能入库：{view.reason}")

    @rx.event
    @needs(_MAY)
    async def replay(self, delivery_id: str) -> Any:
        """Read one again as it is, or all that are shown."""
        actor, now = await self._actor(), utc_now()
        shown = [int(row["id"]) for row in self.rows]
        ids = shown if str(delivery_id) == "all" else [one for one in shown if str(one) == str(delivery_id)]
        tried, good = await rx.run_in_thread(lambda: webhooks.replay(actor, delivery_ids=ids, now=now))
        await self._read()
        return done(f"重试 {tried} 条，入库 {good} 条")

    @rx.event
    @needs(_MAY)
    async def discard(self, data: dict[str, Any]) -> Any:
        """Put the open one aside."""
        actor, now = await self._actor(), utc_now()
        number, version = int(self.one.get("id", "0")), int(self.one.get("version", "0"))
        reason = str(data.get("reason") or "")[:300]
        await rx.run_in_thread(
            lambda: webhooks.discard(actor, delivery_id=number, version=version, reason=reason, now=now)
        )
        self.opened = False
        await self._read()
        return done("已作废，原文保留 30 天")


def _row(one: DeliveryView) -> dict[str, str]:
    return {
        key: str(value) for key, value in asdict(one).items() if key not in ("body", "original", "issues")
    }
