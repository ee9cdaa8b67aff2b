"""The tabs of customer 360 that are worked on: fields by group with their history, related parties."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services import customers
from loanhub.services._actor import Actor
from loanhub.services.customers import sections
from loanhub.services.customers.sections import ProfileField
from loanhub.state import _live
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._conflict import Conflicting
from loanhub.state._guard import needs
from loanhub.state._record_form import FormItem
from loanhub.state._section import trouble
from loanhub.state.customer import CustomerState, record_id

PROFILE = "profile"
YES_NO = [{"value": "true", "label": "是"}, {"value": "false", "label": "否"}]


@dataclass
class Fact:
    """One field to read."""

    key: str = ""
    label: str = ""
    text: str = ""
    masked: bool = False
    revealable: bool = False


@dataclass
class Group:
    """A group of fields to read."""

    title: str = ""
    hint: str = ""
    editable: bool = False
    facts: list[Fact] = field(default_factory=list)


@dataclass
class Party:
    """A related party as the list shows it."""

    relation_id: int = 0
    kind_label: str = ""
    name: str = ""
    initials: str = ""
    phone: str = ""
    detail: str = ""
    tone: str = ""
    href: str = ""
    note: str = ""


class CustomerTabsState(Conflicting, SessionState):
    """What the working tabs show."""

    groups: list[Group] = []
    editing: str = ""
    form: list[FormItem] = []
    form_key: str = ""
    history: list[dict[str, str]] = []
    history_label: str = ""
    read: int = 0
    """The customer whose fields and parties are here, 0 while they are read."""
    failed: str = ""
    parties: list[Party] = []
    own_text: str = ""
    group_text: str = ""
    relation_hint: str = ""
    relation_warning: str = ""
    relating: bool = False
    field_errors: dict[str, str] = {}

    _customer: int = 0

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def load(self) -> None:
        """Read what the page's tab and its right column need."""
        self._customer = record_id(self, "customers")
        self._stop_editing()
        self.history_label, self.relating = "", False
        self.field_errors, self.failed = {}, ""
        page = await self.get_state(CustomerState)
        if page.missing:
            return
        await self._read_all(page.tab)

    async def _read_all(self, tab: str) -> None:
        try:
            if tab == "profile":
                await self._read_profile()
            await self._read_parties()
            self.read, self.failed = self._customer, ""
        except Exception as error:  # the rest of the page is sound: this section alone says so
            self.failed = trouble(error)

    async def _refresh(self) -> None:
        """Read again what somebody else may have changed, but not under the hands of who is typing."""
        page = await self.get_state(CustomerState)
        if page.head.id != self._customer or self.editing or self.relating:
            return
        await self._read_all(page.tab)

    # ---- fields ----

    async def _read_profile(self) -> None:
        actor, now, wanted = await self._actor(), utc_now(), self._customer
        found = await rx.run_in_thread(lambda: sections.profile(actor, customer_id=wanted, now=now))
        self.groups = [
            Group(
                one.title, f"已填 {one.filled} / {one.total}", one.editable,
                [Fact(f.key, f.label, f.text, f.masked, f.revealable) for f in one.fields],
            )
            for one in found
        ]  # fmt: skip

    @rx.event
    @needs(Permission.CUSTOMERS_EDIT)
    async def edit(self, title: str) -> None:
        """Turn a group into a form, or back with an empty title."""
        actor, now, wanted = await self._actor(), utc_now(), self._customer
        self.field_errors = {}
        self._stop_editing()
        if not title:
            return
        found = await rx.run_in_thread(lambda: sections.profile(actor, customer_id=wanted, now=now))
        fields = [f for group in found if group.title == title for f in group.fields if f.editable]
        if not fields:
            return
        self.form = [_item(one) for one in fields]
        self._shown = {one.key: (one.value, one.text) for one in fields}
        self.form_key, self.editing = secrets.token_hex(8), str(title)
        await self._tell_editing(actor)

    async def _tell_editing(self, actor: Actor) -> None:
        """Say on the customer's card who edits it: the card is that of the open lead."""
        head = (await self.get_state(CustomerState)).head
        _live.begin_editing(self, PROFILE, "lead", head.lead_id, actor)

    @rx.event
    @needs(Permission.CUSTOMERS_EDIT)
    async def save(self, form: dict[str, Any]) -> Any:
        """Save what the form changed; where somebody else changed the same field, ask which one stays."""
        masked = {item.key for item in self.form if item.placeholder}
        kinds = {item.key: item.kind for item in self.form}
        raw: dict[str, object] = {}
        for key in self._shown:
            text = str(form.get(key, "")).strip()
            if key not in form or (key in masked and not text):
                continue
            raw[key] = text.replace(",", "") if kinds.get(key) == "money" else text
        return await self._save_mine(raw)

    async def _save_mine(self, raw: Mapping[str, object]) -> Any:
        actor, now, wanted, shown = await self._actor(), utc_now(), self._customer, dict(self._shown)
        saved = await rx.run_in_thread(
            lambda: customers.save_form(actor, customer_id=wanted, raw=raw, shown=shown, now=now)
        )
        if saved.clashes:
            self._clashed(saved, raw)
            return None
        self._stop_editing()
        await self._read_profile()
        return done("已保存")

    async def _shown_now(self) -> Mapping[str, tuple[str, str]]:
        actor, now, wanted = await self._actor(), utc_now(), self._customer
        found = await rx.run_in_thread(lambda: sections.profile(actor, customer_id=wanted, now=now))
        return {f.key: (f.value, f.text) for group in found for f in group.fields}

    def _stop_editing(self) -> None:
        self.editing = ""
        self._settled()
        _live.end_editing(self, PROFILE)

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def show_history(self, label: str) -> None:
        """Show who changed a field, and what it was."""
        actor, now, wanted = await self._actor(), utc_now(), self._customer
        if not label:
            self.history_label = ""
            return
        found = await rx.run_in_thread(
            lambda: customers.history(actor, customer_id=wanted, label=str(label)[:40], now=now)
        )
        self.history = [
            {"who": c.who, "at": c.at, "title": c.title, "before": c.before, "after": c.after, "why": c.why}
            for c in found
        ]
        self.history_label = str(label)[:40]

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def close_history(self, is_open: bool) -> None:
        """Close the history of a field."""
        if not is_open:
            self.history_label = ""

    # ---- related parties ----

    async def _read_parties(self) -> None:
        actor, wanted = await self._actor(), self._customer
        found = await rx.run_in_thread(lambda: customers.list_relations(actor, customer_id=wanted))
        self.parties = [
            Party(
                one.relation_id, one.kind_label, one.name, one.name[-2:], one.phone, one.detail, one.tone, one.href,
                one.note,
            )
            for one in found.parties
        ]  # fmt: skip
        self.own_text, self.group_text, self.relation_warning = (
            found.own_text,
            found.group_text,
            found.warning,
        )
        self.relation_hint = f"另有 {found.hidden} 位不在你的数据范围内，未计入合计" if found.hidden else ""

    @rx.event
    @needs(Permission.CUSTOMERS_EDIT)
    async def show_relate(self, is_open: bool) -> None:
        """Open or close the sheet for a related party."""
        self.relating, self.field_errors, self.form_key = bool(is_open), {}, secrets.token_hex(8)

    @rx.event
    @needs(Permission.CUSTOMERS_EDIT)
    async def relate(self, form: dict[str, Any]) -> Any:
        """Write a related party."""
        actor, now, wanted = await self._actor(), utc_now(), self._customer
        given = {
            key: str(form.get(key, ""))[:300]
            for key in ("kind", "name", "phone", "id_number", "share", "address", "related_number", "note")
        }
        if not any(given.values()):
            raise InvalidInput(fields={"name": "填写姓名，或填写对方的客户编号"})
        await rx.run_in_thread(lambda: customers.relate(actor, customer_id=wanted, now=now, **given))
        self.relating = False
        await self._read_around()
        return done("已关联")

    @rx.event
    @needs(Permission.CUSTOMERS_EDIT)
    async def unrelate(self, relation_id: int) -> Any:
        """Take a related party off."""
        actor, now = await self._actor(), utc_now()
        text = str(relation_id)
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
        await rx.run_in_thread(lambda: customers.unrelate(actor, relation_id=number, now=now))
        await self._read_around()
        return done("已解除关联")

    async def _read_around(self) -> None:
        from loanhub.state.customer_sections import CustomerSectionsState

        await self._read_parties()
        await (await self.get_state(CustomerSectionsState))._refresh()


def _item(one: ProfileField) -> FormItem:
    switch = one.component == "switch"
    return FormItem(
        key=one.key, label=one.label, kind="select" if switch else one.component, text=one.text, value=one.value,
        required=one.required and not one.masked,
        help=one.help or (f"单位：{one.unit}" if one.unit else "多个用逗号分开" if one.component == "tags" else ""),
        placeholder=f"{one.text}，不改请留空" if one.masked else "", options=YES_NO if switch else one.options,
    )  # fmt: skip
