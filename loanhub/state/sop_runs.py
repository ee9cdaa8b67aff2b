"""The follow-up sequences of the lead or customer on the screen, and what the rep does with them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.services import sops
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs

ACTS = {"skip": ("跳过这一步", "跳过"), "pause": ("暂停跟进节奏", "暂停"), "stop": ("停止跟进节奏", "停止")}


@dataclass
class Stage:
    """A step in the list; ``state`` done, now, next."""

    number: int = 0
    title: str = ""
    wait: str = ""
    state: str = ""


@dataclass
class Run:
    """A sequence the record is or was in."""

    id: str = ""
    name: str = ""
    state: str = ""
    state_label: str = ""
    tone: str = ""
    where: str = ""
    then: str = ""
    live: bool = False
    paused: bool = False
    can_act: bool = False
    steps: list[Stage] = field(default_factory=list)


def _number(text: object) -> int:
    plain = str(text)
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 12 else 0


class SopRunState(SessionState):
    """The sequences of one record."""

    runs: list[Run] = []
    choices: list[dict[str, str]] = []
    asking: str = ""
    asking_run: str = ""
    asking_title: str = ""
    asking_verb: str = ""
    form_key: str = ""
    field_errors: dict[str, str] = {}

    _lead_id: int = 0
    _customer_id: int = 0

    async def _show_for(self, *, lead_id: int = 0, customer_id: int = 0) -> None:
        """Read the sequences of a record; the State of its page calls this."""
        if (lead_id, customer_id) != (self._lead_id, self._customer_id):
            self.asking = ""
        self._lead_id, self._customer_id = lead_id, customer_id
        await self._read()

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        which: dict[str, int] = (
            {"lead_id": self._lead_id} if self._lead_id else {"customer_id": self._customer_id}
        )
        found, more = await rx.run_in_thread(
            lambda: (sops.runs_of(actor, now=now, **which), sops.offered(actor, **which))
        )
        self.runs = [
            Run(
                id=str(one.id), name=one.name, state=one.state, state_label=one.state_label,
                tone={"active": "info", "paused": "warn", "finished": "ok"}.get(one.state, "closed"), where=one.where,
                then=one.then, live=one.state in ("active", "paused"), paused=one.state == "paused", can_act=one.can_act,
                steps=[Stage(step.number, step.title, step.wait, step.state) for step in one.steps],
            )
            for one in found
        ]  # fmt: skip
        self.choices = [{"id": str(one), "name": name} for one, name in more]

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def put_in(self, sop_id: str) -> Any:
        """Put the record into a sequence."""
        actor, now, one = await self._actor(), utc_now(), _number(sop_id)
        lead_id, customer_id = self._lead_id or None, self._customer_id or None
        await rx.run_in_thread(
            lambda: sops.put_in(actor, sop_id=one, lead_id=lead_id, customer_id=customer_id, now=now)
        )
        await self._read()
        return done("已加入跟进节奏")

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def ask(self, act: str, run_id: str) -> None:
        """Ask for the reason of skipping, pausing or stopping."""
        if str(act) in ACTS:
            self.asking, self.asking_run = str(act), str(run_id)
            self.asking_title, self.asking_verb = ACTS[self.asking]
            self.form_key, self.field_errors = secrets.token_hex(6), {}

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def close(self, is_open: bool) -> None:
        """Leave it as it was."""
        if not is_open:
            self.asking = ""

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def act(self, form: dict[str, Any]) -> Any:
        """Skip, pause or stop, with the reason."""
        actor, now, run = await self._actor(), utc_now(), _number(self.asking_run)
        reason, work = (
            str(form.get("reason", ""))[:400],
            {"skip": sops.skip, "pause": sops.pause, "stop": sops.stop}.get(self.asking),
        )
        if work is None:
            return None
        self.field_errors = {}
        await rx.run_in_thread(lambda: work(actor, run_id=run, reason=reason, now=now))
        verb, self.asking = self.asking_verb, ""
        await self._read()
        return done(f"已{verb}")

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def resume(self, run_id: str) -> Any:
        """Let a paused sequence go on."""
        actor, now, run = await self._actor(), utc_now(), _number(run_id)
        await rx.run_in_thread(lambda: sops.resume(actor, run_id=run, now=now))
        await self._read()
        return done("已恢复")
