"""The audit log: filters, pages, one entry with its differences, and the proof of the chain."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from loanhub.components.toasts import done, failed
from loanhub.domain import formats
from loanhub.domain.events import EVENT_TYPES
from loanhub.domain.permissions import Permission
from loanhub.services import audit
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import SHANGHAI, utc_now
from loanhub.state._guard import needs
from loanhub.state._over_list import put_over

ADDRESS = ("/audit", "entry")
"""The log, and the parameter that names the entry over it."""
PERIODS = (("today", "今天"), ("week", "近 7 天"), ("month", "近 30 天"))
_DAYS = {"today": 0, "week": 6, "month": 29}
LINKS = {
    "lead": "/leads?lead=",
    "customer": "/customers/",
    "application": "/applications/",
    "loan": "/loans/",
}


@dataclass
class EntryRow:
    """A line of the log as the table draws it."""

    id: str = ""
    time: str = ""
    day: str = ""
    actor: str = ""
    initial: str = ""
    color: int = 1
    role: str = ""
    label: str = ""
    icon: str = ""
    tone: str = ""
    subject: str = ""
    href: str = ""
    detail: str = ""
    reason: str = ""
    ip: str = ""
    session: str = ""
    hash: str = ""
    exact: str = ""
    changes: list[list[str]] = field(default_factory=list)


@dataclass
class ChainLink:
    """A neighbour in the chain."""

    text: str = ""
    look: str = ""
    fits: bool = True


class AuditState(SessionState):
    """The page of the audit log."""

    tabs: list[dict[str, str]] = []
    tab: str = ""
    text: str = ""
    period: str = ""
    person: str = ""
    person_label: str = ""
    people: list[dict[str, str]] = []
    kind: str = ""
    kind_label: str = ""
    kinds: list[dict[str, str]] = []
    rows: list[EntryRow] = []
    page: int = 1
    pages: int = 1
    range_text: str = ""
    total: str = ""
    loading: bool = True
    has_filter: bool = False

    sealed: str = ""
    head: str = ""
    whole: bool = True
    checked: bool = False
    check_text: str = ""
    days: list[str] = []
    verifying: bool = False
    breaks: list[str] = []

    is_open: bool = False
    chosen: EntryRow = EntryRow()
    links: list[ChainLink] = []
    links_fit: bool = True

    @rx.event
    @needs(Permission.AUDIT_READ)
    async def load(self) -> Any:
        """Show the newest entries and the state of the chain; open the entry the address names."""
        actor = await self._actor()
        self.tab, self.text, self.period, self.person, self.kind, self.page = "", "", "", "", "", 1
        self.is_open, self.verifying, self.breaks, self.loading = False, False, [], True
        self.tabs = [{"id": code or "all", "name": label, "count": ""} for code, label in audit.TABS]
        self.kinds = [{"value": one.code, "label": one.label} for one in EVENT_TYPES.values()]
        found = await rx.run_in_thread(lambda: audit.list_people(actor))
        self.people = _listing.pairs(found)
        await self._read_chain()
        await self._read()
        wanted = str(self.router.url.query_parameters.get(ADDRESS[1], ""))
        return await self._open(wanted) if wanted else None

    async def _read_chain(self) -> None:
        actor, now = await self._actor(), utc_now()
        chain = await rx.run_in_thread(lambda: audit.chain(actor, now=now))
        self.sealed = f"{chain.sealed:,}"
        self.head = _short(chain.head, 3) if chain.head else "—"
        self.days = ["y" if one else "" for one in chain.days]
        self.whole, self.checked = chain.last_check_whole, chain.last_check_at is not None
        self.check_text = (
            f"上次校验 {formats.instant(chain.last_check_at)}：{chain.last_check}"
            if chain.last_check_at
            else "还没有校验过"
        )

    async def _read(self) -> None:
        actor, since = await self._actor(), self._since()
        text, tab, kind = self.text, self.tab, self.kind
        person = int(self.person) if self.person.isdigit() else None
        offset = (self.page - 1) * audit.PAGE_ROWS
        found = await rx.run_in_thread(
            lambda: audit.list_entries(
                actor, text=text, tab=tab, event_type=kind, actor_id=person, since=since, offset=offset
            )
        )
        self.rows = [_row(one) for one in found.entries]
        self.pages = max(1, -(-found.total // audit.PAGE_ROWS))
        self.range_text = _listing.range_text(self.page, len(self.rows), found.total)
        self.total = f"{found.total:,} 条"
        self.has_filter = bool(self.text or self.tab or self.kind or self.person or self.period)
        self.loading = False

    def _since(self) -> datetime | None:
        if self.period not in _DAYS:
            return None
        midnight = utc_now().astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(days=_DAYS[self.period])

    @rx.event
    @needs(Permission.AUDIT_READ)
    async def choose_tab(self, code: str) -> None:
        """Show another kind of entries."""
        self.tab = str(code) if str(code) in dict(audit.TABS) else ""
        self.page = 1
        await self._read()

    @rx.event(supersedes=True)
    @needs(Permission.AUDIT_READ, per_minute=120)
    async def search(self, text: str) -> None:
        """Search in words, people, reasons, addresses and numbers."""
        self.text, self.page = str(text).strip()[:60], 1
        await self._read()

    @rx.event
    @needs(Permission.AUDIT_READ)
    async def set_filter(self, key: str, value: str) -> None:
        """Set or clear a filter: period, person or kind."""
        known = str(value)[:48]
        if key == "period":
            self.period = known if known in _DAYS else ""
        elif key == "person":
            self.person = known if known.isdigit() else ""
            self.person_label = next((one["label"] for one in self.people if one["value"] == self.person), "")
        elif key == "kind":
            self.kind = known if known in EVENT_TYPES else ""
            self.kind_label = EVENT_TYPES[self.kind].label if self.kind else ""
        self.page = 1
        await self._read()

    @rx.event
    @needs(Permission.AUDIT_READ)
    async def clear_filters(self) -> Any:
        """Show everything again."""
        self.tab, self.text, self.period, self.person, self.kind, self.page = "", "", "", "", "", 1
        await self._read()
        return rx.call_script(
            "(() => { const b = document.getElementById('page-search'); if (b) b.value = ''; })()"
        )

    @rx.event
    @needs(Permission.AUDIT_READ)
    async def go(self, step: int) -> None:
        """Turn the page."""
        self.page = max(1, min(self.pages, self.page + (1 if step == 1 else -1)))
        await self._read()

    @rx.event
    @needs(Permission.AUDIT_READ)
    async def open(self, event_id: str) -> Any:
        """Show one entry with its differences and its place in the chain."""
        return await self._open(str(event_id))

    async def _open(self, event_id: str) -> EventSpec:
        actor = await self._actor()
        row = next((one for one in self.rows if one.id == event_id), None)
        if row is None and event_id.isascii() and event_id.isdigit() and len(event_id) < 10:
            found = await rx.run_in_thread(lambda: audit.list_entries(actor, text=f"#{event_id}"))
            row = next((_row(one) for one in found.entries if str(one.id) == event_id), None)
        if row is None:
            return put_over(*ADDRESS, "")
        number = int(row.id)
        around = await rx.run_in_thread(lambda: audit.links_of(actor, event_id=number))
        self.links = [
            ChainLink(
                f"#{one.event_id}  {_short(one.hash)}",
                "bad" if not one.fits else "on" if one.event_id == number else "",
                one.fits,
            )
            for one in around
        ]
        self.links_fit = all(one.fits for one in around)
        self.chosen, self.is_open = row, True
        return put_over(*ADDRESS, row.id)

    @rx.event
    @needs(Permission.AUDIT_READ)
    async def close(self, is_open: bool) -> Any:
        """Close the entry."""
        if is_open:
            return None
        self.is_open = False
        return put_over(*ADDRESS, "")

    @rx.event
    @needs(Permission.AUDIT_VERIFY, per_minute=6)
    async def verify(self) -> Any:
        """Check every link of the chain."""
        actor, now = await self._actor(), utc_now()
        self.verifying, self.breaks = True, []
        yield
        started = time.monotonic()
        verdict = await rx.run_in_thread(lambda: audit.verify(actor, now=now))
        spent = time.monotonic() - started
        self.verifying = False
        self.breaks = [one.sentence for one in verdict.breaks]
        await self._read_chain()
        await self._read()
        if verdict.whole:
            yield done(f"日志链完整，{verdict.checked:,} 条逐条校验，用时 {spent:.1f} 秒")
        else:
            yield failed("日志链断开", detail=verdict.breaks[0].sentence)


def _short(value: str, groups: int = 1) -> str:
    """Return the beginning and the end of a hash, such as 9f3c…a1e7."""
    if not value:
        return "待封存"
    return " ".join(value[i * 4 : i * 4 + 4] for i in range(groups)) + "…" + value[-4:]


def _row(one: audit.Entry) -> EntryRow:
    local = one.at.astimezone(SHANGHAI)
    brief = "；".join(
        f"{label} {old} → {new}" if old != "—" else f"{label} {new}" for label, old, new in one.changes
    )
    reason = f"事由：{one.reason}" if one.reason else ""
    return EntryRow(
        id=str(one.id), time=local.strftime("%H:%M:%S"), day=local.strftime("%m-%d"), actor=one.actor,
        initial=_listing.initial(one.actor), color=_listing.color_of(one.actor), role=one.role, label=one.label,
        icon=one.icon, tone="fr" if one.refused else "fw" if one.sensitive else "",
        subject=one.subject, href=LINKS[one.entity] + str(one.entity_id) if one.entity in LINKS and one.entity_id else "",
        detail=(one.summary or reason or brief or "—")[:120], reason=one.reason, ip=one.ip or "—", session=one.session or "—",
        hash=_short(one.hash), exact=local.strftime("%Y-%m-%d %H:%M:%S"), changes=[list(change) for change in one.changes],
    )  # fmt: skip
