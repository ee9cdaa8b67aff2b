"""Follow-up sequences 跟进节奏: the list, one with its steps, who enters and leaves, the trial, its versions."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.services import sops
from loanhub.services.sops import SopView
from loanhub.state._arguments import count_of, number_of
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._tree_editor import tree_editor
from loanhub.state._versions_editor import versions_editor

TOPIC = "sops"
TABS = (("steps", "步骤"), ("entry", "进入与退出"), ("trial", "试算"), ("versions", "版本"))
STEP_KEYS = ("title", "kind", "task_kind", "script", "wait", "unit", "clock", "due_hours", "priority")
NEW_STEP = {
    "kind": "task",
    "task_kind": "follow_up",
    "wait": "1",
    "unit": "day",
    "clock": "natural",
    "due_hours": "9",
    "priority": "2",
}


Conditions: Any = tree_editor(
    Permission.SOPS_EDIT, first_field="status", leaf=partial(sops.leaf, entity="lead")
)
Publishing: Any = versions_editor(Permission.SOPS_EDIT, sops, follows="；已在节奏里的按原来的版本走完")


class SopsState(Conditions, Publishing, SessionState):  # type: ignore[misc]
    """The list of sequences, and the one that is open."""

    rows: list[dict[str, str]] = []
    ready: list[dict[str, str]] = []
    loading: bool = True
    naming: bool = False

    sop_id: int = 0
    name: str = ""
    entity: str = "lead"
    entity_label: str = ""
    active: bool = False
    has_draft: bool = False
    tab: str = "steps"
    tabs: list[dict[str, str]] = []
    steps: list[dict[str, str]] = []
    faults: list[str] = []
    entry: dict[str, str] = {}
    triggers: list[dict[str, str]] = []
    states: list[dict[str, str]] = []
    form_key: str = ""
    field_errors: dict[str, str] = {}

    step_open: bool = False
    step_key: str = ""
    step: dict[str, str] = {}
    tree_open: str = ""
    """Which condition is being put together: criteria, leave, or empty."""

    trial: dict[str, str] = {}
    trial_people: list[dict[str, str]] = []
    trial_samples: list[dict[str, str]] = []
    running: bool = False

    _view: SopView | None = None

    @rx.event
    @needs(Permission.SOPS_EDIT)
    async def load(self) -> None:
        """Show the list, or the sequence the address names."""
        self._watch(TOPIC)
        wanted = number_of(self.router.url.query_parameters.get("sop", ""))
        if self._returning and (self.step_open or self.tree_open) and wanted == self.sop_id:
            return
        self.loading, self.step_open, self.tree_open, self.publishing, self.naming = (
            True,
            False,
            "",
            False,
            False,
        )
        self.tab, self.sop_id = "steps", wanted
        await self._read()

    async def _read(self) -> None:
        actor, now, wanted = await self._actor(), utc_now(), self.sop_id
        if wanted:
            self._show(await rx.run_in_thread(lambda: sops.open_sop(actor, sop_id=wanted, now=now)))
        else:
            rows, more = await rx.run_in_thread(lambda: (sops.list_sops(actor), sops.missing(actor)))
            self.rows = [
                {
                    "id": str(one.id), "name": one.name, "entity": one.entity, "trigger": one.trigger,
                    "steps": str(one.steps), "active": "1" if one.active else "", "version": str(one.version or ""),
                    "draft": "1" if one.draft else "", "on_the_way": f"{one.on_the_way:,}", "finished": f"{one.finished:,}",
                }
                for one in rows
            ]  # fmt: skip
            self.ready = [{"code": one.code, "name": one.name, "about": one.about} for one in more]
        self.loading = False

    def _show(self, found: SopView) -> None:
        self._view = found
        self._show_versions(
            found, nothing="还没有发布", about=lambda one: f"{one.steps} 步 · 还在走 {one.on_the_way}"
        )
        self.name, self.entity, self.entity_label, self.active = (
            found.name,
            found.entity,
            found.entity_label,
            found.active,
        )
        self.has_draft = bool(found.draft_version)
        self.steps = [
            {
                "key": one.key, "place": str(place), "title": one.title, "kind": one.kind, "wait": one.wait, "due": one.due,
                "script": one.script, "last": "1" if place == len(found.steps) else "",
            }
            for place, one in enumerate(found.steps, start=1)
        ]  # fmt: skip
        self.triggers = [{"value": code, "label": label} for code, label in found.triggers]
        self.entry = {
            "trigger": found.trigger, "enters": found.enters, "leaves": found.leaves,
            "on_reply": "1" if found.on_reply else "", "on_stage": "1" if found.on_stage else "",
            "rest_days": str(found.rest_days), "per_day": str(found.per_day),
        }  # fmt: skip
        self.faults = list(found.faults)
        self.states = [{"label": label, "count": f"{number:,}"} for label, number in found.states]
        counts = {"steps": str(len(self.steps)), "versions": str(len(self.versions))}
        self.tabs = [{"id": code, "name": label, "count": counts.get(code, "")} for code, label in TABS]
        self.form_key = f"{found.id}-{found.draft_version}-{found.in_force}"
        self.field_errors = {}

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        if topic != TOPIC:
            await super()._on_live(topic, ops)
            return
        (await self._actor()).require(Permission.SOPS_EDIT)
        if not (self.step_open or self.tree_open or self.tab == "entry"):
            await self._read()

    # the list ---------------------------------------------------------------------------------------

    @rx.event
    @needs(Permission.SOPS_EDIT)
    async def open(self, sop_id: str) -> Any:
        """Open a sequence; nothing leads back to the list."""
        self.sop_id, self.tab, self.trial, self.trial_people, self.trial_samples = (
            number_of(sop_id),
            "steps",
            {},
            [],
            [],
        )
        await self._read()
        address = f"/settings/sops?sop={self.sop_id}" if self.sop_id else "/settings/sops"
        return rx.call_script(f"history.replaceState(history.state, '', '{address}')")

    @rx.event
    @needs(Permission.SOPS_EDIT)
    async def ask_name(self, is_open: bool) -> None:
        """Open or close the naming of a new sequence."""
        self.naming, self.field_errors = bool(is_open), {}

    @rx.event
    @needs(Permission.SOPS_EDIT)
    async def create(self, form: dict[str, Any]) -> Any:
        """Begin a new sequence."""
        actor, now = await self._actor(), utc_now()
        name, entity = str(form.get("name", ""))[:100], str(form.get("entity", ""))
        self.field_errors = {}
        made = await rx.run_in_thread(lambda: sops.create(actor, name=name, entity=entity, now=now))
        self.naming = False
        return await SopsState.open.fn(self, str(made))

    @rx.event
    @needs(Permission.SOPS_EDIT)
    async def add_ready(self, code: str) -> Any:
        """Begin with a ready-made sequence."""
        actor, now = await self._actor(), utc_now()
        made = await rx.run_in_thread(lambda: sops.add(actor, code=str(code), now=now))
        return await SopsState.open.fn(self, str(made))

    @rx.event
    @needs(Permission.SOPS_EDIT)
    async def switch(self, sop_id: str, active: bool) -> Any:
        """Let records in, or not any more."""
        actor, now, one, wanted = await self._actor(), utc_now(), number_of(sop_id), bool(active)
        await rx.run_in_thread(lambda: sops.switch(actor, sop_id=one, active=wanted, now=now))
        await self._read()
        return done("已启用" if wanted else "已停用，已在节奏里的继续走完")

    @rx.event
    @needs(Permission.SOPS_EDIT)
    async def choose(self, tab: str) -> None:
        """Show another part of the sequence."""
        if str(tab) in dict(TABS):
            self.tab = str(tab)

    @rx.event
    @needs(Permission.SOPS_EDIT)
    async def rename(self, form: dict[str, Any]) -> Any:
        """Give the sequence another name."""
        actor, now, one, name = await self._actor(), utc_now(), self.sop_id, str(form.get("name", ""))[:100]
        self.field_errors = {}
        await rx.run_in_thread(lambda: sops.rename(actor, sop_id=one, name=name, now=now))
        self.naming = False
        await self._read()
        return done("已改名")

    # the steps --------------------------------------------------------------------------------------

    @rx.event
    @needs(Permission.SOPS_EDIT)
    async def show_step(self, is_open: bool, key: str = "") -> None:
        """Open the sheet of a step, an empty one without a key, or close it."""
        self.step_open, self.step_key, self.field_errors = bool(is_open), str(key), {}
        if is_open and self._view is not None:
            found = next((one for one in self._view.steps if one.key == str(key)), None)
            self.step = dict(found.texts) if found else dict(NEW_STEP)
            self.form_key = secrets.token_hex(8)

    @rx.event
    @needs(Permission.SOPS_EDIT)
    async def save_step(self, form: dict[str, Any]) -> Any:
        """Save the step in the draft."""
        actor, now, one, expected, key = (
            await self._actor(),
            utc_now(),
            self.sop_id,
            self._draft,
            self.step_key,
        )
        texts = {name: str(form.get(name, ""))[:1100] for name in STEP_KEYS}
        self.field_errors = {}
        await rx.run_in_thread(
            lambda: sops.save_step(actor, sop_id=one, expected=expected, key=key, texts=texts, now=now)
        )
        self.step_open = False
        await self._read()
        return done("已存入草稿，发布后生效")

    @rx.event
    @needs(Permission.SOPS_EDIT)
    async def move_step(self, key: str, step: int) -> None:
        """Move a step one place up or down."""
        keys = [one["key"] for one in self.steps]
        if str(key) not in keys:
            return
        actor, now, one, expected = await self._actor(), utc_now(), self.sop_id, self._draft
        to = keys.index(str(key)) + (1 if step == 1 else -1)
        await rx.run_in_thread(
            lambda: sops.move_step(actor, sop_id=one, expected=expected, key=str(key), to=to, now=now)
        )
        await self._read()

    @rx.event
    @needs(Permission.SOPS_EDIT)
    async def delete_step(self, key: str) -> Any:
        """Take a step out of the draft."""
        actor, now, one, expected = await self._actor(), utc_now(), self.sop_id, self._draft
        await rx.run_in_thread(
            lambda: sops.delete_step(actor, sop_id=one, expected=expected, key=str(key), now=now)
        )
        await self._read()
        return done("已从草稿删除，发布后生效")

    # who enters and leaves --------------------------------------------------------------------------

    async def _save_entry(self, **changed: Any) -> None:
        found = self._view
        if found is None:
            return
        actor, now, one, expected = await self._actor(), utc_now(), self.sop_id, self._draft
        values: dict[str, Any] = {
            "trigger": found.trigger, "criteria": found.criteria, "leave": found.leave, "on_reply": found.on_reply,
            "on_stage": found.on_stage, "rest_days": found.rest_days, "per_day": found.per_day, **changed,
        }  # fmt: skip
        self.field_errors = {}
        await rx.run_in_thread(
            lambda: sops.save_entry(actor, sop_id=one, expected=expected, now=now, **values)
        )
        await self._read()

    @rx.event
    @needs(Permission.SOPS_EDIT)
    async def save_entry(self, form: dict[str, Any]) -> Any:
        """Save when records enter and leave; the conditions are saved by themselves."""
        await self._save_entry(
            trigger=str(form.get("trigger", "")), on_reply=bool(form.get("on_reply")), on_stage=bool(form.get("on_stage")),
            rest_days=count_of(form.get("rest_days")), per_day=count_of(form.get("per_day")),
        )  # fmt: skip
        return None if self.field_errors else done("已存入草稿，发布后生效")

    @rx.event
    @needs(Permission.SOPS_EDIT)
    async def show_tree(self, which: str) -> None:
        """Open the editor of one of the two conditions, or close it."""
        self.tree_open = str(which) if which in ("criteria", "leave") else ""
        if not self.tree_open or self._view is None:
            return
        actor, entity = await self._actor(), self.entity
        fields = await rx.run_in_thread(lambda: sops.fields(actor, entity))
        await self._begin_tree(fields, getattr(self._view, self.tree_open))

    @rx.event
    @needs(Permission.SOPS_EDIT)
    async def close_tree(self, is_open: bool) -> None:
        """Leave the condition as it was."""
        if not is_open:
            self.tree_open = ""

    def _compare(self) -> Any:
        return partial(sops.leaf, entity=self.entity)

    async def _preview(self) -> None:
        actor, raw, leaves, entity = await self._actor(), self._criteria(), self._leaves(), self.entity
        empty = f"全部{self.entity_label}" if self.tree_open == "criteria" else "没有退出条件"
        found = await rx.run_in_thread(lambda: sops.read_back(actor, entity, raw, leaves, empty=empty))
        self._show_tree(found.leaves, found.sentence)

    @rx.event
    @needs(Permission.SOPS_EDIT)
    async def save_tree(self) -> Any:
        """Save the condition in the draft."""
        if not self.tree_open:
            return None
        await self._save_entry(**{self.tree_open: self._criteria()})
        self.tree_open = ""
        return done("已存入草稿，发布后生效")

    # publishing, the trial, the versions ------------------------------------------------------------

    def _which(self) -> dict[str, Any]:
        return {"sop_id": self.sop_id}

    async def _discarded(self) -> list[Any]:
        """Show the list when the sequence went with its draft."""
        gone = not self.in_force.startswith("第")
        if gone:
            self.sop_id = 0
        await self._read()
        return [rx.redirect("/settings/sops")] if gone else []

    @rx.event
    @needs(Permission.SOPS_EDIT)
    async def run_trial(self, form: dict[str, Any]) -> Any:
        """Try the sequence on history."""
        actor, now, one, days = await self._actor(), utc_now(), self.sop_id, count_of(form.get("days"))
        self.running, self.field_errors = True, {}
        yield
        try:
            found = await rx.run_in_thread(lambda: sops.simulate(actor, sop_id=one, days=days, now=now))
        finally:
            self.running = False
        self.trial = {
            "records": f"{found.records:,}", "tasks": f"{found.tasks:,}", "reminders": f"{found.reminders:,}",
            "per_day": found.per_day, "span": found.span, "which": found.which,
        }  # fmt: skip
        self.trial_people = [
            {"name": name, "records": str(records), "tasks": str(number)}
            for name, records, number in found.people
        ]
        self.trial_samples = [
            {"number": number, "when": when, "owner": owner} for number, when, owner in found.samples
        ]
