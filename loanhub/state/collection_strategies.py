"""Strategies of collections 催收策略: the list in order, the sheet of one, its versions."""

from __future__ import annotations

import secrets
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.services.collections import strategies, strategy_editor
from loanhub.state._arguments import number_of
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._outlives import outlives
from loanhub.state._tree_editor import TREE, tree_editor

_MAY = Permission.COLLECTIONS_ASSIGN
TEXTS = ("name", "approach", "priority", "script")
Conditions: Any = tree_editor(_MAY, first_field="dpd", leaf=strategy_editor.leaf)


class CollectionStrategiesState(Conditions, SessionState):  # type: ignore[misc]
    """The strategies, and the sheet in which one is put together."""

    rows: list[dict[str, str]] = []
    loading: bool = True
    opened: bool = False
    editing: str = ""
    form_key: str = ""
    values: dict[str, str] = {}
    active: bool = True
    cases: str = ""
    """How many open cases meet the condition in the sheet."""
    versions: list[dict[str, str]] = []
    field_errors: dict[str, str] = {}

    _version: int = 0

    @rx.event
    @needs(_MAY)
    @outlives(
        "opened",
        keep=(
            "editing",
            "form_key",
            "values",
            "active",
            "cases",
            "versions",
            "field_errors",
            "_version",
            *TREE,
        ),
    )
    async def load(self) -> None:
        """Show the strategies."""
        self.loading, self.opened, self.field_errors = True, False, {}
        await self._read()

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        found = await rx.run_in_thread(lambda: strategies.list_all(actor, now=now))
        self.rows = [
            {
                "id": str(one.id), "place": str(place), "name": one.name, "sentence": one.sentence,
                "approach": one.approach_label, "priority": str(one.priority), "script": one.script,
                "active": "1" if one.active else "", "cases": f"{one.cases:,}", "version": str(one.version),
                "first": "1" if place == 1 else "", "last": "1" if place == len(found) else "",
            }
            for place, one in enumerate(found, start=1)
        ]  # fmt: skip
        self.loading = False

    @rx.event
    @needs(_MAY)
    async def show(self, is_open: bool) -> None:
        """Open an empty sheet or close it."""
        if not is_open:
            self.opened = False
            return
        self.editing, self._version, self.versions, self.active = "", 0, [], True
        self.values = {"approach": "standard", "priority": "60"}
        await self._open({})

    @rx.event
    @needs(_MAY)
    async def edit(self, strategy_id: str) -> None:
        """Open the sheet of a strategy."""
        actor, now, wanted = await self._actor(), utc_now(), number_of(strategy_id)
        found = await rx.run_in_thread(lambda: strategies.list_all(actor, now=now))
        one = next((row for row in found if row.id == wanted), None)
        if one is None:
            return
        self.editing, self._version, self.active = str(one.id), one.version, one.active
        self.values = {
            "name": one.name, "approach": one.approach, "priority": str(one.priority), "script": one.script,
        }  # fmt: skip
        past = await rx.run_in_thread(lambda: strategy_editor.versions(actor, strategy_id=wanted))
        self.versions = [
            {"number": str(row.number), "by": row.by, "when": row.when, "told": row.told,
             "current": "1" if row.number == one.version else ""}
            for row in past
        ]  # fmt: skip
        await self._open(one.criteria)

    async def _open(self, raw: Any) -> None:
        actor = await self._actor()
        fields = await rx.run_in_thread(lambda: strategy_editor.fields(actor))
        self.field_errors, self.form_key, self.opened = {}, secrets.token_hex(12), True
        await self._begin_tree(fields, raw)

    async def _preview(self) -> None:
        actor, now, raw, leaves = await self._actor(), utc_now(), self._criteria(), self._leaves()
        found = await rx.run_in_thread(lambda: strategy_editor.read_back(actor, raw, leaves, now=now))
        self._show_tree(found.leaves, found.sentence)
        self.cases = f"{found.cases:,}"

    @rx.event
    @needs(_MAY)
    async def take_version(self, number: str) -> Any:
        """Fill the sheet with an earlier version, to be looked at and saved."""
        actor, wanted, strategy = await self._actor(), number_of(number), number_of(self.editing)
        found = await rx.run_in_thread(
            lambda: strategy_editor.form_of_version(actor, strategy_id=strategy, number=wanted)
        )
        self.values = {key: str(found.get(key, "")) for key in TEXTS}
        self.active = bool(found.get("active"))
        await self._open(found.get("criteria") or {})
        return done(f"已填入第 {wanted} 版，核对后保存")

    @rx.event
    @needs(_MAY)
    async def save(self, form: dict[str, Any]) -> Any:
        """Save the strategy; cases follow at the next refresh of the queue."""
        actor, now, wanted, version = await self._actor(), utc_now(), number_of(self.editing), self._version
        given: dict[str, object] = {key: str(form.get(key, ""))[:600] for key in TEXTS}
        given |= {"active": bool(form.get("active")), "criteria": self._criteria()}
        self.field_errors = {}
        if wanted:
            await rx.run_in_thread(
                lambda: strategies.save(
                    actor, strategy_id=wanted, form=given, expected_version=version, now=now
                )
            )
        else:
            await rx.run_in_thread(lambda: strategy_editor.create(actor, form=given, now=now))
        self.opened = False
        await self._read()
        return done(f"已保存「{str(given['name']).strip()}」，队列下次刷新时生效")

    @rx.event
    @needs(_MAY)
    async def move(self, strategy_id: str, step: int) -> None:
        """Move a strategy one place up or down."""
        actor, now, wanted, by = (
            await self._actor(),
            utc_now(),
            number_of(strategy_id),
            1 if step == 1 else -1,
        )
        await rx.run_in_thread(lambda: strategy_editor.move(actor, strategy_id=wanted, step=by, now=now))
        await self._read()

    @rx.event
    @needs(_MAY)
    async def switch(self, strategy_id: str, active: bool) -> Any:
        """Put a strategy in use or out of use."""
        actor, now, wanted, on = await self._actor(), utc_now(), number_of(strategy_id), bool(active)
        version = next((number_of(row["version"]) for row in self.rows if row["id"] == str(strategy_id)), 0)
        await rx.run_in_thread(
            lambda: strategies.save(
                actor, strategy_id=wanted, form={"active": on}, expected_version=version, now=now
            )
        )
        await self._read()
        return done("已启用" if on else "已停用，队列下次刷新时生效")
