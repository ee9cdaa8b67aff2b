"""Documents by the many 批量出具: choosing contracts, beginning a batch, its progress, its files and its printing."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services.printing import batches
from loanhub.services.printing.batches import BatchView, ItemView, Order
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state.contracts import CHOOSERS, WAITING, ContractsState

MAY = (
    Permission.CONTRACTS_PRINT, Permission.CONTRACTS_CREATE, Permission.LOANS_READ, Permission.COLLECTIONS_CONTACT,
)  # fmt: skip
NEW = "new_contract"


class PrintChoiceState(SessionState):
    """The dialog that begins a batch of what is chosen in the contract center."""

    asking: bool = False
    waiting: bool = False
    form_key: int = 0
    field_errors: dict[str, str] = {}

    _key: str = ""

    @rx.event
    @needs(Permission.CONTRACTS_READ)
    async def leave(self) -> None:
        """Close the dialog an earlier visit left open."""
        self.asking = False

    @rx.event
    @needs(*CHOOSERS)
    async def ask(self, is_open: bool) -> None:
        """Open or close the dialog."""
        page = await self.get_state(ContractsState)
        self.asking, self.waiting = bool(is_open) and bool(page.selected), page.view == WAITING
        self.field_errors = {}
        if self.asking:
            self._key, self.form_key = secrets.token_hex(16), self.form_key + 1

    @rx.event
    @needs(*CHOOSERS)
    async def begin(self, form: dict[str, Any]) -> Any:
        """Queue the batch and go to its progress."""
        if not self.asking:
            return None
        page = await self.get_state(ContractsState)
        actor, ids, key = await self._actor(), [int(one) for one in page.selected], self._key
        kind = NEW if self.waiting else "contract"
        copies, order, duplex = copies_of(form), str(form.get("order", "")), form.get("sides") != "single"
        number = await rx.run_in_thread(
            lambda: batches.start(
                actor,
                kind=kind,
                record_ids=ids,
                order=order,
                copies=copies,
                duplex=duplex,
                key=key,
                now=utc_now(),
            )
        )
        page.selected, self.asking = [], False
        return rx.redirect(f"/contracts/batches?batch={number}")


class PrintBatchesState(SessionState):
    """The list of one's own batches and the one that is open."""

    rows: list[BatchView] = []
    loading: bool = True
    opened: bool = False
    one: BatchView = BatchView()
    refused: list[ItemView] = []
    printed: bool = False
    asking: bool = False
    kinds: list[dict[str, str]] = []
    kind: str = ""
    dated: str = ""
    form_key: int = 0
    field_errors: dict[str, str] = {}

    _key: str = ""

    @rx.event
    @needs(*MAY)
    async def load(self) -> None:
        """Read the list; open the batch the address names."""
        actor = await self._actor()
        self.opened = self.asking = False
        self.field_errors, self.loading = {}, True
        known = await rx.run_in_thread(batches.kinds)
        self.kinds = [
            {"value": code, "label": kind.label}
            for code, kind in known.items()
            if kind.find is not None and actor.can(kind.permission)
        ]
        await self._read()
        wanted = str(self.router.url.query_parameters.get("batch", ""))
        if wanted.isascii() and wanted.isdigit() and len(wanted) < 10:
            await self._open(int(wanted))

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        self.rows = await rx.run_in_thread(lambda: batches.list_batches(actor, now=now))
        self.loading = False
        self._watch(*[f"print_batch:{row.id}" for row in self.rows if row.running])

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        await self._read()
        if self.opened:
            await self._show(self.one.id)

    async def _show(self, batch_id: int) -> None:
        actor, now = await self._actor(), utc_now()
        self.one, refused = await rx.run_in_thread(lambda: batches.show(actor, batch_id=batch_id, now=now))
        self.refused = refused

    async def _open(self, batch_id: int) -> None:
        await self._show(batch_id)
        self.printed, self.opened, self.field_errors = False, True, {}
        self.form_key += 1

    @rx.event
    @needs(*MAY)
    async def open(self, row_id: str) -> None:
        """Open a batch."""
        await self._open(int(row_id) if str(row_id).isdigit() else 0)

    @rx.event
    @needs(*MAY)
    async def close(self, is_open: bool) -> None:
        """Close the drawer."""
        if not is_open:
            self.opened = False

    @rx.event
    @needs(*MAY)
    async def stop(self) -> Any:
        """Stop the open batch."""
        actor, number = await self._actor(), self.one.id
        await rx.run_in_thread(lambda: batches.cancel(actor, batch_id=number, now=utc_now()))
        await self._read()
        await self._show(number)
        return done("正在停止，已出的保留")

    @rx.event
    @needs(*MAY)
    async def retry(self) -> Any:
        """Take the open batch up again."""
        actor, number = await self._actor(), self.one.id
        await rx.run_in_thread(lambda: batches.retry(actor, batch_id=number, now=utc_now()))
        await self._read()
        await self._show(number)
        return done("继续生成，已出的不会重复")

    @rx.event
    @needs(*MAY)
    async def give(self, form: dict[str, Any]) -> Any:
        """Record a printing; the link to the file appears."""
        actor, number, reason = await self._actor(), self.one.id, str(form.get("reason", ""))[:300]
        times, sheets = await rx.run_in_thread(
            lambda: batches.give(actor, batch_id=number, reason=reason, now=utc_now())
        )
        await self._read()
        await self._show(number)
        self.printed, self.field_errors = True, {}
        self.form_key += 1
        return done(f"已登记第 {times} 次打印，共 {sheets} 份")

    @rx.event
    @needs(*MAY)
    async def ask(self, is_open: bool) -> None:
        """Open or close the dialog of a new batch by days."""
        self.asking, self.field_errors = bool(is_open) and bool(self.kinds), {}
        if self.asking:
            self._key, self.form_key = secrets.token_hex(16), self.form_key + 1
            await self._set_kind(self.kind or self.kinds[0]["value"])

    async def _set_kind(self, code: str) -> None:
        known = await rx.run_in_thread(batches.kinds)
        if any(one["value"] == code for one in self.kinds):
            self.kind, self.dated = code, known[code].dated

    @rx.event
    @needs(*MAY)
    async def choose_kind(self, code: str) -> None:
        """Ask for what another kind needs."""
        await self._set_kind(str(code))

    @rx.event
    @needs(*MAY)
    async def begin(self, form: dict[str, Any]) -> Any:
        """Queue a batch of everything between two days."""
        if not self.asking:
            return None
        actor, key, kind = await self._actor(), self._key, self.kind
        first, last = (_day(form, one) for one in ("first", "last"))
        if self.dated and (first is None or last is None):
            missing = "first" if first is None else "last"
            raise InvalidInput(fields={missing: "请选择日期"})
        copies, order, duplex = copies_of(form), str(form.get("order", "")), form.get("sides") != "single"
        number = await rx.run_in_thread(
            lambda: batches.start(
                actor, kind=kind, first=first, last=last, order=order, copies=copies, duplex=duplex, key=key,
                now=utc_now(),
            )
        )  # fmt: skip
        self.asking = False
        await self._read()
        await self._open(number)
        return None


ORDERS = Order.options()


def copies_of(form: dict[str, Any]) -> int:
    """Return how often each document is to be printed.

    Raises:
        InvalidInput: not a number of at most three digits.
    """
    text = str(form.get("copies", "1")).strip() or "1"
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        raise InvalidInput(fields={"copies": f"份数要在 1 到 {batches.COPIES_AT_ONCE} 之间"})
    return int(text)


def _day(form: dict[str, Any], key: str) -> date | None:
    text = str(form.get(key, "")).strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidInput(fields={key: "请选择日期"}) from error
