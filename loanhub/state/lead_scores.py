"""Rules of lead scores 线索评分: the list, the sheet of one rule, bands, the trial, publishing and going back."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.services import lead_scores
from loanhub.services.lead_scores import ScoresView
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._outlives import outlives
from loanhub.state._tree_editor import TREE, tree_editor
from loanhub.state._versions_editor import rules_editor

_MAY = Permission.ASSIGNMENTS_EDIT
TABS = (("rules", "规则"), ("trial", "试算"), ("versions", "版本"))

Conditions: Any = tree_editor(_MAY, first_field="amount_fen", leaf=lead_scores.leaf)
Publishing: Any = rules_editor(_MAY, lead_scores, follows="，在跟线索正在后台重新评分")


class LeadScoresState(Conditions, Publishing, SessionState):  # type: ignore[misc]
    """The page."""

    tabs: list[dict[str, str]] = []
    tab: str = "rules"
    rules: list[dict[str, str]] = []
    bands: dict[str, str] = {}
    loading: bool = True
    bands_key: str = ""
    field_errors: dict[str, str] = {}
    opened: bool = False
    editing: str = ""
    form_key: str = ""
    values: dict[str, str] = {}
    trial: dict[str, str] = {}
    trial_bands: list[dict[str, str]] = []
    trial_rules: list[dict[str, str]] = []
    samples: list[dict[str, str]] = []

    _view: ScoresView | None = None

    @rx.event
    @needs(_MAY)
    @outlives(
        "opened", "publishing", keep=("tab", "editing", "form_key", "values", "field_errors", "_draft", *TREE)
    )
    async def load(self) -> None:
        """Show the rules."""
        self._watch(lead_scores.TOPIC)
        self.loading, self.opened, self.publishing, self.tab = True, False, False, "rules"
        self.trial, self.samples = {}, []
        await self._read()

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        found = await rx.run_in_thread(lambda: lead_scores.view(actor, now=now))
        self._view = found
        self._show_versions(found, nothing="还没有启用", about=lambda one: f"{one.rules} 条规则")
        self.rules = [
            {
                "key": one.key, "name": one.name, "sentence": one.sentence, "active": "1" if one.active else "",
                "points": f"{one.points:+d}".replace("-", "−"), "good": "1" if one.points > 0 else "",
            }
            for one in found.rules
        ]  # fmt: skip
        self.bands = {
            "base": str(found.base), "high_from": str(found.high_from), "watch_from": str(found.watch_from)
        }  # fmt: skip
        counts = {"rules": str(len(self.rules)), "versions": str(len(self.versions))}
        self.tabs = [{"id": code, "name": label, "count": counts.get(code, "")} for code, label in TABS]
        self.bands_key = f"{found.draft_version}-{found.in_force}"
        self.loading, self.field_errors = False, {}

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        if topic != lead_scores.TOPIC:
            await super()._on_live(topic, ops)
            return
        (await self._actor()).require(_MAY)
        if not self.opened:
            await self._read()

    @rx.event
    @needs(_MAY)
    async def choose(self, tab: str) -> None:
        """Show another part of the page."""
        if str(tab) in dict(TABS):
            self.tab = str(tab)

    @rx.event
    @needs(_MAY)
    async def save_bands(self, form: dict[str, Any]) -> Any:
        """Save the bands in the draft."""
        actor, now, expected = await self._actor(), utc_now(), self._draft
        base, high, watch = (str(form.get(key) or "")[:5] for key in ("base", "high_from", "watch_from"))
        await rx.run_in_thread(
            lambda: lead_scores.save_bands(
                actor, expected=expected, base=base, high_from=high, watch_from=watch, now=now
            )
        )
        await self._read()
        return done("已存入草稿，发布后生效")

    @rx.event
    @needs(_MAY, per_minute=20)
    async def run_trial(self, form: dict[str, Any]) -> None:
        """Score recent leads by the draft; nothing is written."""
        actor, now, text = await self._actor(), utc_now(), str(form.get("count") or "").strip()
        count = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
        found = await rx.run_in_thread(lambda: lead_scores.simulate(actor, count=count, now=now))
        self.trial = {"which": found.which, "leads": str(found.leads), "changed": str(found.changed)}
        self.trial_bands = [{key: str(value) for key, value in asdict(one).items()} for one in found.bands]
        self.trial_rules = [{key: str(value) for key, value in asdict(one).items()} for one in found.rules]
        self.samples = [asdict(one) for one in found.samples]

    @rx.event
    @needs(_MAY)
    async def show(self, is_open: bool) -> None:
        """Open an empty sheet or close it."""
        if not is_open:
            self.opened = False
            return
        self.editing, self.values = "", {}
        await self._open({})

    @rx.event
    @needs(_MAY)
    async def edit(self, key: str) -> None:
        """Open the sheet of a rule."""
        await self._read()
        found = next((one for one in self._view.rules if one.key == str(key)), None) if self._view else None
        if found is not None:
            self.editing, self.values = found.key, {"name": found.name, "points": str(found.points)}
            await self._open(found.criteria)

    async def _open(self, raw: Any) -> None:
        actor = await self._actor()
        fields = await rx.run_in_thread(lambda: lead_scores.fields(actor))
        self.field_errors, self.form_key, self.opened = {}, secrets.token_hex(12), True
        await self._begin_tree(fields, raw)

    async def _preview(self) -> None:
        actor, raw, leaves = await self._actor(), self._criteria(), self._leaves()
        found = await rx.run_in_thread(lambda: lead_scores.read_back(actor, raw, leaves))
        self._show_tree(found.leaves, found.sentence)

    @rx.event
    @needs(_MAY)
    async def save(self, form: dict[str, Any]) -> Any:
        """Save the rule in the draft."""
        actor, now, expected, key, raw = (
            await self._actor(),
            utc_now(),
            self._draft,
            self.editing,
            self._criteria(),
        )
        name, points = str(form.get("name", ""))[:100], str(form.get("points", ""))[:8]
        await rx.run_in_thread(
            lambda: lead_scores.save_rule(
                actor, expected=expected, key=key, name=name, points=points, raw_criteria=raw, now=now
            )
        )
        self.opened = False
        await self._read()
        return done(f"规则「{name.strip()}」已存入草稿，发布后生效")
