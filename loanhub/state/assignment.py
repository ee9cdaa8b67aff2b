"""Assignment rules 分配规则: the list in order, the sheet of one rule, publishing and going back."""

from __future__ import annotations

import secrets
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.services import assignment
from loanhub.services.assignment import RulesView
from loanhub.state._arguments import count_of, number_of
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._outlives import outlives
from loanhub.state._tree_editor import TREE, tree_editor
from loanhub.state._versions_editor import rules_editor

TOPIC = "assignment"
TABS = (("rules", "规则"), ("trial", "试算"), ("people", "接单人员"), ("versions", "版本"))
KINDS = ("user", "department", "skill")


Conditions: Any = tree_editor(Permission.ASSIGNMENTS_EDIT, first_field="channel_code", leaf=assignment.leaf)
Publishing: Any = rules_editor(Permission.ASSIGNMENTS_EDIT, assignment, follows="，新线索按它分配")


class AssignmentState(Conditions, Publishing, SessionState):  # type: ignore[misc]
    """The rules of the draft, and the sheet in which one is put together."""

    tabs: list[dict[str, str]] = []
    tab: str = "rules"
    rules: list[dict[str, str]] = []
    caps: dict[str, str] = {}
    own_entry: bool = False
    recycled: bool = False
    faults: list[str] = []
    loading: bool = True
    settings_key: str = ""
    field_errors: dict[str, str] = {}

    opened: bool = False
    editing: str = ""
    form_key: str = ""
    values: dict[str, str] = {}
    candidates: list[dict[str, str]] = []
    kind: str = "user"
    choices: list[dict[str, str]] = []

    _view: RulesView | None = None

    @rx.event
    @needs(Permission.ASSIGNMENTS_EDIT)
    @outlives(
        "opened", "publishing",
        keep=("tab", "editing", "form_key", "values", "candidates", "kind", "choices", "field_errors", "_draft", *TREE),
    )  # fmt: skip
    async def load(self) -> None:
        """Show the rules."""
        self._watch(TOPIC)
        self.loading, self.opened, self.publishing, self.tab = True, False, False, "rules"
        await self._read()

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        self._show(await rx.run_in_thread(lambda: assignment.view(actor, now=now)))

    def _show(self, found: RulesView) -> None:
        self._view = found
        self._show_versions(found, nothing="还没有启用", about=lambda one: f"{one.rules} 条规则")
        self.rules = [
            {
                "key": one.key, "place": str(place), "name": one.name, "sentence": one.sentence, "who": one.who,
                "strategy": one.strategy_label, "hours": one.hours_label if one.hours != "any" else "",
                "fallback": one.fallback_label, "active": "1" if one.active else "", "fault": one.fault,
                "last": "1" if place == len(found.rules) else "",
            }
            for place, one in enumerate(found.rules, start=1)
        ]  # fmt: skip
        self.caps = {"daily_cap": str(found.daily_cap or ""), "open_cap": str(found.open_cap or "")}
        self.own_entry, self.recycled = found.own_entry, found.recycled
        self.faults = list(found.faults)
        counts = {"rules": str(len(self.rules)), "versions": str(len(self.versions))}
        self.tabs = [{"id": code, "name": label, "count": counts.get(code, "")} for code, label in TABS]
        self.settings_key = f"{found.draft_version}-{found.in_force}"
        self.loading, self.field_errors = False, {}

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        if topic != TOPIC:
            await super()._on_live(topic, ops)
            return
        (await self._actor()).require(Permission.ASSIGNMENTS_EDIT)
        if not self.opened:
            await self._read()

    @rx.event
    @needs(Permission.ASSIGNMENTS_EDIT)
    async def choose(self, tab: str) -> None:
        """Show another part of the page."""
        if str(tab) in dict(TABS):
            self.tab = str(tab)

    # the list ---------------------------------------------------------------------------------------

    @rx.event
    @needs(Permission.ASSIGNMENTS_EDIT)
    async def move(self, key: str, step: int) -> None:
        """Move a rule one place up or down."""
        keys = [one["key"] for one in self.rules]
        if str(key) in keys:
            await self._put(str(key), keys.index(str(key)) + (1 if step == 1 else -1))

    @rx.event
    @needs(Permission.ASSIGNMENTS_EDIT)
    async def drop_on(self, dragged: str, target: str) -> None:
        """Put the dragged rule where another one stands."""
        keys = [one["key"] for one in self.rules]
        if str(dragged) in keys and str(target) in keys and dragged != target:
            await self._put(str(dragged), keys.index(str(target)))

    async def _put(self, key: str, to: int) -> None:
        actor, now, expected = await self._actor(), utc_now(), self._draft
        await rx.run_in_thread(
            lambda: assignment.move_rule(actor, expected=expected, key=key, to=max(0, to), now=now)
        )
        await self._read()

    @rx.event
    @needs(Permission.ASSIGNMENTS_EDIT)
    async def save_settings(self, form: dict[str, Any]) -> Any:
        """Save what holds for everybody."""
        actor, now, expected = await self._actor(), utc_now(), self._draft
        caps = {name: count_of(form.get(name)) for name in ("daily_cap", "open_cap")}
        own, recycled = bool(form.get("own_entry")), bool(form.get("recycled"))
        self.field_errors = {}
        await rx.run_in_thread(
            lambda: assignment.save_settings(
                actor, expected=expected, own_entry=own, recycled=recycled, now=now, **caps
            )
        )
        await self._read()
        return done("已存入草稿，发布后生效")

    # the sheet --------------------------------------------------------------------------------------

    @rx.event
    @needs(Permission.ASSIGNMENTS_EDIT)
    async def show(self, is_open: bool) -> None:
        """Open an empty sheet or close it."""
        if not is_open:
            self.opened = False
            return
        await self._read()
        self.editing, self.candidates = "", []
        self.values = {"strategy": "round_robin", "hours": "any", "fallback": "next_rule"}
        await self._open({})

    @rx.event
    @needs(Permission.ASSIGNMENTS_EDIT)
    async def edit(self, key: str) -> None:
        """Open the sheet of a rule."""
        await self._read()
        found = next((one for one in self._view.rules if one.key == str(key)), None) if self._view else None
        if found is None:
            return
        self.editing = found.key
        self.values = {
            "name": found.name, "strategy": found.strategy, "hours": found.hours, "fallback": found.fallback
        }  # fmt: skip
        self.candidates = [
            {"kind": kind, "id": str(one), "label": label, "weight": str(weight)}
            for kind, one, label, weight in found.candidates
        ]
        await self._open(found.criteria)

    async def _open(self, raw: Any) -> None:
        actor = await self._actor()
        fields = await rx.run_in_thread(lambda: assignment.fields(actor))
        self.field_errors, self.kind = {}, "user"
        self._offer()
        self.form_key, self.opened = secrets.token_hex(12), True
        await self._begin_tree(fields, raw)

    def _offer(self) -> None:
        options = self._view.options.get(self.kind, ()) if self._view else ()
        self.choices = [{"value": one, "label": label} for one, label in options]

    async def _preview(self) -> None:
        actor, raw, leaves = await self._actor(), self._criteria(), self._leaves()
        found = await rx.run_in_thread(lambda: assignment.read_back(actor, raw, leaves))
        self._show_tree(found.leaves, found.sentence)

    @rx.event
    @needs(Permission.ASSIGNMENTS_EDIT)
    async def pick_kind(self, kind: str) -> None:
        """Choose among people, departments or skill groups."""
        if str(kind) in KINDS:
            self.kind = str(kind)
            self._offer()

    @rx.event
    @needs(Permission.ASSIGNMENTS_EDIT)
    async def add_candidate(self, form: dict[str, Any]) -> None:
        """Add a candidate with a weight, or change the weight of one that is there."""
        wanted, weight = str(form.get("candidate", "")), count_of(form.get("weight") or "1")
        label = next((one["label"] for one in self.choices if one["value"] == wanted), "")
        if not label:
            self.field_errors = {**self.field_errors, "candidates": "请选择接单的人、部门或技能组"}
            return
        if not 1 <= weight <= 100:
            self.field_errors = {**self.field_errors, "candidates": "权重填 1 到 100 的整数"}
            return
        row = {"kind": self.kind, "id": wanted, "label": label, "weight": str(weight)}
        rest = [one for one in self.candidates if (one["kind"], one["id"]) != (self.kind, wanted)]
        self.candidates, self.field_errors = [*rest, row], {}

    @rx.event
    @needs(Permission.ASSIGNMENTS_EDIT)
    async def drop_candidate(self, kind: str, candidate_id: str) -> None:
        """Take a candidate away."""
        self.candidates = [
            one for one in self.candidates if (one["kind"], one["id"]) != (str(kind), str(candidate_id))
        ]

    @rx.event
    @needs(Permission.ASSIGNMENTS_EDIT)
    async def save(self, form: dict[str, Any]) -> Any:
        """Save the rule in the draft."""
        actor, now, expected, key = await self._actor(), utc_now(), self._draft, self.editing
        raw = self._criteria()
        chosen = [(one["kind"], number_of(one["id"]), number_of(one["weight"])) for one in self.candidates]
        texts = {name: str(form.get(name, ""))[:100] for name in ("name", "strategy", "hours", "fallback")}
        self.field_errors = {}
        await rx.run_in_thread(
            lambda: assignment.save_rule(
                actor, expected=expected, key=key, raw_criteria=raw, candidates=chosen, now=now, **texts
            )
        )
        self.opened = False
        await self._read()
        return done(f"规则「{texts['name'].strip()}」已存入草稿，发布后生效")
