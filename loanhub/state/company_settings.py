"""Company parameters 公司参数: the values in force by group, and what they were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain import formats
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services import company_settings, shell
from loanhub.services.company_groups import GROUPS
from loanhub.state._base import SessionState
from loanhub.state._clock import today, utc_now
from loanhub.state._guard import needs
from loanhub.state._outlives import outlives


@dataclass
class PastValue:
    """A value of a group: from when, in words, by whom."""

    since: str = ""
    who: str = ""
    text: str = ""
    state: str = ""
    tone: str = ""


class CompanyState(SessionState):
    """The page of company parameters."""

    values: dict[str, str] = {}
    """Texts by ``<group>.<key>``."""
    history: dict[str, list[PastValue]] = {}
    keys: dict[str, str] = {}
    """What makes each form start again: the group's stamp."""
    failed_group: str = ""
    today: str = ""
    loading: bool = True
    field_errors: dict[str, str] = {}

    @rx.event
    @needs(Permission.PARAMETERS_EDIT)
    @outlives("keys", keep=("values", "failed_group", "field_errors"))
    async def load(self) -> None:
        """Show what is in force."""
        self.loading, self.failed_group, self.field_errors = True, "", {}
        await self._read()

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        found = await rx.run_in_thread(lambda: company_settings.list_groups(actor, now=now))
        self.values = {f"{one.group.name}.{key}": text for one in found for key, text in one.values.items()}
        self.keys = {one.group.name: one.stamp for one in found}
        self.history = {
            one.group.name: [
                PastValue(
                    since="出厂设置" if past.valid_from.year <= 2020 else formats.instant(past.valid_from),
                    who=past.changed_by, text=past.text, state=past.state,
                    tone={"生效中": "ok", "待生效": "warn"}.get(past.state, "neutral"),
                )
                for past in one.history
            ]
            for one in found
        }  # fmt: skip
        self.today, self.loading = today().isoformat(), False

    @rx.event
    @needs(Permission.PARAMETERS_EDIT)
    async def save(self, name: str, form: dict[str, Any]) -> Any:
        """Set the values of one group."""
        group = next((one for one in GROUPS if one.name == name), None)
        if group is None:
            return None
        # The sentences of a refused form belong to its own inputs: keys of two groups may be alike.
        self.failed_group = group.name
        actor, now, stamp = await self._actor(), utc_now(), self.keys.get(group.name, "")
        texts = {entry.key: str(form.get(f"{group.name}.{entry.key}", ""))[:500] for entry in group.entries}
        from_date = _day(str(form.get(f"{group.name}.from_date", ""))) if group.dated else None
        await rx.run_in_thread(
            lambda: company_settings.save(
                actor, name=group.name, form=texts, stamp=stamp, now=now, from_date=from_date
            )
        )
        self.failed_group = ""
        self.company_name = await rx.run_in_thread(lambda: shell.brand(now=now))
        await self._read()
        later = from_date is not None and from_date > today()
        return done(f"已保存{group.label}，" + (f"{from_date} 起生效" if later else "立刻生效"))


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput(fields={"from_date": "请选择日期"}) from None
