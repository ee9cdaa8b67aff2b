"""What a person can own 可交接的工作: one line a table. A table that gains an owner gains a line here, or in ``HISTORY``.

A test reads every column of every table that names a person and fails for one that stands in neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col

from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.handover import Split
from loanhub.domain.leads import CLOSED_STATUSES, LeadOrigin
from loanhub.domain.loans import LoanStatus
from loanhub.domain.permissions import Permission
from loanhub.models import (
    Application,
    CollectionCase,
    Contract,
    Customer,
    Document,
    Lead,
    Loan,
    OwnershipRuling,
    RecycleItem,
    Report,
    ReportBoard,
    ReportSubscription,
    SavedView,
    Segment,
    Task,
)

_A, _C, _L = ApplicationStatus, ContractStatus, LoanStatus
_NEVER: Callable[[], list[Any]] = list


def _nothing(_leaver_id: int, _leaver: str, _now: datetime) -> Mapping[str, object]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One sort of work: ``column`` names the person, ``open`` are the conditions of what is still to be worked on.

    amount: the column in fen that is summed and divided by, '' for none. asks: what a receiver must be allowed. splits:
    how it may be divided beside giving it all to one; the first is offered. said: what the history calls the person.
    number: the column that names a record, '' for none. also: further columns that change, (person id, now) -> values.
    """

    code: str
    label: str
    model: Any
    column: str = "owner_id"
    entity: str = ""
    unit: str = "条"
    number: str = "number"
    amount: str = ""
    asks: Permission | None = None
    splits: tuple[Split, ...] = (Split.COUNT,)
    said: str = "负责人"
    open: Callable[[], list[Any]] = _NEVER
    also: Callable[[int, str, datetime], Mapping[str, object]] = _nothing
    moves_department: bool = True
    told: bool = True
    """Whether each record's own history says so; the event of the whole handover says it in any case."""

    @property
    def place(self) -> str:
        """The column as the database names it: ``lead.owner_id``."""
        return f"{self.model.__tablename__}.{self.column}"


def _live(model: Any) -> list[Any]:
    return [col(model.deleted_at).is_(None)]


def _lead(leaver_id: int, leaver: str, now: datetime) -> dict[str, object]:
    # The clocks of first contact and of the pool begin anew for the one who takes over; a lock stays.
    return {
        "previous_owner_id": leaver_id, "assigned_at": now, "clock_at": None, "origin": LeadOrigin.REASSIGNED,
        "assigned_reason": f"接手{leaver}的工作"[:200],
    }  # fmt: skip


_PARTY = (Split.FOLLOW, Split.COUNT, Split.AMOUNT, Split.DEPARTMENT)
_LOANS_OPEN = (_L.PENDING, _L.ACTIVE, _L.GRACE, _L.OVERDUE)

KINDS: tuple[Kind, ...] = (
    Kind(code="customer", label="客户", model=Customer, entity="customer", unit="位", asks=Permission.CUSTOMERS_READ,
         splits=(Split.COUNT, Split.CITY, Split.DEPARTMENT), open=lambda: _live(Customer)),
    Kind(code="manager", label="专属经理的客户", model=Customer, column="manager_id", entity="customer", unit="位",
         asks=Permission.CUSTOMERS_READ, splits=(Split.COUNT, Split.CITY), said="专属经理",
         open=lambda: _live(Customer), moves_department=False),
    Kind(code="lead", label="线索", model=Lead, entity="lead", amount="amount_fen", asks=Permission.LEADS_READ,
         splits=(Split.FOLLOW, Split.COUNT, Split.AMOUNT, Split.CITY, Split.DEPARTMENT), also=_lead,
         open=lambda: [*_live(Lead), col(Lead.status).not_in(CLOSED_STATUSES)]),
    Kind(code="application", label="申请", model=Application, entity="application", unit="笔", amount="amount_fen",
         asks=Permission.APPLICATIONS_READ, splits=_PARTY,
         open=lambda: [col(Application.status).not_in((_A.REJECTED, _A.WITHDRAWN, _A.FUNDED))]),
    Kind(code="contract", label="合同", model=Contract, entity="contract", unit="份", amount="amount_fen",
         asks=Permission.CONTRACTS_READ, splits=_PARTY,
         open=lambda: [col(Contract.status).in_((_C.TO_SIGN, _C.SIGNED, _C.EFFECTIVE))]),
    Kind(code="loan", label="在贷借据", model=Loan, entity="loan", unit="笔", amount="outstanding_principal_fen",
         asks=Permission.LOANS_READ, splits=_PARTY, open=lambda: [col(Loan.status).in_(_LOANS_OPEN)]),
    Kind(code="case", label="催收案件", model=CollectionCase, entity="collection_case", unit="件",
         asks=Permission.COLLECTIONS_READ, splits=(Split.COUNT, Split.FOLLOW), moves_department=False,
         open=lambda: [col(CollectionCase.closed_on).is_(None)]),
    Kind(code="task", label="待办", model=Task, entity="task", number="", splits=(Split.FOLLOW, Split.COUNT),
         open=lambda: [*_live(Task), col(Task.done_at).is_(None)]),
    Kind(code="document", label="资料", model=Document, entity="document", unit="份", number="file_name",
         splits=(Split.FOLLOW, Split.COUNT), open=lambda: _live(Document), told=False),
    Kind(code="ruling", label="撞单争议（被主张）", model=OwnershipRuling, entity="ownership_ruling", unit="件", number="",
         open=lambda: [col(OwnershipRuling.status) == "open"]),
    Kind(code="claim", label="撞单争议（主张方）", model=OwnershipRuling, column="claimant_id", entity="ownership_ruling",
         unit="件", number="", said="主张人", moves_department=False,
         open=lambda: [col(OwnershipRuling.status) == "open"]),
    Kind(code="recycled", label="回收站里的记录", model=RecycleItem, entity="recycle_item", number="title",
         open=lambda: [col(RecycleItem.restored_at).is_(None), col(RecycleItem.purged_at).is_(None)], told=False),
    Kind(code="segment", label="客户分群", model=Segment, entity="segment", unit="个", number="name",
         moves_department=False, open=lambda: _live(Segment)),
    Kind(code="report", label="报表", model=Report, entity="report", unit="张", number="name",
         moves_department=False, open=lambda: _live(Report)),
    Kind(code="report_board", label="报表看板", model=ReportBoard, entity="report_board", unit="个", number="name",
         moves_department=False, open=lambda: _live(ReportBoard)),
    Kind(code="report_subscription", label="报表订阅", model=ReportSubscription, entity="report_subscription", unit="份",
         number="title", moves_department=False, open=lambda: [col(ReportSubscription.ended_at).is_(None)]),
    Kind(code="view", label="保存的视图", model=SavedView, column="user_id", entity="saved_view", unit="个",
         number="name", moves_department=False, open=lambda: _live(SavedView), told=False),
)  # fmt: skip
"""In the order they are handed over: customers before what follows them."""

BY_CODE: Mapping[str, Kind] = {kind.code: kind for kind in KINDS}

SEATS = frozenset({"assignee.user_id", "assignment_tally.user_id"})
"""Where a person stands in the rules of assignment; ``seats.py`` looks after those."""

HISTORY = frozenset({
    "lead.previous_owner_id", "ownership_ruling.winner_id", "notification.user_id", "recent_item.user_id",
    "leave.user_id", "user_role.user_id", "user_session.user_id", "handover.leaver_id", "outbox_message.user_id", "call_record.owner_id",
    "agent_extension.user_id", "notice_preference.user_id", "report_delivery.user_id",
})  # fmt: skip
"""Columns that say what once was, or are the person's own: they stay. So does every ``by_id`` and ``…_by_id``: who did something."""
