"""The import wizard: file, columns, check, run, result. What stands in the address survives a reload."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, failed
from loanhub.domain import formats
from loanhub.domain.errors import Conflict
from loanhub.domain.permissions import Permission
from loanhub.services.imports import UnreadableTable, prepare, preview, result, run
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._import_mending import Mending
from loanhub.state._import_views import ImportColumn, ImportPair, Issue, PreviewLine, pair_of

UPLOAD, MAP, CHECK, RUN, RESULT = "upload", "map", "check", "run", "result"
TONES = {
    "refused": "danger",
    "duplicate": "info",
    "customer": "info",
    "warning": "warn",
    "cleaned": "ok",
    "ok": "neutral",
}
ROWS_AT_ONCE = 50
CHOICES = ("owner", "duplicates", "customers", "channel_code")


class ImportsState(Mending, SessionState):
    """The import page."""

    step: str = UPLOAD
    file_name: str = ""
    facts: str = ""
    warnings: list[str] = []
    remembered: bool = False
    columns: list[ImportColumn] = []
    targets: list[dict[str, str]] = []
    missing: list[str] = []
    mapped_text: str = ""
    consent: bool = False
    channels: list[dict[str, str]] = []
    headings: list[str] = []
    lines: list[PreviewLine] = []
    problems: list[dict[str, str]] = []
    sure: list[ImportPair] = []
    likely: list[ImportPair] = []
    uploading: bool = False
    checking: bool = False
    percent: int = 0
    progress_text: str = ""
    created: int = 0
    duplicates: int = 0
    refused: int = 0
    status: str = ""
    status_label: str = ""
    groups: dict[str, int] = {}
    group: str = ""
    issues: list[Issue] = []
    has_more: bool = False
    owners: list[dict[str, str]] = []
    can_undo: bool = False
    undo_until: str = ""
    kept: list[dict[str, str]] = []
    worked_on: int = 0
    recent: list[dict[str, str]] = []
    error: str = ""
    field_errors: dict[str, str] = {}

    @rx.event
    @needs(Permission.LEADS_IMPORT)
    async def load(self) -> Any:
        """Show the import the address names, or the first step."""
        wanted = str(self.router.url.query_parameters.get("batch", ""))
        actor, now = await self._actor(), utc_now()
        recent = await rx.run_in_thread(lambda: result.list_recent(actor, now=now))
        self.recent = [
            {
                "id": str(one.id), "file": one.file_name, "status": one.status_label, "when": one.when,
                "text": f"新建 {one.created:,} · 重复 {one.duplicates:,} · 未导入 {one.refused:,}"
                if one.status != "uploaded" else "还没有导入",
            }
            for one in recent
        ]  # fmt: skip
        self.error, self.uploading, self.checking = "", False, False
        if wanted.isascii() and wanted.isdigit() and len(wanted) < 12:
            return await self._resume(int(wanted))
        self.step, self.batch_id = UPLOAD, 0
        self._watch()
        return None

    @rx.event
    @needs(Permission.LEADS_IMPORT)
    async def open_batch(self, batch_id: str) -> Any:
        """Go back to an earlier import."""
        return await self._resume(int(batch_id)) if str(batch_id).isdigit() else None

    async def _resume(self, batch_id: int) -> Any:
        actor = await self._actor()
        found = await rx.run_in_thread(lambda: run.progress(actor, batch_id=batch_id))
        self.batch_id = batch_id
        self._watch(f"import:{batch_id}")
        if found.status == "uploaded":
            await self._show_mapping()
        elif found.status == "running":
            self.step = RUN
            self._show_progress(found)
            # After a restart nobody runs it any more: whoever looks takes it up again.
            return [_address(batch_id), ImportsState.work(batch_id)]
        else:
            await self._show_result()
        return _address(batch_id)

    @rx.event
    @needs(Permission.LEADS_IMPORT)
    async def start_upload(self) -> None:
        """A file was chosen; the browser is sending it."""
        self.uploading, self.error = True, ""

    @rx.event
    @needs(Permission.LEADS_IMPORT)
    async def uploaded(self, answer: Any) -> Any:
        """Take over the file the browser has sent."""
        self.uploading = False
        data = answer if isinstance(answer, Mapping) else {}
        file_id = data.get("id")
        if type(file_id) is not int:
            self.error = str(data.get("error") or "没有上传成功，请重试")[:200]
            return None
        actor, now = await self._actor(), utc_now()
        try:
            self.batch_id = await rx.run_in_thread(lambda: prepare.create(actor, file_id=file_id, now=now))
        except UnreadableTable as refusal:
            self.error = refusal.sentence
            return None
        self._watch(f"import:{self.batch_id}")
        await self._show_mapping()
        return _address(self.batch_id)

    async def _show_mapping(self) -> None:
        actor, batch_id = await self._actor(), self.batch_id
        shown = await rx.run_in_thread(lambda: prepare.show(actor, batch_id=batch_id))
        self.file_name = shown.file_name
        sheet = f"工作表「{shown.sheet}」 · " if shown.sheet else ""
        self.facts = f"{sheet}{shown.row_count:,} 行 · {len(shown.columns)} 列"
        self.warnings, self.remembered = list(shown.warnings), shown.remembered
        self.columns = [
            ImportColumn(c.place, c.letter, c.header, c.samples, c.target, c.reason, c.tone)
            for c in shown.columns
        ]
        extra = [("@note", "记到备注")]
        if actor.can(Permission.FIELDS_EDIT):
            extra.append((prepare.NEW_FIELD, "＋ 新建字段"))
        self.targets = _listing.pairs([*shown.fields, *extra])
        self.missing = list(shown.missing)
        mapped = sum(c.target not in ("", "@note") for c in shown.columns)
        noted = sum(c.target == "@note" for c in shown.columns)
        left = len(shown.columns) - mapped - noted
        self.mapped_text = (
            f"{mapped} 列已映射"
            + (f" · {noted} 列记到备注" if noted else "")
            + (f" · {left} 列不导入" if left else "")
        )
        self._show_options(shown.options)
        self.channels = _listing.pairs(shown.channels)
        self.step = MAP

    def _show_options(self, options: Mapping[str, object]) -> None:
        self.options = {key: str(options.get(key) or "") for key in CHOICES}
        self.consent = options.get("consent") is True

    @rx.event
    @needs(Permission.LEADS_IMPORT)
    async def send_column(self, place: int, target: str) -> Any:
        """Send a column to a field, the note or nothing."""
        actor, now, batch_id = await self._actor(), utc_now(), self.batch_id
        wanted = {int(place): str(target)[:64]}
        await rx.run_in_thread(lambda: prepare.set_mapping(actor, batch_id=batch_id, targets=wanted, now=now))
        await self._show_mapping()

    @rx.event
    @needs(Permission.LEADS_IMPORT)
    async def choose(self, key: str, value: str) -> Any:
        """Choose whose the leads become, what repeats become, the channel of rows without one."""
        if key not in CHOICES:
            return
        await self._set({key: str(value)[:40]})
        if key == "customers" and self.counts:
            self._count_wanted()

    @rx.event
    @needs(Permission.LEADS_IMPORT)
    async def confirm_origin(self, on: bool) -> Any:
        """Confirm that the list was come by lawfully."""
        await self._set({"consent": bool(on)})
        self.field_errors = {}

    async def _set(self, raw: dict[str, object]) -> None:
        actor, batch_id = await self._actor(), self.batch_id
        await rx.run_in_thread(lambda: prepare.set_options(actor, batch_id=batch_id, raw=raw))
        shown = await rx.run_in_thread(lambda: prepare.show(actor, batch_id=batch_id))
        self._show_options(shown.options)

    @rx.event
    @needs(Permission.LEADS_IMPORT)
    async def check(self) -> Any:
        """Try the import without writing anything."""
        self.checking = True
        yield
        actor, now, batch_id = await self._actor(), utc_now(), self.batch_id
        shown = await rx.run_in_thread(lambda: preview.preview(actor, batch_id=batch_id, now=now))
        self.counts, self.headings = shown.counts, list(shown.headings)
        self.lines = [
            PreviewLine(r.number, list(r.cells), r.outcome_label, TONES.get(r.outcome, "neutral"), r.sentence)
            for r in shown.rows
        ]
        self.problems = [
            {"kind": kind, "tone": TONES.get(kind, "neutral"), "sentence": sentence, "count": f"{number:,}"}
            for kind, sentence, number in shown.problems
        ]
        self.sure = [pair_of(one) for one in shown.pairs.sure]
        self.likely = [pair_of(one) for one in shown.pairs.likely]
        self._offer(shown.faulty)
        self.step, self.checking = CHECK, False

    @rx.event
    @needs(Permission.LEADS_IMPORT)
    async def leave_out(self, row: int, out: bool) -> None:
        """Leave a row out that resembles somebody, or take it in again."""
        place = next((i for i, one in enumerate(self.likely) if one.row == row), -1)
        if place < 0 or self.likely[place].left_out is bool(out):
            return
        actor, now, batch_id, number = await self._actor(), utc_now(), self.batch_id, self.likely[place].row
        await rx.run_in_thread(
            lambda: prepare.leave_out(actor, batch_id=batch_id, row_number=number, out=bool(out), now=now)
        )
        self.likely[place] = replace(self.likely[place], left_out=bool(out))
        self.counts = {**self.counts, "fresh": self.counts["fresh"] + (-1 if out else 1)}
        self._count_wanted()

    @rx.event
    @needs(Permission.LEADS_IMPORT)
    async def back(self) -> None:
        """Return to the step before."""
        if self.step == CHECK:
            await self._show_mapping()
        else:
            self.step, self.batch_id = UPLOAD, 0

    @rx.event
    @needs(Permission.LEADS_IMPORT)
    async def another(self) -> Any:
        """Begin anew with another file."""
        self.step, self.batch_id = UPLOAD, 0
        return _address(0)

    @rx.event
    @needs(Permission.LEADS_IMPORT)
    async def start(self) -> Any:
        """Import."""
        actor, now, batch_id = await self._actor(), utc_now(), self.batch_id
        await rx.run_in_thread(lambda: run.start(actor, batch_id=batch_id, now=now))
        self._show_progress(await rx.run_in_thread(lambda: run.progress(actor, batch_id=batch_id)))
        self.step = RUN
        return ImportsState.work(batch_id)

    @rx.event(background=True)
    @needs(Permission.LEADS_IMPORT)
    async def work(self, batch_id: int) -> Any:
        """Run the import; the page may be left meanwhile."""
        async with self:
            actor = await self._actor()
            wanted = int(batch_id) if type(batch_id) is int else 0
        try:
            await rx.run_in_thread(lambda: run.run(actor, batch_id=wanted, clock=utc_now))
        except Conflict:
            # Another worker, or an earlier visit, is at it; the live topic brings its progress here.
            return
        async with self:
            if self.batch_id == wanted and self.step == RUN:
                await self._show_result()

    @rx.event
    @needs(Permission.LEADS_IMPORT)
    async def stop(self) -> Any:
        """Stop after the rows being written now."""
        actor, batch_id = await self._actor(), self.batch_id
        await rx.run_in_thread(lambda: run.cancel(actor, batch_id=batch_id))
        return rx.toast.info("正在停止，已导入的会保留")

    def _show_progress(self, found: run.Progress) -> None:
        self.percent = formats.percent_of(found.done, found.total) if found.total else 100
        self.progress_text = f"{found.done:,} / {found.total:,} 行"
        self.created, self.duplicates, self.refused = found.created, found.duplicates, found.refused

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        """Rows were written: show how far it is."""
        if topic != f"import:{self.batch_id}" or self.step != RUN:
            await super()._on_live(topic, ops)
            return
        actor, batch_id = await self._actor(), self.batch_id
        found = await rx.run_in_thread(lambda: run.progress(actor, batch_id=batch_id))
        self._show_progress(found)
        if found.status != "running":
            await self._show_result()

    async def _show_result(self) -> None:
        actor, now, batch_id = await self._actor(), utc_now(), self.batch_id
        shown = await rx.run_in_thread(lambda: result.show(actor, batch_id=batch_id, now=now))
        self.file_name, self.status, self.status_label = shown.file_name, shown.status, shown.status_label
        self.facts = f"{shown.done:,} / {shown.row_count:,} 行 · {shown.finished}"
        self.created, self.groups = shown.created, shown.groups
        self.duplicates, self.refused = shown.duplicates, shown.groups["refused"]
        self.owners = [{"name": name, "count": f"{number:,}"} for name, number in shown.owners]
        self.can_undo, self.undo_until, self.worked_on = shown.can_undo, shown.undo_until, shown.worked_on
        self.step, self.kept = RESULT, []
        first = next(
            (g for g in ("refused", "customer", "duplicate", "warning", "cleaned") if shown.groups[g]),
            "refused",
        )
        await self._show_group(first, 0)

    async def _show_group(self, group: str, offset: int) -> None:
        actor, batch_id = await self._actor(), self.batch_id
        found = await rx.run_in_thread(
            lambda: result.list_issues(
                actor, batch_id=batch_id, group=group, offset=offset, limit=ROWS_AT_ONCE
            )
        )
        lines = [
            Issue(
                i.number, i.field, i.sentence, i.before, i.after, i.outcome_label, TONES.get(group, "neutral"),
                i.href, i.subject,
            )
            for i in found
        ]  # fmt: skip
        self.group, self.issues = group, lines if offset == 0 else [*self.issues, *lines]
        seen = len({one.number for one in self.issues})
        self.has_more = seen < self.groups.get(group, 0)

    @rx.event
    @needs(Permission.LEADS_IMPORT)
    async def show_group(self, group: str) -> None:
        """Show the rows of one kind."""
        await self._show_group(str(group) if str(group) in result.GROUPS else "refused", 0)

    @rx.event
    @needs(Permission.LEADS_IMPORT)
    async def more(self) -> None:
        """Show the next rows of this kind."""
        await self._show_group(self.group, len({one.number for one in self.issues}))

    @rx.event
    @needs(Permission.LEADS_IMPORT)
    async def undo(self) -> Any:
        """Take the whole import back."""
        actor, now, batch_id = await self._actor(), utc_now(), self.batch_id
        taken = await rx.run_in_thread(lambda: result.undo(actor, batch_id=batch_id, now=now))
        await self._show_result()
        self.kept = [{"id": str(i), "number": number, "name": name} for i, number, name in taken.kept]
        if taken.removed:
            return done(
                f"已撤回 {taken.removed:,} 条线索"
                + (f"，{len(taken.kept)} 条已有人跟进，保留" if taken.kept else "")
            )
        return failed("没有可以撤回的线索：都已有人跟进")


def _address(batch_id: int) -> Any:
    """Return the event that names the batch in the address, without a visit."""
    url = "/leads/import" + (f"?batch={batch_id}" if batch_id else "")
    return rx.call_script(f"history.replaceState(history.state, '', {json.dumps(url)})")
