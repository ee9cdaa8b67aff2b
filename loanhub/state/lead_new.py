"""A new lead: one line that is read as name, phone and amount, a blind duplicate check, the form of the catalogue."""

from __future__ import annotations

import json
import secrets
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.errors import InvalidInput
from loanhub.domain.importing import parse_quick_line
from loanhub.domain.money import format_plain
from loanhub.domain.permissions import Permission
from loanhub.services import leads
from loanhub.services.leads import form, view
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._record_form import FormGroup, groups_of
from loanhub.state.lead_drawer import LeadDrawerState
from loanhub.state.leads import LeadsState

FIRST = ("phone", "name", "amount_fen", "product_code", "channel_code")
"""The fields on the sheet at once; the rest stand behind 更多字段."""


class NewLeadState(SessionState):
    """The sheet on which a lead is entered."""

    is_open: bool = False
    first: list[FormGroup] = []
    rest: list[FormGroup] = []
    form_key: str = ""
    notice: str = ""
    is_known: bool = False
    field_errors: dict[str, str] = {}

    @rx.event
    @needs(Permission.LEADS_READ)
    async def enter_page(self) -> Any:
        """Open the sheet when the address asks for it (the phone's plus); after a lost connection it stays as it is."""
        if self._returning and self.is_open:
            return
        self.is_open = False
        actor = await self._actor()
        if self.router.url.query_parameters.get("new") and actor.can(Permission.LEADS_CREATE):
            await self._start()

    @rx.event
    @needs(Permission.LEADS_CREATE)
    async def show(self, is_open: bool) -> Any:
        """Open an empty sheet or close it."""
        if is_open:
            await self._start()
            return None
        self.is_open = False
        return rx.call_script(
            "(() => { const u = new URL(window.location.href); u.searchParams.delete('new');"
            " history.replaceState(history.state, '', u); })()"
        )

    async def _start(self) -> None:
        actor, now = await self._actor(), utc_now()
        fields = await rx.run_in_thread(lambda: form.blank(actor, now=now))
        by_key = {one.key: one for one in fields}
        self.first = groups_of(tuple(by_key[key] for key in FIRST if key in by_key), editing=True)
        self.rest = groups_of(tuple(one for one in fields if one.key not in FIRST), editing=True)
        self.first = [FormGroup("", [item for group in self.first for item in group.fields])]
        self.form_key, self.notice, self.is_known, self.field_errors = secrets.token_hex(12), "", False, {}
        self.is_open = True

    @rx.event
    @needs(Permission.LEADS_CREATE)
    async def read_line(self, text: str) -> Any:
        """Read 「孙立 138 0021 7763 40万」 into the fields."""
        found = parse_quick_line(str(text)[:300])
        values = {
            "name": found.name, "phone": found.phone, "note": found.note,
            "amount_fen": format_plain(found.amount_fen) if found.amount_fen is not None else "",
        }  # fmt: skip
        values = {key: value for key, value in values.items() if value}
        await self._check(found.phone)
        return fill(values)

    @rx.event(supersedes=True)
    @needs(Permission.LEADS_CREATE, per_minute=30)
    async def check(self, phone: str) -> Any:
        """Tell blindly whether the number is known."""
        await self._check(str(phone)[:40])

    async def _check(self, phone: str) -> None:
        self.notice, self.is_known = "", False
        digits = [c for c in phone if c.isdigit()]
        if len(digits) < 11:
            return
        actor, now = await self._actor(), utc_now()
        try:
            notice = await rx.run_in_thread(lambda: view.check_known(actor, phone=phone, now=now))
        except InvalidInput as fault:
            self.notice, self.is_known = fault.sentence, True
            return
        self.notice, self.is_known = notice or "未重复", bool(notice)

    @rx.event
    @needs(Permission.LEADS_CREATE)
    async def save(self, data: dict[str, Any]) -> Any:
        """Create the lead, or count the enquiry to the known one."""
        actor, now, key = await self._actor(), utc_now(), self.form_key
        known = {item.key for group in (*self.first, *self.rest) for item in group.fields}
        raw = {k: str(v).strip()[:2000] for k, v in data.items() if k in known and str(v).strip()}
        made = await rx.run_in_thread(lambda: leads.create(actor, raw, key=key, now=now))
        self.is_open = False
        answers: list[Any] = [LeadsState.reload]
        if made.lead_id is not None:
            answers.append(LeadDrawerState.open(str(made.lead_id)))
        if made.new:
            answers.append(done(f"已新建 {made.number}，首次联系时限 2 小时"))
        else:
            answers.append(rx.toast.warning(f"{made.notice}。这次进线已记到原线索，并通知负责人"))
        return answers


def fill(values: dict[str, str]) -> Any:
    """Return the event that writes texts into the open form, as if they had been typed."""
    return rx.call_script(
        f"(() => {{ const v = {json.dumps(values, ensure_ascii=True)}; for (const [k, t] of Object.entries(v)) {{"
        " const e = document.getElementById('f-' + k); if (e) { e.value = t;"
        " e.dispatchEvent(new Event('input', {bubbles: true})); } } })()"
    )
