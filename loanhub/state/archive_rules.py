"""Holds and rules of the archive 法律保留与资料规则: for those who keep order, whether they read documents or not."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services.archive import keep, rules
from loanhub.services.archive.keep import HoldView
from loanhub.services.archive.rules import RuleView
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs

_ANY = (Permission.DOCUMENTS_READ, Permission.ARCHIVES_HOLD, Permission.ARCHIVES_RULES)


class ArchiveRulesState(SessionState):
    """The two dialogs beside the archive."""

    holds: list[HoldView] = []
    rules: list[RuleView] = []
    roles: list[dict[str, str]] = []
    showing_holds: bool = False
    showing_rules: bool = False
    chosen_hold: int = 0
    edited: str = ""
    form_key: int = 0
    field_errors: dict[str, str] = {}
    version: int = 0
    life_days: int = 0
    remind_days: int = 0
    retention_years: int = 0
    read_roles: list[str] = []
    upload_roles: list[str] = []
    take_roles: list[str] = []
    edited_label: str = ""

    @rx.event
    @needs(*_ANY)
    async def load(self) -> None:
        """Begin with both closed."""
        self.showing_holds = self.showing_rules = False
        self.edited, self.field_errors = "", {}

    @rx.event
    @needs(Permission.ARCHIVES_HOLD)
    async def show_holds(self, is_open: bool) -> None:
        """Open or close the list of holds."""
        self.showing_holds, self.chosen_hold, self.field_errors = bool(is_open), 0, {}
        if is_open:
            await self._read_holds()

    async def _read_holds(self) -> None:
        actor = await self._actor()
        self.holds = await rx.run_in_thread(lambda: keep.list_holds(actor))
        self.form_key += 1

    @rx.event
    @needs(Permission.ARCHIVES_HOLD)
    async def place(self, form: dict[str, Any]) -> Any:
        """Put a hold on everything of a customer."""
        actor, now = await self._actor(), utc_now()
        number, reason = str(form.get("customer", ""))[:40], str(form.get("reason", ""))[:300]
        await rx.run_in_thread(lambda: keep.hold(actor, customer_number=number, reason=reason, now=now))
        self.field_errors = {}
        await self._read_holds()
        return done("已设置法律保留")

    @rx.event
    @needs(Permission.ARCHIVES_HOLD)
    async def choose_hold(self, hold_id: int) -> None:
        """Ask for the reason of a release."""
        self.chosen_hold, self.field_errors = hold_id if type(hold_id) is int else 0, {}

    @rx.event
    @needs(Permission.ARCHIVES_HOLD)
    async def release(self, form: dict[str, Any]) -> Any:
        """End the chosen hold."""
        actor, now, number = await self._actor(), utc_now(), self.chosen_hold
        reason = str(form.get("release_reason", ""))[:300]
        try:
            await rx.run_in_thread(lambda: keep.release(actor, hold_id=number, reason=reason, now=now))
        except InvalidInput as refusal:
            raise InvalidInput(fields={"release_reason": refusal.fields.get("reason", "")}) from refusal
        self.chosen_hold, self.field_errors = 0, {}
        await self._read_holds()
        return done("已解除法律保留")

    @rx.event
    @needs(Permission.ARCHIVES_RULES)
    async def show_rules(self, is_open: bool) -> None:
        """Open or close the list of rules."""
        self.showing_rules, self.edited, self.field_errors = bool(is_open), "", {}
        if is_open:
            await self._read_rules()

    async def _read_rules(self) -> None:
        actor = await self._actor()
        found, roles = await rx.run_in_thread(lambda: rules.list_rules(actor))
        self.rules = found
        self.roles = [{"value": code, "label": label} for code, label in roles]

    @rx.event
    @needs(Permission.ARCHIVES_RULES)
    async def edit(self, kind: str) -> None:
        """Open the form of one kind."""
        one = next((rule for rule in self.rules if rule.kind == kind), None)
        self.field_errors, self.form_key = {}, self.form_key + 1
        self.edited = one.kind if one is not None else ""
        if one is None:
            return
        self.edited_label, self.version = one.label, one.version
        self.life_days, self.remind_days, self.retention_years = (
            one.life_days,
            one.remind_days,
            one.retention_years,
        )
        self.read_roles, self.upload_roles, self.take_roles = (
            [code for code in codes.split(",") if code]
            for codes in (one.read_roles, one.upload_roles, one.take_roles)
        )

    @rx.event
    @needs(Permission.ARCHIVES_RULES)
    async def toggle_role(self, verb: str, code: str) -> None:
        """Name a role for a verb, or no longer; none named leaves it open."""
        key = {"read": "read_roles", "upload": "upload_roles", "take": "take_roles"}.get(verb)
        if key and any(one["value"] == code for one in self.roles):
            held = list(getattr(self, key))
            setattr(self, key, [one for one in held if one != code] if code in held else [*held, code])

    @rx.event
    @needs(Permission.ARCHIVES_RULES)
    async def save(self, form: dict[str, Any]) -> Any:
        """Keep the rule."""
        actor, now = await self._actor(), utc_now()
        life, remind, years = (_whole(form, key) for key in ("life_days", "remind_days", "retention_years"))
        await rx.run_in_thread(
            lambda: rules.change(
                actor, kind=self.edited, read_roles=self.read_roles, upload_roles=self.upload_roles,
                take_roles=self.take_roles, life_days=life, remind_days=remind, retention_years=years,
                expected_version=self.version, now=now,
            )
        )  # fmt: skip
        self.edited, self.field_errors = "", {}
        await self._read_rules()
        return done("规则已保存")


def _whole(form: dict[str, Any], key: str) -> int:
    text = str(form.get(key, "")).strip()
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise InvalidInput(fields={key: "填整数"})
    return int(text)
