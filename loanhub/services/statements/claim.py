"""Decide on a bank line 认领: post it to a loan, link it to what is booked, set it aside, or take that back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from loanhub.domain.errors import Conflict, InvalidInput, LoanHubError
from loanhub.domain.money import format_fen
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.postings import PostingKind
from loanhub.domain.statements import LineStatus, Verdict
from loanhub.domain.statements.matching import normalized_party
from loanhub.models import BankLine, Customer, Loan
from loanhub.repositories import loans as loan_repository
from loanhub.repositories import statement_matches as matches
from loanhub.repositories import statements as repository
from loanhub.services import events, loans
from loanhub.services._actor import Actor
from loanhub.services._transaction import announce, transaction
from loanhub.services.loans._shared import record
from loanhub.services.statements._candidates import match
from loanhub.services.statements.read_in import TOPIC


class LineDecided(Conflict):
    """Somebody has decided on this line meanwhile."""

    def __init__(self, status: str) -> None:
        found = LineStatus.find(status)
        super().__init__(f"这笔流水{found.label if found else '已处理'}，不能再认领；请刷新后查看")


class SuggestionChanged(Conflict):
    """What was suggested does not hold any more."""

    def __init__(self) -> None:
        super().__init__("建议已变化（借据刚有新的入账，或又有了别的候选），请重新选择借据")


@dataclass(frozen=True)
class Claimed:
    """How a line ended: the posting made from it or linked to it."""

    line_id: int
    loan_id: int
    payment_id: int
    receipt_number: str
    amount: str
    third_party: bool


@dataclass(frozen=True)
class Outcome:
    """What became of one line of many: accepted, or refused with its sentence."""

    line_id: int
    accepted: bool
    sentence: str


def accept(
    actor: Actor,
    *,
    line_id: int,
    loan_id: int,
    kind: str = PostingKind.PAYMENT.value,
    third_party: bool | None = None,
    expected_version: int | None = None,
    now: datetime,
) -> Claimed:
    """Post what came in to a loan, with the day and the transaction id of the line, and close the line.

    The line is locked: of two people one wins. ``third_party`` None compares the payer with the borrower; True
    records the payment as 他人代还, which needs a payer's name.

    Raises:
        NotFound: no such line, or no such loan in the actor's scope.
        NotPermitted: the actor lacks statements:import or payments:create.
        LineDecided: the line is not waiting any more, or was changed since it was seen.
        Conflict, InvalidInput: what :func:`loanhub.services.loans.post` refuses, in its words.
    """
    with transaction() as db:
        line = _waiting(db, line_id, expected_version)
        loan = loan_repository.get_visible(db, actor, loan_id)
        actor.require(Permission.STATEMENTS_IMPORT)
        if line.amount_fen < 0:
            raise Conflict("这是一笔支出，不能作为还款入账；请选择对应的放款或退款")
        return _accept(db, actor, line, loan, kind, third_party, now=now)


def _accept(
    db: Session,
    actor: Actor,
    line: BankLine,
    loan: Loan,
    kind: str,
    third_party: bool | None,
    *,
    now: datetime,
) -> Claimed:
    others = _pays_for_another(db, line, loan) if third_party is None else third_party
    statement = repository.get_statement(db, line.statement_id)
    posted = loans.post(
        actor, loan_id=loan.id or 0, amount_fen=line.amount_fen, value_date=line.booked_date,
        method="third_party" if others else "transfer", payer=line.payer_name[:60],
        bank_transaction_id=line.transaction_id, note=f"银行流水 {statement.number} 第 {line.row} 行", kind=kind, now=now,
    )  # fmt: skip
    _close(line, LineStatus.MATCHED, loan.id, posted.payment_id, "他人代还" if others else "", actor, now)
    record(
        db, actor, "bank_line.claimed", loan, now=now,
        summary=f"{statement.number} 第 {line.row} 行 {format_fen(line.amount_fen)} 入 {loan.number}",
        after={"流水号": line.transaction_id, "代还": "是"} if others else {"流水号": line.transaction_id},
    )  # fmt: skip
    announce(db, TOPIC, event="bank_line.claimed", id=line.id)
    return Claimed(
        line.id or 0, loan.id or 0, posted.payment_id, posted.receipt_number, posted.amount, others
    )


def _pays_for_another(db: Session, line: BankLine, loan: Loan) -> bool:
    customer = db.get(Customer, loan.customer_id)
    payer = normalized_party(line.payer_name)
    return bool(payer) and customer is not None and payer != normalized_party(customer.name)


def _waiting(db: Session, line_id: int, expected_version: int | None) -> BankLine:
    line = repository.get_line(db, line_id, for_update=True)
    if line.status != LineStatus.UNMATCHED.value:
        raise LineDecided(line.status)
    if expected_version is not None and expected_version != line.version:
        raise LineDecided("")
    return line


def _close(
    line: BankLine,
    status: LineStatus,
    loan_id: int | None,
    payment_id: int | None,
    note: str,
    actor: Actor,
    now: datetime,
) -> None:
    line.status = status.value
    line.loan_id, line.payment_id, line.note = loan_id, payment_id, note[:200]
    line.decided_by_id, line.decided_at = actor.actor_id, now
    line.version += 1


def accept_suggested(actor: Actor, *, line_ids: Iterable[int], now: datetime) -> Iterator[Outcome]:
    """Post the suggested lines one by one, each in a transaction of its own, and yield what became of each.

    Each suggestion is judged anew first: a loan that has changed since is left for a person. A refused line stays
    as it was, with the sentence why.

    Raises:
        NotPermitted: the actor lacks statements:import or payments:create; nothing is posted then.
    """
    actor.require(Permission.STATEMENTS_IMPORT)
    actor.require(Permission.PAYMENTS_CREATE)
    for line_id in line_ids:
        try:
            with transaction() as db:
                line = _waiting(db, line_id, None)
                found = match(db, actor, [line])[line_id]
                best = found.best
                if best is None or found.verdict is not Verdict.SUGGESTED or best.loan_id != line.loan_id:
                    raise SuggestionChanged
                if line.amount_fen < 0:
                    raise Conflict("支出流水请逐笔确认对应的放款或退款")
                loan = loan_repository.get_visible(db, actor, best.loan_id)
                done = _accept(db, actor, line, loan, best.kind, None, now=now)
            yield Outcome(line_id, True, f"收据 {done.receipt_number}")
        except LoanHubError as refusal:
            yield Outcome(line_id, False, refusal.sentence)


def link(
    actor: Actor, *, line_id: int, loan_id: int, expected_version: int | None = None, now: datetime
) -> Claimed:
    """Say that a line is money the books show already: a disbursement, a refund, or a payment entered by hand.

    Nothing is posted. Looked for on the loan: a standing posting of this amount within 7 days that no line stands
    for, the nearest day first; for money out also the disbursement itself.

    Raises:
        NotFound: no such line, or no such loan in the actor's scope.
        NotPermitted: the actor lacks statements:import.
        LineDecided: see :func:`accept`.
        Conflict: the loan's books show no such amount.
    """
    with transaction() as db:
        line = _waiting(db, line_id, expected_version)
        loan = loan_repository.get_visible(db, actor, loan_id)
        actor.require(Permission.STATEMENTS_IMPORT)
        payment = matches.find_free_posting(
            db, loan_id, abs(line.amount_fen), line.booked_date, out=line.amount_fen < 0
        )
        if payment is None and not (
            line.amount_fen == -loan.principal_fen
            and loan.disbursed_date is not None
            and not matches.has_disbursement_line(db, loan_id)
        ):
            raise Conflict("这笔借据的账上没有金额相同、日期相近而还没对上流水的记录")
        receipt = payment.receipt_number if payment else loan.bank_reference
        _close(line, LineStatus.BOOKED, loan_id, payment.id if payment else None, "手工核对", actor, now)
        record(
            db, actor, "bank_line.claimed", loan, now=now,
            summary=f"流水 {line.transaction_id} {format_fen(line.amount_fen)} 与 {loan.number} 已有账目核对",
        )  # fmt: skip
        announce(db, TOPIC, event="bank_line.claimed", id=line_id)
        return Claimed(
            line_id, loan_id, (payment.id or 0) if payment else 0, receipt, format_fen(line.amount_fen), False
        )


def ignore(
    actor: Actor, *, line_id: int, reason: str, expected_version: int | None = None, now: datetime
) -> None:
    """Set a line aside that has nothing to do with a loan 无关: a bank fee, rent, a transfer of our own.

    Raises:
        NotFound: no such line.
        NotPermitted: the actor lacks statements:import.
        LineDecided: see :func:`accept`.
        InvalidInput: naming ``reason``.
    """
    with transaction() as db:
        line = _waiting(db, line_id, expected_version)
        actor.require(Permission.STATEMENTS_IMPORT)
        text = " ".join(reason.split())
        if not 2 <= len(text) <= 200:
            raise InvalidInput(fields={"reason": "写一下为什么与贷款无关（2 到 200 个字）"})
        _close(line, LineStatus.IGNORED, None, None, text, actor, now)
        events.record(
            db, actor, "bank_line.ignored", now=now, entity="bank_line", entity_id=line_id, reason=text,
            summary=f"流水 {line.transaction_id} {format_fen(line.amount_fen)}",
        )  # fmt: skip
        announce(db, TOPIC, event="bank_line.ignored", id=line_id)


def undo(
    actor: Actor, *, line_id: int, reason: str, expected_version: int | None = None, now: datetime
) -> None:
    """Take a decision back: the line waits again. Money posted from it is reversed by the rules of a reversal 冲正.

    A line linked to what was booked before only loses the link; the posting stands. A posting reversed meanwhile
    on the loan's page frees its line the same way.

    Raises:
        NotFound: no such line, or its loan lies outside the actor's scope.
        NotPermitted: the actor lacks statements:import, for posted money payments:reverse, or posted it (OwnPosting).
        Conflict: the line waits already.
        InvalidInput: naming ``reason``.
    """
    with transaction() as db:
        line = repository.get_line(db, line_id, for_update=True)
        if line.loan_id:
            loan_repository.get_visible(db, actor, line.loan_id)
        actor.require(Permission.STATEMENTS_IMPORT)
        if line.status == LineStatus.UNMATCHED.value:
            raise Conflict("这笔流水还没有处理，不用撤回")
        if expected_version is not None and expected_version != line.version:
            raise LineDecided("")
        text = " ".join(reason.split())
        if not 2 <= len(text) <= 300:
            raise InvalidInput(fields={"reason": "写一下撤回的原因（2 到 300 个字）"})
        before = LineStatus(line.status).label
        posted = line.payment_id if line.status == LineStatus.MATCHED.value else None
        if posted and matches.find_reversal(db, posted) is None:
            loans.reverse(actor, payment_id=posted, reason=text, now=now)
        line.status = LineStatus.UNMATCHED.value
        line.loan_id = line.payment_id = None
        line.note, line.decided_by_id, line.decided_at = "", None, None
        line.version += 1
        events.record(
            db, actor, "bank_line.reopened", now=now, entity="bank_line", entity_id=line_id, reason=text,
            before={"状态": before}, after={"状态": LineStatus.UNMATCHED.label},
            summary=f"流水 {line.transaction_id} {format_fen(line.amount_fen)}",
        )  # fmt: skip
        announce(db, TOPIC, event="bank_line.reopened", id=line_id)
