"""The list of leads: its rows, choosing many, and what is done to the chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, failed, undoable
from loanhub.domain import formats
from loanhub.domain.leads import Temperature
from loanhub.domain.money import format_wan
from loanhub.domain.permissions import Permission
from loanhub.services import actions, lists
from loanhub.services._actor import Actor
from loanhub.services.actions import Outcome
from loanhub.services.leads import view
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._record_list import EVERY, ListSpec, record_list
from loanhub.state._selection import choosing

KEYS = (
    "name", "phone", "channel_code", "amount_fen", "product_code", "temperature", "status", "next_step", "owner_id",
    "created_at", "number", "city",
)  # fmt: skip
SORTABLE = frozenset({"name", "amount_fen", "created_at", "next_step_at", "channel_code", "owner_id"})
BUILT_IN: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "mine": ("我负责的", [{"field": "owner_id", "op": "eq", "value": "me"}]),
    "all": ("全部", []),
    "today": ("今日新增", [{"field": "created_at", "op": "in_period", "value": {"relative": "today"}}]),
    "waiting": (
        "待首次联系",
        [
            {"field": "first_contact_at", "op": "is_empty"},
            {"field": "status", "op": "in", "value": ["new", "waiting", "not_reached"]},
        ],
    ),
    "hot": ("高意向", [{"field": "temperature", "op": "eq", "value": Temperature.HIGH.value}]),
}
TEMPERATURE_TONES = {"high": "danger", "watch": "warn", "invalid": "closed"}


@dataclass
class LeadRow:
    """A row as the page draws it."""

    id: str = ""
    name: str = ""
    number: str = ""
    phone: str = ""
    channel: str = ""
    amount: str = ""
    product: str = ""
    city: str = ""
    temperature: str = ""
    temperature_tone: str = ""
    status: str = ""
    status_tone: str = ""
    stage: int = 1
    stage_label: str = ""
    next_step: str = ""
    sla_text: str = ""
    sla_percent: int = 0
    sla_status: str = ""
    owner: str = ""
    owner_initial: str = ""
    owner_color: int = 1
    created: str = ""
    fresh: bool = False
    touches: int = 0


@dataclass
class Colleague:
    """A person leads may be given to."""

    id: int = 0
    name: str = ""
    initial: str = ""
    color: int = 1
    load: str = ""
    percent: int = 0


def _first_view(actor: Actor) -> str:
    return "mine" if actor.can(Permission.LEADS_CREATE) and not actor.can(Permission.LEADS_ASSIGN) else EVERY


LeadList: Any = record_list(
    ListSpec(
        place="leads", entity="lead", permission=Permission.LEADS_READ, keys=KEYS, sortable=SORTABLE,
        quick=("channel_code", "product_code", "temperature", "status"), built_in=BUILT_IN,
        first_view=_first_view, segment_field="customer_segment_id",
    )
)  # fmt: skip


class LeadsState(choosing(Permission.LEADS_READ, most=actions.AT_ONCE), LeadList, SessionState):  # type: ignore[misc]
    """The leads page."""

    rows: list[LeadRow] = []
    channels: list[dict[str, str]] = []
    totals: str = ""
    sum_amount: str = ""
    colleagues: list[Colleague] = []

    _before: dict[int, list[int]] = {}

    async def _opened(self, query: Any) -> None:
        self._choose_anew()
        channels = self._fields.get("channel_code")
        self.channels = _listing.pairs(channels.options) if channels else []
        await self._list_colleagues()

    async def _show_rows(self, found: lists.Page) -> None:
        actor, now = await self._actor(), utc_now()
        marks = await rx.run_in_thread(lambda: view.marks(actor, [row.id for row in found.rows], now=now))
        self.rows = [_row(row, marks.get(row.id)) for row in found.rows]

    def _show_sums(self, total: str, sums: dict[str, str]) -> None:
        self.sum_amount = in_wan(sums["amount_fen"]) if "amount_fen" in sums else "…"
        self.totals = f"{total} 条 · ¥{self.sum_amount}" if sums else f"{total} 条"

    async def _list_colleagues(self) -> None:
        actor, now = await self._actor(), utc_now()
        if not actor.can(Permission.LEADS_ASSIGN):
            return
        found = await rx.run_in_thread(lambda: view.assignable(actor, now=now))
        most = max((one.open for one in found), default=1) or 1
        self.colleagues = [
            Colleague(
                one.id, one.name, _listing.initial(one.name), _listing.color_of(one.name),
                f"在手 {one.open} · 今日 {one.today}", formats.percent_of(one.open, most),
            )
            for one in found
        ]  # fmt: skip

    @rx.event
    @needs(Permission.LEADS_ASSIGN)
    async def assign(self, owner_id: int) -> Any:
        """Give the chosen leads to a person; can be taken back."""
        actor, now, ids = await self._actor(), utc_now(), self._chosen()
        self._before = await rx.run_in_thread(lambda: view.owners_of(actor, ids))
        outcome = await self._run("assign", {"owner_id": str(owner_id)}, now)
        name = next((one.name for one in self.colleagues if one.id == owner_id), "同事")
        return await self._answer(outcome, f"已分配 {outcome.done} 条给{name}", LeadsState.undo_assign)

    @rx.event
    @needs(Permission.LEADS_ASSIGN)
    async def undo_assign(self) -> Any:
        """Give the leads back to those who had them."""
        actor, now, back = await self._actor(), utc_now(), self._before
        self._before = {}
        number = 0
        for owner_id, ids in back.items():
            outcome = await rx.run_in_thread(
                lambda ids=ids, owner_id=owner_id: actions.run(
                    actor, "assign", entity="lead", record_ids=ids,
                    raw={"owner_id": str(owner_id), "reason": "撤销分配"}, now=now,
                )
            )  # fmt: skip
            number += outcome.done
        await self._read()
        return done(f"已撤销，{number} 条回到原负责人" if number else "没有可以撤销的")

    @rx.event
    @needs(Permission.LEADS_EDIT)
    async def mark(self, temperature: str) -> Any:
        """Set the temperature of the chosen leads."""
        outcome = await self._run("set_temperature", {"temperature": str(temperature)}, utc_now())
        found = Temperature.find(str(temperature))
        return await self._answer(outcome, f"已标记 {outcome.done} 条为{found.label if found else ''}")

    @rx.event
    @needs(Permission.LEADS_EDIT)
    async def release(self, form: dict[str, Any]) -> Any:
        """Move the chosen leads into the public pool, with a reason."""
        outcome = await self._run("release", {"reason": str(form.get("reason", ""))[:200]}, utc_now())
        return await self._answer(outcome, f"已移入公海 {outcome.done} 条")

    def _chosen(self) -> list[int]:
        return [int(one) for one in self.selected if one.isdigit()]

    async def _run(self, code: str, raw: Mapping[str, object], now: Any) -> Outcome:
        actor, ids = await self._actor(), self._chosen()
        outcome: Outcome = await rx.run_in_thread(
            lambda: actions.run(actor, code, entity="lead", record_ids=ids, raw=raw, now=now)
        )
        return outcome

    async def _answer(self, outcome: Outcome, sentence: str, on_undo: Any = None) -> Any:
        self.selected = [str(lead_id) for lead_id, _ in outcome.failures]
        await self._list_colleagues()
        await self._read_views()
        await self._read()
        answers = []
        if outcome.done:
            answers.append(
                undoable(sentence, on_undo) if on_undo is not None and self._before else done(sentence)
            )
        if outcome.failures:
            answers.append(failed(f"{len(outcome.failures)} 条没有改动：{outcome.failures[0][1]}"))
        return answers


def in_wan(plain: str) -> str:
    """Return a table amount (1,234.50) as 万 for a card or a sum."""
    digits = plain.replace("¥", "").replace(",", "").replace(".", "").replace("−", "-")
    return format_wan(int(digits)) if digits.lstrip("-").isdigit() else "0"


def _row(row: lists.Row, mark: view.Mark | None) -> LeadRow:
    cells, codes = row.cells, row.codes
    mark = mark or view.Mark(1, "", "—", 0, "z", False, 0, False, "—")
    amount = cells["amount_fen"]
    return LeadRow(
        id=str(row.id), name=cells["name"], number=cells["number"], phone=cells["phone"], channel=cells["channel_code"],
        amount="—" if amount == "—" else in_wan(amount).removeprefix("¥"), product=cells["product_code"],
        city=cells["city"], temperature="" if cells["temperature"] == "—" else cells["temperature"],
        temperature_tone=TEMPERATURE_TONES.get(codes.get("temperature", ""), "neutral"), status=cells["status"],
        status_tone=view.status_tone(codes.get("status", "")), stage=mark.stage, stage_label=mark.stage_label,
        next_step="" if cells["next_step"] == "—" else cells["next_step"], sla_text=mark.sla_text,
        sla_percent=mark.sla_percent, sla_status=mark.sla_status, owner=cells["owner_id"],
        owner_initial=_listing.initial(cells["owner_id"]), owner_color=_listing.color_of(cells["owner_id"]),
        created=mark.created, fresh=mark.fresh, touches=mark.touches,
    )  # fmt: skip
