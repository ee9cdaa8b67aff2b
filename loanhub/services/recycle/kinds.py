"""What can be deleted and brought back, a kind each: who may, what forbids it, what goes along, how it is cleared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.models import (
    Application,
    Contract,
    Customer,
    CustomerRelation,
    DuplicatePair,
    Interaction,
    Lead,
    LegalHold,
    Loan,
    OwnershipRuling,
    Report,
    ReportBoard,
    SavedView,
    SearchToken,
    Segment,
    SegmentCount,
    Task,
)
from loanhub.repositories import reports as report_repository
from loanhub.repositories import segments as segment_repository

CLEARED = "（已清除）"


@dataclass(frozen=True)
class Kind:
    """One kind of thing: ``refusal`` says what forbids deleting it now ('' nothing), ``clear`` ends it for good.

    ``together`` are rows that go and come with it; ``back`` refuses a return that no longer fits.
    """

    entity: str
    label: str
    icon: str
    model: Any
    permission: Permission
    title: Callable[[Any], str]
    refusal: Callable[[Session, Any, datetime], str]
    clear: Callable[[Session, Any], None]
    owner: str = "owner_id"
    together: Callable[[Any], sa.ColumnElement[bool] | None] = lambda _row: None
    back: Callable[[Session, Any], None] = lambda _db, _row: None


def _lead_refusal(db: Session, lead: Lead, _now: datetime) -> str:
    if lead.customer_id is not None:
        return "这条线索已转为客户，删除请在客户里操作"
    if _count(db, Application, col(Application.lead_id) == lead.id):
        return "这条线索有申请，不能删除；不再跟进请标记流失"
    return _ruling(db, "lead", lead.id or 0)


def _customer_refusal(db: Session, customer: Customer, _now: datetime) -> str:
    mine = customer.id
    held = sa.select(col(LegalHold.reason)).where(
        col(LegalHold.customer_id) == mine, col(LegalHold.released_at).is_(None)
    )
    if db.execute(held.limit(1)).first() is not None:
        return "这位客户在法律保留中，解除前不能删除"
    loans = _count(db, Loan, col(Loan.customer_id) == mine)
    if loans:
        return f"这位客户有 {loans} 笔贷款，账务资料须依法保存，不能删除"
    contracts = _count(db, Contract, col(Contract.customer_id) == mine)
    if contracts:
        return f"这位客户有 {contracts} 份合同，须依法保存，不能删除"
    sent = _count(
        db,
        Application,
        col(Application.customer_id) == mine,
        col(Application.status) != ApplicationStatus.DRAFT,
    )
    if sent:
        return f"这位客户有 {sent} 笔已提交的申请，不能删除"
    return _ruling(db, "customer", mine or 0)


def _ruling(db: Session, entity: str, row_id: int) -> str:
    open_ = _count(
        db, OwnershipRuling, col(OwnershipRuling.entity) == entity, col(OwnershipRuling.entity_id) == row_id,
        col(OwnershipRuling.status) == "open",
    )  # fmt: skip
    return "撞单裁定还没有结果，裁定后再删除" if open_ else ""


def _task_refusal(_db: Session, task: Task, _now: datetime) -> str:
    # A run of a sequence goes on when its to-do is closed; one that vanished would hold it for ever.
    if task.sop_run_id is not None and task.done_at is None:
        return "这条待办属于跟进节奏，完成或取消它，节奏才会继续"
    return ""


def _count(db: Session, model: Any, *conditions: Any) -> int:
    return int(db.execute(sa.select(sa.func.count()).select_from(model).where(*conditions)).scalar_one())


def _nothing(_db: Session, _row: Any, _now: datetime) -> str:
    return ""


PERSONAL = (
    "phone", "phone_index", "phone_tail_index", "id_number", "id_number_index", "id_number_tail_index", "wechat", "bank_card",
    "bank_card_index", "email", "address", "address_index", "birth_date",
)  # fmt: skip
WORDS = ("company_name", "note", "job_title", "occupation", "next_step", "bank_name")


def _clear_party(entity: str) -> Callable[[Session, Any], None]:
    def clear(db: Session, row: Any) -> None:
        """Take every personal value away; the shell stays, since append-only rows point at it."""
        row.name, row.custom = CLEARED, {}
        for name in PERSONAL:
            if hasattr(type(row), name):
                setattr(row, name, None)
        for name in WORDS:
            if hasattr(type(row), name):
                setattr(row, name, "")
        if hasattr(type(row), "profile"):
            row.profile = {}
        mine = {"lead": Interaction.lead_id, "customer": Interaction.customer_id}[entity]
        db.execute(sa.update(Interaction).where(col(mine) == row.id).values(text=CLEARED, next_step=""))
        tasks = {"lead": Task.lead_id, "customer": Task.customer_id}[entity]
        db.execute(sa.update(Task).where(col(tasks) == row.id).values(title=CLEARED, note="", done_note=""))
        if entity == "customer":
            relations = sa.update(CustomerRelation).where(col(CustomerRelation.customer_id) == row.id)
            db.execute(
                relations.values(
                    name=CLEARED, phone=None, phone_index=None, id_number=None, id_number_index=None, note=""
                )
            )
        db.execute(
            sa.delete(SearchToken).where(
                col(SearchToken.entity) == entity, col(SearchToken.entity_id) == row.id
            )
        )
        for side in ("left", "right"):
            db.execute(
                sa.update(DuplicatePair)
                .where(
                    getattr(DuplicatePair, f"{side}_entity") == entity,
                    getattr(DuplicatePair, f"{side}_id") == row.id,
                )
                .values(status="stale")
            )

    return clear


def _clear_task(db: Session, row: Task) -> None:
    row.title, row.note, row.done_note = CLEARED, "", ""


def _clear_view(db: Session, row: SavedView) -> None:
    db.delete(row)


def _clear_segment(db: Session, row: Segment) -> None:
    db.execute(sa.delete(SegmentCount).where(col(SegmentCount.segment_id) == row.id))
    db.delete(row)


def _open_tasks(column: Any) -> Callable[[Any], sa.ColumnElement[bool]]:
    return lambda row: sa.and_(column == row.id, col(Task.done_at).is_(None))


def _name_free(db: Session, row: Segment) -> None:
    if segment_repository.name_taken(db, row.owner_id, row.name):
        raise InvalidInput(fields={"name": "已经有同名的分群，先改掉那个名字再恢复"})


def _report_name_free(db: Session, row: Report) -> None:
    if report_repository.name_taken(db, row.owner_id, row.name):
        raise InvalidInput(fields={"name": "已经有同名的报表，先改掉那个名字再恢复"})


KINDS: dict[str, Kind] = {
    one.entity: one
    for one in (
        Kind(
            "lead", "线索", "user-plus", Lead, Permission.LEADS_DELETE, lambda r: f"{r.number} {r.name}", _lead_refusal,
            _clear_party("lead"), together=_open_tasks(col(Task.lead_id)),
        ),
        Kind(
            "customer", "客户", "users-round", Customer, Permission.CUSTOMERS_DELETE, lambda r: f"{r.number} {r.name}",
            _customer_refusal, _clear_party("customer"), together=_open_tasks(col(Task.customer_id)),
        ),
        Kind("task", "待办", "list-checks", Task, Permission.TASKS_EDIT, lambda r: r.title, _task_refusal, _clear_task),
        Kind(
            "segment", "客户分群", "group", Segment, Permission.SEGMENTS_EDIT, lambda r: r.name, _nothing, _clear_segment,
            back=_name_free,
        ),
        Kind(
            "report", "报表", "chart-column", Report, Permission.REPORTS_EDIT, lambda r: r.name, _nothing, lambda db, row: db.delete(row),
            back=_report_name_free,
        ),
        Kind(
            "report_board", "报表看板", "layout-dashboard", ReportBoard, Permission.REPORTS_EDIT, lambda r: r.name, _nothing,
            lambda db, row: db.delete(row),
        ),
        Kind(
            "view", "视图", "bookmark", SavedView, Permission.SEARCH_USE, lambda r: r.name, _nothing, _clear_view,
            owner="user_id",
        ),
    )
}  # fmt: skip
