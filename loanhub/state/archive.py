"""The archive 资料档案: the list with its tabs, what is chosen, the packing, and one document in its drawer."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from loanhub.components.toasts import done, failed
from loanhub.domain.errors import LoanHubError
from loanhub.domain.permissions import Permission
from loanhub.services import documents, files
from loanhub.services.archive import export, keep, listing
from loanhub.services.archive.listing import Detail, FileRow, MissingRow
from loanhub.services.lists import PAGE_ROWS
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._over_list import put_over
from loanhub.state._paging import paging
from loanhub.state._selection import choosing

MISSING = "missing"
ADDRESS = ("/archive", "document")
"""The list, and the parameter that names the document over it."""
_READ, _UPLOAD = Permission.DOCUMENTS_READ, Permission.DOCUMENTS_UPLOAD


class ArchiveState(choosing(_READ, most=export.MOST), paging(_READ), SessionState):  # type: ignore[misc]
    """The page of the archive."""

    tab: str = "all"
    tabs: list[dict[str, str]] = []
    rows: list[FileRow] = []
    lacking: list[MissingRow] = []
    kind: str = ""
    kind_label: str = ""
    kinds: list[dict[str, str]] = []

    asking_pack: bool = False
    packing: bool = False
    pack_done: int = 0
    pack_total: int = 0
    packed: int = 0

    opened: bool = False
    detail: Detail = Detail()
    versions: list[dict[str, str]] = []
    looks: list[dict[str, str]] = []
    turn: int = 0
    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0
    form_key: int = 0
    field_errors: dict[str, str] = {}

    _stop: bool = False
    _reason: str = ""

    @rx.event
    @needs(Permission.DOCUMENTS_READ, Permission.ARCHIVES_HOLD, Permission.ARCHIVES_RULES)
    async def load(self) -> Any:
        """Read the address and show the tab it names; open the document it names."""
        query, actor = self.router.url.query_parameters, await self._actor()
        self.opened = self.asking_pack = False
        self._choose_anew()
        self.field_errors = {}
        if not actor.can(_READ):
            self.loading = False
            return None
        self.tab, self.text, self.page = str(query.get("tab", ""))[:16], str(query.get("q", ""))[:40], 1
        self.kind = self.kind_label = ""
        self.loading = True
        self.kinds = _listing.pairs(await rx.run_in_thread(lambda: listing.kinds_of(actor)))
        await self._read()
        wanted = str(query.get("document", ""))
        if wanted.isascii() and wanted.isdigit() and len(wanted) < 10:
            return await self._open(int(wanted))
        return None

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        tab, kind, text, first = self.tab, self.kind, self.text, (self.page - 1) * PAGE_ROWS
        found = await rx.run_in_thread(
            lambda: listing.page(actor, tab=tab, kind=kind, text=text, offset=first, now=now)
        )
        lacking = await rx.run_in_thread(lambda: listing.missing(actor, now=now)) if tab == MISSING else ()
        self.rows = list(found.rows)
        self.lacking = list(lacking)
        self.tab = MISSING if tab == MISSING else found.tab
        self.tabs = [{"id": c, "name": name, "count": f"{n:,}"} for c, name, n in found.tabs]
        self.tabs.insert(3, {"id": MISSING, "name": "待补", "count": ""})
        self._count(found.total, len(found.rows))

    async def _show(self) -> Any:
        await self._read()
        return _listing.address("/archive", {"tab": self.tab, "q": self.text}, [])

    @rx.event
    @needs(_READ)
    async def choose_tab(self, code: str) -> Any:
        """Show another tab."""
        self.tab, self.page = str(code)[:16], 1
        self._left_view()
        return await self._show()

    @rx.event
    @needs(_READ)
    async def set_kind(self, code: str) -> Any:
        """Show one kind, or all."""
        self.kind_label = next((one["label"] for one in self.kinds if one["value"] == code), "")
        self.kind, self.page = str(code) if self.kind_label else "", 1
        return await self._show()

    @rx.event
    @needs(_READ)
    async def clear(self) -> Any:
        """Drop search and filter."""
        self.text = self.kind = self.kind_label = ""
        self.page = 1
        return await self._show()

    # ---- packing ----

    @rx.event
    @needs(Permission.DOCUMENTS_EXPORT)
    async def ask_pack(self, is_open: bool) -> None:
        """Open or close the sheet that asks for the reason; a packing on its way goes on."""
        self.asking_pack = bool(is_open) and (bool(self.selected) or self.packing)
        if is_open and not self.packing:
            self.packed, self.form_key = 0, self.form_key + 1

    @rx.event
    @needs(Permission.DOCUMENTS_EXPORT)
    async def pack(self, form: dict[str, Any]) -> Any:
        """Begin to pack what is chosen."""
        if self.packing or not self.selected:
            return None
        self._reason, self._stop = str(form.get("reason", ""))[:300], False
        self.packing, self.pack_done, self.pack_total, self.packed = True, 0, len(self.selected), 0
        return ArchiveState.work_pack

    @rx.event(background=True)
    @needs(Permission.DOCUMENTS_EXPORT, per_minute=6)
    async def work_pack(self) -> Any:
        """Write the archive; the page hears how far it is."""
        async with self:
            actor, ids, reason = await self._actor(), [int(one) for one in self.selected], self._reason
            if not self.packing or not reason.strip():
                self.packing = False
                self.field_errors = {"reason": "写一下原因，2 到 200 个字"}
                return None
        told = {"done": 0, "go": 1}

        def progress(done_files: int, total: int) -> bool:
            told["done"] = done_files
            return bool(told["go"])

        task = asyncio.create_task(
            asyncio.to_thread(
                export.pack, actor, document_ids=ids, reason=reason, progress=progress, now=utc_now()
            )
        )
        while not task.done():
            await asyncio.wait({task}, timeout=0.5)
            async with self:
                self.pack_done = told["done"]
                told["go"] = 0 if self._stop else 1
        async with self:
            self.packing = False
            try:
                made, count = task.result()
            except LoanHubError as refusal:
                fields = getattr(refusal, "fields", {}) or {}
                self.field_errors = dict(fields)
                return failed(refusal.sentence or next(iter(fields.values()), "没有打包成功"))
            self.packed, self.pack_total = made, count
            self._choose([])
            return done(f"{count} 份资料已打包")

    @rx.event
    @needs(Permission.DOCUMENTS_EXPORT)
    async def stop_pack(self) -> None:
        """Stop the packing; no file is kept."""
        self._stop = True

    # ---- one document ----

    @rx.event
    @needs(_READ)
    async def open(self, row_id: str) -> Any:
        """Open a document."""
        return await self._open(int(row_id) if str(row_id).isdigit() else 0)

    async def _open(self, document_id: int) -> EventSpec:
        actor, now = await self._actor(), utc_now()
        self.detail = await rx.run_in_thread(lambda: listing.show(actor, document_id=document_id, now=now))
        looks = await rx.run_in_thread(
            lambda: files.looks_at(actor, document_id=document_id, now=now, limit=50)
        )
        self.looks = [vars(one) for one in looks]
        self.versions = [
            {key: str(value) for key, value in asdict(one).items()} for one in self.detail.versions
        ]
        self.turn = self.left = self.top = self.right = self.bottom = 0
        self.field_errors, self.opened, self.form_key = {}, True, self.form_key + 1
        return put_over(*ADDRESS, str(document_id))

    def _close(self) -> EventSpec:
        self.opened = False
        return put_over(*ADDRESS, "")

    @rx.event
    @needs(_READ)
    async def close(self, is_open: bool) -> Any:
        """Close the drawer."""
        return None if is_open else self._close()

    @rx.event
    @needs(_UPLOAD)
    async def rotate(self, step: int) -> None:
        """Turn the preview by a quarter."""
        self.turn = (self.turn + (90 if step == 1 else 270)) % 360

    @rx.event(supersedes=True)
    @needs(_UPLOAD, per_minute=600)
    async def cut(self, side: str, value: str) -> None:
        """Cut the preview at one side, in percent."""
        if side in ("left", "top", "right", "bottom") and str(value).isdigit():
            setattr(self, side, min(80, int(value)))

    @rx.event
    @needs(_UPLOAD)
    async def save_adjust(self) -> Any:
        """Keep what was turned and cut as the next version."""
        actor, now, number = await self._actor(), utc_now(), self.detail.row.id
        turn, cut = self.turn, tuple(10 * one for one in (self.left, self.top, self.right, self.bottom))
        view = await rx.run_in_thread(
            lambda: keep.adjust(actor, document_id=number, turn=turn, cut=cut, now=now)  # type: ignore[arg-type]
        )
        await self._read()
        return [await self._open(view.id), done("已保存为新版本，原图保留")]

    @rx.event
    @needs(_UPLOAD)
    async def replaced(self, answers: list[dict[str, Any]]) -> Any:
        """Put the uploaded file in the place of the open document."""
        answer = answers[0] if isinstance(answers, list) and answers and isinstance(answers[0], dict) else {}
        number = answer.get("id")
        if not isinstance(number, int):
            return failed(str(answer.get("error", "文件没有上传，可以重试"))[:100])
        actor, now, old = await self._actor(), utc_now(), self.detail.row.id
        await rx.run_in_thread(lambda: keep.replace(actor, document_id=old, by_id=number, now=now))
        await self._read()
        return [await self._open(number), done("已更新为新版本，旧版本保留")]

    @rx.event
    @needs(_UPLOAD)
    async def move(self, form: dict[str, Any]) -> Any:
        """Move the open document to another customer or kind."""
        actor, now, number = await self._actor(), utc_now(), self.detail.row.id
        customer, kind, reason = (str(form.get(key, ""))[:300] for key in ("customer", "kind", "reason"))
        await rx.run_in_thread(
            lambda: keep.move(
                actor, document_id=number, customer_number=customer, kind=kind, reason=reason, now=now
            )
        )
        closed = self._close()
        await self._read()
        return [closed, done("已移动，两边的客户页都有记录")]

    @rx.event
    @needs(_UPLOAD)
    async def remove(self, form: dict[str, Any]) -> Any:
        """Take the open document out of the lists."""
        actor, now, number = await self._actor(), utc_now(), self.detail.row.id
        reason = str(form.get("reason", ""))[:200]
        await rx.run_in_thread(lambda: documents.remove(actor, document_id=number, reason=reason, now=now))
        closed = self._close()
        self._choose([one for one in self.selected if one != str(number)])
        await self._read()
        return [closed, done("已移除，30 天内可以在「已移除」里找回")]

    @rx.event
    @needs(_UPLOAD)
    async def restore(self) -> Any:
        """Bring the open document back."""
        actor, now, number = await self._actor(), utc_now(), self.detail.row.id
        await rx.run_in_thread(lambda: keep.restore(actor, document_id=number, now=now))
        await self._read()
        await self._open(number)
        return done("已找回")

    @rx.event
    @needs(Permission.ARCHIVES_HOLD)
    async def hold(self, form: dict[str, Any]) -> Any:
        """Put a hold on the open document."""
        actor, now, number = await self._actor(), utc_now(), self.detail.row.id
        reason = str(form.get("reason", ""))[:300]
        await rx.run_in_thread(lambda: keep.hold(actor, document_id=number, reason=reason, now=now))
        await self._read()
        await self._open(number)
        return done("已设置法律保留")
