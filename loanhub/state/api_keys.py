"""Keys for other systems API 密钥: the list, a new one shown once, revoking."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.api_scopes import ApiScope
from loanhub.domain.permissions import Permission
from loanhub.services import api_keys
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import today, utc_now
from loanhub.state._guard import needs
from loanhub.state._outlives import outlives

SCOPES = ApiScope.options()
USUAL_DAYS = 365


class ApiKeysState(SessionState):
    """The page of keys."""

    rows: list[dict[str, str]] = []
    channels: list[dict[str, str]] = []
    loading: bool = True
    sheet: str = ""
    """'' none, 'new', 'shown'."""
    values: dict[str, str] = {}
    form_key: str = ""
    chosen: str = ""
    chosen_name: str = ""
    confirming: bool = False
    field_errors: dict[str, str] = {}
    token: str = ""
    """The new key, until its dialog is closed."""

    @rx.event
    @needs(Permission.API_KEYS_EDIT)
    @outlives(
        "sheet", "token", "confirming", keep=("values", "form_key", "chosen", "chosen_name", "field_errors")
    )
    async def load(self) -> None:
        """Show every key."""
        self.sheet, self.token, self.confirming, self.field_errors, self.loading = "", "", False, {}, True
        await self._read()

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        found, channels = await rx.run_in_thread(lambda: api_keys.list_keys(actor, now=now))
        tones = {"在用": "ok", "已过期": "warn", "已吊销": "closed"}
        self.rows = [
            {key: str(value) for key, value in asdict(one).items()}
            | {"live": "1" if one.live else "", "tone": tones[one.state]}
            for one in found
        ]
        self.channels = _listing.pairs(channels)
        self.loading = False

    @rx.event
    @needs(Permission.API_KEYS_EDIT)
    async def open_new(self) -> None:
        """Open the form of a new key."""
        last = today() + timedelta(days=USUAL_DAYS)
        self.values = {"per_minute": "600", "last_day": last.isoformat()}
        self.sheet, self.field_errors, self.form_key = "new", {}, secrets.token_hex(8)

    @rx.event
    @needs(Permission.API_KEYS_EDIT)
    async def close(self, is_open: bool) -> None:
        """Close what is open and forget the secret."""
        if not is_open:
            self.sheet, self.token, self.field_errors = "", "", {}

    @rx.event
    @needs(Permission.API_KEYS_EDIT)
    async def save(self, data: dict[str, Any]) -> None:
        """Make the key and show it, this once."""
        actor, now = await self._actor(), utc_now()
        text = {
            name: str(data.get(name) or "").strip()[:200]
            for name in ("name", "channel_code", "per_minute", "last_day")
        }
        scopes = [code for code, _ in SCOPES if data.get(f"scope.{code}")]
        try:
            last = date.fromisoformat(text["last_day"])
        except ValueError:
            last = None
        made = await rx.run_in_thread(
            lambda: api_keys.create(
                actor, name=text["name"], scopes=scopes, channel_code=text["channel_code"],
                per_minute=text["per_minute"], last_day=last, now=now,
            )
        )  # fmt: skip
        self.token, self.chosen_name, self.sheet = made.token, text["name"], "shown"
        await self._read()

    @rx.event
    @needs(Permission.API_KEYS_EDIT)
    async def copy_token(self) -> Any:
        """Copy the new key."""
        return [rx.set_clipboard(self.token), done("密钥已复制")]

    @rx.event
    @needs(Permission.API_KEYS_EDIT)
    async def ask_revoke(self, key_id: str) -> None:
        """Ask before revoking."""
        one = next((row for row in self.rows if row["id"] == str(key_id)), None)
        if one is not None:
            self.chosen, self.chosen_name, self.confirming = one["id"], one["name"], True

    @rx.event
    @needs(Permission.API_KEYS_EDIT)
    async def stop_asking(self, is_open: bool) -> None:
        """Close the question."""
        self.confirming = bool(is_open) and self.confirming

    @rx.event
    @needs(Permission.API_KEYS_EDIT)
    async def revoke(self) -> Any:
        """Revoke the chosen key."""
        actor, now, number = await self._actor(), utc_now(), int(self.chosen) if self.chosen.isdigit() else 0
        self.confirming = False
        await rx.run_in_thread(lambda: api_keys.revoke(actor, key_id=number, now=now))
        await self._read()
        return done(f"已吊销 {self.chosen_name}，5 秒内失效")
