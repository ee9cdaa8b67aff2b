"""Ask for a change and decide on it 贷后申请: maker and checker, one pending request a loan and kind."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from loanhub.domain.errors import Conflict, InvalidInput, NotPermitted
from loanhub.domain.formats import local
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.postings import Posting, PostingKind
from loanhub.models import Customer, Loan, LoanRequest, User
from loanhub.repositories import loan_requests as requests
from loanhub.repositories import loans as repository
from loanhub.services._actor import Actor
from loanhub.services._failpoints import failpoint
from loanhub.services._idempotency import once
from loanhub.services._notices import notify
from loanhub.services._numbering import next_number
from loanhub.services._rights import actor_of
from loanhub.services._transaction import announce, transaction
from loanhub.services.loans._shared import Account, StaleLoan, check_version, open_account, record
from loanhub.services.loans._write import Posted, Source, write_posting
from loanhub.services.loans.change import (
    CHANGE_KINDS,
    Change,
    Tried,
    read_change,
    summary_of,
    try_change,
)
from loanhub.services.loans.post import free_bank_entry
from loanhub.services.loans.preview import Balance

STATUSES = {
    "pending": ("待审批", "warn"),
    "approved": ("已通过", "disbursed"),
    "refused": ("已退回", "danger"),
    "withdrawn": ("已撤回", "closed"),
}
"""Label and chip tone of each status of a request."""


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
            "posting": posting.detail(), "papers": {k: v for k, v in papers.items() if v}, "seen": seen_figures(tried),
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


def seen_figures(tried: Tried) -> dict[str, object]:
    """Return the figures a maker sees, as they are stored with the request."""
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
    posting = posting_of(account, row)
    try:
        tried = try_change(db, account, posting, now=now)
        bank_id = str(papers_of(row).get("bank_transaction_id", ""))
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


def posting_of(account: Account, row: LoanRequest) -> Posting:
    """Return the posting a request asks for, next in line on its loan."""
    return Posting.restore(
        sequence=account.next_sequence, kind=PostingKind(row.kind), value_date=row.value_date,
        amount_fen=row.amount_fen, detail=part_of(row, "posting"),
    )  # fmt: skip


def part_of(row: LoanRequest, name: str) -> dict[str, Any]:
    """Return one part of what a request stores."""
    found = row.detail.get(name)
    return dict(found) if isinstance(found, dict) else {}


def papers_of(row: LoanRequest) -> dict[str, Any]:
    """Return the papers a request names."""
    return part_of(row, "papers")
