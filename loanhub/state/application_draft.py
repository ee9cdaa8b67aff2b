"""A draft application: fields saved as they are left, the document checklist, and submitting it; a new one."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain import formats
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.services import applications, lists, products
from loanhub.services.catalogue import FieldView
from loanhub.services.customers import overview
from loanhub.state._base import SessionState
from loanhub.state._clock import today, utc_now
from loanhub.state._guard import needs
from loanhub.state.applications import ApplicationsState

YES_NO = (("true", "是"), ("false", "否"))
RESHAPING = frozenset({"product_code"})
"""Fields after which the form has other choices."""


@dataclass
class DraftField:
    """A field of the draft as the form draws it."""

    key: str = ""
    label: str = ""
    kind: str = "text"
    value: str = ""
    help: str = ""
    required: bool = False
    options: list[dict[str, str]] = field(default_factory=list)


@dataclass
class DraftGroup:
    """A titled group of fields."""

    title: str = ""
    fields: list[DraftField] = field(default_factory=list)


@dataclass
class ProductCard:
    """A product to choose."""

    code: str = ""
    label: str = ""
    lender: str = ""
    mode_label: str = ""
    amounts: str = ""
    rates: str = ""
    terms: str = ""
    method: str = ""
    eligibility: str = ""
    documents: str = ""


@dataclass
class Person:
    """The customer a new application is for, or one to choose."""

    id: int = 0
    name: str = ""
    line: str = ""


class ApplicationDraftState(ApplicationsState):
    """The form of a draft or returned application."""

    groups: list[DraftGroup] = []
    draft_key: str = ""
    saved_at: str = ""

    _values: dict[str, str] = {}
    _submit_key: str = ""

    @rx.event
    @needs(Permission.APPLICATIONS_READ)
    async def load(self) -> Any:
        """Read the page: queue, application, and its form when it may be edited."""
        put = await self._load()
        self.saved_at = ""
        await self._form()
        return put

    async def _form(self) -> None:
        self.groups, self._values = [], {}
        self._submit_key = secrets.token_hex(12)
        if not self.shown.id or not self.shown.can_edit:
            return
        actor, now, wanted = await self._actor(), utc_now(), self.shown.id
        found = await rx.run_in_thread(
            lambda: applications.open_application(actor, application_id=wanted, now=now)
        )
        terms = [{"value": str(t), "label": f"{t} 个月"} for t in found.terms]
        groups: dict[str, DraftGroup] = {}
        for one in found.fields:
            if one.editable:
                drawn = _drawn(one, terms)
                self._values[one.key] = drawn.value
                groups.setdefault(one.group, DraftGroup(one.group)).fields.append(drawn)
        self.groups = list(groups.values())
        self.draft_key = f"{wanted}-{secrets.token_hex(4)}"

    @rx.event
    @needs(Permission.APPLICATIONS_EDIT)
    async def save_field(self, key: str, value: str) -> None:
        """Write one field as it is left; what is not valid yet is named beside it and kept on the page."""
        if key not in self._values or self._values[key] == value or not self.shown.can_edit:
            return
        await self._save({key: value})
        if key in RESHAPING:
            await self._form()

    async def _save(self, raw: dict[str, str]) -> None:
        actor, now, shown = await self._actor(), utc_now(), self.shown
        saved = await rx.run_in_thread(
            lambda: applications.autosave(
                actor, application_id=shown.id, raw=raw, expected_version=shown.version, now=now
            )
        )
        errors = {k: v for k, v in self.field_errors.items() if k not in raw}
        self.field_errors = errors | saved.errors
        self._values.update({k: v for k, v in raw.items() if k not in saved.errors})
        self.saved_at = formats.clock(now)
        await self._read(shown.id)
        await self._read_queue()

    @rx.event
    @needs(Permission.APPLICATIONS_SUBMIT)
    async def submit(self, form: dict[str, Any]) -> Any:
        """Save what has changed since and submit the application for review."""
        raw = {k: str(v) for k, v in form.items() if k in self._values and str(v) != self._values[k]}
        if raw and self.shown.can_edit:
            await self._save(raw)
        if at_fault := {k: v for k, v in self.field_errors.items() if k in self._values}:
            raise InvalidInput(fields=at_fault)
        actor, now, shown, key = await self._actor(), utc_now(), self.shown, self._submit_key
        score = await rx.run_in_thread(
            lambda: applications.submit(
                actor, application_id=shown.id, expected_version=shown.version, key=key, now=now
            )
        )
        self.field_errors = {}
        await self._read_queue()
        await self._open(shown.id)
        await self._form()
        return done(f"{shown.number} 已提交审批，评分 {score}")

    @rx.event
    @needs(Permission.APPLICATIONS_EDIT)
    async def tick(self, kind: str) -> None:
        """Mark the original of a document as received, or take that back."""
        actor, now, shown = await self._actor(), utc_now(), self.shown
        row = next((d for d in self.documents if d["kind"] == kind), None)
        if row is None or row["how"] == "已上传":
            return
        if row["present"]:
            await rx.run_in_thread(
                lambda: applications.untick_document(actor, application_id=shown.id, kind=kind, now=now)
            )
        else:
            await rx.run_in_thread(
                lambda: applications.tick_documents(actor, application_id=shown.id, kinds=[kind], now=now)
            )
        self.field_errors = {k: v for k, v in self.field_errors.items() if k != "documents"}
        await self._read(shown.id)


_KINDS = {
    "textarea": "textarea", "money": "money", "percent": "percent", "number": "integer", "date": "date",
    "select": "select", "switch": "select",
}  # fmt: skip


def _drawn(one: FieldView, terms: list[dict[str, str]]) -> DraftField:
    kind, options = _KINDS.get(one.component, "text"), [{"value": c, "label": t} for c, t in one.options]
    if one.component == "switch":
        options = [{"value": c, "label": t} for c, t in YES_NO]
    if one.key == "term_months" and terms:
        kind, options = "select", terms
    value = one.value.removesuffix("%") if one.component == "percent" else one.value
    if one.component == "money" and value:
        value = one.text.removeprefix("¥")
    return DraftField(
        key=one.key, label=f"{one.label}（{one.unit}）" if one.unit and kind != "select" else one.label, kind=kind,
        value=value, help=one.help, required=one.key in REQUIRED, options=options,
    )  # fmt: skip


REQUIRED = frozenset({"product_code", "amount_fen", "term_months", "annual_rate", "purpose"})
"""What an application cannot be submitted without."""


class ApplicationNewState(SessionState):
    """Begin an application: for whom, and with which product."""

    person: Person = Person()
    people: list[Person] = []
    searched: bool = False
    missing: bool = False
    products: list[ProductCard] = []
    loading: bool = True
    choosing: str = ""

    _key: str = ""

    @rx.event
    @needs(Permission.APPLICATIONS_CREATE)
    async def load(self) -> None:
        """Read the customer the address names and the products offered today."""
        self._watch()
        self._key, self.choosing, self.searched, self.people = secrets.token_hex(12), "", False, []
        text = str(self.router.url.query_parameters.get("customer", ""))
        wanted = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
        actor, now, day = await self._actor(), utc_now(), today()
        self.person = Person()
        self.missing = False
        try:
            if wanted:
                found = await rx.run_in_thread(lambda: overview(actor, customer_id=wanted, now=now))
                line = " · ".join(t for t in (found.number, found.phone) if t and t != "—")
                self.person = Person(wanted, found.name, line)
        except NotFound:
            self.missing = True
        offered = await rx.run_in_thread(lambda: products.list_offered(actor, today=day))
        self.products = [
            ProductCard(
                p.code, p.label, p.lender, p.mode_label, p.amounts, p.rates, p.terms_text, p.method_label,
                p.eligibility, "、".join(p.documents),
            )
            for p in offered
        ]  # fmt: skip
        self.loading = False

    @rx.event
    @needs(Permission.APPLICATIONS_CREATE)
    async def find(self, text: str) -> None:
        """Find the customer by name, phone tail or number."""
        actor, now, asked = await self._actor(), utc_now(), str(text)[:60]
        if not asked.strip():
            self.people, self.searched = [], False
            return
        page = await rx.run_in_thread(
            lambda: lists.page(
                actor, "customer", keys=("name", "phone", "number", "company_name"), text=asked, now=now
            )
        )
        self.people = [
            Person(
                row.id, row.cells["name"],
                " · ".join(t for k in ("number", "phone", "company_name") if (t := row.cells[k]) not in ("", "—")),
            )
            for row in page.rows[:8]
        ]  # fmt: skip
        self.searched = True

    @rx.event
    @needs(Permission.APPLICATIONS_CREATE)
    async def begin(self, product_code: str) -> Any:
        """Open the draft with this product and go to it."""
        actor, now, key, wanted = await self._actor(), utc_now(), self._key, self.person.id
        self.choosing = str(product_code)
        application_id = await rx.run_in_thread(
            lambda: applications.create(
                actor,
                customer_id=wanted,
                raw={"product_code": str(product_code)},
                key=f"{key}-{product_code}",
                now=now,
            )
        )
        return rx.redirect(f"/applications/{application_id}")
