"""What a rep does with a record's sequence: put it in, skip a step, pause, go on, stop; and how it reads."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.sops import Document, position
from loanhub.models import Sop, SopRun, SopVersion, Task
from loanhub.repositories.scope import visible_to
from loanhub.services import _sop_progress, events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.sops import engine
from loanhub.services.sops._shared import MODELS, at_work, get_sop, versions_of

STATES = {"active": "进行中", "paused": "已暂停", "finished": "已完成", "left": "已退出", "stopped": "已停止"}


@dataclass(frozen=True)
class StepLine:
    """A step of a record's sequence; ``state`` is done, now or next."""

    number: int
    title: str
    wait: str
    state: str


@dataclass(frozen=True)
class RunView:
    """A record's way through a sequence; ``where`` 第 2 步/共 5 步：三天后再联系, ``then`` what is awaited."""

    id: int
    name: str
    state: str
    state_label: str
    where: str
    then: str
    reason: str
    task_id: int
    steps: tuple[StepLine, ...]
    can_act: bool


def runs_of(
    actor: Actor, *, lead_id: int | None = None, customer_id: int | None = None, now: datetime
) -> list[RunView]:
    """Return the sequences of a lead or a customer, those on the way first, then the last five that ended.

    Raises:
        NotFound: no such record in the actor's scope.
    """
    with reading() as db:
        _record_of(db, actor, lead_id, customer_id)
        key = col(SopRun.lead_id) == lead_id if lead_id else col(SopRun.customer_id) == customer_id
        query = (
            sa.select(SopRun, Sop)
            .join(Sop, col(Sop.id) == col(SopRun.sop_id))
            .where(key)
            .order_by(col(SopRun.ended_at).is_not(None), col(SopRun.ended_at).desc(), col(SopRun.id))
            .limit(10)
        )
        return [_view(db, actor, run, sop, now=now) for run, sop in db.execute(query).all()]


def _view(db: Session, actor: Actor, run: SopRun, sop: Sop, *, now: datetime) -> RunView:
    document = _sop_progress.document_of(db, run.version_id)
    then = ""
    if run.ended_at is not None:
        then = f"{formats.relative(run.ended_at, now)} · {run.reason}"
    elif run.state == "paused":
        then = f"已暂停：{run.reason}" if run.reason else "已暂停"
    elif run.task_id is not None:
        task = db.get(Task, run.task_id)
        then = f"待办：{task.title}" if task is not None else ""
    elif run.next_at is not None and run.step < len(document.steps):
        then = f"{formats.relative(run.next_at, now)}：{document.steps[run.step].title}"
    done = run.step if run.ended_at is not None or run.task_id is None else run.step - 1
    return RunView(
        id=run.id or 0, name=sop.name, state=run.state, state_label=STATES.get(run.state, run.state),
        where=position(run.step, document.steps) if run.step else f"共 {len(document.steps)} 步，还没开始", then=then,
        reason=run.reason, task_id=run.task_id or 0,
        steps=tuple(
            StepLine(
                place, step.title, step.wait_words,
                "done" if place <= done else "now" if place == run.step and run.task_id else "next",
            )
            for place, step in enumerate(document.steps, start=1)
        ),
        can_act=run.ended_at is None and actor.can(Permission.TASKS_EDIT),
    )  # fmt: skip


def _record_of(db: Session, actor: Actor, lead_id: int | None, customer_id: int | None) -> Any:
    model, one = (MODELS["lead"], lead_id) if lead_id else (MODELS["customer"], customer_id)
    row = db.execute(
        sa.select(model).where(col(model.id) == one, visible_to(actor, model))
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    return row


def offered(
    actor: Actor, *, lead_id: int | None = None, customer_id: int | None = None
) -> list[tuple[int, str]]:
    """Return the sequences a record can be put into by hand now.

    Raises:
        NotFound: no such record in the actor's scope.
    """
    with reading() as db:
        _record_of(db, actor, lead_id, customer_id)
        if not actor.can(Permission.TASKS_EDIT):
            return []
        key = lead_id or customer_id
        busy = sa.select(col(SopRun.sop_id)).where(
            col(SopRun.record_id) == key, col(SopRun.ended_at).is_(None)
        )
        query = (
            sa.select(col(Sop.id), col(Sop.name))
            .join(SopVersion, sa.and_(col(SopVersion.sop_id) == col(Sop.id), col(SopVersion.state) == "published"))
            .where(col(Sop.active), col(Sop.entity) == ("lead" if lead_id else "customer"), col(Sop.id).not_in(busy))
            .order_by(col(Sop.id))
        )  # fmt: skip
        return [(int(one or 0), name) for one, name in db.execute(query).all()]


def put_in(
    actor: Actor, *, sop_id: int, lead_id: int | None = None, customer_id: int | None = None, now: datetime
) -> int:
    """Put a record into a sequence by hand, whatever its conditions; returns the run's id.

    Raises:
        NotFound: no such sequence, or no such record in the actor's scope.
        NotPermitted: the actor lacks tasks:edit.
        Conflict: it is in it already, or nobody looks after it, or the sequence is off.
    """
    with transaction() as db:
        sop = get_sop(db, sop_id, for_update=True)
        row = _record_of(db, actor, lead_id if sop.entity == "lead" else None, customer_id)
        actor.require(Permission.TASKS_EDIT)
        version = versions_of(sop_id).in_force(db)
        if version is None or not sop.active:
            raise Conflict("这个跟进节奏没有启用")
        model: Any = MODELS[sop.entity]
        if (
            db.execute(sa.select(sa.literal(1)).where(model.id == row.id, at_work(sop.entity))).first()
            is None
        ):
            raise Conflict("没有负责人或已关闭，不能加入跟进节奏")
        busy = sa.select(sa.literal(1)).where(
            col(SopRun.sop_id) == sop_id, col(SopRun.record_id) == row.id, col(SopRun.ended_at).is_(None)
        )
        if db.execute(busy).first() is not None:
            raise Conflict("已经在这个跟进节奏里")
        one = engine.Live(sop, version, Document.of_json(version.document))
        run = engine.enter(db, actor, one, row, signal=f"hand:{secrets.token_hex(8)}", at=now, now=now)
        if run.next_at is not None and run.next_at <= now:
            engine.begin_step(db, run, now=now)
        return run.id or 0


def skip(actor: Actor, *, run_id: int, reason: str, now: datetime) -> None:
    """Skip the present step (its to-do is cancelled), or the one that is awaited.

    Raises:
        NotFound: no such run of a record in the actor's scope.
        NotPermitted: the actor lacks tasks:edit.
        Conflict: it is over, or paused.
        InvalidInput: no reason.
    """

    def work(db: Session, run: SopRun, words: str) -> str:
        if run.state == "paused":
            raise Conflict("已暂停，先恢复再跳过")
        document = _sop_progress.document_of(db, run.version_id)
        if run.task_id is not None:
            engine.cancel_task(db, actor, run.task_id, f"跳过：{words}", now=now)
        else:
            run.step += 1
        title = document.steps[min(run.step, len(document.steps)) - 1].title
        _sop_progress.go_on(db, actor, run, now=now)
        return f"跳过「{title}」"

    _act(actor, run_id, reason, now, work)


def pause(actor: Actor, *, run_id: int, reason: str, now: datetime) -> None:
    """Let a sequence stand still; an open to-do stays.

    Raises:
        NotFound, NotPermitted, Conflict, InvalidInput: see :func:`skip`.
    """

    def work(_db: Session, run: SopRun, words: str) -> str:
        if run.state == "paused":
            raise Conflict("已经暂停了")
        run.state, run.paused_at, run.reason = "paused", now, words
        return "暂停"

    _act(actor, run_id, reason, now, work)


def resume(actor: Actor, *, run_id: int, now: datetime) -> None:
    """Let a paused sequence go on; what was awaited is as far off as it was.

    Raises:
        NotFound, NotPermitted, Conflict: see :func:`skip`.
    """

    def work(_db: Session, run: SopRun, _words: str) -> str:
        if run.state != "paused" or run.paused_at is None:
            raise Conflict("没有暂停")
        if run.next_at is not None:
            run.next_at = now + max(run.next_at - run.paused_at, timedelta())
        run.state, run.paused_at, run.reason = "active", None, ""
        return "恢复"

    _act(actor, run_id, "恢复", now, work)


def stop(actor: Actor, *, run_id: int, reason: str, now: datetime) -> None:
    """End a sequence for a record; the open to-do of its step is cancelled.

    Raises:
        NotFound, NotPermitted, Conflict, InvalidInput: see :func:`skip`.
    """

    def work(db: Session, run: SopRun, words: str) -> str:
        engine.leave(db, actor, run, state="stopped", reason=words, now=now)
        return ""

    _act(actor, run_id, reason, now, work)


def _act(
    actor: Actor, run_id: int, reason: str, now: datetime, work: Callable[[Session, SopRun, str], str]
) -> None:
    words = reason.strip()
    with transaction() as db:
        run = db.get(SopRun, run_id, with_for_update=True)
        if run is None:
            raise NotFound("没有找到这个跟进节奏")
        sop = get_sop(db, run.sop_id)
        _record_of(
            db, actor, run.record_id if sop.entity == "lead" else None, run.record_id if sop.entity == "customer" else None
        )  # fmt: skip
        actor.require(Permission.TASKS_EDIT)
        if run.ended_at is not None:
            raise Conflict("这个跟进节奏已经结束")
        if not words or len(words) > 200:
            raise InvalidInput(fields={"reason": "写一下原因" if not words else "最多 200 个字"})
        what = work(db, run, words)
        run.version += 1
        if what:
            events.record(
                db, actor, "sop.changed", now=now, entity=sop.entity, entity_id=run.record_id, lead_id=run.lead_id,
                customer_id=run.customer_id, summary=f"{sop.name}：{what}", reason=words if what != words else "",
            )  # fmt: skip
