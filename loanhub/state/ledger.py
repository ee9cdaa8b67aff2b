"""The books: a day held against the bank and signed, the trial balance, the journal."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services import ledger_books
from loanhub.services.ledger_books import JOURNAL_ROWS
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import today, utc_now
from loanhub.state._guard import needs

TABS = {"day": "日终对账", "trial": "试算平衡", "journal": "分录"}


@dataclass
class Booked:
    """A transaction of the journal; its lines are (account, debit, credit)."""

    id: str = ""
    kind: str = ""
    value_date: str = ""
    posted: str = ""
    late: bool = False
    loan_id: str = ""
    loan_number: str = ""
    note: str = ""
    by: str = ""
    lines: list[list[str]] = field(default_factory=list)


class LedgerState(SessionState):
    """The ledger page."""

    tab: str = "day"
    tabs: list[dict[str, str]] = []
    loading: bool = True
    field_errors: dict[str, str] = {}

    day: str = ""
    figures: list[dict[str, str]] = []
    differences: list[dict[str, str]] = []
    late: list[dict[str, str]] = []
    sources: list[str] = []
    fits: bool = False
    closed: bool = False
    closed_text: str = ""
    closed_note: str = ""
    can_close: bool = False
    cannot: str = ""
    days: list[dict[str, str]] = []
    day_export: str = ""
    pending: bool = False

    first: str = ""
    last: str = ""
    accounts: list[dict[str, str]] = []
    totals: dict[str, str] = {}
    balanced: bool = True
    broken_text: str = ""
    trial_export: str = ""

    journal_first: str = ""
    journal_last: str = ""
    account: str = ""
    account_label: str = ""
    kind: str = ""
    kind_label: str = ""
    text: str = ""
    amount: str = ""
    account_options: list[dict[str, str]] = []
    kind_options: list[dict[str, str]] = []
    rows: list[Booked] = []
    page: int = 1
    pages: int = 1
    total: int = 0
    range_text: str = ""

    @rx.event
    @needs(Permission.LEDGER_READ)
    async def load(self) -> None:
        """Show what the address names."""
        query = self.router.url.query_parameters
        self._watch("ledger")
        self.loading, self.field_errors, self.pending = True, {}, False
        self.tabs = [{"id": code, "name": label, "count": ""} for code, label in TABS.items()]
        wanted = str(query.get("tab", ""))
        self.tab = wanted if wanted in TABS else "day"
        now = today()
        self.day = _iso(query.get("day"), now - timedelta(days=1))
        self.last = _iso(query.get("last"), now)
        self.first = _iso(query.get("first"), date.fromisoformat(self.last).replace(day=1))
        self.journal_first = _iso(query.get("from"), None)
        self.journal_last = _iso(query.get("to"), None)
        self.account, self.kind = str(query.get("account", ""))[:40], str(query.get("kind", ""))[:32]
        self.text, self.amount = str(query.get("q", ""))[:40], ""
        number = str(query.get("page", ""))
        self.page = max(1, int(number)) if number.isascii() and number.isdigit() and len(number) < 6 else 1
        await self._read()

    async def _read(self) -> None:
        self.field_errors = {}
        try:
            if self.tab == "trial":
                await self._read_trial()
            elif self.tab == "journal":
                await self._read_journal()
            else:
                await self._read_day()
        except InvalidInput as refusal:
            self.field_errors = refusal.fields
        finally:
            self.loading = False

    def _address(self) -> Any:
        query: dict[str, object] = {"tab": "" if self.tab == "day" else self.tab}
        if self.tab == "trial":
            query |= {"first": self.first, "last": self.last}
        elif self.tab == "journal":
            query |= {
                "from": self.journal_first, "to": self.journal_last, "account": self.account, "kind": self.kind,
                "q": self.text, "page": self.page,
            }  # fmt: skip
        else:
            query |= {"day": self.day}
        return _listing.address("/ledger", query, [])

    async def _show(self) -> Any:
        await self._read()
        return self._address()

    @rx.event
    @needs(Permission.LEDGER_READ)
    async def choose_tab(self, code: str) -> Any:
        """Show another part of the books."""
        self.tab, self.page = str(code) if str(code) in TABS else "day", 1
        return await self._show()

    # ---- a day ----
    def _shown_day(self) -> date:
        return date.fromisoformat(self.day) if self.day else today()

    async def _read_day(self) -> None:
        actor, now, day = await self._actor(), utc_now(), self._shown_day()
        shown = await rx.run_in_thread(lambda: ledger_books.day_books(actor, day=day, now=now))
        signed = await rx.run_in_thread(lambda: ledger_books.list_days(actor))
        self._show_day(shown)
        self.days = [
            {"day": one.day, "fits": "1" if one.fits else "", "difference": one.difference, "by": one.by, "at": one.at}
            for one in signed
        ]  # fmt: skip

    def _show_day(self, shown: ledger_books.DayBooks) -> None:
        self.figures = [
            {k: ("1" if v else "") if isinstance(v, bool) else str(v) for k, v in asdict(one).items()}
            for one in shown.figures
        ]
        self.differences = [{**asdict(one), "id": f"{place}"} for place, one in enumerate(shown.differences)]
        self.late = [{**asdict(one), "id": f"late-{place}"} for place, one in enumerate(shown.late)]
        self.sources, self.fits = list(shown.statements), shown.fits
        self.closed, self.closed_note = shown.closed, shown.note
        self.closed_text = f"{shown.closed_by}，{shown.closed_at}" if shown.closed else ""
        self.can_close, self.cannot = shown.can_close, shown.cannot
        self.day_export = f"/api/ledger/day.xlsx?day={shown.day}"

    @rx.event
    @needs(Permission.LEDGER_READ)
    async def choose_day(self, day: str) -> Any:
        """Show another day."""
        self.day = _iso(day, self._shown_day())
        return await self._show()

    @rx.event
    @needs(Permission.LEDGER_READ)
    async def step_day(self, days: int) -> Any:
        """Show the day before or after."""
        wanted = self._shown_day() + timedelta(days=1 if days == 1 else -1)
        self.day = min(wanted, today()).isoformat()
        return await self._show()

    @rx.event
    @needs(Permission.LEDGER_CLOSE)
    async def close_day(self, data: dict[str, Any]) -> Any:
        """Sign the day that is shown."""
        actor, now, day = await self._actor(), utc_now(), self._shown_day()
        text = str(data.get("note", ""))[:400]
        try:
            await rx.run_in_thread(lambda: ledger_books.close_day(actor, day=day, note=text, now=now))
        except InvalidInput as refusal:
            self.field_errors = refusal.fields
            return None
        await self._read()
        return done(f"{self.day} 的对账已确认")

    # ---- trial balance ----
    async def _read_trial(self) -> None:
        actor, first, last = (
            await self._actor(),
            date.fromisoformat(self.first),
            date.fromisoformat(self.last),
        )
        shown = await rx.run_in_thread(lambda: ledger_books.trial_balance(actor, first=first, last=last))
        self.accounts = [
            {
                "code": row.code, "label": row.label, "opening_side": row.opening_side, "opening": row.opening,
                "debit": row.debit, "credit": row.credit, "side": row.side, "closing": row.closing,
            }
            for row in shown.rows
        ]  # fmt: skip
        self.totals = {
            "opening_debit": shown.opening_debit, "opening_credit": shown.opening_credit, "debit": shown.debit,
            "credit": shown.credit, "closing_debit": shown.closing_debit, "closing_credit": shown.closing_credit,
            "difference": shown.difference,
        }  # fmt: skip
        self.balanced = shown.balanced
        self.broken_text = (
            f"凭证 {'、'.join(map(str, shown.broken))} 借贷不等，请联系管理员" if shown.broken else ""
        )
        self.trial_export = f"/api/ledger/trial.xlsx?first={shown.first}&last={shown.last}"

    @rx.event
    @needs(Permission.LEDGER_READ)
    async def choose_period(self, key: str, day: str) -> Any:
        """Set the first or the last day of the trial balance."""
        if key == "first":
            self.first = _iso(day, date.fromisoformat(self.first))
        elif key == "last":
            self.last = _iso(day, date.fromisoformat(self.last))
        return await self._show()

    # ---- journal ----
    async def _read_journal(self) -> None:
        actor = await self._actor()
        first = date.fromisoformat(self.journal_first) if self.journal_first else None
        last = date.fromisoformat(self.journal_last) if self.journal_last else None
        asked = {
            "account": self.account,
            "kind": self.kind,
            "text": self.text,
            "amount": self.amount,
            "page": self.page,
        }
        found = await rx.run_in_thread(
            lambda: ledger_books.journal(actor, first=first, last=last, **asked)  # type: ignore[arg-type]
        )
        self.account_options, self.kind_options = _listing.pairs(found.accounts), _listing.pairs(found.kinds)
        self.account_label = dict(found.accounts).get(self.account, self.account)
        self.kind_label = dict(found.kinds).get(self.kind, self.kind)
        self.rows = [
            Booked(
                str(row.id), row.kind, row.value_date, row.posted, row.late, str(row.loan_id or ""), row.loan_number,
                row.note, row.by, [[line.account, line.debit, line.credit] for line in row.lines],
            )
            for row in found.rows
        ]  # fmt: skip
        self.total, self.pages = found.total, max(1, -(-found.total // JOURNAL_ROWS))
        self.range_text = _listing.range_text(self.page, len(found.rows), found.total)

    @rx.event(supersedes=True)
    @needs(Permission.LEDGER_READ, per_minute=120)
    async def search(self, text: str) -> Any:
        """Search the journal by loan number or note."""
        self.text, self.page = str(text).strip()[:40], 1
        return await self._show()

    @rx.event(supersedes=True)
    @needs(Permission.LEDGER_READ, per_minute=120)
    async def search_amount(self, text: str) -> Any:
        """Show the transactions with a line of this amount."""
        self.amount, self.page = str(text).strip()[:20], 1
        return await self._show()

    @rx.event
    @needs(Permission.LEDGER_READ)
    async def set_filter(self, key: str, value: str) -> Any:
        """Filter the journal by account, kind or days."""
        if key in ("account", "kind"):
            setattr(self, key, str(value)[:40])
        elif key in ("journal_first", "journal_last"):
            setattr(self, key, _iso(value, None))
        self.page = 1
        return await self._show()

    @rx.event
    @needs(Permission.LEDGER_READ)
    async def clear_filters(self) -> Any:
        """Show the whole journal."""
        self.text, self.amount, self.account, self.kind, self.page = "", "", "", "", 1
        self.journal_first, self.journal_last = "", ""
        clear = rx.call_script(
            "document.querySelectorAll('#page-search, #journal-amount, #journal-first, #journal-last')"
            ".forEach((box) => { box.value = ''; })"
        )
        return [await self._show(), clear]

    @rx.event
    @needs(Permission.LEDGER_READ)
    async def go(self, step: int) -> Any:
        """Turn the page by ``step``."""
        self.page = max(1, min(self.pages, self.page + (1 if step == 1 else -1)))
        return await self._show()

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        """Somebody signed a day: it shows."""
        if topic == "ledger":
            await self._read()
        else:
            await super()._on_live(topic, ops)


def _iso(raw: object, otherwise: date | None) -> str:
    """Return a day in ISO form; what is no day becomes ``otherwise``, or empty."""
    try:
        return date.fromisoformat(str(raw)).isoformat()
    except ValueError:
        return otherwise.isoformat() if otherwise else ""
