"""The public pool: masked rows, what one may still take, and taking it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, failed, undoable
from loanhub.domain import formats
from loanhub.domain.errors import Conflict
from loanhub.domain.permissions import Permission
from loanhub.services import leads, lists
from loanhub.services.leads import pool
from loanhub.services.leads.keeping import list_soon
from loanhub.services.lists import PAGE_ROWS
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state.leads import TEMPERATURE_TONES, in_wan

KEYS = (
    "name",
    "phone",
    "channel_code",
    "amount_fen",
    "product_code",
    "city",
    "temperature",
    "pool_reason",
    "pooled_at",
)
VIEWS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "all": ("全部", []),
    "hot": ("高意向", [{"field": "temperature", "op": "eq", "value": "high"}]),
    "today": ("今日入池", [{"field": "pooled_at", "op": "in_period", "value": {"relative": "today"}}]),
}
QUICK = ("channel_code", "product_code")
AT_ONCE = 5


@dataclass
class PoolRow:
    """A row of the pool; personal fields are masked for everybody."""

    id: str = ""
    name: str = ""
    phone: str = ""
    channel: str = ""
    amount: str = ""
    product: str = ""
    city: str = ""
    temperature: str = ""
    temperature_tone: str = ""
    reason: str = ""
    former: str = ""
    follow_ups: int = 0
    pooled: str = ""
    waits: str = ""


class PoolState(SessionState):
    """The pool page."""

    rows: list[PoolRow] = []
    views: list[dict[str, str]] = []
    view: str = "all"
    quick: dict[str, str] = {}
    channels: list[dict[str, str]] = []
    products: list[dict[str, str]] = []
    page: int = 1
    pages: int = 1
    total: int = 0
    range_text: str = ""
    left: int = 0
    cap: int = 0
    owned_text: str = ""
    full_reason: str = ""
    soon: str = ""
    """Which of the reader's leads come here within a day, in one sentence; empty for none."""
    used_percent: int = 0
    new_count: int = 0
    loading: bool = True
    claimed_id: str = ""

    @rx.event
    @needs(Permission.LEADS_CLAIM)
    async def load(self) -> Any:
        """Read the address and show the pool."""
        query = self.router.url.query_parameters
        self._watch("leads")
        self.loading, self.page = True, 1
        self.view = str(query.get("view", "all")) if str(query.get("view", "all")) in VIEWS else "all"
        self.quick = {key: str(query.get(key, ""))[:64] for key in QUICK if query.get(key)}
        actor = await self._actor()
        fields = {f.key: f for f in await rx.run_in_thread(lambda: lists.filter_fields(actor, "lead"))}
        self.channels, self.products = (
            _listing.pairs(fields[k].options) if k in fields else [] for k in QUICK
        )
        await self._read()

    async def _fetch(self) -> lists.Page:
        actor, now, offset = await self._actor(), utc_now(), (self.page - 1) * PAGE_ROWS
        chosen = [{"field": key, "op": "eq", "value": value} for key, value in self.quick.items() if value]
        asked = _listing.criteria_of(VIEWS[self.view][1], chosen)
        return await rx.run_in_thread(
            lambda: lists.page(
                actor,
                "lead",
                keys=KEYS,
                raw_criteria=asked,
                sort="pooled_at",
                offset=offset,
                pool=True,
                now=now,
            )
        )

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        found = await self._fetch()
        ids = [row.id for row in found.rows]

        def work() -> tuple[Any, Any, list[dict[str, str]]]:
            tabs = [
                {
                    "id": code,
                    "name": name,
                    "count": str(
                        lists.count(actor, "lead", raw_criteria=_listing.criteria_of(c), pool=True, now=now)
                    ),
                }
                for code, (name, c) in VIEWS.items()
            ]
            return pool.marks(actor, ids, now=now), pool.standing(actor, now=now), tabs

        marks, standing, self.views = await rx.run_in_thread(work)
        self.rows = [_row(row, marks[row.id]) for row in found.rows if row.id in marks]
        self.total, self.pages = found.total, _listing.pages_of(found.total)
        self.range_text = _listing.range_text(self.page, len(found.rows), found.total)
        self.left, self.cap = standing.left, standing.daily_cap
        self.used_percent = (
            formats.percent_of(standing.claimed_today, standing.daily_cap) if standing.daily_cap else 100
        )
        self.owned_text = f"在手 {standing.owned} / {standing.owned_cap}"
        self.full_reason = (
            "手上线索已满，先处理一些再领" if standing.owned >= standing.owned_cap else "今天的领取次数已用完"
        )
        self.loading, self.new_count = False, 0
        if actor.can(Permission.LEADS_READ):
            leaving, number = await rx.run_in_thread(lambda: list_soon(actor, now=now))
            named = "、".join(f"{one.name}（{one.when}）" for one in leaving)
            self.soon = (
                f"{number} 条线索 24 小时内将收回公海：{named}{'等' if number > len(leaving) else ''}"
                if number
                else ""
            )

    async def _show(self) -> Any:
        await self._read()
        return _listing.address("/pool", {"view": "" if self.view == "all" else self.view, **self.quick}, [])

    @rx.event
    @needs(Permission.LEADS_CLAIM)
    async def reload(self) -> None:
        """Read the pool again."""
        await self._read()

    @rx.event
    @needs(Permission.LEADS_CLAIM)
    async def choose_view(self, code: str) -> Any:
        """Show another part of the pool."""
        self.view, self.page = str(code) if str(code) in VIEWS else "all", 1
        return await self._show()

    @rx.event
    @needs(Permission.LEADS_CLAIM)
    async def set_quick(self, key: str, value: str) -> Any:
        """Set or clear a filter."""
        if key in QUICK:
            self.quick, self.page = {**self.quick, key: str(value)[:64]}, 1
        return await self._show()

    @rx.event
    @needs(Permission.LEADS_CLAIM)
    async def clear_filters(self) -> Any:
        """Take every filter away."""
        self.quick, self.view, self.page = {}, "all", 1
        return await self._show()

    @rx.event
    @needs(Permission.LEADS_CLAIM)
    async def go(self, step: int) -> Any:
        """Turn the page."""
        self.page = max(1, min(self.pages, self.page + (1 if step == 1 else -1)))
        return await self._show()

    @rx.event
    @needs(Permission.LEADS_CLAIM)
    async def claim(self, row_id: str) -> Any:
        """Take one lead; of many who try at once, one wins."""
        actor, now, text = await self._actor(), utc_now(), str(row_id)
        wanted = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
        try:
            await rx.run_in_thread(lambda: leads.claim(actor, lead_id=wanted, now=now))
        except Conflict as refusal:
            await self._read()
            return failed(refusal.sentence)
        await self._read()
        self.claimed_id = str(wanted)
        go = PoolState.open_claimed
        return undoable("已领取，首次联系时限 2 小时", go, label="去拨打")

    @rx.event
    @needs(Permission.LEADS_CLAIM)
    async def claim_some(self) -> Any:
        """Take the next few from the top of the list."""
        actor, now, ids = await self._actor(), utc_now(), [int(row.id) for row in self.rows if not row.waits]
        found = await rx.run_in_thread(lambda: pool.claim_some(actor, lead_ids=ids, wanted=AT_ONCE, now=now))
        await self._read()
        answers = [done(f"已领取 {len(found.won)} 条，首次联系时限 2 小时")] if found.won else []
        if found.refusal:
            answers.append(failed(found.refusal))
        return answers or rx.toast.info("没有可以领取的线索")

    @rx.event
    @needs(Permission.LEADS_READ)
    async def open_claimed(self) -> Any:
        """Go to the lead just taken, to call it."""
        return rx.redirect(f"/leads?lead={self.claimed_id}" if self.claimed_id.isdigit() else "/leads")

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        """Others take and give back: rows that are gone vanish, new ones are announced."""
        if topic != "leads":
            await super()._on_live(topic, ops)
            return
        found = await self._fetch()
        here, there = [row.id for row in self.rows], {str(row.id) for row in found.rows}
        unseen = len(there - set(here))
        if set(here) - there:
            self.rows = [row for row in self.rows if row.id in there]
            self.total = found.total
        if unseen and self.page == 1 and found.total > len(self.rows):
            self.new_count = unseen


def _row(row: lists.Row, mark: pool.PoolMark) -> PoolRow:
    cells = row.cells
    amount = cells["amount_fen"]
    return PoolRow(
        id=str(row.id), name=cells["name"], phone=cells["phone"], channel=cells["channel_code"],
        amount="—" if amount == "—" else in_wan(amount).removeprefix("¥"), product=cells["product_code"],
        city=cells["city"], temperature="" if cells["temperature"] == "—" else cells["temperature"],
        temperature_tone=TEMPERATURE_TONES.get(row.codes.get("temperature", ""), "neutral"), reason=cells["pool_reason"],
        former=mark.former_owner, follow_ups=mark.follow_ups, pooled=mark.pooled, waits=mark.waits,
    )  # fmt: skip
