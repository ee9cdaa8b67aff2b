"""Try a payment before it is saved 入账预览: where each fen would go, and what it changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from loanhub.domain.errors import InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.loans import status_from
from loanhub.domain.money import format_fen, format_plain, parse_fen, uppercase
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment import servicing
from loanhub.domain.repayment.allocation import Component
from loanhub.domain.repayment.postings import InstallmentState, LoanState, Posting, PostingKind, Preview
from loanhub.repositories import loans as repository
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.loans._shared import CLOSED, Account, LoanClosed, business_day, open_account

SURPLUS_FEN = 1_000_000
"""How far above everything still owed an amount may lie before it is taken for a slip of the finger."""

COLORS = {
    Component.FEE: "c-7",
    Component.PENALTY: "age-m2",
    Component.COMPOUND: "c-4",
    Component.INTEREST: "c-3",
    Component.PRINCIPAL: "c-1",
}
SURPLUS_COLOR = "c-5"


@dataclass(frozen=True)
class Part:
    """Where a part of the money goes; ``percent`` is its share of the bar in whole percent."""

    period: int
    component: str
    label: str
    amount_fen: int
    amount: str
    percent: str
    color: str


@dataclass(frozen=True)
class Balance:
    """What stands open on a loan at the end of a day."""

    outstanding: str
    due: str
    suspense: str
    dpd: int
    status: str
    outstanding_fen: int = 0
    due_fen: int = 0
    suspense_fen: int = 0

    @classmethod
    def of(cls, state: LoanState) -> Balance:
        """Return the balance of a replayed state."""
        return cls(
            outstanding=format_fen(state.outstanding_principal_fen), due=format_fen(state.amount_due_fen),
            suspense=format_fen(state.suspense_fen), dpd=state.dpd, status=status_from(state).label,
            outstanding_fen=state.outstanding_principal_fen, due_fen=state.amount_due_fen,
            suspense_fen=state.suspense_fen,
        )  # fmt: skip


@dataclass(frozen=True)
class ChangedRow:
    """An installment that a posting alters: what it shows now, and what it would show."""

    period: int
    due_date: str
    before: str
    after: str


@dataclass(frozen=True)
class PaymentPreview:
    """A payment tried: ``parts`` sum to ``amount``; ``warnings`` are for a look, not refusals.

    ``clears`` is what, paid on the value date, leaves nothing due 结清当期金额.
    """

    loan_id: int
    version: int
    kind: str
    amount_fen: int
    amount: str
    uppercase: str
    value_date: str
    parts: tuple[Part, ...]
    before: Balance
    after: Balance
    clears_fen: int
    clears: str
    backdated: bool
    changed: tuple[ChangedRow, ...]
    warnings: tuple[str, ...]


def parse_amount(amount: str | int) -> int:
    """Return the fen of an amount above zero.

    Raises:
        InvalidInput: naming ``amount``.
    """
    fen = parse_fen(amount, field="amount") if isinstance(amount, str) else amount
    if fen <= 0:
        raise InvalidInput(fields={"amount": "金额须大于 0"})
    return fen


def draft(account: Account, *, kind: PostingKind, amount_fen: int, value_date: date, today: date) -> Posting:
    """Return the posting asked for, after what can be judged without replaying it.

    Raises:
        LoanClosed: nothing is left to pay.
        InvalidInput: naming the field: a date in the future or before the disbursement, an absurd amount, or a
            kind that this form does not post.
    """
    loan = account.loan
    if loan.status in CLOSED:
        raise LoanClosed(loan.status)
    refused: dict[str, str] = {}
    if kind not in (PostingKind.PAYMENT, PostingKind.SETTLEMENT):
        refused["kind"] = "这里只登记还款和提前结清"
    if amount_fen <= 0:
        refused["amount"] = "金额须大于 0"
    if value_date > today:
        refused["value_date"] = "到账日不能晚于今天"
    elif value_date < account.terms.disburse_date:
        refused["value_date"] = f"到账日不能早于放款日 {account.terms.disburse_date.isoformat()}"
    if refused:
        raise InvalidInput(fields=refused)
    return Posting(sequence=account.next_sequence, kind=kind, value_date=value_date, amount_fen=amount_fen)


def try_posting(account: Account, posting: Posting, *, as_of: date) -> Preview:
    """Return what a posting would do, its refusals named after the form's fields.

    Raises:
        InvalidInput: see :func:`loanhub.domain.repayment.servicing.preview`, and an amount far above all that is owed.
    """
    try:
        tried = servicing.preview(
            account.terms, account.postings, posting, as_of=as_of, options=account.options
        )
    except InvalidInput as error:
        if "amount_fen" not in error.fields:
            raise
        others = {key: text for key, text in error.fields.items() if key != "amount_fen"}
        raise InvalidInput(fields={"amount": error.fields["amount_fen"], **others}) from None
    owed = sum(row.open.total_fen for row in tried.before.installments) - tried.before.suspense_fen
    if posting.kind is not PostingKind.REVERSAL and posting.amount_fen > max(0, owed) + SURPLUS_FEN:
        raise InvalidInput(
            fields={"amount": f"金额超过这笔借据剩余的全部应还 {format_fen(max(0, owed))}，请核对"}
        )
    return tried


def preview_payment(
    actor: Actor,
    *,
    loan_id: int,
    amount: str | int,
    value_date: date,
    kind: str = PostingKind.PAYMENT.value,
    now: datetime,
) -> PaymentPreview:
    """Return where the money would go. ``amount`` is text as typed, or fen; empty text is what clears all due.

    Raises:
        NotFound: no such loan in the actor's scope.
        NotPermitted: the actor lacks payments:create.
        NotDisbursed, LoanClosed: nothing can be posted here.
        InvalidInput: naming ``amount`` or ``value_date``.
    """
    with reading() as db:
        loan = repository.get_visible(db, actor, loan_id)
        actor.require(Permission.PAYMENTS_CREATE)
        account = open_account(db, loan)
        today = local(now).date()
        chosen = PostingKind.find(kind) or PostingKind.PAYMENT
        clears = clearing_amount(account, chosen, value_date, today)
        if isinstance(amount, str) and not amount.strip():
            amount = clears
        posting = draft(
            account, kind=chosen, amount_fen=parse_amount(amount), value_date=value_date, today=today
        )
        tried = try_posting(account, posting, as_of=business_day(loan, now))
        return PaymentPreview(
            loan_id=loan_id, version=loan.version, kind=chosen.value, amount_fen=posting.amount_fen,
            amount=format_fen(posting.amount_fen), uppercase=uppercase(posting.amount_fen),
            value_date=value_date.isoformat(), parts=parts_of(posting, tried), before=Balance.of(tried.before),
            after=Balance.of(tried.after), clears_fen=clears, clears=format_fen(clears),
            backdated=value_date < today, changed=changed_rows(tried.before, tried.after),
            warnings=_warnings(account, posting, tried, clears),
        )  # fmt: skip


def clearing_amount(account: Account, kind: PostingKind, value_date: date, today: date) -> int:
    """Return what, paid on ``value_date``, leaves nothing due; for a settlement, what settles the loan."""
    if not account.terms.disburse_date <= value_date <= today or account.loan.status in CLOSED:
        return 0
    if kind is PostingKind.SETTLEMENT:
        quote = servicing.settlement_quote(
            account.terms, account.postings, on=value_date, options=account.options
        )
        return quote.total_fen
    return servicing.settle_amount_due(
        account.terms, account.postings, as_of=value_date, options=account.options
    )


def parts_of(posting: Posting, tried: Preview) -> tuple[Part, ...]:
    """Return where the money of a posting goes, in order of allocation; the rest last, as 溢缴款."""
    parts: list[Part] = []
    for given in tried.allocations:
        label = f"{given.period:02d} 期 {given.component.label}"
        parts.append(
            Part(given.period, given.component.value, label, given.amount_fen, format_plain(given.amount_fen),
                 _percent(given.amount_fen, posting.amount_fen), COLORS[given.component])
        )  # fmt: skip
    rest = posting.amount_fen - sum(part.amount_fen for part in parts)
    if rest > 0:
        share = _percent(rest, posting.amount_fen)
        parts.append(Part(0, "suspense", "溢缴款", rest, format_plain(rest), share, SURPLUS_COLOR))
    return tuple(parts)


def _percent(part_fen: int, whole_fen: int) -> str:
    return str(max(1, part_fen * 100 // whole_fen)) if whole_fen else "0"


def changed_rows(before: LoanState, after: LoanState) -> tuple[ChangedRow, ...]:
    """Return the installments that two states show differently, in due order."""
    old = {row.period: row for row in before.installments}
    new = {row.period: row for row in after.installments}
    changed = []
    for period in sorted(old.keys() | new.keys()):
        was, will = describe(old.get(period)), describe(new.get(period))
        if was != will:
            row = new.get(period) or old[period]
            changed.append(ChangedRow(period, row.due_date.isoformat(), was, will))
    return tuple(changed)


def describe(row: InstallmentState | None) -> str:
    """Return one installment in a phrase: paid, penalty, status."""
    if row is None:
        return "—"
    phrases = [f"已还 {format_plain(row.paid.total_fen)}"]
    penalty = row.penalty_accrued_fen + row.compound_accrued_fen
    if penalty:
        phrases.append(f"罚息 {format_plain(penalty)}")
    phrases.append(row.status.label)
    return " · ".join(phrases)


def _warnings(account: Account, posting: Posting, tried: Preview, clears_fen: int) -> tuple[str, ...]:
    """Return what a careful clerk would want to see: a double, a shortfall, a surplus."""
    found: list[str] = []
    twins: Iterable[Posting] = servicing.effective_postings(account.postings)
    if any((t.value_date, t.amount_fen) == (posting.value_date, posting.amount_fen) for t in twins):
        found.append("同一天已有一笔金额相同的入账，请确认不是重复")
    if posting.kind is PostingKind.PAYMENT and 0 < posting.amount_fen < clears_fen:
        found.append(f"还差 {format_fen(clears_fen - posting.amount_fen)} 才能结清当期")
    surplus = posting.amount_fen - sum(part.amount_fen for part in tried.allocations)
    if surplus > 0:
        found.append(f"多出的 {format_fen(surplus)} 记入溢缴款，下一应还日自动抵扣")
    if tried.changes:
        found.append("这笔是补记，之后的入账会按到账日重新分配")
    return tuple(found)
