"""The recycle bin 回收站, and what a lead or customer page shows of doubles, rulings and deletion."""

from __future__ import annotations

import secrets
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, undoable
from loanhub.domain.permissions import Permission
from loanhub.services import recycle, rulings
from loanhub.services.duplicates import pairs
from loanhub.state import _listing
from loanhub.state._arguments import number_of
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state.duplicates import READERS, PairRow, row_of
from loanhub.state.rulings import ruling_row

DELETERS = (
    Permission.LEADS_DELETE, Permission.CUSTOMERS_DELETE, Permission.TASKS_EDIT, Permission.SEGMENTS_EDIT, Permission.SEARCH_USE,
)  # fmt: skip


class RecycleState(SessionState):
    """The page of the recycle bin."""

    view: str = "all"
    views: list[dict[str, str]] = []
    rows: list[dict[str, str]] = []
    loading: bool = True
    page: int = 1
    pages: int = 1
    total: int = 0
    range_text: str = ""

    @rx.event
    @needs(*DELETERS)
    async def load(self) -> None:
        """Read the address: which kind."""
        asked = str(self.router.url.query_parameters.get("view", "all"))
        self.view, self.page, self.loading = asked if asked in recycle.KINDS else "all", 1, True
        await self._read()

    async def _read(self) -> None:
        actor, now, view, page = await self._actor(), utc_now(), self.view, self.page
        found = await rx.run_in_thread(lambda: recycle.list_items(actor, entity=view, page=page, now=now))
        self.rows = [
            {"id": str(one.id), "label": one.label, "icon": one.icon, "title": one.title, "who": one.who, "when": one.when,
             "reason": one.reason or "—", "left": one.held or one.left, "state": one.state}
            for one in found.rows
        ]  # fmt: skip
        everything = sum(number for _code, _label, number in found.counts)
        self.views = [{"id": "all", "name": "全部", "count": str(everything)}] + [
            {"id": code, "name": label, "count": str(number)} for code, label, number in found.counts
        ]
        self.total, self.pages = found.total, max(1, -(-found.total // 30))
        first = (page - 1) * 30
        self.range_text = f"{first + 1}–{first + len(found.rows)}，共 {found.total} 条" if found.rows else ""
        self.loading = False

    @rx.event
    @needs(*DELETERS)
    async def choose_view(self, code: str) -> Any:
        """Show one kind or all."""
        self.view, self.page = str(code) if str(code) in recycle.KINDS else "all", 1
        await self._read()
        return _listing.address("/recycle", {"view": "" if self.view == "all" else self.view}, [])

    @rx.event
    @needs(*DELETERS)
    async def go(self, step: int) -> None:
        """Turn the page."""
        self.page = max(1, min(self.pages, self.page + (1 if step == 1 else -1)))
        await self._read()

    @rx.event
    @needs(*DELETERS)
    async def restore(self, item_id: str) -> Any:
        """Bring something back."""
        actor, now, wanted = await self._actor(), utc_now(), number_of(item_id)
        title = await rx.run_in_thread(lambda: recycle.restore(actor, item_id=wanted, now=now))
        await self._read()
        return done(f"已恢复「{title}」")


class RecordKeepingState(SessionState):
    """What stands beside one lead or customer: possible doubles, rulings, and the way into the bin."""

    entity: str = ""
    record_id: str = ""
    rows: list[PairRow] = []
    rulings: list[dict[str, str]] = []
    deleting: bool = False
    form_key: str = ""
    field_errors: dict[str, str] = {}

    _item_id: int = 0

    @rx.event(supersedes=True)
    @needs(*READERS)
    async def read(self, entity: str, record_id: str) -> None:
        """Read what is known of a record; nothing of one the reader may not see."""
        actor, now, kind, wanted = await self._actor(), utc_now(), str(entity), number_of(record_id)
        self.entity, self.record_id, self.rows, self.rulings, self.deleting = kind, str(wanted), [], [], False
        if kind not in pairs.READ or not wanted or not actor.can(pairs.READ[kind]):
            return
        found = await rx.run_in_thread(lambda: pairs.of_record(actor, entity=kind, record_id=wanted, now=now))
        self.rows = [row_of(one) for one in found]
        if actor.can(Permission.LEADS_READ):
            told = await rx.run_in_thread(
                lambda: rulings.list_rulings(actor, entity=kind, record_id=wanted, now=now)
            )
            self.rulings = [ruling_row(one) for one in told if one.status != "withdrawn"][:3]

    @rx.event
    @needs(Permission.LEADS_DELETE, Permission.CUSTOMERS_DELETE)
    async def ask_delete(self, is_open: bool) -> None:
        """Open or close the question why."""
        self.deleting, self.field_errors, self.form_key = bool(is_open), {}, secrets.token_hex(8)

    @rx.event
    @needs(Permission.LEADS_DELETE, Permission.CUSTOMERS_DELETE)
    async def delete(self, form: dict[str, Any]) -> Any:
        """Move the record into the bin."""
        actor, now, kind, wanted = await self._actor(), utc_now(), self.entity, number_of(self.record_id)
        self.field_errors = {}
        reason = str(form.get("reason", ""))[:300]
        self._item_id = await rx.run_in_thread(
            lambda: recycle.delete(actor, entity=kind, record_id=wanted, reason=reason, now=now)
        )
        self.deleting = False
        away = rx.redirect("/leads" if kind == "lead" else "/customers")
        return [away, undoable("已移入回收站，30 天内可以恢复", RecordKeepingState.bring_back)]

    @rx.event
    @needs(Permission.LEADS_DELETE, Permission.CUSTOMERS_DELETE)
    async def bring_back(self) -> Any:
        """Take the deletion just made back."""
        actor, now, item_id = await self._actor(), utc_now(), self._item_id
        title = await rx.run_in_thread(lambda: recycle.restore(actor, item_id=item_id, now=now))
        where = f"/leads?lead={self.record_id}" if self.entity == "lead" else f"/customers/{self.record_id}"
        return [rx.redirect(where), done(f"已恢复「{title}」")]
