"""A loan's life 借据: its status, and the double-entry lines each of its postings writes.

A written-off loan stays written off whatever is recovered, in full too: the claim is closed by
``LoanState.settled_date``, the status says how. Acceleration, extension and restructuring are no statuses but
facts of the state: such a loan is active, in grace or overdue like any other.

A change of terms writes no lines: principal stays principal, and what is not received was never recognized.
Income is recognized when money arrives: an allocation to interest, penalty, compound interest or a fee is
income of that day. So a waiver of penalty not yet received writes no lines, only a posting.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from loanhub.domain.choice import Choice
from loanhub.domain.errors import Conflict
from loanhub.domain.repayment.allocation import Allocation, Component
from loanhub.domain.repayment.postings import (
    AllocationChange,
    LoanState,
    PostedAllocation,
    Posting,
    PostingKind,
    Preview,
)


class LoanStatus(Choice):
    """Where a loan stands."""

    PENDING = "pending", "待放款"
    ACTIVE = "active", "还款中"
    GRACE = "grace", "宽限期"
    OVERDUE = "overdue", "逾期"
    SETTLED = "settled", "已结清"
    SETTLED_EARLY = "settled_early", "提前结清"
    WRITTEN_OFF = "written_off", "已核销"


class LoanEvent(Choice):
    """What can happen to a loan's status."""

    DISBURSE = "disburse", "放款"
    FALL_DUE = "fall_due", "进入宽限期"
    FALL_OVERDUE = "fall_overdue", "逾期"
    CURE = "cure", "恢复正常"
    SETTLE = "settle", "结清"
    SETTLE_EARLY = "settle_early", "提前结清"
    REOPEN = "reopen", "冲正后恢复还款"
    WRITE_OFF = "write_off", "核销"


_OWING = (LoanStatus.ACTIVE, LoanStatus.GRACE, LoanStatus.OVERDUE)

MOVES: dict[tuple[LoanStatus, LoanEvent], LoanStatus] = {
    (LoanStatus.PENDING, LoanEvent.DISBURSE): LoanStatus.ACTIVE,
    (LoanStatus.ACTIVE, LoanEvent.FALL_DUE): LoanStatus.GRACE,
    (LoanStatus.OVERDUE, LoanEvent.FALL_DUE): LoanStatus.GRACE,
    (LoanStatus.ACTIVE, LoanEvent.FALL_OVERDUE): LoanStatus.OVERDUE,
    (LoanStatus.GRACE, LoanEvent.FALL_OVERDUE): LoanStatus.OVERDUE,
    (LoanStatus.GRACE, LoanEvent.CURE): LoanStatus.ACTIVE,
    (LoanStatus.OVERDUE, LoanEvent.CURE): LoanStatus.ACTIVE,
    **{(status, LoanEvent.SETTLE): LoanStatus.SETTLED for status in _OWING},
    **{(status, LoanEvent.SETTLE_EARLY): LoanStatus.SETTLED_EARLY for status in _OWING},
    (LoanStatus.SETTLED, LoanEvent.REOPEN): LoanStatus.ACTIVE,
    (LoanStatus.SETTLED_EARLY, LoanEvent.REOPEN): LoanStatus.ACTIVE,
    (LoanStatus.WRITTEN_OFF, LoanEvent.REOPEN): LoanStatus.ACTIVE,
    **{(status, LoanEvent.WRITE_OFF): LoanStatus.WRITTEN_OFF for status in _OWING},
}


class IllegalMove(Conflict):
    """The loan is not in a status from which this can happen."""

    def __init__(self, status: LoanStatus, event: LoanEvent) -> None:
        super().__init__(f"借据当前为「{status.label}」，不能{event.label}")


def move(status: LoanStatus, event: LoanEvent) -> LoanStatus:
    """Return the status after ``event``; raise IllegalMove when the table has no such row."""
    if (status, event) not in MOVES:
        raise IllegalMove(status, event)
    return MOVES[status, event]


def status_of(
    *,
    disbursed: bool,
    raw_dpd: int,
    dpd: int,
    settled_date: date | None,
    last_due_date: date,
    written_off_date: date | None = None,
) -> LoanStatus:
    """Return the status that follows from the replayed state of a loan.

    Args:
        settled_date: the value date on which nothing was left to pay, None while something is.
        last_due_date: the last due date as agreed; settled before it is early.
        written_off_date: the day it was written off; from then on nothing else counts.
    """
    if not disbursed:
        return LoanStatus.PENDING
    if written_off_date is not None:
        return LoanStatus.WRITTEN_OFF
    if settled_date is not None:
        return LoanStatus.SETTLED_EARLY if settled_date < last_due_date else LoanStatus.SETTLED
    if dpd > 0:
        return LoanStatus.OVERDUE
    return LoanStatus.GRACE if raw_dpd > 0 else LoanStatus.ACTIVE


def status_from(state: LoanState) -> LoanStatus:
    """Return the status that follows from a replayed state of a loan that is disbursed."""
    return status_of(
        disbursed=True,
        raw_dpd=state.raw_dpd,
        dpd=state.dpd,
        settled_date=state.settled_date,
        last_due_date=state.last_due_date,
        written_off_date=state.written_off_date,
    )


_EVENT_TO = {
    LoanStatus.GRACE: LoanEvent.FALL_DUE,
    LoanStatus.OVERDUE: LoanEvent.FALL_OVERDUE,
    LoanStatus.ACTIVE: LoanEvent.CURE,
    LoanStatus.SETTLED: LoanEvent.SETTLE,
    LoanStatus.SETTLED_EARLY: LoanEvent.SETTLE_EARLY,
    LoanStatus.WRITTEN_OFF: LoanEvent.WRITE_OFF,
}


def events_between(current: LoanStatus, target: LoanStatus) -> tuple[LoanEvent, ...]:
    """Return the events that lead from the stored status to the one the replay found, in order.

    Empty when they are the same. A reversal may take a settled or written-off loan back: it is reopened first.

    Raises:
        IllegalMove: no such way, for example a pending loan found overdue.
    """
    if current is target:
        return ()
    events: list[LoanEvent] = []
    status: LoanStatus = LoanStatus(current)
    if status in (LoanStatus.SETTLED, LoanStatus.SETTLED_EARLY, LoanStatus.WRITTEN_OFF):
        events.append(LoanEvent.REOPEN)
    elif status is LoanStatus.PENDING:
        events.append(LoanEvent.DISBURSE)
    for event in events:
        status = move(status, event)
    if status is not target:
        if target not in _EVENT_TO:
            raise IllegalMove(current, LoanEvent.DISBURSE)
        events.append(_EVENT_TO[target])
        move(status, _EVENT_TO[target])
    return tuple(events)


# 分录 ------------------------------------------------------------------------------------------------


class Account(Choice):
    """The ledger accounts a loan touches 会计科目."""

    BANK = "bank", "银行存款"
    LOAN_PRINCIPAL = "loan_principal", "贷款本金"
    SUSPENSE = "suspense", "其他应付款-溢缴款"
    INTEREST_INCOME = "interest_income", "利息收入"
    PENALTY_INCOME = "penalty_income", "罚息收入"
    COMPOUND_INCOME = "compound_income", "复利收入"
    FEE_INCOME = "fee_income", "手续费收入"
    LOSS_ALLOWANCE = "loss_allowance", "贷款损失准备"
    RECOVERY_INCOME = "recovery_income", "核销后收回"


ACCOUNT_OF: dict[Component, Account] = {
    Component.PRINCIPAL: Account.LOAN_PRINCIPAL,
    Component.INTEREST: Account.INTEREST_INCOME,
    Component.PENALTY: Account.PENALTY_INCOME,
    Component.COMPOUND: Account.COMPOUND_INCOME,
    Component.FEE: Account.FEE_INCOME,
}


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One side of a ledger transaction: exactly one of the two amounts is above zero."""

    account: Account
    debit_fen: int = 0
    credit_fen: int = 0


EntryLines = tuple[EntryLine, ...]


class UnbalancedEntries(ValueError):
    """Debits and credits differ, or a line has not exactly one side: a mistake of ours."""


def assert_balanced(lines: Iterable[EntryLine]) -> None:
    """Check that debits equal credits and every line has exactly one positive side.

    Raises:
        UnbalancedEntries: they do not, or there are no lines.
    """
    lines = tuple(lines)
    if not lines:
        raise UnbalancedEntries("a ledger transaction needs lines")
    for line in lines:
        if min(line.debit_fen, line.credit_fen) != 0 or max(line.debit_fen, line.credit_fen) <= 0:
            raise UnbalancedEntries(f"not exactly one positive side: {line}")
    debits, credits_ = (
        sum(line.debit_fen for line in lines),
        sum(line.credit_fen for line in lines),
    )
    if debits != credits_:
        raise UnbalancedEntries(f"debits {debits} and credits {credits_} differ")


def _balanced(lines: Iterable[EntryLine]) -> EntryLines:
    kept = tuple(line for line in lines if line.debit_fen or line.credit_fen)
    if kept:
        assert_balanced(kept)
    return kept


def _credits(allocations: Iterable[Allocation]) -> list[EntryLine]:
    totals: dict[Account, int] = {}
    for allocation in allocations:
        account = ACCOUNT_OF[allocation.component]
        totals[account] = totals.get(account, 0) + allocation.amount_fen
    return [EntryLine(account, credit_fen=amount) for account, amount in totals.items()]


def entries_for_disbursement(principal_fen: int) -> EntryLines:
    """Return the lines of a disbursement 放款: debit loan principal, credit the bank, the whole principal.

    Nothing is withheld 砍头息: the borrower receives the contract's principal (民法典 670).
    """
    return _balanced(
        (
            EntryLine(Account.LOAN_PRINCIPAL, debit_fen=principal_fen),
            EntryLine(Account.BANK, credit_fen=principal_fen),
        )
    )


def entries_for_payment(amount_fen: int, allocations: Iterable[Allocation]) -> EntryLines:
    """Return the lines of money received: debit the bank, credit what it paid; the rest is suspense 溢缴款.

    Raises:
        UnbalancedEntries: more is allocated than was received.
    """
    parts = _credits(allocations)
    rest = amount_fen - sum(line.credit_fen for line in parts)
    if rest < 0:
        raise UnbalancedEntries("allocated more than received")
    return _balanced(
        [
            EntryLine(Account.BANK, debit_fen=amount_fen),
            *parts,
            EntryLine(Account.SUSPENSE, credit_fen=rest),
        ]
    )


def entries_for_suspense(allocations: Iterable[Allocation]) -> EntryLines:
    """Return the lines of an overpayment applied on a due date: debit suspense, credit what it paid."""
    parts = _credits(allocations)
    return _balanced(
        [
            EntryLine(Account.SUSPENSE, debit_fen=sum(line.credit_fen for line in parts)),
            *parts,
        ]
    )


def entries_for_refund(amount_fen: int) -> EntryLines:
    """Return the lines of an overpayment paid back 溢缴退款: debit suspense, credit the bank."""
    return _balanced(
        (
            EntryLine(Account.SUSPENSE, debit_fen=amount_fen),
            EntryLine(Account.BANK, credit_fen=amount_fen),
        )
    )


def entries_for_waiver(waived: Iterable[Allocation]) -> EntryLines:
    """Return the lines of a waiver 减免: principal is a loss; the rest was never recognized, so no lines."""
    principal = sum(part.amount_fen for part in waived if part.component is Component.PRINCIPAL)
    return entries_for_write_off(principal)


def entries_for_write_off(principal_fen: int) -> EntryLines:
    """Return the lines of a write-off 核销: debit the loss allowance, credit the principal outstanding."""
    return _balanced(
        (
            EntryLine(Account.LOSS_ALLOWANCE, debit_fen=principal_fen),
            EntryLine(Account.LOAN_PRINCIPAL, credit_fen=principal_fen),
        )
    )


def entries_for_recovery(amount_fen: int) -> EntryLines:
    """Return the lines of money received after a write-off 核销后收回: debit the bank, credit recoveries."""
    return _balanced(
        (
            EntryLine(Account.BANK, debit_fen=amount_fen),
            EntryLine(Account.RECOVERY_INCOME, credit_fen=amount_fen),
        )
    )


def entries_for_reversal(lines: Iterable[EntryLine]) -> EntryLines:
    """Return the lines that undo ``lines`` 冲正: the same accounts and amounts, sides exchanged."""
    return _balanced(
        EntryLine(line.account, debit_fen=line.credit_fen, credit_fen=line.debit_fen) for line in lines
    )


def account_of(posted: PostedAllocation) -> Account:
    """Return the account money given to a component belongs to: after a write-off, always recoveries."""
    return Account.RECOVERY_INCOME if posted.off_book else ACCOUNT_OF[posted.component]


def entries_for_change(change: AllocationChange) -> EntryLines:
    """Return the lines that move what an earlier posting did from where it went to where it goes now.

    Used after a backdated posting or a reversal, and at day end for suspense applied on a due date (a change
    of sequence 0). What the money differs by comes from, or goes to, suspense; a waiver whose cap has moved
    gives or takes principal from the loss allowance. Empty when nothing moves.
    """
    net: dict[Account, int] = {}

    def move_net(account: Account, counter: Account, amount_fen: int) -> None:
        net[account] = net.get(account, 0) + amount_fen
        net[counter] = net.get(counter, 0) - amount_fen

    for sign, given, waived in ((-1, change.removed, change.unwaived), (1, change.added, change.waived)):
        for part in given:
            move_net(account_of(part), Account.SUSPENSE, sign * part.amount_fen)
        for part in waived:
            if part.component is Component.PRINCIPAL and not part.off_book:
                move_net(Account.LOAN_PRINCIPAL, Account.LOSS_ALLOWANCE, sign * part.amount_fen)
    return _balanced(
        EntryLine(account, debit_fen=max(0, -amount), credit_fen=max(0, amount))
        for account, amount in net.items()
    )


def entries_for_posting(
    posting: Posting, tried: Preview, *, reversed_posting: Posting | None = None
) -> EntryLines:
    """Return the lines of one posting from its preview; those of ``tried.changes`` are written beside them.

    A reversal, given the posting it reverses, undoes that posting as it stood just before. Empty for a
    waiver of what was never recognized, and for a change of terms that brings no money.
    """
    if posting.kind is not PostingKind.REVERSAL:
        return _own_entries(posting, tried.after)
    if reversed_posting is None or reversed_posting.sequence != posting.reverses:
        raise ValueError("a reversal needs the posting it reverses")
    return entries_for_reversal(_own_entries(reversed_posting, tried.before))


def _own_entries(posting: Posting, state: LoanState) -> EntryLines:
    if posting.kind is PostingKind.REFUND:
        return entries_for_refund(posting.amount_fen)
    if posting.kind is PostingKind.WAIVER:
        return entries_for_waiver(w.allocation for w in state.waivers if w.sequence == posting.sequence)
    if posting.kind is PostingKind.WRITE_OFF:
        return entries_for_write_off(state.written_off_fen)
    if not posting.kind.brings_money:
        return ()
    allocated = state.allocations_of(posting.sequence)
    recovered = sum(posted.amount_fen for posted in allocated if posted.off_book)
    on_book = [posted.allocation for posted in allocated if not posted.off_book]
    if not recovered:
        return entries_for_payment(posting.amount_fen, on_book)
    rest = posting.amount_fen - recovered
    return _balanced(
        [
            *entries_for_recovery(recovered),
            *(entries_for_payment(rest, on_book) if rest else ()),
        ]
    )
