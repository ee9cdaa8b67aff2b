"""Applications on a board: a move is the command the status machine has for it, or is refused with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import applications as status_machine
from loanhub.domain.applications import (
    EDITABLE,
    IN_REVIEW,
    LEVEL_OF,
    ApplicationEvent,
    ApplicationStatus,
    Decision,
)
from loanhub.domain.catalogue import Access, access, present
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.domain.pipelines import Gate, MoveRefused, StageSpec
from loanhub.models import Application, Approval, Customer, User
from loanhub.repositories import boards as repository
from loanhub.services import applications, catalogue
from loanhub.services._actor import Actor
from loanhub.services.applications._queue import deadline_of
from loanhub.services.applications._shared import authority
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

_S = ApplicationStatus
ELSEWHERE = {
    _S.CONTRACTED: "请在合同中心生成合同",
    _S.FUNDED: "请在贷款页由财务双人放款",
    _S.DRAFT: "已提交的申请不能回到草稿，可由审批人退回补充",
}
"""Where a status is reached that no move reaches."""
_BY_MOVING = (
    ApplicationEvent.SUBMIT,
    ApplicationEvent.PASS_ON,
    ApplicationEvent.APPROVE,
    ApplicationEvent.RETURN,
)
"""What a move on the board may mean."""
OPINION = FieldView(
    key="opinion", label="审批意见", group="", kind="text", component="text", text="", value="",
    access=int(Access.READ), editable=True, masked=False, required=True, help="至少 4 个字，记入审批记录", unit="",
    options=(),
)  # fmt: skip


class ApplicationCards(CardEntity):
    """An application as a card."""

    code = "application"
    model = Application
    read = Permission.APPLICATIONS_READ
    topic = "applications"
    table_keys = (
        "number",
        "customer_id",
        "amount_fen",
        "product_code",
        "status",
        "due_at",
        "owner_id",
        "risk_grade",
    )

    lanes = (
        OWNER_LANES,
        LaneBy("product", "产品", "product_code", "未选产品", "拖动只改状态，换产品请在申请里改"),
        LaneBy("risk", "风险等级", "risk_grade", "未评级", "拖动只改状态，风险等级由评分决定"),
    )
    slots = {
        "amount_fen": ("amount_text",),
        "product_code": ("product",),
        "risk": ("risk",),
        "due_at": ("next_icon", "next_text"),
        "owner_id": ("owner_initial", "owner_name"),
        "stay": ("stay_text",),
        "industry": ("industry",),
    }

    def stage_code(self) -> Any:
        """Return the status."""
        return col(Application.status)

    def entered_at(self) -> Any:
        """Return when it was last decided, submitted or made."""
        approved = (
            sa.select(sa.func.max(col(Approval.at)))
            .where(
                col(Approval.application_id) == col(Application.id),
                col(Approval.at) >= col(Application.submitted_at),
            )
            .correlate(Application)
            .scalar_subquery()
        )
        return sa.func.coalesce(
            col(Application.decided_at), approved, col(Application.submitted_at), col(Application.created_at)
        )

    def amount(self) -> Any:
        """Return what was approved, else asked for."""
        return sa.func.coalesce(col(Application.approved_amount_fen), col(Application.amount_fen))

    def on_board(self, pipeline_id: int, *, now: datetime) -> Clause:
        """Return the condition: not rejected, not withdrawn."""
        return col(Application.status).not_in((_S.REJECTED, _S.WITHDRAWN))

    def order(self) -> Sequence[Any]:
        """Return the order: the next deadline first, then the newest."""
        return (col(Application.due_at).is_(None), col(Application.due_at), col(Application.id).desc())

    def orders(self) -> tuple[OrderBy, ...]:
        """Return by deadline, by stay, amount, score, and the newest first."""
        last = col(Application.id)
        return (
            OrderBy("rank", "按时限", tuple(self.order())),
            OrderBy("stay", "按停留时长", (self.entered_at(), last)),
            OrderBy("amount", "按金额", (self.amount().is_(None), self.amount().desc(), last)),
            OrderBy(
                "score", "按评分", (col(Application.score).is_(None), col(Application.score).desc(), last)
            ),
            OrderBy("newest", "按创建时间", (col(Application.created_at).desc(), last)),
        )

    def never(self, source: StageSpec, target: StageSpec) -> str:
        """Return why the status machine has no way from one status to the other."""
        status, to = ApplicationStatus(source.code), ApplicationStatus(target.code)
        if status is to or any(status_machine.MOVES.get((status, event)) is to for event in _BY_MOVING):
            return ""
        return ELSEWHERE.get(to, f"「{source.label}」不能移至「{target.label}」")

    def search(self, text: str) -> Clause | None:
        """Return the condition: a part of the number, or of the customer's name."""
        wanted = text.strip()[:40]
        named = sa.select(col(Customer.id)).where(col(Customer.name).contains(wanted, autoescape=True))
        return sa.or_(
            col(Application.number).contains(wanted.upper(), autoescape=True),
            col(Application.customer_id).in_(named),
        )

    def stage_of(self, row: Application) -> str:
        """Return the status."""
        return row.status.value

    def cards(
        self,
        db: Session,
        actor: Actor,
        rows: Sequence[Application],
        stages: Mapping[str, StageSpec],
        *,
        now: datetime,
    ) -> dict[str, dict[str, Any]]:
        """Return the cards with the customers' names as the reader may see them."""
        owners = owner_facts(db, (row.owner_id for row in rows))
        ids = {row.customer_id for row in rows}
        people = {
            int(key or 0): (name, industry)
            for key, name, industry in db.execute(
                sa.select(col(Customer.id), col(Customer.name), col(Customer.industry)).where(col(Customer.id).in_(ids))
            ).all()
        } if ids else {}  # fmt: skip
        since = {
            int(key or 0): at
            for key, at in db.execute(
                sa.select(col(Application.id), self.entered_at().label("at")).where(
                    col(Application.id).in_([row.id for row in rows])
                )
            ).all()
        } if rows else {}  # fmt: skip
        products = repository.product_labels(db)
        spec = catalogue.current(db).get("customer", "name")
        right = Access.READ if actor.is_system else access(spec, catalogue.rights_of(actor))
        deadlines = {row.id: deadline_of(row, now=now) for row in rows}
        return {
            str(row.id): {
                "ver": row.version,
                "name": present(spec, people.get(row.customer_id, ("", ""))[0], right, now),
                "industry": people.get(row.customer_id, ("", ""))[1],
                "amount_text": wan(row.approved_amount_fen or row.amount_fen),
                "product": products.get(row.product_code, row.product_code),
                "channel": "",
                "next_icon": "clock" if row.status in IN_REVIEW else "file-text",
                "next_text": deadlines[row.id].text or row.number,
                "next_late": deadlines[row.id].status == "o",
                "risk": row.risk_grade or 0,
                **owner_part(row.owner_id, owners),
                **age_part(since.get(row.id or 0) or row.created_at, now, stages.get(row.status.value)),
            }
            for row in rows
        }

    def gate(
        self,
        db: Session,
        actor: Actor,
        row: Application,
        target: StageSpec,
        rules: BoardRules,
        *,
        now: datetime,
    ) -> Gate:
        """Return what the status machine says: nothing asked, an opinion, or why not."""
        status, to = row.status, ApplicationStatus(target.code)
        if status in EDITABLE and to is _S.FIRST_REVIEW:
            return Gate(target.code, (), ())
        if status in IN_REVIEW and to is _S.RETURNED:
            return Gate(target.code, (), (OPINION.key,))
        if status in IN_REVIEW and to in (_S.SECOND_REVIEW, _S.FINAL_REVIEW, _S.APPROVED):
            reached = status_machine.move(status, self._approval(db, row, now=now))
            if reached is to:
                return Gate(target.code, (), (OPINION.key,))
            return Gate(
                target.code,
                (),
                (),
                f"按金额权限，{LEVEL_OF[status].label}通过后进入「{rules.label(reached.value)}」",
            )
        if to in ELSEWHERE and to is not status:
            return Gate(target.code, (), (), ELSEWHERE[to])
        return Gate(target.code, (), (), f"「{rules.label(status.value)}」不能移至「{target.label}」")

    def fields(self, db: Session, actor: Actor, row: Application, *, now: datetime) -> dict[str, FieldView]:
        """Return the opinion of a decision, the one thing a move may ask for."""
        return {OPINION.key: OPINION}

    def name_of(self, db: Session, actor: Actor, row: Application) -> str:
        """Return the number."""
        return row.number

    def place(
        self,
        db: Session,
        actor: Actor,
        row: Application,
        rules: BoardRules,
        goal: Destination,
        *,
        now: datetime,
    ) -> None:
        """Submit, approve or return, with all that these commands ask."""
        if goal.to == row.status.value:
            return
        target = rules.stages[goal.to]
        gate = self.gate(db, actor, row, target, rules, now=now)
        opinion = str(goal.supply.get(OPINION.key, "")).strip()
        if gate.blocked:
            raise MoveRefused(f"{row.number}没有移动：{gate.blocked}")
        if gate.missing and not opinion:
            raise MoveRefused(f"移入「{target.label}」还缺：{OPINION.label}", missing=gate.missing)
        assert row.id is not None
        if row.status in EDITABLE:
            try:
                applications.submit(actor, application_id=row.id, now=now)
            except InvalidInput as fault:
                lacking = "；".join(dict.fromkeys(fault.fields.values())) or fault.sentence
                raise MoveRefused(f"{row.number}还不能提交：{lacking}") from None
        else:
            decision = Decision.RETURN if goal.to == _S.RETURNED.value else Decision.APPROVE
            applications.decide(
                actor, application_id=row.id, decision=decision.value, opinion=opinion, now=now
            )

    def link(self, actor: Actor, row: Application) -> str:
        """Return the application's page."""
        return f"/applications/{row.id}"

    def last_mover(self, db: Session, row: Application) -> str:
        """Return who decided last."""
        query = (
            sa.select(col(User.name))
            .join(Approval, col(Approval.by_id) == col(User.id))
            .where(col(Approval.application_id) == row.id)
            .order_by(col(Approval.id).desc())
            .limit(1)
        )
        return db.execute(query).scalar_one_or_none() or ""

    def _approval(self, db: Session, row: Application, *, now: datetime) -> ApplicationEvent:
        amount = row.approved_amount_fen or row.amount_fen or 0
        return status_machine.event_for(
            Decision.APPROVE, row.status, amount_fen=amount, authority=authority(db, now=now)
        )


ENTITY = ApplicationCards()
