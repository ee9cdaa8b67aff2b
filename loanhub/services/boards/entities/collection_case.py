"""Collection cases on a board: a move is the command the case has for it; the loan alone brings one to 已结案."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import collections as rules
from loanhub.domain import formats
from loanhub.domain.catalogue import Access
from loanhub.domain.collections import Approach, CollectionStage
from loanhub.domain.errors import InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.permissions import Permission
from loanhub.domain.pipelines import Gate, MoveRefused, StageSpec
from loanhub.models import CollectionCase, Customer
from loanhub.repositories import boards as repository
from loanhub.services import collections
from loanhub.services._actor import Actor
from loanhub.services.boards._rules import BoardRules
from loanhub.services.boards.entities._entity import (
    OWNER_LANES,
    CardEntity,
    Clause,
    Destination,
    LaneBy,
    OrderBy,
    age_part,
    owner_facts,
    owner_part,
    wan,
)
from loanhub.services.catalogue import FieldView
from loanhub.services.collections.view import customer_name

CLOSED_DAYS = 14
"""How long a closed case stays on the board."""


def _asked(key: str, label: str, component: str, hint: str) -> FieldView:
    return FieldView(
        key=key, label=label, group="", kind=component, component=component, text="", value="",
        access=int(Access.READ), editable=True, masked=False, required=True, help=hint, unit="", options=(),
    )  # fmt: skip


FIELDS = {
    "due_date": _asked("due_date", "承诺还款日", "date", f"最远 {rules.LONGEST_PROMISE_DAYS} 天"),
    "amount": _asked("amount", "承诺金额", "money", "不超过现在应还的金额"),
    "reason": _asked("reason", "移送理由", "text", "至少 4 个字，记入时间线"),
}
NEEDS = {CollectionStage.PROMISED: ("due_date", "amount"), CollectionStage.LEGAL: ("reason",)}
"""What the side sheet asks for, by stage."""


class CollectionCards(CardEntity):
    """A collection case as a card."""

    code = "collection_case"
    model = CollectionCase
    read = Permission.COLLECTIONS_READ
    topic = "collections"
    table_keys = (
        "number",
        "stage",
        "dpd",
        "bucket",
        "overdue_principal_fen",
        "approach",
        "last_contact_at",
        "promise_due_date",
        "owner_id",
    )

    lanes = (
        LaneBy(OWNER_LANES.code, "催收员", "owner_id", "未分配", "拖动只改阶段，换催收员请用「分配」"),
        LaneBy("bucket", "逾期阶段", "bucket", "未逾期", "逾期阶段由逾期天数决定，拖动不会改变"),
        LaneBy("approach", "催收方式", "approach", "未定", "催收方式由催收策略决定，拖动不会改变"),
    )
    slots = {
        "overdue_principal_fen": ("amount_text",),
        "approach": ("channel",),
        "product_code": ("product",),
        "dpd": ("industry",),
        "next_step_at": ("next_icon", "next_text"),
        "owner_id": ("owner_initial", "owner_name"),
        "risk_grade": ("risk",),
        "stay": ("stay_text",),
    }

    def stage_code(self) -> Any:
        """Return the stage."""
        return col(CollectionCase.stage)

    def entered_at(self) -> Any:
        """Return when it came there."""
        return col(CollectionCase.stage_entered_at)

    def amount(self) -> Any:
        """Return the overdue principal of its loan."""
        return CollectionCase.overdue_principal_fen

    def on_board(self, pipeline_id: int, *, now: datetime) -> Clause:
        """Return the condition: open, or closed lately."""
        since = local(now).date() - timedelta(days=CLOSED_DAYS)
        return sa.or_(col(CollectionCase.closed_on).is_(None), col(CollectionCase.closed_on) >= since)

    def order(self) -> Sequence[Any]:
        """Return the order of the queue: what the strategy puts first, then the larger debt."""
        return (
            col(CollectionCase.closed_on).desc(), col(CollectionCase.priority).desc(),
            CollectionCase.overdue_principal_fen.desc(), col(CollectionCase.id),
        )  # fmt: skip

    def orders(self) -> tuple[OrderBy, ...]:
        """Return the queue's order, by days overdue, by debt, by next contact, by stay."""
        last = col(CollectionCase.id)
        return (
            OrderBy("rank", "按催收策略", tuple(self.order())),
            OrderBy("days", "按逾期天数", (CollectionCase.dpd.desc(), last)),
            OrderBy("amount", "按逾期本金", (self.amount().desc(), last)),
            OrderBy(
                "next",
                "按下次联系",
                (col(CollectionCase.next_step_at).is_(None), col(CollectionCase.next_step_at), last),
            ),
            OrderBy("stay", "按停留时长", (self.entered_at(), last)),
        )

    def search(self, text: str) -> Clause | None:
        """Return the condition: a part of the case's number, or of the customer's name."""
        wanted = text.strip()[:40]
        named = sa.select(col(Customer.id)).where(col(Customer.name).contains(wanted, autoescape=True))
        return sa.or_(
            col(CollectionCase.number).contains(wanted.upper(), autoescape=True),
            col(CollectionCase.customer_id).in_(named),
        )

    def stage_of(self, row: CollectionCase) -> str:
        """Return the stage."""
        return row.stage

    def cards(
        self,
        db: Session,
        actor: Actor,
        rows: Sequence[CollectionCase],
        stages: Mapping[str, StageSpec],
        *,
        now: datetime,
    ) -> dict[str, dict[str, Any]]:
        """Return the cards with the customers' names as the reader may see them."""
        owners = owner_facts(db, (row.owner_id for row in rows))
        marks = collections.marks(actor, [row.id or 0 for row in rows], now=now)
        products = repository.product_labels(db)
        cards = {}
        for row in rows:
            mark = marks.get(row.id or 0)
            if mark is None:
                continue
            closed = row.closed_on is not None
            cards[str(row.id)] = {
                "ver": row.version,
                "name": mark.customer_name,
                "industry": "" if closed else formats.overdue(row.dpd),
                "amount_text": wan(row.overdue_principal_fen),
                "product": products.get(row.product_code, row.product_code),
                "channel": Approach(row.approach).label,
                "next_icon": "handshake" if mark.promise else "ban" if mark.hold else "phone",
                "next_text": row.number
                if closed
                else f"承诺 {mark.promise}"
                if mark.promise
                else mark.hold or f"{mark.last} · {row.number}",
                "next_late": mark.promise_tone == "danger",
                "risk": mark.risk_grade,
                **owner_part(row.owner_id, owners),
                **age_part(row.stage_entered_at, now, stages.get(row.stage)),
                **({"age": "over"} if mark.promise_tone == "danger" else {}),
            }
        return cards

    def gate(
        self,
        db: Session,
        actor: Actor,
        row: CollectionCase,
        target: StageSpec,
        rules_of_board: BoardRules,
        *,
        now: datetime,
    ) -> Gate:
        """Return what the path of a case says, and what a promise or a referral to the lawyers asks for."""
        source, to = CollectionStage(row.stage), CollectionStage.find(target.code)
        if to is None:
            return Gate(target.code, (), (), "催收案件没有这个阶段")
        if to is CollectionStage.LEGAL and not actor.can(Permission.COLLECTIONS_LEGAL):
            return Gate(target.code, (), (), "你没有移送法务的权限")
        if to is CollectionStage.PROMISED and source not in (to, CollectionStage.CLOSED, *rules.LASTING):
            return Gate(target.code, (), NEEDS[to])
        blocked = rules.why_not(source, to)
        return Gate(target.code, (), () if blocked else NEEDS.get(to, ()), blocked)

    def fields(
        self, db: Session, actor: Actor, row: CollectionCase, *, now: datetime
    ) -> dict[str, FieldView]:
        """Return what a side sheet may ask for: a promise, or why the lawyers take over."""
        return FIELDS

    def name_of(self, db: Session, actor: Actor, row: CollectionCase) -> str:
        """Return the customer's name and the case's number."""
        customer = db.get(Customer, row.customer_id)
        at = row.updated_at
        return f"{customer_name(db, actor, customer.name, at)} {row.number}" if customer else row.number

    def place(
        self,
        db: Session,
        actor: Actor,
        row: CollectionCase,
        rules_of_board: BoardRules,
        goal: Destination,
        *,
        now: datetime,
    ) -> None:
        """Register the promise, refer to the lawyers, or bring the case on."""
        if goal.to == row.stage:
            return
        target = rules_of_board.stages[goal.to]
        gate = self.gate(db, actor, row, target, rules_of_board, now=now)
        if gate.blocked:
            raise MoveRefused(f"{row.number} 没有移动：{gate.blocked}")
        given = {key: str(goal.supply.get(key, "")).strip() for key in gate.missing}
        lacking = tuple(key for key in gate.missing if not given[key])
        if lacking:
            labels = "、".join(FIELDS[key].label for key in lacking)
            raise MoveRefused(f"移入「{target.label}」还缺：{labels}", missing=gate.missing)
        assert row.id is not None
        if goal.to == CollectionStage.PROMISED.value:
            collections.promise(
                actor,
                case_id=row.id,
                due_date=_day(given["due_date"]),
                amount=given["amount"],
                now=now,
            )
        else:
            collections.move_stage(
                actor, case_id=row.id, to=goal.to, reason=given.get("reason", goal.reason), now=now
            )

    def link(self, actor: Actor, row: CollectionCase) -> str:
        """Return the case in the queue."""
        return f"/collections?case={row.id}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(fields={"due_date": "日期格式不对"}) from None


ENTITY = CollectionCards()
