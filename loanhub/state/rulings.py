"""The blind check 盲查重 and rulings on contested records 撞单裁定, opened from the page 查重 and the palette."""

from __future__ import annotations

import secrets
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services import rulings
from loanhub.services.duplicates import tell
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs


class RulingsState(SessionState):
    """The two dialogs and the list of rulings."""

    rows: list[dict[str, str]] = []
    checking: bool = False
    answer: list[str] = []
    answered: str = ""
    """'' not asked yet, 'known' or 'free'."""
    left: str = ""
    asked: str = ""
    claiming: bool = False
    deciding: bool = False
    one: dict[str, str] = {}
    form_key: str = ""
    channels: list[dict[str, str]] = []
    protect_days: str = ""
    field_errors: dict[str, str] = {}

    _versions: dict[str, int] = {}

    @rx.event
    @needs(Permission.LEADS_READ, Permission.CUSTOMERS_READ)
    async def enter_page(self) -> None:
        """Read the rulings; open the blind check when the address asks for it."""
        actor = await self._actor()
        if not self._returning:
            self.checking = self.claiming = self.deciding = False
            self.field_errors = {}
        await self._read()
        if (
            self.router.url.query_parameters.get("check")
            and actor.can(Permission.LEADS_CREATE)
            and not self._returning
        ):
            await self._begin_check()

    @rx.event
    @needs(Permission.LEADS_READ, Permission.CUSTOMERS_READ)
    async def read(self) -> None:
        """Read the rulings again."""
        await self._read()

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        if not actor.can(Permission.LEADS_READ):
            self.rows = []
            return
        found = await rx.run_in_thread(lambda: rulings.list_rulings(actor, now=now))
        self._versions = {str(one.id): one.version for one in found}
        self.rows = [ruling_row(one) for one in found]

    async def _begin_check(self) -> None:
        actor, now = await self._actor(), utc_now()
        left, limit = await rx.run_in_thread(lambda: tell.left_today(actor, now=now))
        self.left, self.answer, self.answered, self.asked = f"今天还能查 {left} / {limit} 次", [], "", ""
        self.field_errors, self.form_key, self.checking = {}, secrets.token_hex(8), True

    @rx.event
    @needs(Permission.LEADS_CREATE)
    async def show_check(self, is_open: bool) -> None:
        """Open the blind check or close it."""
        if is_open:
            await self._begin_check()
        else:
            self.checking = False

    @rx.event
    @needs(Permission.LEADS_CREATE, per_minute=20)
    async def check(self, form: dict[str, Any]) -> None:
        """Tell whether a number is known."""
        actor, now, text = await self._actor(), utc_now(), str(form.get("number", ""))[:40]
        self.answer, self.answered = [], ""
        self.field_errors = {}
        found = await rx.run_in_thread(lambda: tell.check(actor, text=text, now=now))
        self.answer = list(found.sentences)
        self.answered, self.asked = "known" if found.known else "free", text
        self.left = f"今天还能查 {found.left} / {found.limit} 次"

    @rx.event
    @needs(Permission.LEADS_CREATE)
    async def show_claim(self, is_open: bool) -> None:
        """Open the form of a claim, with the number just checked, or close it."""
        if not is_open:
            self.claiming = False
            return
        actor, now = await self._actor(), utc_now()
        found, _days = await rx.run_in_thread(lambda: rulings.choices(actor, now=now))
        self.channels = [{"value": code, "label": label} for code, label in found]
        self.field_errors, self.form_key = {}, secrets.token_hex(8)
        self.checking, self.claiming = False, True

    @rx.event
    @needs(Permission.LEADS_CREATE, per_minute=10)
    async def claim(self, form: dict[str, Any]) -> Any:
        """Claim the party behind a number."""
        actor, now = await self._actor(), utc_now()
        given = {key: str(form.get(key, "")).strip() for key in ("number", "claim", "channel_code")}
        self.field_errors = {}
        told = await rx.run_in_thread(lambda: rulings.open_ruling(actor, **given, now=now))
        self.claiming = False
        await self._read()
        return done(told)

    @rx.event
    @needs(Permission.RULINGS_DECIDE)
    async def open_decide(self, ruling_id: str) -> None:
        """Open the form of a decision."""
        row = next((one for one in self.rows if one["id"] == str(ruling_id)), None)
        if row is None:
            return
        actor, now = await self._actor(), utc_now()
        _channels, days = await rx.run_in_thread(lambda: rulings.choices(actor, now=now))
        self.protect_days = str(days)
        self.one, self.field_errors, self.form_key, self.deciding = row, {}, secrets.token_hex(8), True

    @rx.event
    @needs(Permission.RULINGS_DECIDE)
    async def show_decide(self, is_open: bool) -> None:
        """Close the form of a decision (a dialog reports only that)."""
        if not is_open:
            self.deciding = False

    @rx.event
    @needs(Permission.RULINGS_DECIDE)
    async def decide(self, form: dict[str, Any]) -> Any:
        """Decide a claim."""
        actor, now, one = await self._actor(), utc_now(), self.one.get("id", "")
        days = str(form.get("protect_days", "")).strip()
        if not (days.isascii() and days.isdigit() and len(days) < 4):
            raise InvalidInput(fields={"protect_days": "填 0 到 180 的整数"})
        version = self._versions.get(one, 0)
        self.field_errors = {}
        await rx.run_in_thread(
            lambda: rulings.decide(
                actor, ruling_id=int(one or 0), version=version, outcome=str(form.get("outcome", "")),
                decision=str(form.get("decision", "")), credit=str(form.get("credit", "") or rulings.Credit.FIRST.value),
                protect_days=int(days), now=now,
            )
        )  # fmt: skip
        self.deciding = False
        await self._read()
        return done("已裁定，双方都会收到消息")

    @rx.event
    @needs(Permission.LEADS_CREATE)
    async def withdraw(self, ruling_id: str) -> Any:
        """Take one's own claim back."""
        actor, now, text = await self._actor(), utc_now(), str(ruling_id)
        wanted = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
        version = self._versions.get(text, 0)
        await rx.run_in_thread(lambda: rulings.withdraw(actor, ruling_id=wanted, version=version, now=now))
        await self._read()
        return done("已撤回申请")


def ruling_row(one: rulings.RulingView) -> dict[str, str]:
    """Return a ruling as texts."""
    return {
        "id": str(one.id), "label": one.label, "subject": one.subject, "href": one.href, "claimant": one.claimant,
        "owner": one.owner, "claim": one.claim, "status": one.status, "status_label": one.status_label,
        "outcome": one.outcome, "decision": one.decision, "protected": one.protected, "credits": one.credits,
        "when": one.when, "decided": one.decided, "can_decide": "yes" if one.can_decide else "",
        "can_withdraw": "yes" if one.can_withdraw else "",
    }  # fmt: skip
