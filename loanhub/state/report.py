"""The page of one report 报表: what it asks for, its answer, its records, saving."""

from __future__ import annotations

import json
import secrets
from typing import Any

import plotly.graph_objects as go
import reflex as rx

from loanhub.analytics.figures import NOTHING
from loanhub.components.toasts import done
from loanhub.domain import formats
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.reports import SUBJECT_LABELS, ReportTable
from loanhub.services import cockpit, reports
from loanhub.services.cockpit import Drill
from loanhub.services.reports import conditions as report_conditions
from loanhub.state import _live, _shared_reading
from loanhub.state import _report_view as drawn
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._report_choices import LONGEST, Choosing
from loanhub.state._shared_reading import TOPIC as LIVE
from loanhub.state._taking import take
from loanhub.state._tree_editor import tree_editor

NEW = "new"
START: dict[str, Any] = {
    "measures": ["disbursed_amount"],
    "rows": ["channel"],
    "period": {"code": "month"},
    "chart": "bar",
}
READ, FIGURES, EDIT = Permission.REPORTS_READ, Permission.FIGURES_READ, Permission.REPORTS_EDIT

Conditions: Any = tree_editor(READ, first_field="owner_id", leaf=report_conditions.leaf)


class ReportState(Choosing, Conditions, SessionState):  # type: ignore[misc]
    """One report: what it asks for, changed choice by choice, and its answer."""

    key: str = ""
    name: str = ""
    about: str = ""
    owner: str = ""
    shared_label: str = ""
    shared_with: str = "me"
    can_edit: bool = False
    may_build: bool = False
    ready: bool = False
    missing: bool = False
    loading: bool = True

    note: str = ""
    updated: str = ""
    groups: list[dict[str, str]] = []
    heads: list[dict[str, str]] = []
    lines: list[dict[str, Any]] = []
    totals: list[dict[str, str]] = []
    big: list[dict[str, str]] = []
    more: str = ""
    figure: go.Figure = rx.field(default_factory=lambda: NOTHING)
    chart_height: str = "0px"
    conclusion: str = ""
    busy: bool = False

    subject: str = ""
    condition_lines: list[dict[str, str]] = []
    conditions_open: bool = False
    saving: bool = False
    save_as: bool = False
    form_key: str = ""
    values: dict[str, str] = {}
    field_errors: dict[str, str] = {}
    sharing: list[dict[str, str]] = []

    opened: Drill = Drill()
    drill_open: bool = False

    _version: int = 0
    _table: ReportTable | None = None
    _drilled: tuple[tuple[str, ...], str] = ((), "")

    @rx.event
    @needs(READ, FIGURES)
    async def load(self) -> Any:
        """Show the report of the address; ``new`` starts one. What was changed and not saved outlives a lost connection."""
        self.loading, self.missing, self.drill_open, self.pane, self.search = True, False, False, "", ""
        self.saving = self.conditions_open = False
        self._watch(LIVE)
        await self._open(self.router.url.path.rstrip("/").rpartition("/")[2][:LONGEST], keep=True)

    @rx.event
    @needs(READ)
    async def discard(self) -> None:
        """Go back to the report as it was saved."""
        await self._open(self.key or NEW, keep=False)

    async def _open(self, key: str, *, keep: bool) -> None:
        actor, now = await self._actor(), utc_now()
        self.may_build = actor.can(READ)
        kept = keep and self.changed and self.may_build and key == (self.key or NEW)
        if not kept:
            self.heads, self.lines, self.big = [], [], []
        if key == NEW:
            actor.require(READ)
            self.key, self.name, self.about, self.owner = "", "新建报表", "", actor.name
            self.shared_label, self.shared_with, self.ready, self.can_edit = "未保存", "me", False, False
            definition = START
        else:
            try:
                found = await rx.run_in_thread(lambda: reports.look(actor, key, now=now))
            except NotFound:
                self.missing, self.loading, self.changed, self.name = True, False, False, "报表"
                return
            row, definition = found.row, dict(found.definition)
            self.key, self.name, self.about, self.owner = row.key, row.name, row.note, row.owner
            self.shared_label, self.shared_with, self.ready = row.shared_label, row.shared_with, row.ready
            self.can_edit = row.can_edit
            if not kept:
                self._version = row.version
        if not kept:
            self._take(definition)
            self.changed = False
        try:
            await self._run()
        finally:
            self.loading = False

    def _source(self) -> Any:
        """Return what is run: the report as saved for who may not ask for one of their own."""
        return self._raw() if self.may_build else self.key

    async def _run(self) -> None:
        """Show what may be chosen now, and the answer; a definition at fault says where and leaves the last answer."""
        actor, now, raw, title = await self._actor(), utc_now(), self._raw(), self.name
        self._offer()
        self.updated = ""
        if self.may_build:
            await self._say_conditions()
        try:
            table = await rx.run_in_thread(
                lambda: (
                    reports.answer(actor, raw, title=title, now=now)
                    if self.may_build
                    else reports.run(actor, self.key, now=now)
                )
            )
        except InvalidInput as refusal:
            self.faults = dict(refusal.fields) or {"definition": refusal.sentence}
            self.fault_line = refusal.sentence
            return
        self.faults, self.fault_line = {}, ""
        self._show(table)

    def _show(self, table: ReportTable) -> None:
        self._table, self.note = table, table.note
        self.heads = drawn.heads_of(table, self.sort_by, self.descending)
        self.groups = drawn.groups_of(table)
        self.lines = drawn.lines_of(table, heat=self.chart == "heat")
        self.totals, self.big = drawn.totals_of(table), drawn.big_of(table)
        hidden = table.cut + max(0, len(table.rows) - drawn.LINES_SHOWN)
        self.more = f"另有 {hidden:,} 行未列出，合计含全部；导出可看前 1,000 行" if hidden else ""
        self.figure, height, self.conclusion = drawn.figure_of(table, self.chart)
        self.chart_height = f"{height}px"

    @rx.event
    @needs(READ, FIGURES)
    async def refresh(self) -> None:
        """Compute it again now."""
        await self._run()

    async def _on_live(self, topic: str, ops: list[_live.Op]) -> None:
        """Follow the figures quietly: the answer alone is read again, what is being chosen, edited or opened stays as it is."""
        if topic != LIVE:
            await super()._on_live(topic, ops)
            return
        if self.missing or self._table is None or self.fault_line:
            return
        actor, now, raw, title, key = await self._actor(), utc_now(), self._raw(), self.name, self.key
        mine = (
            actor.user_id,
            *cockpit.scope_key(actor),
            "report",
            json.dumps(raw, sort_keys=True),
            key,
            self.may_build,
        )
        ask = (
            (lambda: reports.answer(actor, raw, title=title, now=now))
            if self.may_build
            else (lambda: reports.run(actor, key, now=now))
        )
        table = await _shared_reading.shared.live(mine, ask)
        if table is not None and (table.columns, table.rows, table.totals) != (
            self._table.columns,
            self._table.rows,
            self._table.totals,
        ):
            self._show(table)
            self.updated = f"{formats.instant(now)} 有变动，已更新"

    # ── conditions ──

    def _compare(self) -> Any:
        entity = self.subject

        def leaf(actor: Any, **asked: Any) -> dict[str, object]:
            return report_conditions.leaf(actor, entity, **asked)

        return leaf

    async def _say_conditions(self) -> None:
        actor, held = await self._actor(), dict(self._criteria_by)
        found = []
        for entity, tree in held.items():
            sentence, _ = await rx.run_in_thread(
                lambda e=entity, t=tree: report_conditions.read_back(actor, e, t, [])
            )  # type: ignore[misc]
            found.append({"entity": entity, "label": SUBJECT_LABELS.get(entity, entity), "text": sentence})
        self.condition_lines = found

    @rx.event
    @needs(READ)
    async def open_conditions(self, entity: str) -> None:
        """Edit the conditions on one kind of record."""
        entity = str(entity) or (self.subjects[0]["value"] if self.subjects else "")
        actor = await self._actor()
        fields = await rx.run_in_thread(lambda: report_conditions.fields(actor, entity))
        self.subject, self.conditions_open = entity, True
        await self._begin_tree(fields, self._criteria_by.get(entity) or {})

    async def _preview(self) -> None:
        actor, raw, leaves, entity = await self._actor(), self._criteria(), self._leaves(), self.subject
        sentence, texts = await rx.run_in_thread(
            lambda: report_conditions.read_back(actor, entity, raw, leaves)
        )
        self._show_tree(texts, sentence)

    @rx.event
    @needs(READ)
    async def show_conditions(self, is_open: bool) -> None:
        """Close the editor of conditions."""
        self.conditions_open = bool(is_open)

    @rx.event
    @needs(READ)
    async def keep_conditions(self) -> None:
        """Apply what the editor holds."""
        held = {key: tree for key, tree in self._criteria_by.items() if key != self.subject}
        raw = self._criteria()
        self._criteria_by = {**held, self.subject: raw} if raw else held
        self.conditions_open = False
        await self._choose()

    @rx.event
    @needs(READ)
    async def drop_conditions(self, entity: str) -> None:
        """Take the conditions on one kind of record away."""
        self._criteria_by = {key: tree for key, tree in self._criteria_by.items() if key != entity}
        await self._choose()

    # ── saving ──

    @rx.event
    @needs(EDIT)
    async def show_save(self, is_open: bool) -> None:
        """Ask for name and sharing before saving, or close."""
        await self._ask(bool(is_open), as_new=not self.can_edit)

    @rx.event
    @needs(EDIT)
    async def show_save_as(self) -> None:
        """Ask for the name of a copy of what is on the page."""
        await self._ask(True, as_new=True)

    async def _ask(self, is_open: bool, *, as_new: bool) -> None:
        self.saving, self.save_as, self.field_errors = is_open, as_new, {}
        if not is_open:
            return
        actor = await self._actor()
        options = await rx.run_in_thread(lambda: reports.sharing_options(actor))
        known = dict(options)
        if not as_new and self.shared_with not in known:
            options = [*options, (self.shared_with, self.shared_label)]
        self.sharing = [{"value": code, "label": label} for code, label in options]
        name = "" if self.key == "" else f"{self.name} 副本"[:30] if as_new else self.name
        self.values = {"name": name, "note": self.about, "shared_with": "me" if as_new else self.shared_with}
        self.form_key = secrets.token_hex(12)

    @rx.event
    @needs(EDIT)
    async def save(self, form: dict[str, Any]) -> Any:
        """Save the report, or what is on the page as a new one."""
        actor, now, raw, form_key = await self._actor(), utc_now(), self._raw(), self.form_key
        name, about, shared = (str(form.get(one, ""))[:400] for one in ("name", "note", "shared_with"))
        key, version, as_new = self.key, self._version, self.save_as
        self.field_errors = {}
        if as_new:
            number = await rx.run_in_thread(
                lambda: reports.create(
                    actor, name=name, note=about, definition=raw, shared_with=shared, key=form_key, now=now
                )
            )
            self.saving = False
            return [rx.redirect(f"/reports/{number}"), done(f"已保存「{name.strip()}」")]
        self._version = await rx.run_in_thread(
            lambda: reports.edit(
                actor,
                key=key,
                version=version,
                name=name,
                note=about,
                definition=raw,
                shared_with=shared,
                now=now,
            )
        )
        self.saving, self.changed = False, False
        found = await rx.run_in_thread(lambda: reports.look(actor, key, now=now))
        self.name, self.about, self.shared_with = found.row.name, found.row.note, found.row.shared_with
        self.shared_label = found.row.shared_label
        return done(f"已保存「{self.name}」")

    # ── records and files ──

    @rx.event
    @needs(READ, FIGURES)
    async def open_cell(self, place: str, code: str) -> None:
        """Show the records of a figure; place -1 is the totals."""
        table, actor, now, source = self._table, await self._actor(), utc_now(), self._source()
        if table is None:
            return
        text = str(place)
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1
        row = table.keys[number] if 0 <= number < len(table.keys) else ()
        wanted = str(code)[: 2 * LONGEST]
        self.opened = await rx.run_in_thread(
            lambda: reports.drill(actor, source, row=row, column=wanted, now=now)
        )
        self._drilled, self.drill_open = (row, wanted), True

    @rx.event
    @needs(READ, FIGURES)
    async def show_drill(self, is_open: bool) -> None:
        """Close the drawer."""
        self.drill_open = bool(is_open)

    @rx.event
    @needs(READ, FIGURES)
    async def export_drill(self) -> Any:
        """Take the records of the opened figure away."""
        row, column = self._drilled
        asked = {"source": self._source(), "row": list(row), "column": column}
        return await take(await self._actor(), "report_number", asked)

    @rx.event
    @needs(READ)
    async def export(self) -> Any:
        """Take the table away."""
        actor, asked = await self._actor(), {"source": self._raw(), "title": self.name}
        self.busy = True
        yield
        try:
            answer = await take(actor, "report", asked)
        finally:
            self.busy = False
        for one in answer:
            yield one
