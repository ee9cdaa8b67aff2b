"""What a line of the workbench can have done to it: finished, put off, called, taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.catalogue.choices import TaskKind
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.reminders import next_time, put_off
from loanhub.models import Customer, Lead, Task
from loanhub.repositories import boards as board_repository
from loanhub.repositories import customers as customer_repository
from loanhub.repositories import leads as lead_repository
from loanhub.repositories.scope import visible_to
from loanhub.services import boards, customers, events, interactions, tasks
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.setup import DEFAULT_PIPELINE


def split(key: str) -> tuple[str, int]:
    """Return entity and id of a line's key; raise NotFound for anything else."""
    entity, _, number = key.partition(":")
    if (
        entity not in ("lead", "customer", "task")
        or not number.isascii()
        or not number.isdigit()
        or len(number) > 12
    ):
        raise NotFound("没有找到这一项")
    return entity, int(number)


def complete_task(actor: Actor, *, key: str, now: datetime) -> None:
    """Finish a to-do at one click.

    Raises:
        NotFound: no such to-do in the actor's scope.
        NotPermitted: the actor lacks tasks:edit.
    """
    entity, number = split(key)
    if entity != "task":
        raise NotFound("没有找到这一项")
    tasks.complete(actor, task_id=number, now=now)


def take_back(actor: Actor, *, key: str, now: datetime) -> None:
    """Undo :func:`complete_task`."""
    entity, number = split(key)
    if entity != "task":
        raise NotFound("没有找到这一项")
    tasks.reopen(actor, task_id=number, now=now)


def finish_step(
    actor: Actor, *, key: str, outcome: str, text: str, choice: str, own: str, step: str = "", temperature: str = "",
    attachments: tuple[int, ...] = (), now: datetime,
) -> None:  # fmt: skip
    """Write what came of a call or a visit, and when to follow up next (a NextTime code, or an own time).

    Of a to-do about a lead or a customer it is written there, and the to-do is finished with it; a missed call or one
    to be repeated puts it off until then instead.

    Raises:
        NotFound: no such lead or customer in the actor's scope.
        NotPermitted: the actor lacks interactions:create.
        InvalidInput: nothing was said of the outcome or of the next time.
    """
    entity, number = split(key)
    at = next_time(choice, own, now)
    words = step.strip() or ("回访" if at is not None else "")
    kind = "call" if outcome else "note"
    with transaction() as db:
        if entity == "task":
            task_id = number
            entity, number = _subject(db, actor, task_id)
            _settle(actor, task_id, outcome, at, now=now)
        elif entity == "lead" and outcome:
            for task_id in _calls_of(db, actor, number):
                _settle(actor, task_id, outcome, at, now=now)
        if entity == "customer":
            customers.follow_up(
                actor, customer_id=number, kind=kind, text=text, outcome=outcome, next_step=words, next_step_at=at,
                clear_next=at is None, temperature=temperature, attachments=attachments, now=now,
            )  # fmt: skip
            return
        interactions.record(
            actor, kind=kind, text=text, outcome=outcome, lead_id=number, next_step=words, next_step_at=at,
            temperature=temperature, attachments=attachments, now=now,
        )  # fmt: skip
        if at is None:
            _move_step(actor, "lead", number, None, now=now)


def _settle(actor: Actor, task_id: int, outcome: str, at: datetime | None, *, now: datetime) -> None:
    if outcome in ("missed", "call_back") and at is not None:
        tasks.snooze(actor, task_id=task_id, until=at, now=now)
    else:
        tasks.complete(actor, task_id=task_id, now=now)


def _calls_of(db: Session, actor: Actor, lead_id: int) -> list[int]:
    """Return the open steps of sequences that ask for a call to this lead: the call itself does them."""
    query = sa.select(col(Task.id)).where(
        col(Task.lead_id) == lead_id, col(Task.done_at).is_(None), col(Task.sop_run_id).is_not(None),
        col(Task.kind) == TaskKind.FOLLOW_UP.value, visible_to(actor, Task),
    )  # fmt: skip
    return [int(one or 0) for one in db.execute(query).scalars()] if actor.can(Permission.TASKS_EDIT) else []


def _subject(db: Session, actor: Actor, task_id: int) -> tuple[str, int]:
    """Return whom a to-do is about: the lead, else the customer.

    Raises:
        NotFound: no such to-do in the actor's scope, or it is about nobody.
    """
    query = sa.select(col(Task.lead_id), col(Task.customer_id)).where(
        col(Task.id) == task_id, visible_to(actor, Task)
    )
    found = db.execute(query).first()
    if found is None or not any(found):
        raise NotFound("没有找到这一项")
    return ("lead", int(found[0])) if found[0] else ("customer", int(found[1]))


def snooze(actor: Actor, *, key: str, choice: str, own: str = "", now: datetime) -> datetime:
    """Put a line off (a Later code, or an own time); returns until when.

    Raises:
        NotFound: no such record in the actor's scope.
        NotPermitted: the actor may not write follow-ups or to-dos.
        InvalidInput: no such choice.
    """
    until = put_off(choice, now, own)
    entity, number = split(key)
    if entity == "task":
        tasks.snooze(actor, task_id=number, until=until, now=now)
    else:
        _move_step(actor, entity, number, until, now=now)
    return until


def _move_step(actor: Actor, entity: str, number: int, at: datetime | None, *, now: datetime) -> None:
    with transaction() as db:
        row: Lead | Customer
        if entity == "customer":
            row = customer_repository.get_visible(db, actor, number, for_update=True)
        else:
            row = lead_repository.get_visible(db, actor, number, for_update=True)
        actor.require(Permission.INTERACTIONS_CREATE)
        if isinstance(row, Customer):
            customers.set_next_step(
                actor, customer_id=number, text=row.next_step or "跟进" if at is not None else "", at=at,
                icon=row.next_step_kind or "phone", now=now,
            )  # fmt: skip
            return
        before = customers.step_text(row.next_step, row.next_step_at)
        row.next_step = (row.next_step or "跟进") if at is not None else ""
        row.next_step_at, row.updated_at = at, now
        row.version += 1
        events.record(
            db, actor, "lead.edited", now=now, entity="lead", entity_id=row.id, lead_id=row.id,
            customer_id=row.customer_id, before={"下一步": before},
            after={"下一步": customers.step_text(row.next_step, row.next_step_at)}, summary="下一步",
        )  # fmt: skip


def dial(actor: Actor, *, key: str, now: datetime) -> customers.Number:
    """Return the number behind a line, to be called now; recorded.

    Raises:
        NotFound, NotPermitted, InvalidInput: see :func:`loanhub.services.customers.dial`.
    """
    entity, number = split(key)
    if entity == "task":
        with reading() as db:
            try:
                entity, number = _subject(db, actor, number)
            except NotFound:
                raise InvalidInput("这一项没有电话") from None
    if entity == "customer":
        return customers.dial(actor, customer_id=number, now=now)
    return customers.dial(actor, lead_id=number, now=now)


@dataclass(frozen=True)
class StageChoice:
    """A stage a lead may be moved to; ``lacking`` says what is missing, empty when nothing is."""

    code: str
    label: str
    here: bool
    lacking: str


def stages(actor: Actor, *, lead_id: int, now: datetime) -> list[StageChoice]:
    """Return the stages of the default board with what a lead lacks for each.

    Raises:
        NotFound: no such lead in the actor's scope.
        NotPermitted: the actor lacks boards:move.
    """
    found = boards.gates(actor, card_id=lead_id, now=now)
    with reading() as db:
        pipeline = board_repository.get_pipeline(db, DEFAULT_PIPELINE)
        listed = board_repository.list_stages(db, pipeline.id or 0)
    return [
        StageChoice(
            one.code, one.label, one.code not in found,
            found[one.code]["blocked"] or "、".join(found[one.code]["missing"]) if one.code in found else "",
        )
        for one in listed
    ]  # fmt: skip


def move_stage(actor: Actor, *, lead_id: int, to: str, now: datetime) -> str:
    """Move a lead to another stage; returns the stage's name.

    Raises:
        NotFound, NotPermitted, InvalidInput: see :func:`loanhub.services.boards.move`.
    """
    with transaction() as db:
        lead = lead_repository.get_visible(db, actor, lead_id, for_update=True)
        moved = boards.move(actor, lead_id=lead_id, to=to, expected_version=lead.version, now=now)
    return moved.to_label
