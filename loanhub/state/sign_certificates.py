"""Certificates of the company's seal 签章证书: the list, one brought in from a file or a device, one retired."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.services import signing
from loanhub.services.signing.certificates import CertificateView
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs

LONGEST = 30_000
DEVICE_FIELDS = ("module", "token", "pin", "key_label", "certificate", "label")


class CertificatesState(SessionState):
    """The page of the seal's certificates."""

    rows: list[CertificateView] = []
    loading: bool = True
    dialog: str = ""
    retiring: int = 0
    retiring_label: str = ""
    field_errors: dict[str, str] = {}

    @rx.event
    @needs(Permission.PARAMETERS_EDIT)
    async def load(self) -> None:
        """Show the certificates."""
        self.dialog, self.field_errors = "", {}
        await self._read()

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        self.rows = await rx.run_in_thread(lambda: signing.list_certificates(actor, now=now))
        self.loading = False

    @rx.event
    @needs(Permission.PARAMETERS_EDIT)
    async def open_dialog(self, code: str) -> None:
        """Open the form for a file or for a device."""
        self.dialog, self.field_errors = (code if code in ("file", "device") else ""), {}

    @rx.event
    @needs(Permission.PARAMETERS_EDIT)
    async def close_dialog(self, is_open: bool) -> None:
        """Follow a dialog being closed."""
        if not is_open:
            self.dialog, self.retiring = "", 0

    @rx.event
    @needs(Permission.PARAMETERS_EDIT)
    async def added(self, answer: dict[str, Any]) -> Any:
        """Read the list again after the route took a file, or show what is wrong with it."""
        if not isinstance(answer, dict) or "id" not in answer:
            fields = answer.get("fields") if isinstance(answer, dict) else None
            self.field_errors = (
                {str(k)[:40]: str(v)[:200] for k, v in fields.items()} if isinstance(fields, dict) else {}
            )
            return None if self.field_errors else rx.toast.error("没有成功，请重试")
        self.dialog, self.field_errors = "", {}
        await self._read()
        return done("证书已启用，之后的签章都用它")

    @rx.event
    @needs(Permission.PARAMETERS_EDIT)
    async def add_device(self, data: dict[str, Any]) -> Any:
        """Bring in a certificate whose key stays in a device."""
        given = {key: str(data.get(key, ""))[:LONGEST] for key in DEVICE_FIELDS}
        actor = await self._actor()
        await rx.run_in_thread(lambda: signing.add_device(actor, **given, now=utc_now()))
        self.dialog = ""
        await self._read()
        return done("密码设备已登记，之后的签章都用它")

    @rx.event
    @needs(Permission.PARAMETERS_EDIT)
    async def ask_retire(self, certificate_id: int) -> None:
        """Ask before a certificate is retired."""
        found = next((row for row in self.rows if row.id == certificate_id), None)
        if found is not None:
            self.retiring, self.retiring_label = found.id, found.label

    @rx.event
    @needs(Permission.PARAMETERS_EDIT)
    async def retire(self) -> Any:
        """Use a certificate no more."""
        actor, certificate_id = await self._actor(), self.retiring
        await rx.run_in_thread(lambda: signing.retire(actor, certificate_id=certificate_id, now=utc_now()))
        self.retiring = 0
        await self._read()
        return done("证书已停用，以前的签章不受影响")
