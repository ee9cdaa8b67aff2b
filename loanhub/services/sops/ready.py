"""Ready-made sequences 现成的跟进节奏: what a firm starts with, and may add later from the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.catalogue.choices import TaskKind
from loanhub.domain.errors import NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.sops import Document, SopClock, Step, StepKind, Trigger, Unit
from loanhub.models import Sop, SopVersion
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.sops.edit import create

_WORKING, _NATURAL = SopClock.WORKING, SopClock.NATURAL


@dataclass(frozen=True)
class Ready:
    """A ready-made sequence."""

    code: str
    name: str
    entity: str
    about: str
    document: Document


def _step(
    key: str, title: str, script: str, *, wait: int = 0, clock: SopClock = _NATURAL, kind: StepKind = StepKind.TASK,
    task: TaskKind = TaskKind.FOLLOW_UP, due: int = 9, priority: int = 2,
) -> Step:  # fmt: skip
    chosen = TaskKind.MESSAGE if kind is StepKind.MESSAGE else task
    return Step(key, title, kind, chosen, script, wait, Unit.DAY, clock, due, priority)


READY: tuple[Ready, ...] = (
    Ready(
        "first_week",
        "新线索首周节奏",
        "lead",
        "首联、加微信、两次再联系、七天判断去留",
        Document(
            trigger=Trigger.ASSIGNED,
            leave={
                "field": "status",
                "op": "not_in",
                "value": ["new", "waiting", "not_reached", "contacted"],
            },
            steps=(
                _step(
                    "call",
                    "首次联系",
                    "您好，我是负责您的客户经理，您咨询的贷款需要先了解三件事：用途、金额、什么时候要用。",
                    due=2,
                    priority=1,
                ),
                _step(
                    "wechat",
                    "加微信，发产品介绍",
                    "刚和您通过电话的客户经理，资料清单和方案发您微信，方便时看一下。",
                    wait=1,
                    kind=StepKind.MESSAGE,
                ),
                _step(
                    "again",
                    "三天后再联系",
                    "上次说的资料准备得怎样了？先把能备的备起来，我帮您预审，不影响征信。",
                    wait=2,
                ),
                _step(
                    "visit",
                    "约面谈",
                    "方案出来了，约个时间当面过一遍，大约二十分钟。",
                    wait=3,
                    task=TaskKind.VISIT,
                ),
                _step(
                    "judge",
                    "判断去留：继续跟、放公海或标无效",
                    "七天没有进展就做决定，写明原因。",
                    wait=1,
                    priority=3,
                ),
            ),
        ),
    ),
    Ready(
        "not_applied",
        "已面谈未进件",
        "lead",
        "谈过却没有进件的，催资料、给方案、再约",
        Document(
            trigger=Trigger.MOVED,
            criteria={"field": "stage_code", "op": "in", "value": ["review", "match"]},
            on_stage=True,
            rest_days=30,
            steps=(
                _step(
                    "papers",
                    "催收齐进件资料",
                    "还差的资料我列给您，拍照发我就行，身份证件请寄原件核对。",
                    wait=2,
                    clock=_WORKING,
                    task=TaskKind.COLLECT_DOCUMENTS,
                ),
                _step(
                    "plan",
                    "发对比方案",
                    "给您做了两个方案，还款方式和总成本都写在里面，按年化单利算的。",
                    wait=2,
                    clock=_WORKING,
                    kind=StepKind.MESSAGE,
                ),
                _step(
                    "again",
                    "再约面签或进件时间",
                    "这周内进件的话，月底前能出结果，您看周几方便？",
                    wait=3,
                    clock=_WORKING,
                ),
            ),
        ),
    ),
    Ready(
        "after_loan",
        "放款后回访",
        "customer",
        "到账确认、首期还款提醒、满意度与转介绍",
        Document(
            trigger=Trigger.DISBURSED,
            rest_days=90,
            steps=(
                _step(
                    "arrived",
                    "确认到账，说明还款日",
                    "款到账了吗？每月还款日和金额再和您确认一遍，可以提前一天存入。",
                    wait=1,
                    clock=_WORKING,
                ),
                _step(
                    "first_due",
                    "首期还款前提醒",
                    "首期快到了，还款账户里留足余额，别影响征信。",
                    wait=25,
                    kind=StepKind.REMINDER,
                ),
                _step(
                    "thanks",
                    "满意度回访，请转介绍",
                    "用款还顺利吗？身边有朋友需要，可以让他直接找我。",
                    wait=10,
                ),
            ),
        ),
    ),
    Ready(
        "wake_up",
        "沉睡唤醒",
        "customer",
        "久未联系的老客户，每天每人几位",
        Document(
            trigger=Trigger.DAILY,
            criteria={"field": "lifecycle", "op": "in", "value": ["dormant", "at_risk"]},
            on_reply=True,
            rest_days=180,
            per_day=3,
            steps=(
                _step(
                    "hello",
                    "问候，了解近况",
                    "好久没联系，最近生意怎么样？今年的额度和利率有变化，给您说说。",
                    clock=_WORKING,
                ),
                _step(
                    "offer",
                    "发适合的产品",
                    "按您之前的情况，这个产品比较合适，先看看不着急。",
                    wait=5,
                    clock=_WORKING,
                    kind=StepKind.MESSAGE,
                ),
                _step(
                    "last",
                    "最后一次联系，没有意向就放下",
                    "没有需要也没关系，以后随时找我。",
                    wait=10,
                    clock=_WORKING,
                    priority=3,
                ),
            ),
        ),
    ),
)
_BY_CODE = {one.code: one for one in READY}


def install(db: Session, *, now: datetime) -> None:
    """Put every ready-made sequence in force, for a firm that has none of that name."""
    for one in READY:
        if db.execute(sa.select(sa.literal(1)).where(col(Sop.name) == one.name)).first() is not None:
            continue
        sop = Sop(name=one.name, entity=one.entity, active=True, created_at=now)
        db.add(sop)
        db.flush()
        db.add(
            SopVersion(
                sop_id=sop.id or 0, number=1, state="published", document=one.document.as_json(), note="随系统提供",
                created_at=now, updated_at=now, published_at=now,
            )
        )  # fmt: skip
    db.flush()


def missing(actor: Actor) -> list[Ready]:
    """Return the ready-made sequences the firm does not have.

    Raises:
        NotPermitted: the actor lacks sops:edit.
    """
    actor.require(Permission.SOPS_EDIT)
    with reading() as db:
        names = set(db.execute(sa.select(col(Sop.name))).scalars())
    return [one for one in READY if one.name not in names]


def add(actor: Actor, *, code: str, now: datetime) -> int:
    """Make a draft of a ready-made sequence; returns its id.

    Raises:
        NotPermitted: the actor lacks sops:edit.
        NotFound: no such ready-made sequence.
        InvalidInput: one of that name is there.
    """
    actor.require(Permission.SOPS_EDIT)
    found = _BY_CODE.get(code)
    if found is None:
        raise NotFound("没有这个现成的节奏")
    with transaction():
        return create(actor, name=found.name, entity=found.entity, document=found.document, now=now)
