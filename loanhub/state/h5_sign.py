"""The signer's page on the phone 手机签署: identity, sheet, pages one by one, signature; behind a one-time link."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.signing import LinkDead, cannot_download
from loanhub.services import shell, signing
from loanhub.services.signing import copies, link_of, phone
from loanhub.services.signing.phone import Device, Step
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import Bucket, public
from loanhub.state.calculator import TooManyQuestions

_looks = Bucket(90, 60)
_answers = Bucket(10, 10)
"""Looks at links, and answers about identities, accepted from one address in a minute."""
_sealing: set[asyncio.Future[Any]] = set()


class SignState(SessionState):
    """The page behind a signer's link; nothing of the contract is in it before the identity was checked."""

    step: str = ""
    company: str = ""
    title: str = ""
    number: str = ""
    role: str = ""
    name: str = ""
    masked_phone: str = ""
    expires: str = ""
    code_sent: bool = False
    pages: int = 0
    page_number: int = 0
    pages_read: int = 0
    picture: str = ""
    turning: bool = False
    items: list[dict[str, str]] = []
    contingent: list[dict[str, str]] = []
    total: str = ""
    compound: str = ""
    wait_seconds: int = 0
    done_text: str = ""
    copy_step: str = ""
    cannot_download: bool = False
    """Whether this browser, one inside an app, refuses files."""
    refusing: bool = False
    field_errors: dict[str, str] = {}

    _token: str = ""

    def _device(self, bucket: Bucket = _looks) -> Device:
        ip = self.router.session.client_ip or "unknown"
        if not bucket.take(ip):
            raise TooManyQuestions
        agent = str(getattr(self.router.headers, "user_agent", "") or "")
        return Device(self.router.session.client_token, ip=ip, agent=agent)

    @rx.event
    @public
    async def load(self) -> Any:
        """Show where the signer of the link in the address stands."""
        token = self.router.url.path.rstrip("/").rpartition("/")[2][:80]
        if token != self._token:
            self.reset()
        device, now = self._device(), utc_now()
        self._token, self.field_errors = token, {}
        self.company = await rx.run_in_thread(lambda: shell.brand(now=now))
        self.cannot_download = cannot_download(device.agent)
        try:
            found = await rx.run_in_thread(lambda: phone.step_of(token, device, now=now))
        except LinkDead:
            # The page says so itself: a toast would pass, and there is nothing else to show.
            self.step, self.picture = "over", ""
            return None
        self._put(found)
        return SignState.open_page(max(1, self.page_number)) if self.step in ("read", "sign") else None

    def _put(self, found: Step) -> None:
        before = self.step
        self.step, self.company, self.title, self.number = (
            found.code,
            found.company,
            found.title,
            found.number,
        )
        self.role, self.name, self.masked_phone, self.expires = (
            found.role,
            found.name,
            found.phone,
            found.expires,
        )
        self.code_sent, self.pages, self.pages_read = found.code_sent, found.pages, found.pages_read
        self.done_text, self.copy_step, self.field_errors = found.done_text, found.copy, {}
        if found.sheet is not None:
            self.items = [
                {"label": label, "rate": rate, "standard": standard, "payee": payee}
                for label, rate, standard, payee in found.sheet.items
            ]
            self.contingent = [
                {"label": label, "standard": standard} for label, standard in found.sheet.contingent
            ]
            self.total, self.compound = found.sheet.total, found.sheet.compound
            if before != "sheet":
                self.wait_seconds = found.sheet.wait_seconds
        if found.code not in ("read", "sign"):
            self.picture, self.page_number = "", 0

    @rx.event
    @public
    async def send_code(self, data: dict[str, Any]) -> Any:
        """Ask for the one-time code with the last four digits of the number."""
        tail, token, now = str(data.get("tail", ""))[:8], self._token, utc_now()
        device = self._device(_answers)
        self._put(await rx.run_in_thread(lambda: phone.send_code(token, device, tail=tail, now=now)))
        return rx.toast.success("验证码已发送")

    @rx.event
    @public
    async def verify(self, data: dict[str, Any]) -> Any:
        """Check the code; then the sheet or the first page follows."""
        code, token, now = str(data.get("code", ""))[:12], self._token, utc_now()
        device = self._device(_answers)
        self._put(await rx.run_in_thread(lambda: phone.verify(token, device, code=code, now=now)))
        return self._go_on()

    @rx.event
    @public
    async def again(self) -> None:
        """Go back to asking for a code."""
        self.code_sent, self.field_errors = False, {}

    @rx.event
    @public
    async def tick(self) -> None:
        """Count the reading time of the sheet down; the server's own clock decides in the end."""
        self.wait_seconds = max(0, self.wait_seconds - 1)

    @rx.event
    @public
    async def confirm_sheet(self, data: dict[str, Any]) -> Any:
        """Confirm the disclosure sheet with tick and signature."""
        agreed, ink, token, now = bool(data.get("agreed")), data.get("sheet_ink"), self._token, utc_now()
        device = self._device()
        self._put(
            await rx.run_in_thread(
                lambda: phone.confirm_sheet(token, device, agreed=agreed, ink=ink, now=now)
            )
        )
        return self._go_on()

    def _go_on(self) -> Any:
        up = rx.call_script("window.scrollTo(0, 0)")
        return [SignState.open_page(max(1, self.pages_read)), up] if self.step in ("read", "sign") else up

    @rx.event
    @public
    async def open_page(self, number: int) -> Any:
        """Show a page of the contract."""
        if type(number) is not int or not 1 <= number <= 500:
            return
        device, token, now = self._device(), self._token, utc_now()
        self.turning = True
        yield  # the button says so: on a slow line a page takes seconds
        try:
            found, picture = await rx.run_in_thread(
                lambda: phone.turn_to(token, device, page=number, now=now)
            )
        finally:
            self.turning = False
        self._put(found)
        self.page_number = number
        self.picture = "data:image/png;base64," + base64.b64encode(picture).decode()
        yield rx.call_script("window.scrollTo(0, 0)")

    @rx.event
    @public
    async def sign(self, data: dict[str, Any]) -> Any:
        """Put the signature under the contract; the company's seal follows when it was the last one."""
        agreed, ink, place = bool(data.get("agreed")), data.get("ink"), str(data.get("place", ""))[:60]
        device, token, now = self._device(), self._token, utc_now()
        found, round_id = await rx.run_in_thread(
            lambda: phone.sign(token, device, agreed=agreed, ink=ink, place=place, now=now)
        )
        self._put(found)
        if round_id:
            # The time-stamping authority may take its time: the signer need not wait, and a job tries again.
            task = asyncio.ensure_future(asyncio.to_thread(signing.finish, round_id, now=utc_now()))
            _sealing.add(task)
            task.add_done_callback(_sealing.discard)
        return rx.call_script("window.scrollTo(0, 0)")

    @rx.event
    @public
    async def look_again(self) -> None:
        """Read how the round stands, after a signature."""
        device, token, now = self._device(), self._token, utc_now()
        self._put(await rx.run_in_thread(lambda: phone.step_of(token, device, now=now)))

    @rx.event
    @public
    async def take_copy(self) -> Any:
        """Give the sealed contract to the signer who has identified anew: from an address of its own, the page stays."""
        device, token, now = self._device(_answers), self._token, utc_now()
        address = await rx.run_in_thread(lambda: copies.address_of(token, device, now=now))
        return rx.call_script(f"window.location.assign({json.dumps(address)})")

    @rx.event
    @public
    async def copy_link(self) -> Any:
        """Put the link on the clipboard, to open it in a browser that can download."""
        return [rx.set_clipboard(link_of(self._token)), done("链接已复制，可以粘贴到浏览器打开")]

    @rx.event
    @public
    async def set_refusing(self, is_open: bool) -> None:
        """Open or close the question why."""
        self.refusing, self.field_errors = bool(is_open), {}

    @rx.event
    @public
    async def refuse(self, data: dict[str, Any]) -> Any:
        """Refuse to sign."""
        reason, token, now = str(data.get("reason", ""))[:400], self._token, utc_now()
        device = self._device()
        self._put(await rx.run_in_thread(lambda: phone.refuse(token, device, reason=reason, now=now)))
        self.refusing = False
        return rx.call_script("window.scrollTo(0, 0)")
