"""Reports that come by themselves 报表订阅: one's subscriptions, what came, and the form of one."""

from __future__ import annotations

import secrets
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.services.report_delivery import subscriptions, work
from loanhub.services.report_delivery._target import opened
from loanhub.services.report_delivery.subscriptions import Received, SubscriptionView
from loanhub.services.report_delivery.take import take
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._taking import handed_file

READ, FIGURES = Permission.REPORTS_READ, Permission.FIGURES_READ
LONGEST = 80


def _flag(value: object) -> bool:
    return str(value) in ("on", "true", "True", "1")


class ReportTakeState(SessionState):
    """Files of a report or a board."""

    @rx.event
    @needs(READ, FIGURES)
    async def take(self, target: str, form: str) -> Any:
        """Make the file and let the browser fetch it."""
        actor, now = await self._actor(), utc_now()
        number, name = await rx.run_in_thread(
            lambda: take(actor, target=str(target)[:LONGEST], form=str(form)[:8], now=now)
        )
        return handed_file(number, name)


class ReportSubscriptionsState(SessionState):
    """The page: the list, what came, and the dialog."""

    rows: list[SubscriptionView] = []
    received: list[Received] = []
    loading: bool = True
    asking: bool = False
    one: SubscriptionView = SubscriptionView()
    title: str = ""
    every: str = "daily"
    people: list[dict[str, str]] = []
    """Who may be chosen: {value, label}; a role's value begins with ``role:``."""
    chosen: list[dict[str, str]] = []
    form_key: str = ""
    field_errors: dict[str, str] = {}

    _target: str = ""
    _id: int = 0
    _version: int = 0
    _key: str = ""

    @rx.event
    @needs(READ, FIGURES)
    async def load(self) -> None:
        """Read the lists; ``?target=report:12`` opens the form of a new one."""
        self.asking, self.loading = False, True
        try:
            await self._read()
        finally:
            self.loading = False
        wanted = str(self.router.url.query_parameters.get("target", ""))[:LONGEST]
        if wanted:
            actor, now = await self._actor(), utc_now()
            found = await rx.run_in_thread(lambda: opened(actor, wanted, now=now))
            await self._offer()
            mine = [one for one in self.people if one["value"] == str(actor.user_id)]
            self._open(SubscriptionView(target=wanted, title=found.title), mine)

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        self.rows = await rx.run_in_thread(lambda: subscriptions.list_mine(actor, now=now))
        self.received = await rx.run_in_thread(lambda: subscriptions.list_received(actor, now=now))

    async def _offer(self) -> None:
        actor = await self._actor()
        people, roles = await rx.run_in_thread(lambda: subscriptions.people_options(actor))
        self.people = [
            *({"value": f"role:{one['value']}", "label": f"角色：{one['label']}"} for one in roles), *people
        ]  # fmt: skip

    def _open(self, one: SubscriptionView, chosen: list[dict[str, str]]) -> None:
        self.one, self.title, self.every, self.chosen = one, one.title, one.every, chosen
        self._target, self._id, self._version = one.target, one.id, one.version
        self._key = self.form_key = secrets.token_hex(12)
        self.field_errors, self.asking = {}, True

    @rx.event
    @needs(READ, FIGURES)
    async def show(self, is_open: bool) -> Any:
        """Close the form."""
        if not is_open:
            self.asking, self.field_errors = False, {}

    @rx.event
    @needs(READ, FIGURES)
    async def open_one(self, row_id: str) -> None:
        """Open the form of a subscription."""
        found = next((row for row in self.rows if str(row.id) == str(row_id)), None)
        if found is None:
            return
        await self._offer()
        held = [*(f"role:{code}" for code in found.roles), *found.user_ids]
        labels = {one["value"]: one["label"] for one in self.people}
        self._open(found, [{"value": one, "label": labels.get(one, "已离职")} for one in held])

    @rx.event
    @needs(READ, FIGURES)
    async def set_every(self, code: str) -> None:
        """Ask for the weekday or the day of the month, as the rhythm needs."""
        self.every = str(code)[:8]

    @rx.event
    @needs(READ, FIGURES)
    async def add_person(self, value: str) -> None:
        """Choose one more to get it."""
        found = next((one for one in self.people if one["value"] == str(value)), None)
        if found is not None and found not in self.chosen:
            self.chosen = [*self.chosen, found]
            self.field_errors = {key: text for key, text in self.field_errors.items() if key != "people"}

    @rx.event
    @needs(READ, FIGURES)
    async def drop_person(self, value: str) -> None:
        """Take one out again."""
        self.chosen = [one for one in self.chosen if one["value"] != str(value)]

    @rx.event
    @needs(READ, FIGURES)
    async def save(self, form: dict[str, Any]) -> Any:
        """Subscribe, or change a subscription."""
        actor, now, key = await self._actor(), utc_now(), self._key
        wanted: dict[str, Any] = {
            name: str(form.get(name, ""))[:8] for name in ("every", "hour", "weekday", "day")
        }
        wanted |= {name: _flag(form.get(name)) for name in ("working_days", "pdf", "xlsx", "by_mail")}
        wanted["every"] = self.every
        values = [one["value"] for one in self.chosen]
        wanted["roles"] = [one.removeprefix("role:") for one in values if one.startswith("role:")]
        wanted["user_ids"] = [one for one in values if not one.startswith("role:")]
        number, version, target = self._id, self._version, self._target
        self.field_errors = {}

        def work_() -> None:
            if number:
                subscriptions.edit(actor, subscription_id=number, version=version, form=wanted, now=now)
            else:
                subscriptions.create(actor, target=target, form=wanted, key=key, now=now)

        await rx.run_in_thread(work_)
        self.asking = False
        await self._read()
        return done("已保存" if number else "已订阅")

    async def _own(self, row_id: str) -> SubscriptionView:
        return next((row for row in self.rows if str(row.id) == str(row_id)), SubscriptionView())

    @rx.event
    @needs(READ, FIGURES)
    async def pause(self, row_id: str) -> Any:
        """Pause a subscription, or let it go on."""
        actor, now, one = await self._actor(), utc_now(), await self._own(row_id)
        await rx.run_in_thread(
            lambda: subscriptions.pause(
                actor, subscription_id=one.id, version=one.version, paused=not one.paused, now=now
            )
        )
        await self._read()
        return done("已继续，从下一次起发送" if one.paused else "已暂停")

    @rx.event
    @needs(READ, FIGURES)
    async def end(self, row_id: str) -> Any:
        """End a subscription."""
        actor, now, one = await self._actor(), utc_now(), await self._own(row_id)
        await rx.run_in_thread(
            lambda: subscriptions.end(actor, subscription_id=one.id, version=one.version, now=now)
        )
        self.asking = False
        await self._read()
        return done("已取消订阅，发过的仍可下载")

    @rx.event
    @needs(READ, FIGURES)
    async def send_now(self, row_id: str) -> Any:
        """Send a subscription to oneself."""
        actor, now, one = await self._actor(), utc_now(), await self._own(row_id)
        key = secrets.token_hex(12)
        said = await rx.run_in_thread(lambda: work.send_now(actor, subscription_id=one.id, key=key, now=now))
        await self._read()
        return done(f"已发给你：{said}")
