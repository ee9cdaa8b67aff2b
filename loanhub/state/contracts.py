"""The contract center: the list of contracts, what waits for one, and the dialog that makes it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import reflex as rx
from pydantic import BaseModel, ConfigDict, Field

from loanhub.components.toasts import done
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services import conditions, contracts, lists
from loanhub.services._actor import Actor
from loanhub.services.contracts import center
from loanhub.services.contracts.center import PAGE_ROWS, ContractRow, Draft, WaitingRow
from loanhub.services.printing._kind import MOST
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import today, utc_now
from loanhub.state._guard import needs
from loanhub.state._list_export import exporting
from loanhub.state._record_list import EVERY, ListSpec, record_list
from loanhub.state._selection import choosing

WAITING, PAPERS = "waiting", "papers"
SORTABLE = frozenset({"number", "amount_fen", "created_at"})


def _status(status: ContractStatus) -> list[dict[str, Any]]:
    return [center.MAIN, {"field": "status", "op": "eq", "value": status.value}]


VIEWS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    WAITING: ("待出合同", []),
    "to_sign": ("待签", _status(ContractStatus.TO_SIGN)),
    "signed": ("已签", _status(ContractStatus.SIGNED)),
    "effective": ("已生效", _status(ContractStatus.EFFECTIVE)),
    "settled": ("已结清", _status(ContractStatus.SETTLED)),
    "voided": ("作废", _status(ContractStatus.VOIDED)),
    PAPERS: ("其他文书", [{**center.MAIN, "op": "ne"}]),
    EVERY: ("全部", [center.MAIN]),
}
"""What waits lists applications, not contracts: it has a count, rows and a search of its own."""
PERIODS = ("this_week", "last_7_days", "this_month", "last_30_days", "last_month", "this_year")
CHOOSERS = (Permission.CONTRACTS_PRINT, Permission.CONTRACTS_CREATE)
QUIET = "contract.viewed"
"""The event of a preview: it changes nothing that a list shows."""


def _first_view(actor: Actor) -> str:
    return WAITING if actor.can(Permission.CONTRACTS_CREATE) else EVERY


def _all(part: Callable[[int], list[int]]) -> list[str]:
    """Return what a list holds, read in parts of 200, at most what one batch takes."""
    found: list[str] = []
    while len(found) < MOST:
        ids = part(len(found))
        found += [str(one) for one in ids]
        if len(ids) < 200:
            break
    return found


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


EXPORT_KEYS = (
    "number", "status", "base", "template_code", "template_revision", "amount_fen", "annual_rate", "term_months", "method",
    "start_date", "end_date", "signed_date", "page_count", "copy_count", "voided_reason", "owner_id", "department_id",
    "created_at",
)  # fmt: skip
"""The columns of the file: those of the list and what else a contract is kept by."""

ContractList: Any = record_list(
    ListSpec(
        place="contracts", entity="contract", permission=Permission.CONTRACTS_READ, keys=("number", "amount_fen"),
        sortable=SORTABLE, quick=("owner_id", "method"), built_in=VIEWS, first_view=_first_view,
        number_fields=frozenset({"owner_id"}), first_field="amount_fen", segment_field="customer_segment_id",
    )
)  # fmt: skip


class ContractsState(
    exporting(Permission.CONTRACTS_EXPORT, kind="contracts", keys=EXPORT_KEYS),
    choosing(*CHOOSERS, most=MOST, lists=("waiting", "rows")),  # type: ignore[misc]
    ContractList,
    SessionState,
):
    """The contract center."""

    waiting: list[WaitingRow] = []
    rows: list[ContractRow] = []
    owners: list[dict[str, str]] = []
    methods: list[dict[str, str]] = []
    periods: list[dict[str, str]] = []
    totals: str = ""

    creating: bool = False
    contract_draft: Draft = Draft()
    draft_ready: bool = False
    choices: list[dict[str, str]] = []

    _key: str = ""
    _unasked: bool = False
    """Whether the address names no view, so that the one with something to do is shown."""

    async def _opened(self, query: Any) -> None:
        """Take the tab, the customer and the application an address may name."""
        actor = await self._actor()
        self._watch("contracts", "applications")
        self._unasked = not query.get("view") and not query.get("tab") and not self._conditions
        if query.get("tab"):
            self.view = str(query.get("tab"))[:16]
        customer = str(query.get("customer", ""))
        if customer.isascii() and customer.isdigit() and len(customer) < 10:
            one = {"field": "customer_id", "op": "eq", "value": int(customer)}
            self._conditions = [*(c for c in self._conditions if c.get("field") != "customer_id"), one]
            self.view, self._unasked = EVERY, False
        self._choose_anew()
        self.creating = self.asking_export = False
        self.field_errors.clear()
        people = await rx.run_in_thread(lambda: center.owners(actor))
        self.owners = [{"value": str(user_id), "label": name} for user_id, name in people]
        methods = self._fields.get("method")
        self.methods = _listing.pairs(methods.options) if methods else []
        known = dict(conditions.periods())
        self.periods = [{"value": code, "label": known[code]} for code in PERIODS if code in known]
        wanted = str(query.get("application", ""))
        if not actor.can(Permission.CONTRACTS_CREATE):
            return
        if wanted.isascii() and wanted.isdigit() and len(wanted) < 10:
            await self._open(int(wanted))
        elif query.get("make") and customer:
            await self._open(await self._waiting_of(customer))

    async def _waiting_of(self, customer: str) -> int:
        """Return the application of a customer that has waited longest for its contract, 0 for none."""
        actor, now = await self._actor(), utc_now()
        found = await rx.run_in_thread(lambda: center.waiting(actor, limit=200, now=now))
        return next((row.id for row in found.rows if str(row.customer_id) == customer), 0)

    async def _read_views(self) -> None:
        await super()._read_views()
        actor = await self._actor()
        number = await rx.run_in_thread(lambda: center.count_waiting(actor))
        self.views = [
            {**one, "count": f"{number:,}"} if one["id"] == WAITING else one
            for one in self.views
            if one["id"] != WAITING or number is not None
        ]
        if self._unasked:
            self._unasked = False
            todo = {one["id"] for one in self.views if one["count"] != "0"}
            self.view = next((code for code in (self.view, "to_sign") if code in todo), EVERY)
        if number is None and self.view == WAITING:
            self.view = EVERY

    async def _searched(self) -> tuple[str, list[dict[str, Any]]]:
        if not self.text or self.text.isascii():
            return self.text, []
        actor, text = await self._actor(), self.text
        ids = await rx.run_in_thread(lambda: center.customer_ids(actor, text))
        # Nobody of that name: no contract is without a number, so this leaves none.
        nobody = {"field": "number", "op": "is_empty"}
        return "", [{"field": "customer_id", "op": "in", "value": ids} if ids else nobody]

    def _name_condition(self, one: dict[str, Any], sentence: str) -> str:
        return "这位客户的合同" if one.get("field") == "customer_id" else sentence

    async def _read(self) -> None:
        if self.view == WAITING:
            await self._read_waiting()
        else:
            self.waiting = []
            await super()._read()

    async def _read_waiting(self) -> None:
        actor, now, asked = await self._actor(), utc_now(), self._asked_waiting()

        def work(number: int) -> center.Waiting:
            return center.waiting(actor, **asked, offset=(number - 1) * PAGE_ROWS, now=now)

        found = await rx.run_in_thread(lambda: work(self.page))
        if self.page > _listing.pages_of(found.total):
            self.page = _listing.pages_of(found.total)
            found = await rx.run_in_thread(lambda: work(self.page))
        self.rows = []
        self.waiting = [replace(row, owner_color=_listing.color_of(row.owner)) for row in found.rows]
        self._count(found.total, len(found.rows))
        self.totals = f"{found.total:,} 笔 · ¥{found.amount.removeprefix('¥')}"
        self.has_conditions = bool(self.text or self.quick.get("owner_id"))
        self.changed, self.new_count, self.uncounted = False, 0, 0

    def _asked_waiting(self) -> dict[str, Any]:
        owner = self.quick.get("owner_id", "")
        return {"text": self.text, "owner_id": int(owner) if owner.isdigit() else None}

    async def _show_rows(self, found: lists.Page) -> None:
        actor, now, ids = await self._actor(), utc_now(), [row.id for row in found.rows]
        shown = await rx.run_in_thread(lambda: center.rows(actor, ids, now=now))
        self.rows = [replace(row, owner_color=_listing.color_of(row.owner)) for row in shown]

    def _show_sums(self, total: str, sums: dict[str, str]) -> None:
        amount = "" if self.view == PAPERS else sums.get("amount_fen", "")
        self.totals = f"{total} 份" + (f" · 合计 {amount}" if amount else "")

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        """Others make, sign and void contracts: rows on screen follow; what waits is read again."""
        if topic not in ("contracts", "applications"):
            await super()._on_live(topic, ops)
            return
        if all(op.get("event") == QUIET for op in ops):
            return
        await self._read_views()
        if self.view == WAITING or all(op.get("by") == self.user_id for op in ops):
            await self._read()
        elif topic == "contracts":
            found = await self._fetch()
            if [row.id for row in found.rows] == [row.id for row in self.rows]:
                await self._show_rows(found)
            else:
                self.new_count = max(1, found.total - self.total)

    @rx.event
    @needs(Permission.CONTRACTS_READ)
    async def set_period(self, code: str) -> Any:
        """Show the contracts made in a period, or all."""
        made = "created_at"
        rest = [
            c
            for c in self._conditions
            if not (c.get("field") == made and c.get("op") == conditions.PERIOD_OPERATOR)
        ]
        known = {one["value"] for one in self.periods}
        chosen = [{"field": made, "op": conditions.PERIOD_OPERATOR, "value": {"relative": str(code)}}]
        self._conditions, self.page = [*rest, *(chosen if code in known else [])], 1
        return await self._show()  # type: ignore[func-returns-value, call-arg]

    @rx.event
    @needs(*CHOOSERS)
    async def choose_all(self) -> None:
        """Choose everything the list shows, all pages, at most what one batch holds."""
        actor, now = await self._actor(), utc_now()
        if self.view == WAITING:
            asked = self._asked_waiting()
            self._choose(await rx.run_in_thread(lambda: _all(
                lambda offset: [row.id for row in center.waiting(actor, **asked, offset=offset, limit=200, now=now).rows]
            )))  # fmt: skip
            return
        text, more = await self._searched()
        criteria = self._criteria(*more)
        self._choose(await rx.run_in_thread(lambda: _all(
            lambda offset: [row.id for row in lists.page(
                actor, "contract", keys=("number",), raw_criteria=criteria, text=text, offset=offset, limit=200, now=now
            ).rows]
        )))  # fmt: skip

    @rx.event
    @needs(Permission.CONTRACTS_CREATE)
    async def open_create(self, application_id: int) -> None:
        """Open the dialog for an application, or without one (0) to choose it there."""
        await self._open(application_id if type(application_id) is int else 0)

    async def _open(self, application_id: int) -> None:
        actor, now = await self._actor(), utc_now()
        self._key, self.contract_draft, self.draft_ready = secrets.token_hex(16), Draft(), False
        self.field_errors.clear()
        found = await rx.run_in_thread(lambda: center.waiting(actor, limit=200, now=now))
        self.choices = [
            {"value": str(row.id), "label": f"{row.customer} · {row.amount} · {row.number}"}
            for row in found.rows
        ]
        if application_id:
            await self._draft(application_id, None)
        self.creating = True

    async def _draft(self, application_id: int, start: date | None) -> None:
        actor, now = await self._actor(), utc_now()
        self.contract_draft = await rx.run_in_thread(
            lambda: center.draft(actor, application_id=application_id, start=start, now=now)
        )
        self.draft_ready = self.contract_draft.ready

    @rx.event
    @needs(Permission.CONTRACTS_CREATE)
    async def choose_application(self, code: str) -> None:
        """Show the draft of another application."""
        self._key = secrets.token_hex(16)
        self.field_errors.clear()
        if str(code).isdigit() and len(str(code)) < 10:
            await self._draft(int(code), None)
        else:
            self.contract_draft, self.draft_ready = Draft(), False

    @rx.event
    @needs(Permission.CONTRACTS_CREATE)
    async def set_start(self, text: str) -> None:
        """Work the draft out again for another disbursement date."""
        if self.contract_draft.application_id and (start := day_of(text, "start_date")) is not None:
            self._key = secrets.token_hex(16)
            await self._draft(self.contract_draft.application_id, start)

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
        if not self.contract_draft.application_id:
            raise InvalidInput(fields={"application_id": "请选择一笔申请"})
        start = day_of(command.start_date, "start_date") or today()
        actor, key, application_id = await self._actor(), self._key, self.contract_draft.application_id
        contract_id = await rx.run_in_thread(
            lambda: contracts.create(
                actor, application_id=application_id, start=start, signing_place=command.signing_place.strip(),
                key=key, now=utc_now(),
            )
        )  # fmt: skip
        self.creating = False
        return [done("合同已生成"), rx.redirect(f"/contracts/{contract_id}")]
