"""Servicing 贷后: the state of a loan, replayed from its terms and postings.

Nothing is remembered between calls: a reversal or a backdated posting simply gives another list to replay.
Source: docs/algorithms/servicing.md.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from loanhub.domain.calendar import Overrides
from loanhub.domain.errors import InvalidInput
from loanhub.domain.repayment._admission import (
    OVERDUE_FIRST,
    check_entry,
    check_lateness,
    check_nothing_later,
    check_others,
    check_reversal,
    check_waiver,
)
from loanhub.domain.repayment._replay import LoanLedger
from loanhub.domain.repayment.postings import (
    SUSPENSE_SEQUENCE,
    AllocationChange,
    InstallmentState,
    InstallmentStatus,
    LoanState,
    PostedAllocation,
    Posting,
    PostingKind,
    Preview,
    ServicingOptions,
    SettlementQuote,
    TermChange,
)
from loanhub.domain.repayment.terms import Terms

__all__ = [
    "SUSPENSE_SEQUENCE",
    "AllocationChange",
    "InstallmentState",
    "InstallmentStatus",
    "LoanState",
    "PostedAllocation",
    "Posting",
    "PostingKind",
    "Preview",
    "ServicingOptions",
    "SettlementQuote",
    "TermChange",
    "allocation_changes",
    "effective_postings",
    "preview",
    "replay",
    "settle_amount_due",
    "settlement_quote",
]

DEFAULT_OPTIONS = ServicingOptions()


def effective_postings(postings: Iterable[Posting]) -> list[Posting]:
    """Return the postings that count, by (value date, sequence): reversed ones and reversals dropped.

    Raises:
        InvalidInput: a sequence used twice, an amount not above zero, or a reversal of something unknown,
            later, already reversed, or itself a reversal.
    """
    ordered = sorted(postings, key=lambda posting: posting.sequence)
    known: dict[int, Posting] = {}
    reversed_sequences: set[int] = set()
    for posting in ordered:
        if posting.sequence in known or posting.sequence <= SUSPENSE_SEQUENCE:
            raise InvalidInput(fields={"sequence": "入账序号重复或无效"})
        known[posting.sequence] = posting
        if posting.kind is not PostingKind.REVERSAL:
            if posting.kind.needs_amount and posting.amount_fen <= 0:
                raise InvalidInput(fields={"amount_fen": "金额须大于 0"})
            continue
        target = known.get(posting.reverses or SUSPENSE_SEQUENCE)
        if target is None or target.kind is PostingKind.REVERSAL:
            raise InvalidInput(fields={"reverses": "没有找到要冲正的入账"})
        if target.sequence in reversed_sequences:
            raise InvalidInput(fields={"reverses": "这笔入账已经冲正过"})
        reversed_sequences.add(target.sequence)
    kept = (p for p in ordered if p.kind is not PostingKind.REVERSAL and p.sequence not in reversed_sequences)
    return sorted(kept, key=lambda posting: (posting.value_date, posting.sequence))


def replay(
    terms: Terms,
    postings: Iterable[Posting],
    *,
    as_of: date,
    options: ServicingOptions = DEFAULT_OPTIONS,
    overrides: Overrides | None = None,
) -> LoanState:
    """Return the loan at the end of ``as_of``, knowing only ``postings`` (those valued later are ignored).

    On a due date suspense is applied first, then that day's postings in sequence. A payment clears what is
    due by its value date in the product's order; the rest waits in suspense and never prepays. Penalty is
    cut and rounded at every value date; within grace it is zero, beyond it runs from the due date, and an
    installment cleared within grace never has any.

    Raises:
        InvalidInput: postings that contradict each other, or are valued before the disbursement.
    """
    return _run(terms, postings, as_of, options, overrides).state(as_of)


def _run(
    terms: Terms,
    postings: Iterable[Posting],
    as_of: date,
    options: ServicingOptions,
    overrides: Overrides | None,
) -> LoanLedger:
    """Return the ledger of a loan at the end of ``as_of``."""
    counted = [posting for posting in effective_postings(postings) if posting.value_date <= as_of]
    if counted and counted[0].value_date < terms.disburse_date:
        raise InvalidInput(fields={"value_date": "入账日不能早于放款日"})
    ledger = LoanLedger(terms, options, overrides)
    for posting in counted:
        ledger.pass_due_dates(before=posting.value_date)
        ledger.post(posting)
    ledger.pass_due_dates(before=as_of + timedelta(days=1))
    return ledger


def settle_amount_due(
    terms: Terms,
    postings: Iterable[Posting],
    *,
    as_of: date,
    options: ServicingOptions = DEFAULT_OPTIONS,
    overrides: Overrides | None = None,
) -> int:
    """Return the amount that, paid on ``as_of``, clears everything due, penalty to that day included."""
    return replay(terms, postings, as_of=as_of, options=options, overrides=overrides).amount_due_fen


def settlement_quote(
    terms: Terms,
    postings: Iterable[Posting],
    *,
    on: date,
    options: ServicingOptions = DEFAULT_OPTIONS,
    overrides: Overrides | None = None,
) -> SettlementQuote:
    """Return what settles the whole loan on a day; a ``SETTLEMENT`` posting of its total does settle it."""
    ledger = _run(terms, postings, on, options, overrides)
    state = ledger.state(on)
    settled = state.settled_date is not None
    due = 0 if settled else ledger.due_total(on, carried=True)
    rest = ledger.rest(on)
    return SettlementQuote(
        on=on,
        due_fen=due,
        principal_fen=rest.principal_fen,
        accrued_days=rest.accrued_days,
        accrued_interest_fen=rest.accrued_interest_fen,
        fee_fen=rest.fee_fen,
        suspense_fen=state.suspense_fen,
    )


def preview(
    terms: Terms,
    postings: Sequence[Posting],
    posting: Posting,
    *,
    as_of: date,
    options: ServicingOptions = DEFAULT_OPTIONS,
    overrides: Overrides | None = None,
) -> Preview:
    """Return what a further posting would do, before it is saved.

    A replay only caps or sets aside what later knowledge has made impossible; here, at the moment of entry,
    such a posting is refused. See docs/algorithms/servicing.md for what is refused when.

    Raises:
        InvalidInput: naming the field: valued after ``as_of`` or before the loan; contradicting the postings
            there are; money that does not suffice for what is asked; a waiver of more than is open that day;
            terms that cannot be; overdue amounts before a prepayment or an extension; anything but a recovery
            after a write-off, or but a refund once settled; or a reversal that would undo what others stand on.
    """
    known = list(postings)
    before = replay(terms, known, as_of=as_of, options=options, overrides=overrides)
    if posting.kind is PostingKind.REVERSAL:
        check_reversal(known, posting, before)
    else:
        check_entry(posting, as_of=as_of, disburse_date=terms.disburse_date, state=before)
        if posting.kind in OVERDUE_FIRST or posting.kind is PostingKind.WRITE_OFF:
            on = replay(terms, known, as_of=posting.value_date, options=options, overrides=overrides)
            check_lateness(posting, on)
        check_nothing_later(effective_postings(known), posting)
    ledger = _run(terms, [*known, posting], as_of, options, overrides)
    after = ledger.state(as_of)
    if posting.sequence in ledger.refused:
        raise InvalidInput(fields=dict(ledger.refused[posting.sequence]))
    check_others(known, posting, before, after)
    check_waiver(posting, after)
    own = {posting.sequence, posting.reverses}
    return Preview(
        before=before,
        after=after,
        allocations=after.allocations_of(posting.sequence),
        changes=tuple(c for c in allocation_changes(before, after) if c.sequence not in own),
        to_suspense_fen=after.suspense_fen - before.suspense_fen,
    )


def allocation_changes(before: LoanState, after: LoanState) -> tuple[AllocationChange, ...]:
    """Return, posting by posting, the allocations and waivers that differ between two states of one loan.

    The services undo the entries of ``removed`` and write those of ``added``.
    """

    def grouped(parts: Iterable[PostedAllocation]) -> dict[tuple[date, int], list[PostedAllocation]]:
        groups: dict[tuple[date, int], list[PostedAllocation]] = {}
        for posted in parts:
            groups.setdefault((posted.value_date, posted.sequence), []).append(posted)
        return groups

    old, new = grouped(before.allocations), grouped(after.allocations)
    waived, waived_now = grouped(before.waivers), grouped(after.waivers)
    return tuple(
        AllocationChange(
            sequence=key[1],
            value_date=key[0],
            removed=tuple(old.get(key, ())),
            added=tuple(new.get(key, ())),
            unwaived=tuple(waived.get(key, ())),
            waived=tuple(waived_now.get(key, ())),
        )
        for key in sorted(old.keys() | new.keys() | waived.keys() | waived_now.keys())
        if old.get(key) != new.get(key) or waived.get(key) != waived_now.get(key)
    )
