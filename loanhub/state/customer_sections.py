"""What customer 360 reads when it is looked at: lists, repayment behaviour, scores, tags, to-dos, consents, graph."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services import boards, collections, customers, tasks
from loanhub.services.customers import (
    behaviour,
    consents,
    graph,
    scores,
    sections,
    tag_history,
    tags,
    timeline,
)
from loanhub.services.customers.behaviour import Behaviour
from loanhub.services.customers.consents import ConsentView
from loanhub.services.customers.graph import Graph
from loanhub.services.customers.scores import ScoreHistory
from loanhub.services.customers.tag_history import LayerChange
from loanhub.services.customers.tags import Layers
from loanhub.services.customers.timeline import TimelineItem
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._section import trouble
from loanhub.state.customer import CustomerState, record_id

LISTS = {
    "applications": Permission.APPLICATIONS_READ, "contracts": Permission.CONTRACTS_READ,
    "loans": Permission.LOANS_READ, "collections": Permission.COLLECTIONS_READ, "tasks": Permission.TASKS_EDIT,
}  # fmt: skip


class CustomerSectionsState(SessionState):
    """The sections below the head that are read, and the small forms in them."""

    rows: list[dict[str, str]] = []
    approvals: list[dict[str, str]] = []
    todos: list[dict[str, str]] = []
    behaviour: Behaviour = Behaviour()
    consents: list[ConsentView] = []
    scores: ScoreHistory = ScoreHistory()
    layers: Layers = Layers()
    layer_changes: list[LayerChange] = []
    showing_layers: bool = False
    graph: Graph = Graph()
    picked: str = ""
    audit: list[TimelineItem] = []
    audit_more: bool = False
    reading_tab: str = ""
    """The tab whose rows are here; another one is still being read."""
    read: int = 0
    """The customer the side column is of, 0 while it is read."""
    failed: str = ""
    moving: bool = False
    giving: bool = False
    giving_purpose: str = ""
    withdrawing: int = 0
    field_errors: dict[str, str] = {}
    form_key: str = ""

    _customer: int = 0

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def load(self) -> None:
        """Read what the open tab and the right column need."""
        self._customer, self.failed = record_id(self, "customers"), ""
        self.moving = self.giving = self.showing_layers = False
        self.withdrawing, self.picked, self.field_errors = 0, "", {}
        await self._refresh()

    async def _refresh(self) -> None:
        page = await self.get_state(CustomerState)
        if page.missing or not self._customer or page.head.id != self._customer:
            return
        try:
            await self._read(page.tab)
            self.failed = ""
        except Exception as error:  # the rest of the page is sound: this section alone says so
            self.failed = trouble(error)

    async def _read(self, tab: str) -> None:
        actor, now, wanted = await self._actor(), utc_now(), self._customer
        if tab in LISTS and not actor.can(LISTS[tab]):
            self.rows = []
        elif tab == "applications":
            self.rows = await rx.run_in_thread(
                lambda: sections.applications(actor, customer_id=wanted, now=now)
            )
            self.approvals = await rx.run_in_thread(
                lambda: behaviour.approvals(actor, customer_id=wanted, now=now)
            )
        elif tab == "contracts":
            self.rows = await rx.run_in_thread(lambda: sections.contracts(actor, customer_id=wanted))
        elif tab == "loans":
            self.rows = await rx.run_in_thread(lambda: sections.loans(actor, customer_id=wanted))
            self.behaviour = await rx.run_in_thread(
                lambda: behaviour.behaviour(actor, customer_id=wanted, now=now)
            )
        elif tab == "collections":
            self.rows = await rx.run_in_thread(
                lambda: collections.of_customer(actor, customer_id=wanted, now=now)
            )
        elif tab == "tasks":
            self.todos = await rx.run_in_thread(lambda: behaviour.todos(actor, customer_id=wanted, now=now))
        elif tab == "consents":
            self.consents = await rx.run_in_thread(
                lambda: consents.list_of(actor, customer_id=wanted, now=now)
            )
        elif tab == "relations":
            self.graph = await rx.run_in_thread(lambda: graph.graph(actor, customer_id=wanted))
        elif tab == "audit":
            found = await rx.run_in_thread(lambda: timeline.audit(actor, customer_id=wanted, now=now))
            self.audit, self.audit_more = found.items, found.has_more
        self.reading_tab = tab
        self.scores = await rx.run_in_thread(lambda: scores.history(actor, customer_id=wanted, now=now))
        self.layers = await rx.run_in_thread(lambda: tags.layers(actor, customer_id=wanted, now=now))
        self.read = wanted

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def older_audit(self) -> None:
        """Add older entries to the audit tab."""
        if not self.audit:
            return
        actor, now, wanted, before = await self._actor(), utc_now(), self._customer, int(self.audit[-1].id)
        found = await rx.run_in_thread(
            lambda: timeline.audit(actor, customer_id=wanted, before_id=before, now=now)
        )
        self.audit, self.audit_more = [*self.audit, *found.items], found.has_more

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def pick(self, node_id: str) -> None:
        """Light the edges of a party on the graph; the same once more puts it out."""
        self.picked = "" if self.picked == str(node_id) else str(node_id)[:20]

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def show_layers(self, is_open: bool) -> None:
        """Open or close how what is computed of the customer changed."""
        self.showing_layers = bool(is_open)
        if is_open:
            actor, now, wanted = await self._actor(), utc_now(), self._customer
            self.layer_changes = await rx.run_in_thread(
                lambda: tag_history.history(actor, customer_id=wanted, now=now)
            )

    # ---- to-dos ----

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def finish_task(self, task_id: str) -> Any:
        """Finish a to-do of this customer."""
        actor, now, number = await self._actor(), utc_now(), _number(task_id)
        await rx.run_in_thread(lambda: tasks.complete(actor, task_id=number, now=now))
        await self._refresh()
        return done("已完成")

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def reopen_task(self, task_id: str) -> Any:
        """Take the completion of a to-do back."""
        actor, now, number = await self._actor(), utc_now(), _number(task_id)
        await rx.run_in_thread(lambda: tasks.reopen(actor, task_id=number, now=now))
        await self._refresh()
        return done("已恢复")

    # ---- consents ----

    @rx.event
    @needs(Permission.CUSTOMERS_EDIT)
    async def show_give(self, is_open: bool, purpose: str = "") -> None:
        """Open or close the sheet for a consent."""
        self.giving, self.giving_purpose = bool(is_open), str(purpose)[:24]
        self.field_errors, self.form_key = {}, secrets.token_hex(8)

    @rx.event
    @needs(Permission.CUSTOMERS_EDIT)
    async def close_give(self, is_open: bool) -> None:
        """Close that sheet."""
        if not is_open:
            self.giving = False

    @rx.event
    @needs(Permission.CUSTOMERS_EDIT)
    async def give(self, form: dict[str, Any]) -> Any:
        """Write a consent."""
        actor, now, wanted, key = await self._actor(), utc_now(), self._customer, f"consent-{self.form_key}"
        given, until = _day(form, "given_date"), _day(form, "valid_until")
        await rx.run_in_thread(
            lambda: consents.give(
                actor, customer_id=wanted, purpose=str(form.get("purpose", "")), way=str(form.get("way", "")),
                given_date=given, valid_until=until, note=str(form.get("note", "")), key=key, now=now,
            )
        )  # fmt: skip
        self.giving = False
        await self._refresh()
        return done("已登记授权")

    @rx.event
    @needs(Permission.CUSTOMERS_EDIT)
    async def show_withdraw(self, consent_id: int) -> None:
        """Open the sheet that withdraws a consent, or close it with 0."""
        self.withdrawing, self.field_errors, self.form_key = _number(consent_id), {}, secrets.token_hex(8)

    @rx.event
    @needs(Permission.CUSTOMERS_EDIT)
    async def close_withdraw(self, is_open: bool) -> None:
        """Close that sheet."""
        if not is_open:
            self.withdrawing = 0

    @rx.event
    @needs(Permission.CUSTOMERS_EDIT)
    async def withdraw(self, form: dict[str, Any]) -> Any:
        """Withdraw a consent, with its reason."""
        actor, now, number = await self._actor(), utc_now(), self.withdrawing
        await rx.run_in_thread(
            lambda: consents.withdraw(actor, consent_id=number, reason=str(form.get("reason", "")), now=now)
        )
        self.withdrawing = 0
        await self._refresh()
        return done("已撤回授权")

    # ---- stage, tags ----

    @rx.event
    @needs(Permission.BOARDS_MOVE)
    async def show_move(self, is_open: bool) -> None:
        """Open or close the sheet that moves the case to another stage."""
        self.moving = bool(is_open)

    @rx.event
    @needs(Permission.BOARDS_MOVE)
    async def move(self, stage: str) -> Any:
        """Move the case; a gate that is closed says what is missing."""
        page = await self.get_state(CustomerState)
        actor, now, head = await self._actor(), utc_now(), page.head
        moved = await rx.run_in_thread(
            lambda: boards.move(
                actor, lead_id=head.lead_id, to=str(stage), expected_version=head.lead_version, now=now
            )
        )
        self.moving = False
        return await page._again(done(f"已移至「{moved.to_label}」"))

    @rx.event
    @needs(Permission.CUSTOMERS_EDIT)
    async def add_tag(self, form: dict[str, Any]) -> Any:
        """Add a tag."""
        page = await self.get_state(CustomerState)
        words = " ".join(str(form.get("tag", "")).replace(",", " ").replace("，", " ").split())[:40]
        return (
            await self._set_tags([*page.head.tags, words]) if words and words not in page.head.tags else None
        )

    @rx.event
    @needs(Permission.CUSTOMERS_EDIT)
    async def drop_tag(self, tag: str) -> Any:
        """Take a tag off."""
        page = await self.get_state(CustomerState)
        return await self._set_tags([one for one in page.head.tags if one != str(tag)])

    async def _set_tags(self, tags: list[str]) -> Any:
        page = await self.get_state(CustomerState)
        actor, now, wanted, version = await self._actor(), utc_now(), page.head.id, page.head.version
        await rx.run_in_thread(
            lambda: customers.edit(
                actor, customer_id=wanted, raw={"tags": tags}, expected_version=version, now=now
            )
        )
        return await page._again()


def _number(given: object) -> int:
    text = str(given)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0


def _day(form: dict[str, Any], key: str) -> date | None:
    text = str(form.get(key, "")).strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(fields={key: "日期写成 2026-05-21 这样的形式"}) from None
