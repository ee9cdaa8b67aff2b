"""The list of document templates 文书模板: the firm's own, the built-in ones, and beginning a new one."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.services import templates
from loanhub.services.templates import TemplateCard
from loanhub.state._arguments import number_of
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs

TOPIC = "templates"


def _line(card: TemplateCard) -> dict[str, str]:
    return {
        "id": str(card.id), "base": card.base, "name": card.name, "kind": card.kind, "status": card.status,
        "tone": card.tone, "version": card.version, "href": f"/templates/{card.version_id}", "updated": card.updated,
        "is_default": "1" if card.is_default else "", "blocks": f"{card.blocks} 段", "waiting": "1" if card.waiting else "",
        "published": "1" if card.version.startswith("使用") else "",
    }  # fmt: skip


class TemplatesState(SessionState):
    """The templates of the firm and the built-in ones."""

    own: list[dict[str, str]] = []
    builtin: list[dict[str, str]] = []
    waiting: int = 0
    can_edit: bool = False
    can_publish: bool = False
    loading: bool = True
    creating: bool = False
    base: str = ""
    new_name: str = ""
    field_errors: dict[str, str] = {}

    @rx.event
    @needs(Permission.TEMPLATES_EDIT, Permission.TEMPLATES_PUBLISH)
    async def load(self) -> None:
        """Show the templates."""
        self._watch(TOPIC)
        self.loading, self.creating = True, False
        await self._read()

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        try:
            found = await rx.run_in_thread(lambda: templates.list_templates(actor, now=now))
        finally:
            self.loading = False
        self.own = [_line(one) for one in found.own]
        self.builtin = [_line(one) for one in found.builtin]
        self.waiting = sum(1 for one in found.own if one.waiting)
        self.can_edit, self.can_publish = found.can_edit, found.can_publish

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        if topic != TOPIC:
            await super()._on_live(topic, ops)
            return
        if (await self._actor()).can_any(Permission.TEMPLATES_EDIT, Permission.TEMPLATES_PUBLISH):
            await self._read()

    @rx.event
    @needs(Permission.TEMPLATES_EDIT)
    async def begin(self, base: str) -> None:
        """Ask for the name of a copy of this built-in document."""
        label = next((one["name"] for one in self.builtin if one["base"] == str(base)), "")
        self.base, self.new_name, self.field_errors = (
            str(base)[:40],
            f"{label}（本公司）" if label else "",
            {},
        )
        self.creating = True

    @rx.event
    @needs(Permission.TEMPLATES_EDIT)
    async def ask(self, is_open: bool) -> None:
        """Open or close the sheet of a new template."""
        if is_open:
            self.base = self.base or "loan_contract"
        self.creating, self.field_errors = is_open is True, {}

    @rx.event
    @needs(Permission.TEMPLATES_EDIT)
    async def create(self, form: dict[str, Any]) -> Any:
        """Make the copy and open it."""
        actor, now = await self._actor(), utc_now()
        base, name = str(form.get("base", ""))[:40], str(form.get("name", ""))[:80]
        self.field_errors = {}
        version_id = await rx.run_in_thread(lambda: templates.create(actor, base=base, name=name, now=now))
        self.creating = False
        return rx.redirect(f"/templates/{version_id}")

    @rx.event
    @needs(Permission.TEMPLATES_PUBLISH)
    async def set_default(self, template_id: str, on: bool) -> Any:
        """Make documents of its kind from this template, or from the built-in one again."""
        actor, now, chosen = await self._actor(), utc_now(), number_of(template_id)
        await rx.run_in_thread(
            lambda: templates.set_default(actor, template_id=chosen, on=on is True, now=now)
        )
        await self._read()
        return done("以后用这个模板生成" if on is True else "以后用内置模板生成")
