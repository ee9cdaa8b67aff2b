"""Beside the rules: the trial on history with its fairness report, who takes leads, skill groups."""

from __future__ import annotations

import secrets
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.services import assignment
from loanhub.state._arguments import count_of, number_of
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs


class TrialState(SessionState):
    """The trial: 「这 500 条线索会这样分」."""

    channels: list[dict[str, str]] = []
    figures: dict[str, str] = {}
    people: list[dict[str, str]] = []
    by_rule: list[dict[str, str]] = []
    samples: list[dict[str, str]] = []
    running: bool = False
    field_errors: dict[str, str] = {}

    @rx.event
    @needs(Permission.ASSIGNMENTS_EDIT)
    async def load(self) -> None:
        """Make the form ready."""
        actor = await self._actor()
        found = await rx.run_in_thread(lambda: assignment.channels(actor))
        self.channels = [{"value": code, "label": label} for code, label in found]
        self.figures, self.people, self.by_rule, self.samples = {}, [], [], []
        self.running, self.field_errors = False, {}

    @rx.event
    @needs(Permission.ASSIGNMENTS_EDIT)
    async def run(self, form: dict[str, Any]) -> Any:
        """Try the rules; the numbers of before stay until the new ones are there."""
        actor, now = await self._actor(), utc_now()
        count, days = count_of(form.get("count")), count_of(form.get("days"))
        channel, number = str(form.get("channel", ""))[:32], number_of(form.get("number", ""))
        self.running, self.field_errors = True, {}
        yield
        try:
            found = await rx.run_in_thread(
                lambda: assignment.simulate(
                    actor, count=count, days=days, channel_code=channel, number=number, now=now
                )
            )
        finally:
            self.running = False
        self.figures = {
            "leads": f"{found.leads:,}", "given": f"{found.given:,}", "pooled": f"{found.pooled:,}",
            "heads": f"{found.to_leads:,}", "same": f"{found.same:,}", "span": found.span, "which": found.which,
            "words": found.words, "words_did": found.words_did, "gini": found.gini, "gini_did": found.gini_did,
        }  # fmt: skip
        self.people = [
            {
                "name": one.name, "would": str(one.would), "did": str(one.did), "expected": one.expected, "off": one.off,
                "percent": one.percent, "amount": one.amount, "high": one.high,
            }
            for one in found.people
        ]  # fmt: skip
        self.by_rule = [
            {"name": one.name, "leads": str(one.leads), "percent": one.percent} for one in found.rules
        ]
        self.samples = [
            {
                "number": one.number, "when": one.when, "would": one.would, "did": one.did,
                "same": "1" if one.same else "", "reason": one.reason,
            }
            for one in found.samples
        ]  # fmt: skip


class AssigneeState(SessionState):
    """Who takes leads, with caps and pauses, and the skill groups."""

    rows: list[dict[str, str]] = []
    groups: list[dict[str, str]] = []
    loading: bool = True
    field_errors: dict[str, str] = {}

    opened: bool = False
    editing: dict[str, str] = {}
    group_opened: bool = False
    group: dict[str, str] = {}
    members: list[str] = []
    form_key: str = ""

    @rx.event
    @needs(Permission.ASSIGNMENTS_EDIT)
    async def load(self) -> None:
        """Show who takes leads."""
        self.opened = self.group_opened = False
        await self._read()

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        people = await rx.run_in_thread(lambda: assignment.list_people(actor, now=now))
        groups = await rx.run_in_thread(lambda: assignment.list_groups(actor))
        self.rows = [
            {
                "id": str(one.user_id), "name": one.name, "team": one.team,
                "daily": _said(one.daily_cap, own=one.own_daily), "open_cap": _said(one.open_cap, own=one.own_open),
                "daily_own": str(one.daily_cap) if one.own_daily else "", "open_own": str(one.open_cap) if one.own_open else "",
                "today": str(one.today), "open": str(one.open), "paused": "1" if one.paused else "", "away": one.away,
                "version": str(one.version),
            }
            for one in people
        ]  # fmt: skip
        self.groups = [
            {
                "id": str(one.id), "name": one.name, "members": one.members, "ids": ",".join(map(str, one.member_ids)),
                "version": str(one.version),
            }
            for one in groups
        ]  # fmt: skip
        self.loading, self.field_errors = False, {}

    @rx.event
    @needs(Permission.ASSIGNMENTS_EDIT)
    async def edit(self, user_id: str) -> None:
        """Open the caps of one person."""
        await self._read()
        self.editing = next((one for one in self.rows if one["id"] == str(user_id)), {})
        self.form_key, self.opened = secrets.token_hex(6), bool(self.editing)

    @rx.event
    @needs(Permission.ASSIGNMENTS_EDIT)
    async def show(self, is_open: bool) -> None:
        """Close the caps."""
        self.opened = bool(is_open) and bool(self.editing)

    @rx.event
    @needs(Permission.ASSIGNMENTS_EDIT)
    async def save_caps(self, form: dict[str, Any]) -> Any:
        """Save one person's caps; in force at once."""
        actor, now, row = await self._actor(), utc_now(), self.editing
        caps: dict[str, int | None] = {
            name: count_of(form.get(name)) if str(form.get(name, "")).strip() else None
            for name in ("daily_cap", "open_cap")
        }
        paused = bool(form.get("paused"))
        self.field_errors = {}
        await rx.run_in_thread(
            lambda: assignment.set_caps(
                actor, user_id=number_of(row.get("id", "")), daily_cap=caps["daily_cap"], open_cap=caps["open_cap"],
                paused=paused, version=number_of(row.get("version", "")), now=now,
            )
        )  # fmt: skip
        self.opened = False
        await self._read()
        return done(f"{row['name']}的接单上限已生效")

    @rx.event
    @needs(Permission.ASSIGNMENTS_EDIT)
    async def show_group(self, is_open: bool, group_id: str = "") -> None:
        """Open a skill group, an empty one when none is named, or close it."""
        if not is_open:
            self.group_opened = False
            return
        await self._read()
        found = next((one for one in self.groups if one["id"] == str(group_id)), None)
        self.group = found or {"id": "", "name": "", "version": "0"}
        self.members = found["ids"].split(",") if found else []
        self.form_key, self.group_opened = secrets.token_hex(6), True

    @rx.event
    @needs(Permission.ASSIGNMENTS_EDIT)
    async def save_group(self, form: dict[str, Any]) -> Any:
        """Save the skill group."""
        actor, now, row = await self._actor(), utc_now(), self.group
        name = str(form.get("name", ""))[:100]
        chosen = [number_of(one["id"]) for one in self.rows if form.get(f"member.{one['id']}")]
        self.field_errors = {}
        await rx.run_in_thread(
            lambda: assignment.save_group(
                actor, group_id=number_of(row.get("id", "")), name=name, member_ids=chosen,
                version=number_of(row.get("version", "")), now=now,
            )
        )  # fmt: skip
        self.group_opened = False
        await self._read()
        return done(f"技能组「{name.strip()}」已保存")

    @rx.event
    @needs(Permission.ASSIGNMENTS_EDIT)
    async def delete_group(self, group_id: str) -> Any:
        """Delete a skill group no rule names."""
        actor, now, wanted = await self._actor(), utc_now(), number_of(group_id)
        await rx.run_in_thread(lambda: assignment.delete_group(actor, group_id=wanted, now=now))
        await self._read()
        return done("技能组已删除")


def _said(cap: int, *, own: bool) -> str:
    return ("不限" if cap == 0 else f"{cap} 条") + ("" if own else "（通用）")
