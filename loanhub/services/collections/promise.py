"""Register a promise to pay 登记承诺还款: a day and an amount; whether it was kept the payments say."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session

from loanhub.domain import collections as rules
from loanhub.domain import contact_rules as conduct
from loanhub.domain.collections import CollectionStage, PromiseStatus
from loanhub.domain.errors import InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.money import format_fen, parse_fen
from loanhub.domain.permissions import Permission
from loanhub.models import CollectionCase, CollectionPromise, Loan
from loanhub.repositories import collections as repository
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._transaction import transaction
from loanhub.services.collections._shared import enter, open_case, record, state_of, tell_board, touch


def promise(
    actor: Actor,
    *,
    case_id: int,
    due_date: date | None,
    amount: str,
    note: str = "",
    expected_version: int | None = None,
    key: str = "",
    now: datetime,
) -> int:
    """Register a promise of ``amount`` as typed (3000, 0.5万) by ``due_date``; an earlier one that waits is replaced.

    Returns the promise's id.

    Raises:
        NotFound: no such case in the actor's scope.
        NotPermitted: the actor lacks collections:contact.
        CaseClosed, StaleCase: see the classes.
        InvalidInput: naming ``due_date``, ``amount`` or ``note``.
    """
    with transaction() as db:
        case = open_case(db, actor, case_id)
        actor.require(Permission.COLLECTIONS_CONTACT)
        request = [case_id, due_date, amount, note]

        def work() -> dict[str, object]:
            open_case(db, actor, case_id, expected_version=expected_version)
            row = promise_in(
                db,
                actor,
                case,
                due_date=due_date,
                amount_fen=parse_fen(amount, field="amount"),
                note=note,
                now=now,
            )
            return {"promise_id": row.id or 0}

        stored = once(db, actor, "collections.promise", key, request, now=now, work=work)
        return int(str(stored["promise_id"]))


def promise_in(
    db: Session,
    actor: Actor,
    case: CollectionCase,
    *,
    due_date: date | None,
    amount_fen: int,
    note: str,
    now: datetime,
) -> CollectionPromise:
    """Register a promise on a case whose row is locked, in the caller's transaction; see :func:`promise`."""
    today = local(now).date()
    loan = db.get(Loan, case.loan_id)
    state = state_of(db, loan, now) if loan is not None else None
    faults = rules.promise_faults(
        due_date=due_date, amount_fen=amount_fen, owed_fen=state.amount_due_fen if state else 0, today=today
    )
    if len(note) > 200:
        note = note[:200]
    if conduct.forbidden_in(note):
        faults["note"] = f"不能出现「{conduct.forbidden_in(note)}」这样的字眼"
    if faults or due_date is None:
        raise InvalidInput(fields=faults)
    for earlier in repository.open_promises(db, case.id or 0):
        earlier.status, earlier.judged_on = PromiseStatus.REPLACED.value, today
    row = CollectionPromise(
        case_id=case.id or 0, loan_id=case.loan_id, due_date=due_date, amount_fen=amount_fen, note=note.strip(),
        made_at=now, by_id=actor.actor_id,
    )  # fmt: skip
    db.add(row)
    before = case.stage
    if case.owner_id is None:
        case.owner_id = actor.actor_id
    case.promise_due_date, case.promise_fen = due_date, amount_fen
    enter(case, rules.after_promise(CollectionStage(case.stage)), now)
    touch(case, now)
    db.flush()
    words = f"{due_date.isoformat()} 还 {format_fen(amount_fen)}"
    record(db, actor, "collection.promised", case, f"承诺 {words}", now=now, after={"承诺还款": words})
    tell_board(db, actor, case, before)
    return row
