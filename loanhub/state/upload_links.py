"""The link for missing papers on an application's page 补件链接: how it stands, sent again, taken back."""

from __future__ import annotations

import secrets
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.services import upload_links
from loanhub.services.signing.proof import qr_data
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs


class UploadLinkState(SessionState):
    """The dialog; the address is shown once, when the link is made."""

    asking: bool = False
    application_id: int = 0
    live: bool = False
    text: str = ""
    missing: list[str] = []
    can_send: bool = False
    address: str = ""
    message: str = ""
    qr: str = ""
    form_key: int = 0
    field_errors: dict[str, str] = {}

    _key: str = ""

    @rx.event
    @needs(Permission.DOCUMENTS_UPLOAD)
    async def open(self, application_id: int) -> None:
        """Show how the link of an application stands and what is missing."""
        self.application_id = application_id if isinstance(application_id, int) else 0
        self.address = self.message = self.qr = ""
        self.form_key, self._key, self.field_errors = self.form_key + 1, secrets.token_hex(16), {}
        await self._read()
        self.asking = True

    async def _read(self) -> None:
        actor, now, number = await self._actor(), utc_now(), self.application_id
        found = await rx.run_in_thread(lambda: upload_links.state_of(actor, application_id=number, now=now))
        self.live, self.text, self.missing, self.can_send = (
            found.live,
            found.text,
            list(found.missing),
            found.can_send,
        )

    @rx.event
    @needs(Permission.DOCUMENTS_UPLOAD)
    async def show(self, is_open: bool) -> None:
        """Close the dialog; the address is forgotten."""
        if not is_open:
            self.asking, self.address, self.message, self.qr = False, "", "", ""

    @rx.event
    @needs(Permission.DOCUMENTS_UPLOAD)
    async def send(self, form: dict[str, Any]) -> Any:
        """Make a link and show it once."""
        actor, number, key, note = (
            await self._actor(),
            self.application_id,
            self._key,
            str(form.get("note", ""))[:300],
        )
        given = await rx.run_in_thread(
            lambda: upload_links.create(actor, application_id=number, note=note, key=key, now=utc_now())
        )
        self.address, self.message, self._key = given.address, given.message, secrets.token_hex(16)
        self.qr, self.field_errors = qr_data(given.address), {}
        await self._read()
        return done("补件链接已发出")

    @rx.event
    @needs(Permission.DOCUMENTS_UPLOAD)
    async def end(self) -> Any:
        """Take the link back."""
        actor, number = await self._actor(), self.application_id
        await rx.run_in_thread(lambda: upload_links.end(actor, application_id=number, now=utc_now()))
        self.address = self.message = self.qr = ""
        await self._read()
        return done("补件链接已收回")
