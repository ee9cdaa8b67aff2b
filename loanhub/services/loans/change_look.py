"""Look at requests for changes 贷后申请: one with what has moved since it was made, and lists by scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from loanhub.domain import formats
from loanhub.domain.catalogue import access, present
from loanhub.domain.errors import LoanHubError
from loanhub.domain.money import format_fen
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.allocation import Component
from loanhub.domain.repayment.postings import Posting, PostingKind
from loanhub.models import LoanRequest
from loanhub.repositories import loan_requests as requests
from loanhub.repositories import loans as repository
from loanhub.services import catalogue as catalogues
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.loans._shared import open_account
from loanhub.services.loans.change import ChangePreview, Tried, summary_of, try_change, view_of
from loanhub.services.loans.change_request import (
    STATUSES,
    link_of,
    papers_of,
    part_of,
    posting_of,
    seen_figures,
)
from loanhub.services.loans.preview import TermLine

PAPERS = {
    "evidence": "依据",
    "guarantor_consent": "担保人意见",
    "bank_transaction_id": "银行流水号",
}
WATCHED = {
    "outstanding": "剩余本金", "due": "当期应还", "suspense": "溢缴款", "dpd": "逾期天数", "status": "状态",
    "after_outstanding": "办理后剩余本金", "after_due": "办理后当期应还",
}  # fmt: skip
"""The figures the maker saw, held against what they are when the checker looks."""


@dataclass(frozen=True)
class RequestRow:
    """One request in a list; ``why_not`` says why this reader may not decide it."""

    id: int
    number: str
    loan_id: int
    loan_number: str
    customer_name: str
    kind: str
    kind_label: str
    amount: str
    summary: str
    reason: str
    status: str
    status_label: str
    tone: str
    by: str
    at: str
    decided_by: str
    decided_at: str
    decision_note: str
    can_decide: bool
    why_not: str
    mine: bool
    link: str


@dataclass(frozen=True)
class RequestView:
    """A request as maker and checker look at it: tried anew, with what has moved since it was made.

    ``preview`` is None once decided, or when it no longer fits; then ``problem`` says why.
    """

    row: RequestRow
    loan_version: int
    value_date: str
    papers: tuple[tuple[str, str], ...]
    preview: ChangePreview | None
    problem: str
    moved: tuple[TermLine, ...]
    can_decide: bool
    can_withdraw: bool
    why_not: str


def change_request(actor: Actor, *, request_id: int, now: datetime) -> RequestView:
    """Return a request for a look: tried on the loan as it is now, beside what its maker saw.

    Raises:
        NotFound: no such request on a loan in the actor's scope.
        NotPermitted: the actor lacks loans:read.
    """
    with reading() as db:
        row = requests.get_visible(db, actor, request_id)
        actor.require(Permission.LOANS_READ)
        loan = repository.get_visible(db, actor, row.loan_id)
        preview: ChangePreview | None = None
        problem, needed = "", None
        moved: tuple[TermLine, ...] = ()
        if row.status == "pending":
            account = open_account(db, loan)
            try:
                tried = try_change(db, account, posting_of(account, row), now=now)
            except LoanHubError as error:
                problem = error.sentence
            else:
                preview, needed, moved = view_of(account, tried), tried.needed, _moved(row, tried)
        shown = _rows(db, actor, [row], now=now)[0]
        why_not = _why_not(actor, row, needed)
        papers = tuple(
            (PAPERS[key], "已取得书面同意（或无担保人）" if value is True else str(value))
            for key, value in papers_of(row).items()
            if key in PAPERS
        )
        return RequestView(
            row=shown, loan_version=loan.version, value_date=row.value_date.isoformat(), papers=papers,
            preview=preview, problem=problem, moved=moved, can_decide=not why_not,
            can_withdraw=row.status == "pending" and row.requested_by_id == actor.actor_id
            and actor.can(Permission.LOANS_ADJUST),
            why_not=why_not,
        )  # fmt: skip


def _moved(row: LoanRequest, tried: Tried) -> tuple[TermLine, ...]:
    then, today = part_of(row, "seen"), seen_figures(tried)
    return tuple(
        TermLine(label, str(then[key]), str(today[key]))
        for key, label in WATCHED.items()
        if key in then and str(then[key]) != str(today[key])
    )


def _why_not(actor: Actor, row: LoanRequest, needed: Permission | None) -> str:
    """Return why this person may not decide on a request; empty when he may."""
    if row.status != "pending":
        return f"这项申请{STATUSES[row.status][0]}"
    if row.requested_by_id == actor.actor_id:
        return "这项变更是你发起的，须由另一位同事审批"
    surely = needed or _least_right(row)
    if not actor.can(surely):
        return f"须有「{surely.label}」权限"
    return ""


def _least_right(row: LoanRequest) -> Permission:
    """Return the right a request surely needs, without replaying it."""
    principal = part_of(row, "posting").get("component") == Component.PRINCIPAL.value
    high = row.kind == PostingKind.WRITE_OFF.value or (row.kind == PostingKind.WAIVER.value and principal)
    return Permission.LOANS_WRITE_OFF if high else Permission.LOANS_APPROVE


def list_requests(
    actor: Actor,
    *,
    status: str = "pending",
    loan_id: int | None = None,
    kind: str = "",
    mine: bool = False,
    limit: int = 200,
    now: datetime,
) -> list[RequestRow]:
    """Return requests on loans in the actor's scope, newest first; ``status`` empty is all of them.

    Raises:
        NotPermitted: the actor lacks loans:read.
    """
    actor.require(Permission.LOANS_READ)
    with reading() as db:
        found = requests.list_visible(
            db, actor, status=status, loan_id=loan_id, kind=kind,
            requested_by_id=actor.user_id if mine else None, limit=max(1, min(limit, 500)),
        )  # fmt: skip
        return _rows(db, actor, found, now=now)


def count_requests(actor: Actor) -> int:
    """Return how many pending requests in scope this person could decide; 0 without the right."""
    if not actor.can_any(Permission.LOANS_APPROVE, Permission.LOANS_WRITE_OFF):
        return 0
    with reading() as db:
        found = requests.list_visible(db, actor, status="pending", limit=500)
        return sum(1 for row in found if not _why_not(actor, row, None))


def _rows(db: Session, actor: Actor, found: list[LoanRequest], *, now: datetime) -> list[RequestRow]:
    loans = requests.loans_of(db, [row.loan_id for row in found])
    ids = {i for row in found for i in (row.requested_by_id, row.decided_by_id) if i}
    names = repository.names_of_users(db, ids)
    spec = catalogues.current(db).get("customer", "name")
    right = access(spec, catalogues.rights_of(actor))
    shown = []
    for row in found:
        loan, customer = loans[row.loan_id]
        posting = Posting.restore(
            sequence=1, kind=PostingKind(row.kind), value_date=row.value_date, amount_fen=row.amount_fen,
            detail=part_of(row, "posting"),
        )  # fmt: skip
        label, tone = STATUSES[row.status]
        why_not = _why_not(actor, row, None)
        shown.append(
            RequestRow(
                id=row.id or 0, number=row.number, loan_id=row.loan_id, loan_number=loan.number,
                customer_name=present(spec, customer, right, now, {}), kind=row.kind, kind_label=posting.kind.label,
                amount=format_fen(row.amount_fen) if row.amount_fen else "", summary=summary_of(posting),
                reason=row.reason, status=row.status, status_label=label, tone=tone,
                by=names.get(row.requested_by_id or 0, "系统"), at=formats.instant(row.requested_at),
                decided_by=names.get(row.decided_by_id or 0, ""),
                decided_at=formats.instant(row.decided_at) if row.decided_at else "",
                decision_note=row.decision_note, can_decide=not why_not, why_not=why_not,
                mine=row.requested_by_id == actor.actor_id, link=link_of(row.id or 0),
            )
        )  # fmt: skip
    return shown
