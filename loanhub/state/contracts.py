"""The contract center: tabs, search, filters, and the dialog that makes a contract."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import date
from typing import Any

import reflex as rx
from pydantic import BaseModel, ConfigDict, Field

from loanhub.components.toasts import done
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services import conditions, contracts
from loanhub.services.contracts import center
from loanhub.services.contracts.center import PAGE_ROWS, Center, ContractRow, Draft, WaitingRow
from loanhub.services.printing._kind import MOST
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import today, utc_now
from loanhub.state._guard import needs
from loanhub.state._paging import paging
from loanhub.state._selection import choosing

SORTABLE = ("amount", "created")
PERIODS = ("today", "this_week", "last_7_days", "this_month", "last_30_days", "last_month", "this_year")
CHOOSERS = (Permission.CONTRACTS_PRINT, Permission.CONTRACTS_CREATE)
QUIET = "contract.viewed"
"""The event of a preview: it changes nothing that a list shows."""


class CreateForm(BaseModel):
    """What the create dialog sends; the application chosen is kept on the server."""

    model_config = ConfigDict(extra="ignore", strict=True)

    start_date: str = Field(default="", max_length=10)
    signing_place: str = Field(default="", max_length=60)


def day_of(text: object, field: str) -> date | None:
    """Return the day a date field sent, None when it is empty.

    Raises:
        InvalidInput: it is not a day.
    """
    if text in ("", None):
        return None
    try:
        return date.fromisoformat(str(text))
    except ValueError as error:
        raise InvalidInput(fields={field: "请选择日期"}) from error


class ContractsState(
    choosing(*CHOOSERS, most=MOST, lists=("waiting", "rows")),  # type: ignore[misc]
    paging(Permission.CONTRACTS_READ, sortable=SORTABLE),
    SessionState,
):
    """The contract center."""

    tab: str = ""
    tabs: list[dict[str, str]] = []
    waiting: list[WaitingRow] = []
    rows: list[ContractRow] = []
    owner: str = ""
    owner_label: str = ""
    owners: list[dict[str, str]] = []
    period: str = ""
    period_label: str = ""
    periods: list[dict[str, str]] = []
    sort: str = "created"
    totals: str = ""
    filtered: bool = False

    creating: bool = False
    draft: Draft = Draft()
    draft_ready: bool = False
    choices: list[dict[str, str]] = []
    field_errors: dict[str, str] = {}

    _key: str = ""

    @rx.event
    @needs(Permission.CONTRACTS_READ)
    async def load(self) -> Any:
        """Read the address, show the tab it names, open the dialog for the application it names."""
        query = self.router.url.query_parameters
        actor = await self._actor()
        self._watch("contracts", "applications")
        self.tab, self.text, self.page = str(query.get("tab", ""))[:16], str(query.get("q", ""))[:40], 1
        self.owner = self.owner_label = self.period = self.period_label = ""
        self.loading = True
        self._choose_anew()
        self.creating, self.field_errors = False, {}
        people = await rx.run_in_thread(lambda: center.owners(actor))
        self.owners = [{"value": str(user_id), "label": name} for user_id, name in people]
        known = dict(conditions.periods())
        self.periods = [{"value": code, "label": known[code]} for code in PERIODS if code in known]
        await self._read()
        wanted = str(query.get("application", ""))
        if (
            wanted.isascii()
            and wanted.isdigit()
            and len(wanted) < 10
            and actor.can(Permission.CONTRACTS_CREATE)
        ):
            await self._open(int(wanted))

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        if any(op.get("event") != QUIET for op in ops):
            await self._read()

    def _asked(self) -> dict[str, Any]:
        """Return what the list is asked for: tab, search, filters, order."""
        return {
            "tab": self.tab, "text": self.text, "owner_id": int(self.owner) if self.owner else None,
            "period": self.period, "sort": self.sort, "descending": self.direction != "ascending",
        }  # fmt: skip

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()

        def work(number: int) -> Center:
            return center.page(actor, **self._asked(), offset=(number - 1) * PAGE_ROWS, now=now)

        found = await rx.run_in_thread(lambda: work(self.page))
        if self.page > _listing.pages_of(found.total):
            self.page = _listing.pages_of(found.total)
            found = await rx.run_in_thread(lambda: work(self.page))
        self.tab = found.tab
        self.tabs = [
            {"id": code, "name": label, "count": f"{number:,}"} for code, label, number in found.tabs
        ]
        self.waiting = [replace(row, owner_color=_listing.color_of(row.owner)) for row in found.waiting]
        self.rows = [replace(row, owner_color=_listing.color_of(row.owner)) for row in found.rows]
        self._count(found.total, len(found.waiting) + len(found.rows))
        self.totals = f"{found.total:,} {'笔' if found.tab == 'waiting' else '份'}" + (
            f" · {found.amount}" if found.amount else ""
        )
        self.filtered = bool(self.text or self.owner or (self.period and self.tab != "waiting"))

    async def _show(self) -> Any:
        await self._read()
        return _listing.address("/contracts", {"tab": self.tab, "q": self.text}, [])

    @rx.event
    @needs(Permission.CONTRACTS_READ)
    async def choose_tab(self, code: str) -> Any:
        """Show another tab; search and filters stay, what was chosen belonged to the tab before."""
        self.tab, self.page = str(code)[:16], 1
        self._left_view()
        return await self._show()

    @rx.event
    @needs(Permission.CONTRACTS_READ)
    async def set_owner(self, code: str) -> Any:
        """Show the contracts of one owner, or of all."""
        self.owner_label = next((one["label"] for one in self.owners if one["value"] == code), "")
        self.owner, self.page = str(code) if self.owner_label else "", 1
        return await self._show()

    @rx.event
    @needs(Permission.CONTRACTS_READ)
    async def set_period(self, code: str) -> Any:
        """Show the contracts made in a period, or all."""
        self.period_label = next((one["label"] for one in self.periods if one["value"] == code), "")
        self.period, self.page = str(code) if self.period_label else "", 1
        return await self._show()

    @rx.event
    @needs(Permission.CONTRACTS_READ)
    async def clear(self) -> Any:
        """Drop search and filters."""
        self.text = self.owner = self.owner_label = self.period = self.period_label = ""
        self.page = 1
        return await self._show()

    @rx.event
    @needs(*CHOOSERS)
    async def choose_all(self) -> None:
        """Choose everything the list shows, all pages, at most what one batch holds."""
        actor, now, asked = await self._actor(), utc_now(), self._asked()

        def work() -> list[str]:
            found: list[str] = []
            while len(found) < MOST:
                part = center.page(actor, **asked, offset=len(found), limit=200, now=now)
                rows = part.waiting or part.rows
                found += [str(row.id) for row in rows]
                if len(rows) < 200:
                    break
            return found

        self._choose(await rx.run_in_thread(work))

    @rx.event
    @needs(Permission.CONTRACTS_CREATE)
    async def open_create(self, application_id: int) -> None:
        """Open the dialog for an application, or without one (0) to choose it there."""
        await self._open(application_id if type(application_id) is int else 0)

    async def _open(self, application_id: int) -> None:
        actor, now = await self._actor(), utc_now()
        self._key, self.draft, self.draft_ready = secrets.token_hex(16), Draft(), False
        self.field_errors = {}
        found = await rx.run_in_thread(lambda: center.page(actor, tab="waiting", limit=200, now=now))
        self.choices = [
            {"value": str(row.id), "label": f"{row.customer} · {row.amount} · {row.number}"}
            for row in found.waiting
        ]
        if application_id:
            await self._draft(application_id, None)
        self.creating = True

    async def _draft(self, application_id: int, start: date | None) -> None:
        actor, now = await self._actor(), utc_now()
        self.draft = await rx.run_in_thread(
            lambda: center.draft(actor, application_id=application_id, start=start, now=now)
        )
        self.draft_ready = self.draft.ready

    @rx.event
    @needs(Permission.CONTRACTS_CREATE)
    async def choose_application(self, code: str) -> None:
        """Show the draft of another application."""
        self._key, self.field_errors = secrets.token_hex(16), {}
        if str(code).isdigit() and len(str(code)) < 10:
            await self._draft(int(code), None)
        else:
            self.draft, self.draft_ready = Draft(), False

    @rx.event
    @needs(Permission.CONTRACTS_CREATE)
    async def set_start(self, text: str) -> None:
        """Work the draft out again for another disbursement date."""
        if self.draft.application_id and (start := day_of(text, "start_date")) is not None:
            self._key = secrets.token_hex(16)
            await self._draft(self.draft.application_id, start)

    @rx.event
    @needs(Permission.CONTRACTS_READ)
    async def set_creating(self, is_open: bool) -> None:
        """Follow the dialog being closed."""
        self.creating = bool(is_open) and self.creating

    @rx.event
    @needs(Permission.CONTRACTS_CREATE)
    async def create(self, form: dict[str, Any]) -> Any:
        """Make the contract and go to it."""
        if not self.creating:
            # The second of two quick clicks: the first has made it and leads away already.
            return None
        try:
            command = CreateForm.model_validate(form)
        except ValueError as error:
            raise InvalidInput(fields={"signing_place": "签署地点最多 60 个字"}) from error
        if not self.draft.application_id:
            raise InvalidInput(fields={"application_id": "请选择一笔申请"})
        start = day_of(command.start_date, "start_date") or today()
        actor, key, application_id = await self._actor(), self._key, self.draft.application_id
        contract_id = await rx.run_in_thread(
            lambda: contracts.create(
                actor, application_id=application_id, start=start, signing_place=command.signing_place.strip(),
                key=key, now=utc_now(),
            )
        )  # fmt: skip
        self.creating = False
        return [done("合同已生成"), rx.redirect(f"/contracts/{contract_id}")]
