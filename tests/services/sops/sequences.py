"""Sequences and what they made, for the tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.calendar import SHANGHAI
from loanhub.models import SopRun, Task
from loanhub.services import audit, leads, sops
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from tests.builders import NOON, make_phone

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CALL = {
    "title": "首次联系",
    "kind": "task",
    "wait": "0",
    "unit": "day",
    "clock": "natural",
    "due_hours": "2",
    "task_kind": "follow_up",
}
AGAIN = CALL | {"title": "三天后再联系", "wait": "3", "script": "上次说的资料准备得怎样了"}
WARN = CALL | {"title": "提醒看一眼", "kind": "reminder", "wait": "1", "unit": "hour"}


def at(text: str) -> datetime:
    """Return an instant of Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def make_sop(admin: Actor, steps: Sequence[dict[str, str]] = (CALL, AGAIN), *, name: str = "首周", entity: str = "lead",
             publish: bool = True, **entry: object) -> int:  # fmt: skip
    one = sops.create(admin, name=name, entity=entity, now=NOON - HOUR)
    expected = sops.open_sop(admin, sop_id=one, now=NOON).draft_version
    values: dict[str, object] = {
        "trigger": "created", "criteria": {}, "leave": {}, "on_reply": False, "on_stage": False, "rest_days": 0, "per_day": 0,
    }  # fmt: skip
    expected = sops.save_entry(admin, sop_id=one, expected=expected, now=NOON - HOUR, **{**values, **entry})  # type: ignore[arg-type]
    for texts in steps:
        expected = sops.save_step(admin, sop_id=one, expected=expected, texts=texts, now=NOON - HOUR)
    if publish:
        sops.publish(admin, sop_id=one, expected=expected, now=NOON - HOUR)
        tick(NOON - HOUR)
    return one


def make_lead(rep: Actor, name: str = "孙立", now: datetime = NOON, **raw: object) -> int:
    values = {"name": name, "phone": make_phone(), "amount_fen": "10万", **raw}
    return leads.create(rep, values, now=now).lead_id or 0


def tick(now: datetime) -> None:
    """Seal the events and let the clock of sequences look, as the two jobs do."""
    audit.seal(now=now)
    sops.run_due(now=now)


def todos() -> list[str]:
    with reading() as db:
        return list(db.execute(sa.select(col(Task.title)).order_by(col(Task.id))).scalars())


def runs() -> list[SopRun]:
    with reading() as db:
        return list(db.execute(sa.select(SopRun).order_by(col(SopRun.id))).scalars())


def open_task() -> int:
    with reading() as db:
        return int(db.execute(sa.select(col(Task.id)).where(col(Task.done_at).is_(None))).scalar_one())
