"""A channel's pushes 推送接入: switch, secret shown once, and which of the provider's values becomes which field."""

from __future__ import annotations

import secrets
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.domain.webhooks import MOST_RULES, MoneyUnit, Rule
from loanhub.services import webhooks
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state.channels import ChannelsState

UNITS = MoneyUnit.options()
_MAY = Permission.CHANNELS_EDIT


class WebhookSetupState(SessionState):
    """The sheet of a channel's endpoint."""

    opened: bool = False
    code: str = ""
    label: str = ""
    url: str = ""
    active: bool = False
    secret_text: str = ""
    per_minute: str = ""
    fields: list[dict[str, str]] = []
    rules: list[dict[str, str]] = []
    """{path, field, unit, values, example}; ``values`` is 「1=男, 2=女」."""
    token: str = ""
    form_key: str = ""
    field_errors: dict[str, str] = {}

    _version: int = 0

    @rx.event
    @needs(_MAY)
    async def open(self, code: str) -> None:
        """Open the endpoint of a channel."""
        self.code, self.token = str(code)[:32], ""
        await self._read()
        self.opened = True

    async def _read(self) -> None:
        actor, now, code = await self._actor(), utc_now(), self.code
        view = await rx.run_in_thread(lambda: webhooks.view_endpoint(actor, code=code, now=now))
        self.label, self.url, self.secret_text = view.label, view.url, view.secret
        self.active, self.per_minute, self._version = view.active, view.per_minute, view.version
        self.fields = _listing.pairs(view.fields)
        self.rules = [_row(rule) for rule in view.rules]
        self.form_key, self.field_errors = secrets.token_hex(8), {}

    @rx.event
    @needs(_MAY)
    async def close(self, is_open: bool) -> None:
        """Close the sheet and forget the secret."""
        if not is_open:
            self.opened, self.token, self.field_errors = False, "", {}

    @rx.event
    @needs(_MAY)
    async def rotate(self) -> None:
        """Make a new secret and show it, this once."""
        actor, now, code = await self._actor(), utc_now(), self.code
        token = await rx.run_in_thread(lambda: webhooks.rotate(actor, code=code, now=now))
        view = await rx.run_in_thread(lambda: webhooks.view_endpoint(actor, code=code, now=now))
        self.token, self.secret_text, self._version = token, view.secret, view.version

    @rx.event
    @needs(_MAY)
    async def copy_token(self) -> Any:
        """Copy the new secret."""
        return [rx.set_clipboard(self.token), done("密钥已复制")]

    @rx.event
    @needs(_MAY)
    async def read_sample(self, data: dict[str, Any]) -> Any:
        """Read a sample of the provider into rows, those with known names filled in."""
        actor, sample = await self._actor(), str(data.get("sample") or "")[:65_536]
        found = await rx.run_in_thread(lambda: webhooks.suggest_rules(actor, sample=sample))
        kept = {row["path"] for row in self.rules}
        taken = {row["field"] for row in self.rules}
        fresh = [
            _row(rule, example) | ({"field": ""} if rule.field in taken else {})
            for rule, example in found
            if rule.path not in kept
        ]
        self.rules, self.form_key = (self.rules + fresh)[:MOST_RULES], secrets.token_hex(8)
        return done(f"读出 {len(found)} 个值，新增 {len(fresh)} 行")

    @rx.event
    @needs(_MAY)
    async def add_row(self) -> None:
        """Add an empty row."""
        if len(self.rules) < MOST_RULES:
            self.rules = [*self.rules, _row(Rule("", ""))]

    @rx.event
    @needs(_MAY)
    async def put(self, place: int, key: str, text: str) -> None:
        """Change one cell of a row."""
        if (
            isinstance(place, int)
            and 0 <= place < len(self.rules)
            and key in ("path", "field", "unit", "values")
        ):
            self.rules = [
                row | ({key: str(text)[:400]} if number == place else {})
                for number, row in enumerate(self.rules)
            ]

    @rx.event
    @needs(_MAY)
    async def drop(self, place: int) -> None:
        """Take a row away."""
        self.rules = [row for number, row in enumerate(self.rules) if number != place]
        self.form_key = secrets.token_hex(8)

    @rx.event
    @needs(_MAY)
    async def save(self, data: dict[str, Any]) -> Any:
        """Save switch, rate and mapping; rows without a field are left out."""
        actor, now, code, version = await self._actor(), utc_now(), self.code, self._version
        rules = [
            Rule(row["path"].strip(), row["field"], row["unit"] or "yuan", _pairs(row["values"]))
            for row in self.rules
            if row["field"]
        ]
        active, rate = bool(data.get("active")), str(data.get("per_minute") or "").strip()[:10]
        await rx.run_in_thread(
            lambda: webhooks.save_endpoint(
                actor, code=code, version=version, active=active, per_minute=rate, rules=rules, now=now
            )
        )
        self.opened = False
        return [ChannelsState.load, done(f"已保存「{self.label}」的推送接入")]


def _row(rule: Rule, example: str = "") -> dict[str, str]:
    values = ", ".join(f"{theirs}={ours}" for theirs, ours in rule.values.items())
    return {"path": rule.path, "field": rule.field, "unit": rule.unit, "values": values, "example": example}


def _pairs(text: str) -> dict[str, str]:
    found = {}
    for part in text.replace("，", ",").replace("＝", "=").split(","):
        theirs, _, ours = part.partition("=")
        if theirs.strip() and ours.strip():
            found[theirs.strip()] = ours.strip()
    return found
