"""The documents of one case 出具文书: what fits, what is missing, the questions of one, and making it."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import parse_qs

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.errors import NotFound
from loanhub.domain.permissions import Permission
from loanhub.services import papers
from loanhub.services.papers import Offered
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs


class PapersState(SessionState):
    """The desk of one case; it is named in the address by an application, a contract or a loan."""

    loading: bool = True
    missing: bool = False
    application_id: int = 0
    application: str = ""
    customer: str = ""
    customer_id: int = 0
    contract_id: int = 0
    contract: str = ""
    loan_id: int = 0
    loan: str = ""
    fitting: list[Offered] = []
    others: list[Offered] = []
    chosen: Offered = Offered()
    owners: list[dict[str, str]] = []
    asking: bool = False
    form_key: int = 0
    field_errors: dict[str, str] = {}

    _key: str = ""
    _where: dict[str, int] = {}

    @rx.event
    @needs(Permission.CONTRACTS_CREATE)
    async def load(self) -> None:
        """Show the case of the address: ``?application=``, ``?contract=`` or ``?loan=``."""
        asked = parse_qs(str(self.router.url.query or ""))
        self._where = {
            f"{name}_id": _number(asked.get(name, [""])[0]) for name in ("application", "contract", "loan")
        }
        self.asking, self.field_errors, self.missing = False, {}, False
        self._watch("contracts", "loans")
        await self._read()

    async def _read(self) -> None:
        actor, now, where = await self._actor(), utc_now(), self._where
        try:
            found = await rx.run_in_thread(lambda: papers.desk(actor, now=now, **where))
        except NotFound:
            # A foreign number typed into the address: the page says so, a toast would pass.
            self.missing, self.loading = True, False
            return
        self.application_id, self.application = found.application_id, found.application
        self.customer, self.customer_id = found.customer, found.customer_id
        self.contract_id, self.contract = found.contract_id, found.contract
        self.loan_id, self.loan = found.loan_id, found.loan
        self.fitting, self.others = list(found.fitting), list(found.others)
        self.loading = False

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        if not self.asking and not self.missing:
            await self._read()

    @rx.event
    @needs(Permission.CONTRACTS_CREATE)
    async def open(self, row_id: str) -> Any:
        """Ask what a document needs, or show the one that was made."""
        code, _, subject = str(row_id).partition("|")
        found = next((one for one in self.fitting if (one.code, one.subject) == (code, subject)), None)
        if found is None:
            return None
        if found.made_id:
            return rx.redirect(f"/contracts/{found.made_id}")
        self.chosen, self.owners, self.asking = found, found.choices.get("owner", []), True
        self.field_errors, self.form_key, self._key = {}, self.form_key + 1, secrets.token_hex(16)
        return None

    @rx.event
    @needs(Permission.CONTRACTS_CREATE)
    async def show(self, is_open: bool) -> None:
        """Close the dialog."""
        if not is_open:
            self.asking, self.field_errors = False, {}

    @rx.event
    @needs(Permission.CONTRACTS_CREATE)
    async def issue(self, form: dict[str, Any]) -> Any:
        """Make the document and go to it."""
        if not self.asking:
            return None
        actor, key, one, application_id = await self._actor(), self._key, self.chosen, self.application_id
        answers = {ask: str(form.get(ask, "")) for ask in one.asks}
        made = await rx.run_in_thread(
            lambda: papers.issue(
                actor, application_id=application_id, code=one.code, subject=one.subject, answers=answers, key=key,
                now=utc_now(),
            )
        )  # fmt: skip
        self.asking = False
        return [rx.redirect(f"/contracts/{made}"), done(f"已出具《{one.label}》")]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
