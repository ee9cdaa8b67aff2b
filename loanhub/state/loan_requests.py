"""Requests under dual control 贷后审批: waiting for me, made by me, decided; one opened, looked at anew, decided."""

from __future__ import annotations

import secrets
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, failed
from loanhub.domain.errors import NotFound
from loanhub.domain.permissions import Permission
from loanhub.services import loans
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._loan_posting import texts

VIEWS = {"waiting": "待我审批", "pending": "全部待审批", "mine": "我发起的", "decided": "已处理"}
_READ = (Permission.LOANS_ADJUST, Permission.LOANS_APPROVE, Permission.LOANS_WRITE_OFF)
_DECIDE = (Permission.LOANS_APPROVE, Permission.LOANS_WRITE_OFF)


class LoanRequestsState(SessionState):
    """The page of requests."""

    rows: list[dict[str, str]] = []
    views: list[dict[str, str]] = []
    view: str = "waiting"
    kind: str = ""
    loading: bool = True
    broken: bool = False
    new_count: int = 0

    opened: bool = False
    request: dict[str, str] = {}
    papers: list[dict[str, str]] = []
    tried: dict[str, str] = {}
    terms: list[dict[str, str]] = []
    changed: list[dict[str, str]] = []
    changed_count: int = 0
    waived: list[dict[str, str]] = []
    warnings: list[str] = []
    moved: list[dict[str, str]] = []
    can_decide: bool = False
    can_withdraw: bool = False
    form_key: str = ""
    opinion: str = ""
    field_errors: dict[str, str] = {}

    _key: str = ""
    _version: int = 0

    @rx.event
    @needs(*_READ)
    async def load(self) -> None:
        """Show the list the address describes, and the request it names."""
        query = self.router.url.query_parameters
        self._watch("loans")
        actor = await self._actor()
        first = "waiting" if actor.can_any(*_DECIDE) else "mine"
        asked, number = str(query.get("view", "")), str(query.get("id", ""))
        self.view = asked if asked in VIEWS else first
        self.kind = str(query.get("kind", "")) if str(query.get("kind", "")) in loans.CHANGE_KINDS else ""
        self.loading, self.opened, self.broken = True, False, True
        await self._read()
        self.broken = False
        if number.isascii() and number.isdigit() and len(number) < 10:
            await self._open(int(number))

    @rx.event
    @needs(*_READ)
    async def reload(self) -> None:
        """Read the same list again."""
        self.broken = False
        await self._read()

    async def _read(self) -> None:
        actor, now, kind = await self._actor(), utc_now(), self.kind

        def work() -> dict[str, list[loans.RequestRow]]:
            pending = loans.list_requests(actor, status="pending", kind=kind, now=now)
            mine = loans.list_requests(actor, status="", kind=kind, mine=True, now=now)
            every = loans.list_requests(actor, status="", kind=kind, now=now)
            return {
                "waiting": [row for row in pending if row.can_decide],
                "pending": pending,
                "mine": mine,
                "decided": [row for row in every if row.status != "pending"],
            }

        try:
            found = await rx.run_in_thread(work)
        finally:
            self.loading = False
        self.views = [
            {"id": code, "name": name, "count": f"{len(found[code]):,}"} for code, name in VIEWS.items()
        ]
        self.rows = [
            texts(row) | {"initial": _listing.initial(row.by), "color": str(_listing.color_of(row.by))}
            for row in found[self.view]
        ]
        self.new_count = 0

    def _address(self) -> Any:
        query = {
            "view": self.view,
            "kind": self.kind,
            "id": self.request.get("id", "") if self.opened else "",
        }
        return _listing.address("/loans/requests", query, [])

    @rx.event
    @needs(*_READ)
    async def choose_view(self, code: str) -> Any:
        """Show another of the lists."""
        self.view = code if code in VIEWS else "waiting"
        await self._read()
        return self._address()

    @rx.event
    @needs(*_READ)
    async def choose_kind(self, code: str) -> Any:
        """Show requests of one kind only."""
        self.kind = code if code in loans.CHANGE_KINDS else ""
        await self._read()
        return self._address()

    @rx.event
    @needs(*_READ)
    async def open(self, request_id: str) -> Any:
        """Open a request: what it would do today, and what has moved since it was made."""
        text = str(request_id)
        await self._open(int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0)
        return self._address()

    async def _open(self, request_id: int) -> None:
        actor, now = await self._actor(), utc_now()
        found = await rx.run_in_thread(lambda: loans.change_request(actor, request_id=request_id, now=now))
        self.request = {**texts(found.row), "problem": found.problem, "why_not": found.why_not}
        self.papers = [{"label": label, "value": value} for label, value in found.papers]
        self.moved = [texts(line) for line in found.moved]
        self.can_decide, self.can_withdraw = found.can_decide, found.can_withdraw
        seen = found.preview
        self.tried = {} if seen is None else {
            "amount": seen.amount, "figure": seen.amount.removeprefix("¥"), "uppercase": seen.uppercase,
            "summary": seen.summary, "decides": seen.decides, "value_date": seen.value_date,
            "outstanding": f"{seen.before.outstanding} → {seen.after.outstanding}",
            "due": f"{seen.before.due} → {seen.after.due}", "status": f"{seen.before.status} → {seen.after.status}",
        }  # fmt: skip
        self.terms = [texts(line) for line in seen.terms] if seen else []
        self.changed = [texts(row) for row in seen.changed[:60]] if seen else []
        self.changed_count = len(seen.changed) if seen else 0
        self.waived = [texts(part) for part in seen.waived] if seen else []
        self.warnings = list(seen.warnings) if seen else []
        self._version, self._key = found.loan_version, secrets.token_hex(16)
        if not self.opened:
            self.opinion = ""
        self.form_key, self.field_errors, self.opened = self._key[:8], {}, True

    @rx.event
    @needs(*_READ)
    async def show(self, is_open: bool) -> Any:
        """Close the request."""
        self.opened = bool(is_open) and bool(self.request)
        return self._address()

    @rx.event
    @needs(*_DECIDE)
    async def set_opinion(self, text: str) -> None:
        """Keep the opinion as it is written."""
        self.opinion = str(text)[:300]

    @rx.event
    @needs(*_DECIDE)
    async def approve(self) -> Any:
        """Approve what was shown: it is posted now, in one transaction, against the version that was seen."""
        if not self.opened or not self.can_decide:
            return None
        actor, now, key, version = await self._actor(), utc_now(), self._key, self._version
        request_id, note = int(self.request["id"]), self.opinion.strip()
        try:
            posted = await rx.run_in_thread(
                lambda: loans.approve_change(
                    actor, request_id=request_id, note=note, expected_version=version, key=key, now=now
                )
            )
        except loans.StaleLoan as refusal:
            await self._open(request_id)
            return failed(f"{refusal.sentence}，下面已是最新的前后对比")
        self.opened = False
        await self._read()
        await self._count_inbox(actor)
        return [done(f"已通过，凭证 {posted.receipt_number}"), self._address()]

    @rx.event
    @needs(*_DECIDE)
    async def refuse(self) -> Any:
        """Refuse it, with the reason the maker reads."""
        if not self.opened or not self.can_decide:
            return None
        actor, now, request_id = await self._actor(), utc_now(), int(self.request["id"])
        reason = self.opinion.strip()
        await rx.run_in_thread(
            lambda: loans.refuse_change(actor, request_id=request_id, reason=reason, now=now)
        )
        self.opened = False
        await self._read()
        await self._count_inbox(actor)
        return [done("已退回发起人"), self._address()]

    @rx.event
    @needs(Permission.LOANS_ADJUST)
    async def withdraw(self) -> Any:
        """Take one's own request back."""
        if not self.opened or not self.can_withdraw:
            return None
        actor, now, request_id = await self._actor(), utc_now(), int(self.request["id"])
        await rx.run_in_thread(lambda: loans.withdraw_change(actor, request_id=request_id, now=now))
        self.opened = False
        await self._read()
        await self._count_inbox(actor)
        return [done("已撤回"), self._address()]

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        """Others ask and decide: the list follows; an open request says when it is no longer what it was."""
        if topic != "loans":
            await super()._on_live(topic, ops)
            return
        await self._read()
        if self.opened:
            was = self.request.get("status")
            fresh = next((row for row in self.rows if row["id"] == self.request.get("id")), None)
            if fresh is None or fresh["status"] != was:
                try:
                    await self._open(int(self.request["id"]))
                except NotFound:
                    self.opened = False
