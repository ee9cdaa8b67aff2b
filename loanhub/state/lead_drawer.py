"""The drawer of one lead: read, edit in place, call, write what came of it, convert, close."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain import formats
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.leads import InvalidReason, LostReason, Temperature
from loanhub.domain.permissions import Permission
from loanhub.services import interactions, leads, search, tasks
from loanhub.services.catalogue import FieldView
from loanhub.services.customers.reveal import dial as dial_number
from loanhub.services.duplicates import merge
from loanhub.services.events import EventView
from loanhub.services.leads import view
from loanhub.state import _live
from loanhub.state._attaching import Attaching
from loanhub.state._base import SessionState
from loanhub.state._begin import begin
from loanhub.state._clock import SHANGHAI, utc_now
from loanhub.state._conflict import Conflicting
from loanhub.state._guard import needs
from loanhub.state._lead_hold import Holding
from loanhub.state._over_list import put_over
from loanhub.state._record_form import FormGroup, changed, groups_of
from loanhub.state.after_call import AfterCallState
from loanhub.state.leads import TEMPERATURE_TONES, LeadsState
from loanhub.state.recycle import RecordKeepingState
from loanhub.state.score_panel import ScorePanelState
from loanhub.state.sop_runs import SopRunState

DRAWER = "lead drawer"
STEPS = {"tomorrow": 1, "three_days": 3, "week": 7}
TONES = {"contact": "p", "access": "w", "money": "b"}


@dataclass
class Lead:
    """The lead in the drawer."""

    id: int = 0
    number: str = ""
    version: int = 0
    name: str = ""
    phone: str = ""
    status_label: str = ""
    status_tone: str = ""
    temperature: str = ""
    temperature_label: str = ""
    temperature_tone: str = ""
    stage: int = 1
    stage_label: str = ""
    owner: str = ""
    department: str = ""
    next_step: str = ""
    sla_text: str = ""
    sla_percent: int = 0
    sla_status: str = ""
    amount: str = ""
    customer_id: int = 0
    closed: bool = False
    can_edit: bool = False
    can_call: bool = False
    can_convert: bool = False
    can_follow: bool = False


def timeline_of(events: tuple[EventView, ...], now: datetime) -> list[dict[str, str]]:
    """Return events as the timeline draws them."""
    return [
        {
            "id": str(e.id), "icon": e.icon, "tone": "w" if e.sensitive else TONES.get(e.group, ""), "who": e.actor,
            "what": e.label, "time": formats.relative(e.at, now), "at": formats.instant(e.at),
            "text": e.summary if e.group == "contact" else "；".join(_change(*change) for change in e.changes)[:400],
            "note": e.reason or (e.summary if e.group != "contact" and not e.changes else ""),
        }
        for e in events
    ]  # fmt: skip


def _change(label: str, before: str, after: str) -> str:
    return f"{label}：{after}" if before in ("—", "") else f"{label}：{before} → {after}"


def next_time(code: str, own: str, now: datetime) -> datetime | None:
    """Return when the next step is: ten in the morning some days on, or the time typed (Shanghai); None for none.

    Raises:
        InvalidInput: what was typed is no time.
    """
    if own:
        try:
            return datetime.fromisoformat(own).replace(tzinfo=SHANGHAI)
        except ValueError:
            raise InvalidInput(fields={"next_at": "时间格式不对"}) from None
    if code in STEPS:
        day = formats.local(now) + timedelta(days=STEPS[code])
        return day.replace(hour=10, minute=0, second=0, microsecond=0)
    return None


class LeadDrawerState(Attaching, Holding, Conflicting, SessionState):
    """The lead on top of the list."""

    lead: Lead = Lead()
    is_open: bool = False
    editing: bool = False
    closing: bool = False
    facts: list[FormGroup] = []
    form: list[FormGroup] = []
    form_key: str = ""
    composer_key: str = "0"
    composer_error: str = ""
    timeline: list[dict[str, str]] = []
    tasks: list[dict[str, str]] = []
    touches: list[dict[str, str]] = []
    papers: list[dict[str, str]] = []
    field_errors: dict[str, str] = {}

    _fields: tuple[FieldView, ...] = ()
    _key: str = ""

    @rx.event
    @needs(Permission.LEADS_READ)
    async def enter_page(self) -> Any:
        """Open the lead the address names, if it names one."""
        wanted = str(self.router.url.query_parameters.get("lead", ""))
        if self._returning and self.is_open and wanted == str(self.lead.id):
            # A lost connection is back: what is open and typed stays.
            if self.editing:
                _live.begin_editing(self, DRAWER, "lead", self.lead.id, await self._actor())
            return None
        self.is_open = False
        (await self.get_state(AfterCallState))._put_away()
        if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 12):
            return None
        opened = await self._open(int(wanted))
        return [opened, self._keeping(), *begin(str(self.router.url.query_parameters.get("do", "")))]

    @rx.event
    @needs(Permission.LEADS_READ)
    async def open(self, lead_id: str) -> Any:
        """Open a lead over the list."""
        text = str(lead_id)
        if not (text.isascii() and text.isdigit() and len(text) < 12):
            return None
        return [await self._open(int(text)), self._keeping()]

    def _keeping(self) -> Any:
        """Return the event that reads whether this lead is there twice or contested."""
        return RecordKeepingState.read("lead", str(self.lead.id))

    async def _open(self, lead_id: int) -> Any:
        self._stop_editing()
        self.closing = False
        self.field_errors, self.composer_error, self.attachments = {}, "", []
        actor, now = await self._actor(), utc_now()
        try:
            await self._read(lead_id)
        except NotFound:
            # What was merged into another opens as that one.
            survivor = await rx.run_in_thread(lambda: merge.survivor_of(actor, "lead", lead_id))
            if not survivor:
                raise
            lead_id = survivor
            await self._read(lead_id)
        await rx.run_in_thread(lambda: search.keep_recent(actor, "lead", lead_id, now=now))
        self.is_open = True
        return put_over("/leads", "lead", str(lead_id))

    @rx.event
    @needs(Permission.LEADS_READ)
    async def show(self, is_open: bool) -> Any:
        """Close the drawer (a dialog reports only that)."""
        if is_open:
            return None
        self._stop_editing()
        self.is_open = False
        return put_over("/leads", "lead", "")

    async def _read(self, lead_id: int) -> None:
        actor, now = await self._actor(), utc_now()
        found = await rx.run_in_thread(lambda: view.open_lead(actor, lead_id=lead_id, now=now))
        self._fields, self._key = found.fields, secrets.token_hex(12)
        self.lead = Lead(
            id=found.id, number=found.number, version=found.version, name=found.name, phone=found.phone,
            status_label=found.status_label, status_tone=view.status_tone(found.status), temperature=found.temperature,
            temperature_label=found.temperature_label,
            temperature_tone=TEMPERATURE_TONES.get(found.temperature, "neutral"), stage=found.stage,
            stage_label=found.stage_label, owner="公海" if found.pooled else found.owner, department=found.department,
            next_step=found.next_step, sla_text=found.sla[0], sla_percent=found.sla[1], sla_status=found.sla[2],
            amount=found.amount, customer_id=found.customer_id, closed=found.closed, can_edit=found.can_edit,
            can_call=found.can_call, can_convert=found.can_convert, can_follow=found.can_follow,
        )  # fmt: skip
        self.facts = groups_of(found.fields, editing=False)
        self.form = groups_of(found.fields, editing=True)
        self.form_key = f"{found.id}-{found.version}"
        self.timeline = timeline_of(found.timeline, now)
        self.tasks = [
            {"id": str(t.id), "title": t.title, "due": t.due_text, "state": t.state, "owner": t.owner}
            for t in found.tasks
        ]
        await self._read_hold(lead_id)
        await (await self.get_state(SopRunState))._show_for(lead_id=lead_id)
        await (await self.get_state(ScorePanelState))._show_for(lead_id)
        papers = await rx.run_in_thread(lambda: interactions.papers_of(actor, lead_id=lead_id, now=now))
        self.papers = [asdict(one) for one in papers]
        self.touches = [{"channel": t.channel, "when": t.when, "note": t.note} for t in found.touches]

    async def _again(self, *answers: Any) -> list[Any]:
        await self._read(self.lead.id)
        return [LeadsState.reload, *answers]

    @rx.event
    @needs(Permission.LEADS_EDIT)
    async def edit(self, on: bool) -> None:
        """Show the form, or the facts again; others see who is editing."""
        self.field_errors = {}
        if not on:
            self._stop_editing()
            return
        self._shown = {one.key: (one.value, one.text) for one in self._fields}
        self.editing = True
        _live.begin_editing(self, DRAWER, "lead", self.lead.id, await self._actor())

    @rx.event
    @needs(Permission.LEADS_EDIT)
    async def save(self, form: dict[str, Any]) -> Any:
        """Write what the form changed."""
        return await self._save_mine(changed(form, self._fields))

    async def _save_mine(self, raw: Mapping[str, object]) -> Any:
        actor, now, lead_id, shown = await self._actor(), utc_now(), self.lead.id, dict(self._shown)
        if raw:
            saved = await rx.run_in_thread(
                lambda: leads.save_form(actor, lead_id=lead_id, raw=raw, shown=shown, now=now)
            )
            if saved.clashes:
                self._clashed(saved, raw)
                return None
        self._stop_editing()
        return await self._again(done("已保存" if raw else "没有改动"))

    async def _shown_now(self) -> Mapping[str, tuple[str, str]]:
        actor, now, lead_id = await self._actor(), utc_now(), self.lead.id
        found = await rx.run_in_thread(lambda: view.open_lead(actor, lead_id=lead_id, now=now))
        return {one.key: (one.value, one.text) for one in found.fields}

    def _stop_editing(self) -> None:
        self.editing = False
        self._settled()
        _live.end_editing(self, DRAWER)

    @rx.event
    @needs(Permission.LEADS_EDIT)
    async def mark(self, temperature: str) -> Any:
        """Set the temperature."""
        actor, now, lead = await self._actor(), utc_now(), self.lead
        found = Temperature.find(str(temperature))
        await rx.run_in_thread(
            lambda: leads.edit(
                actor,
                lead_id=lead.id,
                raw={"temperature": str(temperature)},
                expected_version=lead.version,
                now=now,
            )
        )
        return await self._again(done(f"已标记为{found.label}" if found else "已标记"))

    @rx.event
    @needs(Permission.CUSTOMERS_REVEAL, per_minute=30)
    async def dial(self, lead_id: str) -> Any:
        """Call the lead: the number goes to the dialer, the sheet asks what came of it."""
        text = str(lead_id)
        wanted = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else self.lead.id
        actor, now = await self._actor(), utc_now()
        number = await rx.run_in_thread(lambda: dial_number(actor, lead_id=wanted, now=now))
        answer = await self._open(wanted)
        after = await self.get_state(AfterCallState)
        return [answer, self._keeping(), *after._dialed(f"lead:{self.lead.id}", self.lead.name, number)]

    @rx.event
    @needs(Permission.INTERACTIONS_CREATE)
    async def write(self, form: dict[str, Any]) -> Any:
        """Write a follow-up with its next step, or a to-do."""
        actor, now, lead_id, key = await self._actor(), utc_now(), self.lead.id, f"note-{self._key}"
        kind, text = str(form.get("kind", "follow_up")), str(form.get("text", ""))
        code, own, files = str(form.get("next", "")), str(form.get("next_at", "")), self._files()
        try:
            at = next_time(code, own, now)
            if kind == "task":
                if at is None:
                    raise InvalidInput("选一下任务的期限")
                await rx.run_in_thread(
                    lambda: tasks.create(actor, title=text[:200], due_at=at, lead_id=lead_id, now=now)
                )
            else:
                if at is None and code != "none":
                    raise InvalidInput("选一下下次跟进的时间，或选「暂不需要」")
                await rx.run_in_thread(
                    lambda: interactions.record(
                        actor, kind=kind, text=text, lead_id=lead_id, next_step="跟进" if at else "", next_step_at=at,
                        attachments=files, key=key, now=now,
                    )
                )  # fmt: skip
        except InvalidInput as refusal:
            self.composer_error = refusal.sentence
            return None
        self.composer_error, self.composer_key, self.attachments = "", self._key, []
        return await self._again(done("已加待办" if kind == "task" else "已记录"))

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def finish_task(self, task_id: str) -> Any:
        """Finish one of the lead's to-dos."""
        actor, now = await self._actor(), utc_now()
        wanted = int(task_id) if str(task_id).isdigit() else 0
        await rx.run_in_thread(lambda: tasks.complete(actor, task_id=wanted, now=now))
        return await self._again(done("已完成"))

    @rx.event
    @needs(Permission.LEADS_CONVERT)
    async def convert(self) -> Any:
        """Turn the lead into a customer and go there."""
        actor, now, lead_id = await self._actor(), utc_now(), self.lead.id
        customer_id = await rx.run_in_thread(lambda: leads.convert(actor, lead_id=lead_id, now=now))
        self.is_open = False
        return [done("已转为客户"), rx.redirect(f"/customers/{customer_id}")]

    @rx.event
    @needs(Permission.LEADS_EDIT)
    async def ask_close(self, is_open: bool) -> None:
        """Open or close the dialog that closes a lead."""
        self.closing, self.field_errors = bool(is_open), {}

    @rx.event
    @needs(Permission.LEADS_EDIT)
    async def close(self, form: dict[str, Any]) -> Any:
        """Mark the lead invalid or lost, with the reason chosen."""
        actor, now, lead_id = await self._actor(), utc_now(), self.lead.id
        kind, _, code = str(form.get("reason", "")).partition(":")
        invalid, lost = (code if kind == "invalid" else ""), (code if kind == "lost" else "")
        note = str(form.get("note", ""))[:300]
        await rx.run_in_thread(
            lambda: leads.close(actor, lead_id=lead_id, invalid=invalid, lost=lost, reason=note, now=now)
        )
        self.closing = False
        return await self._again(done("已标记无效" if invalid else "已标记流失"))


CLOSE_REASONS: tuple[tuple[str, str], ...] = (
    *((f"invalid:{one.value}", f"无效 · {one.label}") for one in InvalidReason),
    *((f"lost:{one.value}", f"流失 · {one.label}") for one in LostReason),
)
