"""One contract: preview, disclosure sheet, printing, signature, voiding."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import reflex as rx

from loanhub.components.browser import print_file
from loanhub.components.toasts import done
from loanhub.domain import formats
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.services import contracts
from loanhub.services.contracts import view
from loanhub.services.contracts.view import ContractView
from loanhub.state._base import SessionState
from loanhub.state._clock import today, utc_now
from loanhub.state._contract_signing import SigningMixin
from loanhub.state._guard import needs
from loanhub.state._record import RecordPage
from loanhub.state.contracts import QUIET, day_of

DIALOGS = ("sheet", "print", "sign", "void")
ZOOMS = (60, 80, 100, 125, 150)


class ContractState(RecordPage, SigningMixin, SessionState):
    """The contract page."""

    view: ContractView = ContractView()
    missing: bool = False
    zoom: int = 100
    reader: bool = False
    today: str = ""
    items: list[dict[str, str]] = []
    contingent: list[dict[str, str]] = []
    sheet_total: str = ""
    sheet_compound: str = ""
    sheet_confirmed: str = ""
    seconds_left: int = 0

    _opened_at: datetime | None = None

    @rx.event
    @needs(Permission.CONTRACTS_READ)
    async def load(self) -> None:
        """Show the contract in the address."""
        wanted = _id_of(self.router.url.path)
        if wanted != self.view.id:
            self.view, self.zoom, self.reader = ContractView(), 100, False
        self._hold()
        self.dialog, self.field_errors, self.missing = "", {}, False
        self._watch("contracts", "loans")
        try:
            await self._read(wanted)
        except NotFound:
            # A deleted or foreign number typed into the address: the page says so, a toast would pass.
            self.view, self.missing = ContractView(), True

    async def _read(self, contract_id: int) -> None:
        actor, now = await self._actor(), utc_now()
        self.today = today().isoformat()
        self.view = await rx.run_in_thread(
            lambda: view.open_contract(actor, contract_id=contract_id, now=now)
        )
        await self._read_signing(contract_id)

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        mine = any(op.get("id") == self.view.id and op.get("event") != QUIET for op in ops)
        if self.view.id and (mine or topic == "loans"):
            await self._read(self.view.id)

    @rx.event
    @needs(Permission.CONTRACTS_READ)
    async def set_zoom(self, step: int) -> None:
        """Draw the pages larger (1) or smaller (-1)."""
        place = ZOOMS.index(self.zoom) + (1 if step == 1 else -1)
        self.zoom = ZOOMS[max(0, min(len(ZOOMS) - 1, place))]

    @rx.event
    @needs(Permission.CONTRACTS_READ)
    async def set_reader(self, mode: str) -> None:
        """Show the pages as pictures, or the file in the browser's own reader."""
        self.reader = mode == "reader"

    @rx.event
    @needs(Permission.CONTRACTS_READ)
    async def open_dialog(self, code: str) -> None:
        """Open one of the dialogs; the sheet is read from the server first and its reading time begins."""
        if code not in DIALOGS or not self.view.id:
            return
        self.field_errors = {}
        if code == "sheet":
            await self._read_sheet()
        self.dialog = code

    async def _read_sheet(self) -> None:
        actor, now, contract_id = await self._actor(), utc_now(), self.view.id
        sheet = await rx.run_in_thread(lambda: contracts.show(actor, contract_id=contract_id, now=now))
        self.items = [
            {"label": label, "timing": timing, "standard": standard, "payee": payee, "rate": rate}
            for label, timing, standard, payee, rate in sheet.items
        ]
        self.contingent = [
            {"label": label, "standard": standard, "payee": payee}
            for label, standard, payee in sheet.contingent
        ]
        self.sheet_total, self.sheet_compound = sheet.total_text, sheet.compound_text
        self.sheet_confirmed = formats.instant(sheet.confirmed_at) if sheet.confirmed_at else ""
        self._opened_at = now
        self.seconds_left = 0 if self.sheet_confirmed or not self.view.can_confirm else sheet.reading_seconds

    @rx.event
    @needs(Permission.CONTRACTS_READ)
    async def close_dialog(self, is_open: bool) -> None:
        """Follow the dialog being closed."""
        if not is_open:
            self.dialog, self._opened_at, self.seconds_left, self.links = "", None, 0, []

    @rx.event
    @needs(Permission.CONTRACTS_READ)
    async def tick(self) -> None:
        """Count the reading time down; the server's own clock decides in the end."""
        self.seconds_left = max(0, self.seconds_left - 1)

    @rx.event
    @needs(Permission.CONTRACTS_SIGN)
    async def confirm_sheet(self) -> Any:
        """Record that the borrower has read and confirmed the sheet."""
        actor, now, contract_id = await self._actor(), utc_now(), self.view.id
        seconds = int((now - self._opened_at).total_seconds()) if self._opened_at else 0
        await rx.run_in_thread(
            lambda: contracts.confirm(actor, contract_id=contract_id, read_seconds=seconds, now=now)
        )
        self.dialog, self._opened_at = "", None
        await self._read(contract_id)
        return done("明示表已确认，可以登记签署")

    @rx.event
    @needs(Permission.CONTRACTS_PRINT)
    async def print_copies(self, form: dict[str, Any]) -> Any:
        """Log the copies, then hand the file to the browser's print window."""
        text = str(form.get("copies", "")).strip()
        if not (text.isascii() and text.isdigit() and len(text) < 4):
            raise InvalidInput(fields={"copies": "请填写份数"})
        actor, contract_id = await self._actor(), self.view.id
        first, last = await rx.run_in_thread(
            lambda: contracts.record_print(actor, contract_id=contract_id, copies=int(text), now=utc_now())
        )
        self.dialog = ""
        await self._read(contract_id)
        span = f"第 {first} 份" if first == last else f"第 {first}–{last} 份"
        return [
            print_file(f"/api/contracts/{contract_id}/pdf?print=1&first={first}"),
            done(f"已登记打印{span}"),
        ]

    @rx.event
    @needs(Permission.CONTRACTS_SIGN)
    async def sign(self, form: dict[str, Any]) -> Any:
        """Register the signatures."""
        signed = day_of(form.get("signed_date", ""), "signed_date")
        if signed is None:
            raise InvalidInput(fields={"signed_date": "请选择签署日期"})
        note = str(form.get("note", "")).strip()[:300]
        actor, contract_id, version = await self._actor(), self.view.id, self.view.version
        await rx.run_in_thread(
            lambda: contracts.sign(
                actor, contract_id=contract_id, signed_date=signed, note=note, expected_version=version, now=utc_now()
            )
        )  # fmt: skip
        self.dialog = ""
        await self._read(contract_id)
        return done("已登记签署，可以去放款" if self.view.is_main else "已登记签署")

    @rx.event
    @needs(Permission.CONTRACTS_VOID)
    async def void(self, form: dict[str, Any]) -> Any:
        """Void the contract."""
        actor, contract_id, reason = await self._actor(), self.view.id, str(form.get("reason", "")).strip()
        await rx.run_in_thread(
            lambda: contracts.void(actor, contract_id=contract_id, reason=reason, now=utc_now())
        )
        self.dialog = ""
        await self._read(contract_id)
        return done("合同已作废，申请回到「待出合同」" if self.view.is_main else "文书已作废，可以重新出具")


def _id_of(path: str) -> int:
    last = path.rstrip("/").rpartition("/")[2]
    return int(last) if last.isascii() and last.isdigit() and len(last) < 10 else 0
