"""Try a change under dual control 贷后变更: waiver, refund, rate, extension, restructure, acceleration, write-off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlmodel import Session

from loanhub.domain.calendar import add_months
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.loans import LoanStatus
from loanhub.domain.money import format_fen, format_plain, uppercase
from loanhub.domain.permissions import Permission
from loanhub.domain.rates import format_percent, parse_percent
from loanhub.domain.repayment.allocation import Component
from loanhub.domain.repayment.delinquency import FiveClass
from loanhub.domain.repayment.postings import LoanState, Posting, PostingKind, Preview
from loanhub.domain.repayment.schedule import method_label
from loanhub.domain.repayment.servicing import effective_postings
from loanhub.domain.repayment.terms import Terms
from loanhub.models import Loan
from loanhub.repositories import loans as repository
from loanhub.services import parameters
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.loans._shared import CLOSED, Account, LoanClosed, business_day, open_account
from loanhub.services.loans.preview import (
    COLORS,
    Balance,
    ChangedRow,
    Part,
    TermLine,
    changed_rows,
    changes_of,
    parse_amount,
    try_posting,
)

CHANGE_KINDS: dict[str, str] = {
    kind.value: kind.label
    for kind in (
        PostingKind.WAIVER, PostingKind.REFUND, PostingKind.RATE_CHANGE, PostingKind.EXTENSION,
        PostingKind.RESTRUCTURE, PostingKind.ACCELERATION, PostingKind.WRITE_OFF,
    )
}  # fmt: skip
"""What waits for a second person, by code."""

NEEDS_EVIDENCE = (
    PostingKind.EXTENSION, PostingKind.RESTRUCTURE, PostingKind.ACCELERATION, PostingKind.WRITE_OFF,
)  # fmt: skip
RESTRUCTURE_METHODS = ("equal_installment", "equal_principal", "interest_only", "bullet")
"""Methods a restructure may choose: those that need nothing but rate, periods and a day."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change as the form has it; each kind reads its own fields.

    Attributes:
        amount: waiver or refund: as typed, or fen; empty is all there is.
        component, period: waiver: of what; of one installment, or of the oldest first.
        months: extension: by how many.
        annual_rate: rate change, restructure: a percentage as typed (``12.5``).
        split: rate change: from the very day, not from the next period.
        method, periods, repayment_day, carry: restructure: the terms anew, and whether unpaid interest, penalty
            and fees are owed on.
        guarantor_consent: extension: guarantors consent in writing, or there are none.
        evidence: the paper behind it: number of the agreement, resolution, notice or evidence package.
        bank_transaction_id: refund: the bank's number of the transfer, when it is known.
    """

    kind: str
    value_date: date
    amount: str | int = ""
    component: str = Component.PENALTY.value
    period: int | None = None
    months: int = 0
    annual_rate: str = ""
    split: bool = False
    method: str = ""
    periods: int = 0
    repayment_day: int | None = None
    carry: bool = True
    guarantor_consent: bool = False
    evidence: str = ""
    bank_transaction_id: str = ""
    reason: str = ""


@dataclass(frozen=True)
class ChangePreview:
    """A change tried. ``warnings`` are for a look, not refusals; ``decides`` names who may approve it."""

    loan_id: int
    version: int
    kind: str
    kind_label: str
    value_date: str
    amount_fen: int
    amount: str
    uppercase: str
    summary: str
    before: Balance
    after: Balance
    terms: tuple[TermLine, ...]
    changed: tuple[ChangedRow, ...]
    waived: tuple[Part, ...]
    warnings: tuple[str, ...]
    decides: str


class NotAChange(Conflict):
    """This kind of posting is not asked for here."""

    def __init__(self) -> None:
        super().__init__("请选择要办理的贷后变更")


@dataclass(frozen=True)
class Tried:
    """A change read and replayed: its posting, what it does, and which right approves it."""

    posting: Posting
    preview: Preview
    needed: Permission
    warnings: tuple[str, ...]


def preview_change(actor: Actor, *, loan_id: int, change: Change, now: datetime) -> ChangePreview:
    """Return what a change would do; writes nothing.

    Raises:
        NotFound: no such loan in the actor's scope.
        NotPermitted: the actor lacks loans:adjust.
        NotDisbursed, LoanClosed, NotAChange: there is nothing to change here.
        InvalidInput: naming the field.
    """
    with reading() as db:
        loan = repository.get_visible(db, actor, loan_id)
        actor.require(Permission.LOANS_ADJUST)
        account = open_account(db, loan)
        posting = read_change(account, change, today=local(now).date())
        return view_of(account, try_change(db, account, posting, now=now))


def read_change(account: Account, change: Change, *, today: date) -> Posting:
    """Return the posting a form asks for, after what can be judged without replaying it with the posting.

    Raises:
        LoanClosed, NotAChange: see the classes.
        InvalidInput: naming the field.
    """
    kind = PostingKind.find(change.kind)
    if kind is None or kind.value not in CHANGE_KINDS:
        raise NotAChange
    check_open(account.loan, kind)
    if change.value_date > today:
        raise InvalidInput(fields={"value_date": "生效日不能晚于今天"})
    if change.value_date < account.terms.disburse_date:
        raise InvalidInput(
            fields={"value_date": f"生效日不能早于放款日 {account.terms.disburse_date.isoformat()}"}
        )
    return _READERS[kind](account, account.at(change.value_date), change, _blank(account, kind, change))


def check_open(loan: Loan, kind: PostingKind) -> None:
    """Refuse what a closed loan does not take; an overpayment may be refunded once it is settled.

    Raises:
        LoanClosed: nothing of this kind can be done here.
    """
    settled = loan.status in (LoanStatus.SETTLED, LoanStatus.SETTLED_EARLY)
    if loan.status in CLOSED and not (settled and kind is PostingKind.REFUND):
        raise LoanClosed(loan.status)


def _blank(account: Account, kind: PostingKind, change: Change) -> Posting:
    return Posting(sequence=account.next_sequence, kind=kind, value_date=change.value_date)


def _waiver(account: Account, state: LoanState, change: Change, blank: Posting) -> Posting:
    component = Component.find(change.component)
    if component is None:
        raise InvalidInput(fields={"component": "请选择减免哪一项"})
    rows = [row for row in state.installments if row.due_date <= state.as_of]
    if change.period is not None:
        rows = [row for row in rows if row.period == change.period]
        if not rows:
            raise InvalidInput(fields={"period": "这一期还没有到期，不能减免"})
    open_fen = sum(row.open.of(component) for row in rows)
    if not open_fen:
        raise InvalidInput(fields={"amount": f"当日没有未还的{component.label}可减免"})
    amount_fen = open_fen if change.amount == "" else parse_amount(change.amount)
    return replace(blank, amount_fen=amount_fen, component=component, period=change.period)


def _refund(account: Account, state: LoanState, change: Change, blank: Posting) -> Posting:
    if not state.suspense_fen:
        raise InvalidInput(fields={"amount": "当日没有溢缴款可退"})
    if len("".join(change.bank_transaction_id.split())) > 80:
        raise InvalidInput(fields={"bank_transaction_id": "银行流水号最多 80 个字符"})
    return replace(
        blank, amount_fen=state.suspense_fen if change.amount == "" else parse_amount(change.amount)
    )


def _rate_change(account: Account, state: LoanState, change: Change, blank: Posting) -> Posting:
    return replace(blank, annual_rate=parse_percent(change.annual_rate), split=change.split)


def _extension(account: Account, state: LoanState, change: Change, blank: Posting) -> Posting:
    refused = _evidence(change, "写明展期协议编号或申请书")
    if not change.guarantor_consent:
        refused["guarantor_consent"] = "展期须担保人书面同意；信用贷款请勾选确认无担保人"
    if not 1 <= change.months <= 600:
        refused["months"] = "展期月数须在 1 到 600 之间"
    if change.value_date >= state.last_due_date:
        refused["value_date"] = f"展期须在到期日 {state.last_due_date.isoformat()} 之前办理"
    _refuse(refused)
    return replace(blank, months=change.months)


def _restructure(account: Account, state: LoanState, change: Change, blank: Posting) -> Posting:
    refused = _evidence(change, "写明重组协议编号")
    if change.method not in RESTRUCTURE_METHODS:
        refused["method"] = "请选择重组后的还款方式"
    if not 1 <= change.periods <= 600:
        refused["periods"] = "期数须在 1 到 600 之间"
    if change.repayment_day is not None and not 1 <= change.repayment_day <= 31:
        refused["repayment_day"] = "还款日须在 1 到 31 之间"
    if not state.outstanding_principal_fen:
        refused["value_date"] = "没有未还本金，不能重组"
    _refuse(refused)
    now = state.terms
    terms = Terms(
        method=change.method, principal_fen=state.outstanding_principal_fen, disburse_date=change.value_date,
        annual_rate=parse_percent(change.annual_rate), periods=change.periods, interest_basis=now.interest_basis,
        repayment_day=change.repayment_day if change.method != "bullet" else None,
        min_first_days=now.min_first_days, holiday_rule=now.holiday_rule,
    )  # fmt: skip
    return replace(blank, new_terms=terms, carry=change.carry)


def _acceleration(account: Account, state: LoanState, change: Change, blank: Posting) -> Posting:
    _refuse(_evidence(change, "写明提前到期通知书编号和送达情况"))
    return blank


def _write_off(account: Account, state: LoanState, change: Change, blank: Posting) -> Posting:
    _refuse(_evidence(change, "写明核销证据材料和决议编号"))
    return replace(blank, amount_fen=state.outstanding_principal_fen)


_READERS = {
    PostingKind.WAIVER: _waiver,
    PostingKind.REFUND: _refund,
    PostingKind.RATE_CHANGE: _rate_change,
    PostingKind.EXTENSION: _extension,
    PostingKind.RESTRUCTURE: _restructure,
    PostingKind.ACCELERATION: _acceleration,
    PostingKind.WRITE_OFF: _write_off,
}


def _evidence(change: Change, sentence: str) -> dict[str, str]:
    return {} if 4 <= len(change.evidence.strip()) <= 300 else {"evidence": f"{sentence}（4 到 300 个字）"}


def _refuse(refused: Mapping[str, str]) -> None:
    if refused:
        raise InvalidInput(fields=dict(refused))


def try_change(db: Session, account: Account, posting: Posting, *, now: datetime) -> Tried:
    """Replay a change and say which right approves it.

    Raises:
        LoanClosed: the loan was closed meanwhile.
        InvalidInput: the posting does not fit, its field named as in the form.
    """
    check_open(account.loan, posting.kind)
    tried = try_posting(account, posting, as_of=business_day(account.loan, now))
    forgiven = [part for part in tried.after.waivers if part.sequence == posting.sequence]
    limit_fen = int(parameters.get(db, "waiver_authority", now=now)["limit_fen"])
    high = (
        posting.kind is PostingKind.WRITE_OFF
        or any(part.component is Component.PRINCIPAL for part in forgiven)
        or sum(part.amount_fen for part in forgiven) > limit_fen
    )
    needed = Permission.LOANS_WRITE_OFF if high else Permission.LOANS_APPROVE
    return Tried(posting, tried, needed, _warnings(account, posting, tried))


def view_of(account: Account, tried: Tried) -> ChangePreview:
    """Return a tried change as the dialogs show it."""
    posting, seen, loan = tried.posting, tried.preview, account.loan
    before, after = Balance.of(seen.before), Balance.of(seen.after)
    return ChangePreview(
        loan_id=loan.id or 0, version=loan.version, kind=posting.kind.value, kind_label=posting.kind.label,
        value_date=posting.value_date.isoformat(), amount_fen=posting.amount_fen,
        amount=format_fen(posting.amount_fen) if posting.amount_fen else "",
        uppercase=uppercase(posting.amount_fen) if posting.amount_fen else "", summary=summary_of(posting),
        before=before, after=after, terms=changes_of(posting, seen, account.terms), changed=changed_rows(seen.before, seen.after),
        waived=_waived(posting, seen), warnings=tried.warnings,
        decides=f"须由另一位有「{tried.needed.label}」权限的同事审批",
    )  # fmt: skip


def _waived(posting: Posting, tried: Preview) -> tuple[Part, ...]:
    parts = [part for part in tried.after.waivers if part.sequence == posting.sequence]
    total = sum(part.amount_fen for part in parts)
    return tuple(
        Part(
            part.period, part.component.value, f"{part.period:02d} 期 {part.component.label}", part.amount_fen,
            format_plain(part.amount_fen), str(max(1, part.amount_fen * 100 // total)), COLORS[part.component],
        )
        for part in parts
    )  # fmt: skip


def summary_of(posting: Posting) -> str:
    """Return what a posting asks for in one phrase."""
    kind, amount = posting.kind, format_fen(posting.amount_fen)
    if kind is PostingKind.WAIVER:
        where = f"第 {posting.period:02d} 期" if posting.period else ""
        return f"减免{where}{posting.component.label} {amount}"
    if kind is PostingKind.REFUND:
        return f"退溢缴款 {amount}"
    if kind is PostingKind.RATE_CHANGE and posting.annual_rate is not None:
        return f"年利率调为 {format_percent(posting.annual_rate)}，{'当日分段计息' if posting.split else '次期生效'}"
    if kind is PostingKind.EXTENSION:
        return f"展期 {posting.months} 个月"
    if kind is PostingKind.RESTRUCTURE and posting.new_terms is not None:
        terms = posting.new_terms
        rest = "欠息并入首期" if posting.carry else "欠息及罚息减免"
        return f"重组为{method_label(terms.method)} {terms.periods} 期，年利率 {format_percent(terms.annual_rate)}，{rest}"
    return f"核销本金 {amount}" if kind is PostingKind.WRITE_OFF else "全部本息提前到期"


def _warnings(account: Account, posting: Posting, tried: Preview) -> tuple[str, ...]:
    """Return what the law and a careful checker would want to be told of."""
    found: list[str] = []
    if posting.kind is PostingKind.EXTENSION:
        found += _extension_warnings(account, posting)
    if posting.kind is PostingKind.RESTRUCTURE:
        found.append("重组贷款至少归为关注类，观察期内不得上调；不良贷款重组后仍为不良")
        if any(change.new_annual_rate > change.old_annual_rate for change in tried.after.changes[-1:]):
            found.append("重组后的利率高于原利率，请核对是否超过综合融资成本上限")
    if posting.kind is PostingKind.WRITE_OFF and tried.before.five_class is not FiveClass.LOSS:
        found.append(f"五级分类为{tried.before.five_class.label}，一般归为损失类后才核销")
    if posting.kind is PostingKind.ACCELERATION and not tried.before.dpd:
        found.append("借据没有逾期，提前到期须有合同约定的其他事由")
    if posting.value_date < account.loan.updated_at.date() and tried.changes:
        found.append("这是补记，之后的入账会按生效日重新分配")
    return tuple(found)


def _extension_warnings(account: Account, posting: Posting) -> list[str]:
    """Hold the extensions together against the customary limits.

    Source: 贷款通则 (1996) article 12: short-term loans at most the original term, medium-term at most half of
    it, long-term at most three years.
    """
    state_terms = account.terms
    start, end = state_terms.disburse_date, account.at(account.terms.disburse_date).last_due_date
    term_months = max(1, (end.year - start.year) * 12 + end.month - start.month)
    together = posting.months + sum(
        other.months for other in effective_postings(account.postings) if other.kind is PostingKind.EXTENSION
    )
    if add_months(start, 12) >= end:
        limit, name = term_months, "短期贷款累计展期不超过原贷款期限"
    elif add_months(start, 60) >= end:
        limit, name = term_months // 2, "中期贷款累计展期不超过原贷款期限的一半"
    else:
        limit, name = 36, "长期贷款累计展期不超过 3 年"
    if together <= limit:
        return []
    return [f"累计展期 {together} 个月，超过惯例上限 {limit} 个月（{name}，参照《贷款通则》）"]
