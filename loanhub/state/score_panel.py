"""Why the open lead has its score, and its temperature set by hand 评分说明."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.services import lead_scores
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs


class ScorePanelState(SessionState):
    """The section of the lead drawer; the drawer's State calls ``_show_for``."""

    why: dict[str, str] = {}
    parts: list[dict[str, str]] = []
    fixing: bool = False
    form_key: str = ""
    field_errors: dict[str, str] = {}
    _lead_id: int = 0

    async def _show_for(self, lead_id: int) -> None:
        actor, now = await self._actor(), utc_now()
        found = await rx.run_in_thread(lambda: lead_scores.why(actor, lead_id=lead_id, now=now))
        self._lead_id, self.fixing = lead_id, False
        self.parts = [
            {key: str(value) for key, value in asdict(one).items()} | {"met": "1" if one.met else ""}
            for one in found.parts
        ]
        self.why = {
            "score": found.score, "base": found.base, "rules_say": found.rules_say, "shown": found.shown,
            "fixed": found.fixed, "by_person": "1" if found.by_person else "", "bands": found.bands,
            "can_edit": "1" if found.can_edit else "",
        }  # fmt: skip

    @rx.event
    @needs(Permission.LEADS_EDIT)
    async def ask(self, is_open: bool) -> None:
        """Open or close the dialog."""
        self.fixing, self.form_key, self.field_errors = bool(is_open), secrets.token_hex(8), {}

    @rx.event
    @needs(Permission.LEADS_EDIT)
    async def fix(self, data: dict[str, Any]) -> Any:
        """Set the temperature by hand."""
        actor, now, lead_id = await self._actor(), utc_now(), self._lead_id
        temperature, reason = str(data.get("temperature") or ""), str(data.get("reason") or "")[:300]
        await rx.run_in_thread(
            lambda: lead_scores.fix(actor, lead_id=lead_id, temperature=temperature, reason=reason, now=now)
        )
        await self._show_for(lead_id)
        return done("已手动设定，规则不会再改它")

    @rx.event
    @needs(Permission.LEADS_EDIT)
    async def give_back(self) -> Any:
        """Let the rules decide again."""
        actor, now, lead_id = await self._actor(), utc_now(), self._lead_id
        await rx.run_in_thread(lambda: lead_scores.give_back(actor, lead_id=lead_id, now=now))
        await self._show_for(lead_id)
        return done("已恢复由规则决定")
