"""Ask for a change and decide on it 贷后申请: maker and checker, one pending request a loan and kind."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from loanhub.domain import formats
from loanhub.domain.catalogue import access, present
from loanhub.domain.errors import Conflict, InvalidInput, LoanHubError, NotPermitted
from loanhub.domain.formats import local
from loanhub.domain.money import format_fen
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.allocation import Component
from loanhub.domain.repayment.postings import Posting, PostingKind
from loanhub.models import Customer, Loan, LoanRequest, User
from loanhub.repositories import loan_requests as requests
from loanhub.repositories import loans as repository
from loanhub.services import catalogue as catalogues
from loanhub.services._actor import Actor
from loanhub.services._failpoints import failpoint
from loanhub.services._idempotency import once
from loanhub.services._notices import notify
from loanhub.services._numbering import next_number
from loanhub.services._rights import actor_of
from loanhub.services._transaction import announce, reading, transaction
from loanhub.services.loans._shared import Account, StaleLoan, check_version, open_account, record
from loanhub.services.loans._write import Posted, Source, write_posting
from loanhub.services.loans.change import (
    CHANGE_KINDS,
    Change,
    ChangePreview,
    Tried,
    read_change,
    summary_of,
    try_change,
    view_of,
)
from loanhub.services.loans.post import free_bank_entry
from loanhub.services.loans.preview import Balance, TermLine

STATUSES = {
    "pending": ("待审批", "warn"),
    "approved": ("已通过", "disbursed"),
    "refused": ("已退回", "danger"),
    "withdrawn": ("已撤回", "closed"),
}
"""Label and chip tone of each status of a request."""

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


class OwnChange(NotPermitted):
    """Maker ≠ checker: who asked for a change may not approve it."""

    def __init__(self) -> None:
        super().__init__("这项变更是你发起的，须由另一位同事审批")


class AlreadyPending(Conflict):
    """A change of this kind already waits on this loan."""

    def __init__(self, kind: str, number: str) -> None:
        super().__init__(f"这笔借据已有一项{kind}申请在等待审批（{number}），请先处理")


class RequestDecided(Conflict):
    """The request was approved, refused or withdrawn before."""

    def __init__(self, status: str) -> None:
        super().__init__(f"这项申请{STATUSES[status][0]}，不能再处理")


class RequestOutdated(Conflict):
    """What has happened on the loan since makes the change impossible as asked."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"借据在申请之后有变化，这项变更已不能办理：{problem}。请退回后重新发起")


@dataclass(frozen=True)
class Requested:
    """A request as it was written."""

    request_id: int
    number: str
    loan_id: int


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


def request_change(
    actor: Actor,
    *,
    loan_id: int,
    change: Change,
    key: str = "",
    expected_version: int | None = None,
    now: datetime,
) -> Requested:
    """Ask for a change 发起贷后变更; nothing on the loan changes until another person approves it.

    Raises:
        NotFound: no such loan in the actor's scope.
        NotPermitted: the actor lacks loans:adjust.
        NotDisbursed, LoanClosed, NotAChange, AlreadyPending, StaleLoan, KeyReused: see the classes.
        InvalidInput: naming the field.
    """
    with transaction() as db:
        loan = repository.get_visible(db, actor, loan_id, for_update=True)
        actor.require(Permission.LOANS_ADJUST)

        def work() -> dict[str, object]:
            check_version(loan, expected_version)
            return vars(_request(db, actor, loan, change, now=now))

        content = [loan_id, asdict(change)]
        return Requested(**once(db, actor, "loans.request_change", key, content, now=now, work=work))  # type: ignore[arg-type]


def _request(db: Session, actor: Actor, loan: Loan, change: Change, *, now: datetime) -> Requested:
    account = open_account(db, loan)
    today = local(now).date()
    posting = read_change(account, change, today=today)
    if not 2 <= len(change.reason.strip()) <= 300:
        raise InvalidInput(fields={"reason": "写一下办理原因（2 到 300 个字）"})
    bank_id = "".join(change.bank_transaction_id.split()) if posting.kind is PostingKind.REFUND else ""
    free_bank_entry(db, bank_id)
    waiting = requests.find_pending(db, loan.id or 0, posting.kind.value)
    if waiting is not None:
        raise AlreadyPending(posting.kind.label, waiting.number)
    tried = try_change(db, account, posting, now=now)
    papers: dict[str, object] = {"evidence": change.evidence.strip(), "bank_transaction_id": bank_id}
    if posting.kind is PostingKind.EXTENSION:
        papers["guarantor_consent"] = change.guarantor_consent
    row = LoanRequest(
        number=f"DH{today:%Y%m%d}{next_number(db, f'loan_request:{today:%Y%m%d}'):04d}", loan_id=loan.id or 0,
        loan_version=loan.version, kind=posting.kind.value, value_date=posting.value_date,
        amount_fen=posting.amount_fen, reason=change.reason.strip(), requested_by_id=actor.actor_id,
        requested_at=now,
        detail={
            "posting": posting.detail(), "papers": {k: v for k, v in papers.items() if v}, "seen": _seen(tried),
        },
    )  # fmt: skip
    db.add(row)
    db.flush()
    failpoint("request.after_row")
    event_id = record(
        db, actor, "loan.change_requested", loan, now=now, reason=row.reason,
        summary=f"{loan.number} {summary_of(posting)}（{row.number}）",
    )  # fmt: skip
    _tell_deciders(db, actor, loan, row, tried.needed, summary_of(posting), event_id, now=now)
    failpoint("request.after_event")
    return Requested(row.id or 0, row.number, loan.id or 0)


def _seen(tried: Tried) -> dict[str, object]:
    before, after = Balance.of(tried.preview.before), Balance.of(tried.preview.after)
    return {
        "outstanding": before.outstanding, "due": before.due, "suspense": before.suspense, "dpd": before.dpd,
        "status": before.status, "after_outstanding": after.outstanding, "after_due": after.due,
    }  # fmt: skip


def _tell_deciders(
    db: Session,
    actor: Actor,
    loan: Loan,
    row: LoanRequest,
    needed: Permission,
    summary: str,
    event_id: int | None,
    *,
    now: datetime,
) -> None:
    """Put the request into the inbox of everybody who may decide it and can see the loan, the maker left out."""
    customer = db.get(Customer, loan.customer_id)
    name = customer.name if customer else ""
    for user_id in repository.list_user_ids_who_may(db, needed.value):
        user = db.get(User, user_id)
        if user is None or user_id == actor.user_id:
            continue
        if not actor_of(db, user).reaches(owner_id=loan.owner_id, department_id=loan.department_id):
            continue
        notify(
            db, user_id, title=f"待审批：{summary}", text=f"{name} {loan.number}".strip(),
            link=link_of(row.id or 0), kind="approval", entity="loan_request", entity_id=row.id, actionable=True,
            event_id=event_id, now=now,
        )  # fmt: skip


def link_of(request_id: int) -> str:
    """Return the page that shows a request."""
    return f"/loans/requests?id={request_id}"


def approve_change(
    actor: Actor,
    *,
    request_id: int,
    note: str = "",
    expected_version: int | None = None,
    key: str = "",
    now: datetime,
) -> Posted:
    """Approve a request: it is tried anew on the loan as it is now, and posted.

    ``expected_version`` is the loan's version the checker looked at.

    Raises:
        NotFound: no such request on a loan in the actor's scope.
        NotPermitted: the actor lacks the right it needs, or asked for it (OwnChange).
        RequestDecided, RequestOutdated, StaleLoan, LoanClosed: see the classes.
        InvalidInput: a note that is too long.
    """
    with transaction() as db:
        loan_id = requests.get_visible(db, actor, request_id).loan_id
        loan = repository.get_visible(db, actor, loan_id, for_update=True)
        row = requests.get_visible(db, actor, request_id, fresh=True)
        _require_any(actor)

        def work() -> dict[str, object]:
            return vars(_approve(db, actor, loan, row, note.strip(), expected_version, now=now))

        content = [request_id, note]
        return Posted(**once(db, actor, "loans.approve_change", key, content, now=now, work=work))  # type: ignore[arg-type]


def _approve(
    db: Session,
    actor: Actor,
    loan: Loan,
    row: LoanRequest,
    note: str,
    expected_version: int | None,
    *,
    now: datetime,
) -> Posted:
    _check_pending(row)
    if row.requested_by_id == actor.actor_id:
        raise OwnChange
    if len(note) > 300:
        raise InvalidInput(fields={"note": "意见最多 300 个字"})
    if expected_version is not None and expected_version != loan.version:
        raise StaleLoan
    account = open_account(db, loan)
    posting = _posting(account, row)
    try:
        tried = try_change(db, account, posting, now=now)
        bank_id = str(_papers(row).get("bank_transaction_id", ""))
        entry = free_bank_entry(db, bank_id)
    except InvalidInput as error:
        raise RequestOutdated(error.sentence) from None
    actor.require(tried.needed)
    _decide(actor, row, "approved", note, now=now)
    failpoint("request.after_decision")
    customer = db.get(Customer, loan.customer_id)
    refund = posting.kind is PostingKind.REFUND
    source = Source(
        payer=customer.name if refund and customer else "", method="transfer" if refund else "", bank_id=bank_id,
        bank_entry=entry, note=row.reason, by_id=row.requested_by_id, approved_by_id=actor.actor_id,
        request_id=row.id,
    )  # fmt: skip
    written = write_posting(db, actor, account, posting, source, now=now)
    _answer(db, row, loan, f"已通过：{summary_of(posting)}", note, now=now)
    return written.posted(account)


def refuse_change(actor: Actor, *, request_id: int, reason: str, now: datetime) -> None:
    """Return a request to its maker 退回; nothing on the loan changes.

    Raises:
        NotFound: no such request on a loan in the actor's scope.
        NotPermitted: the actor lacks loans:approve and loans:write_off, or asked for it.
        RequestDecided: see the class.
        InvalidInput: no reason was given.
    """
    with transaction() as db:
        row, loan = _locked(db, actor, request_id)
        _require_any(actor)
        _check_pending(row)
        if row.requested_by_id == actor.actor_id:
            raise OwnChange
        if not 2 <= len(reason.strip()) <= 300:
            raise InvalidInput(fields={"reason": "写一下退回的原因（2 到 300 个字）"})
        _decide(actor, row, "refused", reason.strip(), now=now)
        failpoint("request.after_decision")
        _record_decision(db, actor, row, loan, "loan.change_refused", reason.strip(), now=now)
        _answer(db, row, loan, f"已退回：{CHANGE_KINDS.get(row.kind, row.kind)}", reason.strip(), now=now)


def withdraw_change(actor: Actor, *, request_id: int, reason: str = "", now: datetime) -> None:
    """Take back one's own request 撤回.

    Raises:
        NotFound: no such request on a loan in the actor's scope.
        NotPermitted: the actor lacks loans:adjust, or did not ask for it.
        RequestDecided: see the class.
    """
    with transaction() as db:
        row, loan = _locked(db, actor, request_id)
        actor.require(Permission.LOANS_ADJUST)
        if row.requested_by_id != actor.actor_id:
            raise NotPermitted("只有发起人可以撤回这项申请")
        _check_pending(row)
        if len(reason.strip()) > 300:
            raise InvalidInput(fields={"reason": "说明最多 300 个字"})
        _decide(actor, row, "withdrawn", reason.strip(), now=now)
        failpoint("request.after_decision")
        _record_decision(db, actor, row, loan, "loan.change_withdrawn", reason.strip(), now=now)
        requests.finish_messages(db, row.id or 0, now=now)


def _locked(db: Session, actor: Actor, request_id: int) -> tuple[LoanRequest, Loan]:
    """Return a request and its loan, the loan's row locked before the request is read again."""
    loan_id = requests.get_visible(db, actor, request_id).loan_id
    loan = repository.get_visible(db, actor, loan_id, for_update=True)
    return requests.get_visible(db, actor, request_id, fresh=True), loan


def _require_any(actor: Actor) -> None:
    """Ask for one of the two rights that decide; which of them, only the replay can tell."""
    if not actor.can(Permission.LOANS_WRITE_OFF):
        actor.require(Permission.LOANS_APPROVE)


def _check_pending(row: LoanRequest) -> None:
    if row.status != "pending":
        raise RequestDecided(row.status)


def _decide(actor: Actor, row: LoanRequest, status: str, note: str, *, now: datetime) -> None:
    row.status, row.decided_by_id, row.decided_at, row.decision_note = status, actor.actor_id, now, note
    row.version += 1


def _record_decision(
    db: Session, actor: Actor, row: LoanRequest, loan: Loan, event_type: str, reason: str, *, now: datetime
) -> None:
    record(
        db, actor, event_type, loan, now=now, reason=reason,
        summary=f"{loan.number} {CHANGE_KINDS.get(row.kind, row.kind)}（{row.number}）",
    )  # fmt: skip
    failpoint("request.after_event")


def _answer(db: Session, row: LoanRequest, loan: Loan, title: str, note: str, *, now: datetime) -> None:
    """Close what waits in inboxes for this request and tell its maker."""
    requests.finish_messages(db, row.id or 0, now=now)
    notify(
        db, row.requested_by_id, title=title, text=f"{loan.number} {note}".strip()[:200],
        link=f"/loans/{loan.id}", kind="loan", entity="loan", entity_id=loan.id,
        actionable=row.status == "refused", now=now,
    )  # fmt: skip
    announce(db, "loans", event="loan.request_decided", id=loan.id)


def _posting(account: Account, row: LoanRequest) -> Posting:
    return Posting.restore(
        sequence=account.next_sequence, kind=PostingKind(row.kind), value_date=row.value_date,
        amount_fen=row.amount_fen, detail=_part(row, "posting"),
    )  # fmt: skip


def _part(row: LoanRequest, name: str) -> dict[str, Any]:
    found = row.detail.get(name)
    return dict(found) if isinstance(found, dict) else {}


def _papers(row: LoanRequest) -> dict[str, Any]:
    return _part(row, "papers")


# 查看 ------------------------------------------------------------------------------------------------


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
        preview, problem, needed, moved = None, "", None, ()
        if row.status == "pending":
            account = open_account(db, loan)
            try:
                tried = try_change(db, account, _posting(account, row), now=now)
            except LoanHubError as error:
                problem = error.sentence
            else:
                preview, needed, moved = view_of(account, tried), tried.needed, _moved(row, tried)
        shown = _rows(db, actor, [row], now=now)[0]
        why_not = _why_not(actor, row, needed)
        papers = tuple(
            (PAPERS[key], "已取得书面同意（或无担保人）" if value is True else str(value))
            for key, value in _papers(row).items()
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
    then, today = _part(row, "seen"), _seen(tried)
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
        return f"须有“{surely.label}”权限"
    return ""


def _least_right(row: LoanRequest) -> Permission:
    """Return the right a request surely needs, without replaying it."""
    principal = _part(row, "posting").get("component") == Component.PRINCIPAL.value
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
            detail=_part(row, "posting"),
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
