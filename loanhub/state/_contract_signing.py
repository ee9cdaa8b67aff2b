"""The contract page's section 签署: a round begun, its links, who has signed, what is behind a signature."""

from __future__ import annotations

import secrets
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services import signing
from loanhub.services.signing import Extra, RoundView, SignerView
from loanhub.services.signing.proof import qr_data
from loanhub.services.signing.rounds import Link
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs

SIGNING_DIALOGS = ("esign", "links", "revoke", "evidence")


class SigningMixin(rx.State, mixin=True):
    """What the contract page does about signing; the page's State brings ``view``, ``dialog`` and ``field_errors``."""

    dialog: str = ""
    field_errors: dict[str, str] = {}
    round: RoundView = RoundView()
    signers: list[SignerView] = []
    links: list[dict[str, str]] = []
    evidence_facts: list[dict[str, str]] = []
    evidence_paths: list[str] = []
    evidence_sheet: list[str] = []
    extra_count: int = 0
    _start_key: str = ""

    async def _read_signing(self, contract_id: int) -> None:
        actor, now = await self._actor(), utc_now()
        self.round = await rx.run_in_thread(lambda: signing.round_of(actor, contract_id=contract_id, now=now))
        self.signers = list(self.round.signers)

    @rx.event
    @needs(Permission.CONTRACTS_SIGN)
    async def open_esign(self) -> None:
        """Open the form that begins a round."""
        self._start_key, self.extra_count, self.field_errors = secrets.token_hex(16), 0, {}
        self.dialog = "esign"

    @rx.event
    @needs(Permission.CONTRACTS_SIGN)
    async def add_signer(self) -> None:
        """Give the form one more row."""
        self.extra_count = min(8, self.extra_count + 1)

    @rx.event
    @needs(Permission.CONTRACTS_SIGN)
    async def start_signing(self, data: dict[str, Any]) -> Any:
        """Begin the round; the links are shown once, so a second press must not replace them by none."""
        if not self._start_key:
            return None
        extra = [
            Extra(*(str(data.get(f"{part}{place}", "")).strip()[:60] for part in ("role", "name", "phone")))
            for place in range(self.extra_count)
        ]
        extra = [one for one in extra if one.name or one.phone]
        given = str(data.get("phone", "")).strip()[:20]
        actor, contract_id, key = await self._actor(), self.view.id, self._start_key
        provider = str(data.get("provider", "") or "").strip()[:32]
        made = await rx.run_in_thread(
            lambda: signing.start(
                actor, contract_id=contract_id, extra=extra, phones={"1": given} if given else {}, provider=provider,
                key=key, now=utc_now(),
            )
        )  # fmt: skip
        self._start_key = ""
        self._show_links(made)
        await self._read(contract_id)
        if self.round.third_party:
            return done(
                "已发起签署，由第三方电子签平台通知签署人" if made else "已发起签署，平台一应答就交给它"
            )
        return done(f"已发起签署，{len(made)} 个签署链接已发出")

    def _show_links(self, made: list[Link]) -> None:
        self.links = [
            {"name": one.name, "address": one.address, "message": one.message, "qr": qr_data(one.address)}
            for one in made
        ]
        self.dialog = "links" if made else ""

    @rx.event
    @needs(Permission.CONTRACTS_SIGN)
    async def resend_link(self, signer_id: int) -> Any:
        """Send a signer a new link; the old one is dead."""
        actor, contract_id = await self._actor(), self.view.id
        made = await rx.run_in_thread(
            lambda: signing.resend(actor, contract_id=contract_id, signer_id=signer_id, now=utc_now())
        )
        self._show_links([made])
        await self._read(contract_id)
        return done("这是平台给的签署链接" if self.round.third_party else "已重新发送，旧链接作废")

    @rx.event
    @needs(Permission.CONTRACTS_SIGN)
    async def copy_link(self, place: int) -> Any:
        """Put a link's message on the clipboard."""
        if type(place) is not int or not 0 <= place < len(self.links):
            return None
        return [rx.set_clipboard(self.links[place]["message"]), done("已复制，可以粘贴到微信发给签署人")]

    @rx.event
    @needs(Permission.CONTRACTS_SIGN)
    async def show_code(self, signer_id: int) -> Any:
        """Show a signer's code while short messages are only previewed."""
        actor, contract_id = await self._actor(), self.view.id
        words = await rx.run_in_thread(
            lambda: signing.preview_code(actor, contract_id=contract_id, signer_id=signer_id, now=utc_now())
        )
        return rx.toast.info(words, duration=20_000)

    @rx.event
    @needs(Permission.CONTRACTS_SIGN)
    async def open_revoke(self) -> None:
        """Open the question why the round is taken back."""
        self.dialog, self.field_errors = "revoke", {}

    @rx.event
    @needs(Permission.CONTRACTS_SIGN)
    async def revoke_signing(self, data: dict[str, Any]) -> Any:
        """Take the round back."""
        actor, contract_id, reason = await self._actor(), self.view.id, str(data.get("reason", "")).strip()
        if len(reason) > 300:
            raise InvalidInput(fields={"reason": "最多 300 个字"})
        await rx.run_in_thread(
            lambda: signing.revoke(actor, contract_id=contract_id, reason=reason, now=utc_now())
        )
        self.dialog = ""
        await self._read(contract_id)
        return done("签署已撤回，链接全部作废")

    @rx.event
    @needs(Permission.CONTRACTS_READ)
    async def show_evidence(self, signer_id: int) -> None:
        """Show what is behind a signature."""
        actor, contract_id = await self._actor(), self.view.id
        found: Any = await rx.run_in_thread(
            lambda: signing.evidence(actor, contract_id=contract_id, signer_id=signer_id, now=utc_now())
        )
        self.evidence_facts = [{"label": label, "value": value} for label, value in found["facts"]]
        self.evidence_paths, self.evidence_sheet = found["paths"], found["sheet_paths"]
        self.dialog = "evidence"
