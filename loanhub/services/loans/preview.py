"""Try a payment before it is saved 入账预览: where each fen would go, and what it changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.loans import LoanStatus, status_from
from loanhub.domain.money import format_fen, format_plain, parse_fen, uppercase
from loanhub.domain.permissions import Permission
from loanhub.domain.rates import format_percent
from loanhub.domain.repayment import servicing
from loanhub.domain.repayment.allocation import Component
from loanhub.domain.repayment.postings import (
    InstallmentState,
    LoanState,
    Posting,
    PostingKind,
    Preview,
    TermChange,
)
from loanhub.domain.repayment.prepayment import PrepaymentMode, prepayment_fee
from loanhub.domain.repayment.terms import Terms
from loanhub.repositories import loans as repository
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.loans._effect import effect_pairs
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
class TermLine:
    """One thing that changes, in words: before and after."""

    label: str
    before: str
    after: str


def term_lines(change: TermChange) -> tuple[TermLine, ...]:
    """Return what a change of terms changes, as the 变更 tab and the dialogs show it."""
    pairs = (
        ("年利率", format_percent(change.old_annual_rate), format_percent(change.new_annual_rate)),
        ("到期日", change.old_last_due_date.isoformat(), change.new_last_due_date.isoformat()),
        ("下期应还", format_fen(change.old_payment_fen), format_fen(change.new_payment_fen)),
        ("总期数", f"{change.old_periods} 期", f"{change.new_periods} 期"),
    )
    return tuple(TermLine(*pair) for pair in pairs if pair[1] != pair[2])


@dataclass(frozen=True)
class PaymentPreview:
    """A payment tried: ``parts`` sum to ``amount``; ``warnings`` are for a look, not refusals.

    ``clears`` is what, paid on the value date, leaves nothing due 结清当期金额; for a prepayment, with the principal
    repaid early and its fee. ``terms`` is what a prepayment changes of the terms.
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
    prepay_fen: int = 0
    terms: tuple[TermLine, ...] = ()


def parse_amount(amount: str | int, *, field: str = "amount") -> int:
    """Return the fen of an amount above zero.

    Raises:
        InvalidInput: naming ``field``.
    """
    fen = parse_fen(amount, field=field) if isinstance(amount, str) else amount
    if fen <= 0:
        raise InvalidInput(fields={field: "金额须大于 0"})
    return fen


class NotWrittenOff(Conflict):
    """A recovery is money received after a write-off; this loan is on the books."""

    def __init__(self) -> None:
        super().__init__("这笔借据没有核销，请登记还款")


def draft(
    account: Account,
    *,
    kind: PostingKind,
    amount_fen: int,
    value_date: date,
    today: date,
    prepay_fen: int = 0,
    mode: str = PrepaymentMode.REDUCE_PAYMENT.value,
) -> Posting:
    """Return the posting asked for, after what can be judged without replaying it.

    Raises:
        LoanClosed: nothing is left to pay.
        NotWrittenOff: a recovery on a loan that is on the books.
        InvalidInput: naming the field: a date in the future or before the disbursement, an absurd amount, or a
            kind that this form does not post.
    """
    loan = account.loan
    refused: dict[str, str] = {}
    if not kind.brings_money:
        refused["kind"] = "这里只登记收到的款项"
    elif kind is PostingKind.RECOVERY:
        if loan.status is not LoanStatus.WRITTEN_OFF:
            raise NotWrittenOff
    elif loan.status in CLOSED:
        raise LoanClosed(loan.status)
    chosen = PrepaymentMode.find(mode)
    if kind is PostingKind.PREPAYMENT:
        if chosen is None:
            refused["mode"] = "请选择减额或缩期"
        if prepay_fen <= 0:
            refused["prepay"] = "提前还款本金须大于 0"
    elif prepay_fen:
        refused["prepay"] = "只有部分提前还款才填写提前还款本金"
    if amount_fen <= 0:
        refused["amount"] = "金额须大于 0"
    if value_date > today:
        refused["value_date"] = "到账日不能晚于今天"
    elif value_date < account.terms.disburse_date:
        refused["value_date"] = f"到账日不能早于放款日 {account.terms.disburse_date.isoformat()}"
    if refused:
        raise InvalidInput(fields=refused)
    if kind is PostingKind.PREPAYMENT and chosen is not None:
        return Posting(
            sequence=account.next_sequence, kind=kind, value_date=value_date, amount_fen=amount_fen,
            prepay_fen=prepay_fen, mode=chosen,
        )  # fmt: skip
    return Posting(sequence=account.next_sequence, kind=kind, value_date=value_date, amount_fen=amount_fen)


FIELDS = {"amount_fen": "amount", "prepay_fen": "prepay", "reverses": "reason"}
"""The form's names of a posting's fields, where they differ."""


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
        named = {FIELDS.get(key, key): text for key, text in error.fields.items()}
        raise InvalidInput(error.sentence, fields=named) from None
    owed = sum(row.open.total_fen for row in tried.before.installments) - tried.before.suspense_fen
    if posting.kind.brings_money and posting.amount_fen > max(0, owed) + SURPLUS_FEN:
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
    prepay: str | int = "",
    mode: str = PrepaymentMode.REDUCE_PAYMENT.value,
    now: datetime,
) -> PaymentPreview:
    """Return where the money would go. ``amount`` is text as typed, or fen; empty text is what clears all due.

    ``prepay`` and ``mode`` are for a prepayment: the principal repaid early, as typed or fen, and 减额 or 缩期.

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
        prepay_fen = parse_amount(prepay, field="prepay") if chosen is PostingKind.PREPAYMENT else 0
        clears = clearing_amount(account, chosen, value_date, today, prepay_fen=prepay_fen, mode=mode)
        if isinstance(amount, str) and not amount.strip() and clears:
            amount = clears
        posting = draft(
            account, kind=chosen, amount_fen=parse_amount(amount), value_date=value_date, today=today,
            prepay_fen=prepay_fen, mode=mode,
        )  # fmt: skip
        tried = try_posting(account, posting, as_of=business_day(loan, now))
        return PaymentPreview(
            loan_id=loan_id, version=loan.version, kind=chosen.value, amount_fen=posting.amount_fen,
            amount=format_fen(posting.amount_fen), uppercase=uppercase(posting.amount_fen),
            value_date=value_date.isoformat(), parts=parts_of(posting, tried), before=Balance.of(tried.before),
            after=Balance.of(tried.after), clears_fen=clears, clears=format_fen(clears),
            backdated=value_date < today, changed=changed_rows(tried.before, tried.after),
            warnings=_warnings(account, posting, tried, clears), prepay_fen=prepay_fen,
            terms=changes_of(posting, tried, account.terms),
        )  # fmt: skip


def changes_of(posting: Posting, tried: Preview, terms: Terms) -> tuple[TermLine, ...]:
    """Return what a posting changes of the terms, and what that comes to; empty for one that leaves them alone.

    ``terms`` are those of the disbursement.
    """
    own = [change for change in tried.after.changes if change.sequence == posting.sequence]
    if not own:
        return ()
    effect = (TermLine(*pair) for pair in effect_pairs(tried.before, tried.after, terms))
    return (*(line for change in own for line in term_lines(change)), *effect)


def clearing_amount(
    account: Account,
    kind: PostingKind,
    value_date: date,
    today: date,
    *,
    prepay_fen: int = 0,
    mode: str = PrepaymentMode.REDUCE_PAYMENT.value,
) -> int:
    """Return what, paid on ``value_date``, leaves nothing due; for a settlement, what settles the loan."""
    if not account.terms.disburse_date <= value_date <= today:
        return 0
    closed = account.loan.status in CLOSED
    if closed and not (kind is PostingKind.RECOVERY and account.loan.status is LoanStatus.WRITTEN_OFF):
        return 0
    if kind is PostingKind.PREPAYMENT:
        return _prepayment_needs(account, value_date, prepay_fen, mode)
    if kind is PostingKind.SETTLEMENT:
        quote = servicing.settlement_quote(
            account.terms, account.postings, on=value_date, options=account.options
        )
        return quote.total_fen
    return servicing.settle_amount_due(
        account.terms, account.postings, as_of=value_date, options=account.options
    )


def _prepayment_needs(account: Account, value_date: date, prepay_fen: int, mode: str) -> int:
    """Return the money a prepayment takes that day: everything due, the principal and its fee, less suspense.

    Found by trying one that surely suffices and taking off what nobody wanted of it; 0 when it is not possible.
    """
    chosen, state = PrepaymentMode.find(mode), account.at(value_date)
    if chosen is None or prepay_fen > state.outstanding_principal_fen:
        return 0
    plenty = (
        state.amount_due_fen + prepay_fen + prepayment_fee(prepay_fen, account.options.prepayment_fee_rate)
    )
    posting = Posting(
        sequence=account.next_sequence, kind=PostingKind.PREPAYMENT, value_date=value_date, amount_fen=plenty,
        prepay_fen=prepay_fen, mode=chosen,
    )  # fmt: skip
    after = servicing.replay(
        account.terms, [*account.postings, posting], as_of=value_date, options=account.options
    )
    return 0 if posting.sequence in after.unfulfilled else max(0, plenty - after.suspense_fen)


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
        pair = old.get(period), new.get(period)
        was, will = map(describe, pair)
        agreed = [_agreed(one) for one in pair]
        if agreed[0] != agreed[1]:
            was, will = (
                f"{what} · {text}" if what else text for what, text in zip(agreed, (was, will), strict=True)
            )
        if was != will:
            row = new.get(period) or old[period]
            changed.append(ChangedRow(period, row.due_date.isoformat(), was, will))
    return tuple(changed)


def _agreed(row: InstallmentState | None) -> str:
    """Return what an installment owes by agreement, and when."""
    return f"{row.due_date.isoformat()} 应还 {format_plain(row.installment.payment_fen)}" if row else ""


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
