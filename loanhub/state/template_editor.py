"""One version of a template: its blocks, the preview beside them, trial, differences, review and versions."""

from __future__ import annotations

import base64
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.errors import Conflict
from loanhub.domain.permissions import Permission
from loanhub.services import templates
from loanhub.services.templates import TrialLine, VersionView
from loanhub.state._arguments import number_of
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state.templates import TOPIC

TABS = (
    ("blocks", "内容"),
    ("settings", "页面设置"),
    ("trial", "试填"),
    ("changes", "差异"),
    ("versions", "版本"),
)
CHANGE_WORDS = {"added": ("新增", "ok"), "removed": ("删除", "danger"), "changed": ("修改", "warn")}
_E, _P = Permission.TEMPLATES_EDIT, Permission.TEMPLATES_PUBLISH


def _trial(line: TrialLine) -> dict[str, Any]:
    return {
        "key": line.key, "label": line.label, "link": line.link, "fine": "1" if line.fine else "",
        "refusal": line.refusal, "missing": [{"label": label, "link": link} for label, link in line.missing],
    }  # fmt: skip


class TemplateState(SessionState):
    """A version of a template on its page."""

    tab: str = "blocks"
    loading: bool = True
    name: str = ""
    base: str = ""
    base_label: str = ""
    number: int = 0
    status: str = ""
    status_label: str = ""
    tone: str = ""
    note: str = ""
    review_note: str = ""
    tested: str = ""
    edited: str = ""
    why_not_publish: str = ""
    is_default: bool = False
    can_edit: bool = False
    can_submit: bool = False
    can_publish: bool = False
    can_restore: bool = False
    version_id: int = 0
    blocks: list[dict[str, str]] = []
    settings: dict[str, str] = {}
    flags: dict[str, bool] = {}
    versions: list[dict[str, str]] = []
    candidates: list[dict[str, str]] = []
    form_key: str = ""
    field_errors: dict[str, str] = {}

    record: str = "sample"
    page: int = 1
    pages: int = 0
    picture: str = ""
    faults: list[dict[str, Any]] = []
    drawing: bool = False

    trial: list[dict[str, Any]] = []
    trial_text: str = ""
    trying: bool = False
    changes: list[dict[str, str]] = []
    submitting: bool = False
    returning: bool = False
    publishing: bool = False

    _version_id: int = 0
    _row_version: int = 0

    @rx.event
    @needs(_E, _P)
    async def load(self) -> Any:
        """Show the version the address names."""
        self._watch(TOPIC)
        self.loading, self.tab, self.page, self.trial, self.changes = True, "blocks", 1, [], []
        self.submitting = self.returning = self.publishing = False
        self.record = "sample"
        self._version_id = number_of(self.router.url.path.rstrip("/").rpartition("/")[2])
        await self._read()
        if self.candidates:
            self.record = self.candidates[0]["key"]
        yield
        await self._draw()

    async def _read(self) -> None:
        actor, now, version_id = await self._actor(), utc_now(), self._version_id
        try:
            found = await rx.run_in_thread(lambda: templates.look(actor, version_id=version_id, now=now))
        finally:
            self.loading = False
        self._show(found)

    def _show(self, found: VersionView) -> None:
        self._row_version, self.version_id = found.version, found.id
        self.name, self.base, self.base_label, self.number = (
            found.name,
            found.base,
            found.base_label,
            found.number,
        )
        self.status, self.status_label, self.tone = found.status, found.status_label, found.tone
        self.note, self.review_note, self.tested, self.edited = (
            found.note, found.review_note, found.tested, found.edited,
        )  # fmt: skip
        self.why_not_publish, self.is_default = found.why_not_publish, found.is_default
        self.can_edit, self.can_submit = found.can_edit, found.can_submit
        self.can_publish, self.can_restore = found.can_publish, found.can_restore
        last = len(found.blocks)
        self.blocks = [
            {"id": one.id, "kind": one.kind, "label": one.label, "text": one.text, "condition": one.condition,
             "number": one.number, "place": str(place), "last": "1" if place == last else ""}
            for place, one in enumerate(found.blocks, start=1)
        ]  # fmt: skip
        self.settings = {key: value for key, value in found.settings.items() if isinstance(value, str)}
        self.flags = {key: value for key, value in found.settings.items() if isinstance(value, bool)}
        self.versions = [
            {"id": str(one.id), "number": f"第 {one.number} 版", "status": one.status, "tone": one.tone, "by": one.by,
             "at": one.at, "note": one.note, "here": "1" if one.id == self._version_id else ""}
            for one in found.versions
        ]  # fmt: skip
        self.candidates = [{"key": one.key, "label": one.label, "link": one.link} for one in found.candidates]
        self.form_key = f"{found.id}.{found.version}"

    async def _draw(self) -> None:
        """Draw the page of the preview; what is missing instead, when something is."""
        actor, now, version_id, record, page = (
            await self._actor(),
            utc_now(),
            self._version_id,
            self.record,
            self.page,
        )
        picture, count, faults = await rx.run_in_thread(
            lambda: templates.preview(actor, version_id=version_id, record=record, page=page, now=now)
        )
        self.picture = f"data:image/png;base64,{base64.b64encode(picture).decode()}" if picture else ""
        self.pages, self.faults = count, [_trial(one) for one in faults]
        self.page = min(self.page, count) if count else 1

    async def _changed(self) -> None:
        """Show what a step of writing left."""
        self.trial, self.trial_text = [], ""
        await self._read()

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        if topic != TOPIC:
            await super()._on_live(topic, ops)
            return
        if (await self._actor()).can_any(_E, _P) and self._version_id:
            await self._read()

    @rx.event
    @needs(_E, _P)
    async def choose_tab(self, code: str) -> Any:
        """Show another part; differences are worked out when they are looked at."""
        self.tab = str(code) if str(code) in dict(TABS) else "blocks"
        if self.tab == "changes":
            await self._compare()

    async def _compare(self) -> None:
        actor, now, version_id = await self._actor(), utc_now(), self._version_id
        found = await rx.run_in_thread(lambda: templates.changes(actor, version_id=version_id, now=now))
        self.changes = [
            {"word": CHANGE_WORDS[one.kind][0], "tone": CHANGE_WORDS[one.kind][1], "block": one.block,
             "before": one.before, "after": one.after}
            for one in found
        ]  # fmt: skip

    @rx.event
    @needs(_E, _P)
    async def choose_record(self, key: str) -> None:
        """Preview another record."""
        self.record, self.page = str(key)[:40], 1
        await self._draw()

    @rx.event(supersedes=True)
    @needs(_E, _P)
    async def find_records(self, text: str) -> None:
        """Offer the records whose number or customer holds these words; the first of them is shown."""
        actor, version_id, words = await self._actor(), self._version_id, str(text)[:40]
        found = await rx.run_in_thread(
            lambda: templates.find_records(actor, version_id=version_id, text=words)
        )
        self.candidates = [{"key": one.key, "label": one.label, "link": one.link} for one in found]
        if self.record not in [one.key for one in found]:
            self.record, self.page = found[0].key, 1
            await self._draw()

    @rx.event
    @needs(_E, _P)
    async def turn(self, step: int) -> None:
        """Turn the page of the preview."""
        self.page = min(max(self.page + (1 if step == 1 else -1), 1), max(self.pages, 1))
        await self._draw()

    @rx.event
    @needs(_E)
    async def add(self, kind: str, after: str) -> Any:
        """Put a new block after another one, and open its sheet."""
        from loanhub.state.template_block import BlockState

        actor, now, version_id, seen = await self._actor(), utc_now(), self._version_id, self._row_version
        block_id, _ = await rx.run_in_thread(
            lambda: templates.add_block(
                actor, version_id=version_id, kind=str(kind), after=str(after), expected_version=seen, now=now
            )
        )
        await self._changed()
        yield BlockState.open(version_id, block_id)
        await self._draw()

    @rx.event
    @needs(_E)
    async def move(self, block_id: str, step: int) -> Any:
        """Move a block up or down."""
        await self._moved(str(block_id), step=1 if step == 1 else -1)
        yield
        await self._draw()

    @rx.event
    @needs(_E)
    async def drop_on(self, dragged: str, onto: str) -> Any:
        """Put a dragged block where another stands."""
        await self._moved(str(dragged), onto=str(onto))
        yield
        await self._draw()

    async def _moved(self, block_id: str, *, step: int = 0, onto: str = "") -> None:
        actor, now, version_id, seen = await self._actor(), utc_now(), self._version_id, self._row_version
        try:
            await rx.run_in_thread(
                lambda: templates.move_block(
                    actor,
                    version_id=version_id,
                    block_id=block_id,
                    step=step,
                    onto=onto,
                    expected_version=seen,
                    now=now,
                )
            )
        finally:
            await self._changed()

    @rx.event
    @needs(_E)
    async def remove(self, block_id: str) -> Any:
        """Take a block away."""
        actor, now, version_id, seen = await self._actor(), utc_now(), self._version_id, self._row_version
        await rx.run_in_thread(
            lambda: templates.drop_block(
                actor, version_id=version_id, block_id=str(block_id), expected_version=seen, now=now
            )
        )
        await self._changed()
        yield done("已删除这段内容")
        await self._draw()

    @rx.event
    @needs(_E)
    async def save_settings(self, form: dict[str, Any]) -> Any:
        """Save the page settings."""
        self.field_errors = {}
        values: dict[str, Any] = {
            key: str(form.get(key, ""))[:200]
            for key in ("number_label", "head_left", "head_right", "watermark")
        }
        values |= {key: bool(form.get(key)) for key in ("seam_marks", "one_page")}
        actor, now, version_id, seen = await self._actor(), utc_now(), self._version_id, self._row_version
        await rx.run_in_thread(
            lambda: templates.save_settings(
                actor, version_id=version_id, values=values, expected_version=seen, now=now
            )
        )
        await self._changed()
        yield done("页面设置已保存")
        await self._draw()

    @rx.event
    @needs(_E)
    async def rename(self, form: dict[str, Any]) -> Any:
        """Give the template another name."""
        self.field_errors = {}
        actor, now, version_id = await self._actor(), utc_now(), self._version_id
        name = str(form.get("name", ""))[:80]
        await rx.run_in_thread(lambda: templates.rename(actor, version_id=version_id, name=name, now=now))
        await self._read()
        return done("已改名")

    @rx.event
    @needs(_E, _P, per_minute=20)
    async def try_out(self) -> Any:
        """Try the version on the newest records."""
        self.tab, self.trying = "trial", True
        yield
        actor, now, version_id = await self._actor(), utc_now(), self._version_id
        try:
            found = await rx.run_in_thread(lambda: templates.trial(actor, version_id=version_id, now=now))
        finally:
            self.trying = False
        self.trial = [_trial(one) for one in found]
        fine = sum(1 for one in found if one.fine)
        self.trial_text = f"试填 {len(found)} 条，{fine} 条可以生成" + (
            f"，{len(found) - fine} 条还缺内容" if fine < len(found) else ""
        )
        await self._read()

    @rx.event
    @needs(_E)
    async def ask_submit(self, is_open: bool) -> None:
        """Open or close the question before review."""
        self.submitting, self.field_errors = is_open is True, {}

    @rx.event
    @needs(_E)
    async def submit(self, form: dict[str, Any]) -> Any:
        """Send the draft to review."""
        actor, now, version_id, seen = await self._actor(), utc_now(), self._version_id, self._row_version
        note = str(form.get("note", ""))[:400]
        await rx.run_in_thread(
            lambda: templates.submit(actor, version_id=version_id, note=note, expected_version=seen, now=now)
        )
        self.submitting = False
        await self._read()
        return done("已提交审核，等另一位同事发布")

    @rx.event
    @needs(_P)
    async def ask_return(self, is_open: bool) -> None:
        """Open or close the question why it goes back."""
        self.returning, self.field_errors = is_open is True, {}

    @rx.event
    @needs(_P)
    async def send_back(self, form: dict[str, Any]) -> Any:
        """Return the version to who wrote it."""
        self.field_errors = {}
        actor, now, version_id = await self._actor(), utc_now(), self._version_id
        reason = str(form.get("reason", ""))[:400]
        await rx.run_in_thread(
            lambda: templates.send_back(actor, version_id=version_id, reason=reason, now=now)
        )
        self.returning = False
        await self._read()
        return done("已退回修改")

    @rx.event
    @needs(_P)
    async def ask_publish(self, is_open: bool) -> None:
        """Open or close the question before publishing, with what changes."""
        self.publishing = is_open is True
        if self.publishing:
            await self._compare()

    @rx.event
    @needs(_P)
    async def publish(self) -> Any:
        """Put the version in use."""
        actor, now, version_id, seen = await self._actor(), utc_now(), self._version_id, self._row_version
        try:
            await rx.run_in_thread(
                lambda: templates.publish(actor, version_id=version_id, expected_version=seen, now=now)
            )
        except Conflict:
            await self._read()
            raise
        self.publishing = False
        await self._read()
        return done(f"第 {self.number} 版已发布")

    @rx.event
    @needs(_E)
    async def bring_back(self, version_id: str) -> Any:
        """Begin a new draft with the text of a version, and open it."""
        actor, now, chosen = await self._actor(), utc_now(), number_of(version_id) or self._version_id
        fresh = await rx.run_in_thread(lambda: templates.bring_back(actor, version_id=chosen, now=now))
        return rx.redirect(f"/templates/{fresh}")
