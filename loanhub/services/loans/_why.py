"""Why this fen, amount by amount: what each explanation of :mod:`loanhub.services.loans.why` says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from loanhub.domain import formats
from loanhub.domain.money import format_fen
from loanhub.domain.rates import format_percent
from loanhub.domain.repayment import servicing
from loanhub.domain.repayment.allocation import Component
from loanhub.domain.repayment.periods import rate_from
from loanhub.domain.repayment.postings import InstallmentState, LoanState, PostedAllocation
from loanhub.domain.repayment.schedule import method_label
from loanhub.domain.repayment.servicing import effective_postings
from loanhub.services.loans._shared import Account
from loanhub.services.loans.explain import interest_reason, penalty_reasons
from loanhub.services.quotes.reasons import ROUNDING

CONTRACT = "借款合同约定"
ACTUAL_DAYS = "民法典第六百七十七条：提前还款按实际借款期间计算利息"


@dataclass(frozen=True)
class WhyStep:
    """One computed amount on the way: its name, the formula with the figures in it, the result, where the rule stands."""

    title: str
    formula: str
    result: str
    rule: str = ""


@dataclass
class Case:
    """The loan as it stands, with what the explanations read."""

    account: Account
    state: LoanState
    on: date
    row: InstallmentState | None


@dataclass
class Told:
    """What one explanation found, before the events are looked up; ``sequences`` are the postings behind it."""

    title: str
    amount_fen: int
    formula: str
    inputs: list[tuple[str, str]]
    source: str
    steps: list[WhyStep]
    sequences: list[int]
    rounding: str = ""


# ---- an installment ----


def _row(case: Case) -> InstallmentState:
    assert case.row is not None
    return case.row


def _named(case: Case, what: str) -> str:
    return f"第 {_row(case).period:02d} 期{what}"


def _maker(case: Case, row: InstallmentState) -> list[int]:
    """Return the posting that made an agreed row as it is: the last change of terms before it, else none (0)."""
    last = [one.sequence for one in case.state.changes if one.value_date <= row.due_date]
    return [last[-1] if last else 0]


def _terms_inputs(case: Case, row: InstallmentState) -> list[tuple[str, str]]:
    terms, agreed = case.state.terms, row.installment
    rate = (
        f"{format_percent(terms.flat_monthly_rate)}（月费率）"
        if terms.flat_monthly_rate is not None
        else f"{format_percent(rate_from(terms, agreed.start_date))}（年利率，单利）"
    )
    return [
        ("还款方式", method_label(terms.method)),
        ("期初本金", format_fen(agreed.opening_fen)),
        ("利率", rate),
        ("计息方式", terms.interest_basis.label),
        ("计息期间", f"{agreed.start_date.isoformat()} 至 {agreed.due_date.isoformat()}（算头不算尾）"),
        ("天数", f"{agreed.days} 天"),
    ]


def _interest(case: Case) -> Told:
    row = _row(case)
    reason = interest_reason(case.account, case.state, row.installment)
    return Told(
        _named(case, "利息"), row.installment.interest_fen, reason.formula, _terms_inputs(case, row), reason.rule, [],
        _maker(case, row), ROUNDING,
    )  # fmt: skip


def _principal(case: Case) -> Told:
    row, terms = _row(case), case.state.terms
    agreed = row.installment
    fen, rest = agreed.principal_fen, agreed.closing_fen
    if rest == 0 and terms.method != "custom":
        formula = f"最后一期还清期初本金 {format_fen(agreed.opening_fen)}"
    elif terms.method in ("equal_installment", "balloon"):
        formula = f"期供 {format_fen(fen + agreed.interest_fen)} − 当期利息 {format_fen(agreed.interest_fen)}"
    elif terms.method in ("interest_only", "bullet") and not fen:
        formula = "到期一次还本，本期不还本金"
    elif terms.method in ("equal_principal", "flat"):
        formula = f"本金 {format_fen(terms.principal_fen)} ÷ {terms.periods - terms.elapsed_periods} 期"
    else:
        formula = "按约定的还款计划表"
    return Told(
        _named(case, "本金"), fen, formula, [*_terms_inputs(case, row)[:2], ("期末剩余本金", format_fen(rest))],
        f"{CONTRACT}的还款方式；尾差由最后一期吸收，各期本金之和恰为贷款本金", [], _maker(case, row), ROUNDING,
    )  # fmt: skip


def _fee(case: Case) -> Told:
    row = _row(case)
    fen = row.installment.fee_fen
    formula = "合同约定每期收取的费用" if fen else "这一期没有约定费用"
    return Told(_named(case, "费用"), fen, formula, [], CONTRACT, [], _maker(case, row))


def _penalty(case: Case) -> Told:
    row, options = _row(case), case.account.options
    fen = row.penalty_accrued_fen + row.compound_accrued_fen
    reasons = penalty_reasons(case.account, case.state, row)
    steps = [WhyStep(one.title, one.formula, one.result, one.rule) for one in reasons]
    inputs = [
        ("罚息利率", f"年利率 {format_percent(row.penalty_terms.annual_rate)} × {row.penalty_terms.multiplier} 倍"),
        ("计算基础", f"实际天数 ÷ {row.penalty_terms.day_base}"),
        ("应还日", row.due_date.isoformat()),
        ("宽限", f"{options.grace_days} 天，至 {row.last_free_day.isoformat()}；超过后自应还日起算"),
        ("复利", "对逾期利息计收" if options.compound else "不计复利"),
        ("已还", format_fen(row.paid.penalty_fen + row.paid.compound_fen)),
        ("已减免", format_fen(row.waived.penalty_fen + row.waived.compound_fen)),
    ]  # fmt: skip
    if steps:
        formula = " + ".join(step.result for step in steps) if len(steps) > 1 else steps[0].formula
    else:
        formula = (
            "没有逾期" if not fen else "逾期未还的本金（和利息）× 罚息利率 × 逾期天数，每段分别取整后相加"
        )
    behind = [one.sequence for one in _of_row(case.state.allocations, row.period)]
    behind += [one.sequence for one in _of_row(case.state.waivers, row.period)]
    source = "人民银行银发〔2003〕251 号：逾期罚息利率为约定利率上浮 30%–50%；具体倍数以合同为准"
    return Told(
        _named(case, "罚息"), fen, formula, inputs, source, steps, behind, f"每段{ROUNDING}" if fen else ""
    )


def _total(case: Case) -> Told:
    row = _row(case)
    penalty = row.penalty_accrued_fen + row.compound_accrued_fen
    agreed = row.installment
    parts = [("本金", agreed.principal_fen), ("利息", agreed.interest_fen)]
    parts += [(name, fen) for name, fen in (("费用", agreed.fee_fen), ("罚息", penalty)) if fen]
    formula = " + ".join(f"{name} {format_fen(fen)}" for name, fen in parts)
    return Told(
        _named(case, "应还"), agreed.payment_fen + penalty, formula,
        [(name, format_fen(fen)) for name, fen in parts], "各项已到分，相加不再取整", [], _maker(case, row),
    )  # fmt: skip


def _given(case: Case, parts: Iterable[PostedAllocation], verb: str) -> list[WhyStep]:
    receipts = {one.seq: one.receipt_number for one in case.account.payments}
    steps = []
    for one in parts:
        sequence, day = one.sequence, one.value_date.isoformat()
        what = f"{one.component.label}，第 {one.period:02d} 期"
        source = f"收据 {receipts[sequence]}" if sequence in receipts else "溢缴款在应还日自动抵扣"
        steps.append(WhyStep(f"{day} {verb}", what, format_fen(one.amount_fen), source))
    return steps


def _of_row(parts: Sequence[PostedAllocation], period: int) -> list[PostedAllocation]:
    return [one for one in parts if one.period == period]


def _paid(case: Case) -> Told:
    row = _row(case)
    given = _of_row(case.state.allocations, row.period)
    formula = " + ".join(format_fen(one.amount_fen) for one in given) if given else "这一期还没有还款"
    order = " → ".join(part.label for part in case.account.options.order)
    return Told(
        _named(case, "已还"), row.paid.total_fen, formula,
        [("分配顺序", order), ("分配方式", case.account.options.mode.label), *_waived(row)],
        f"{CONTRACT}的分配顺序；没有约定时按民法典第五百六十一条：费用、利息、本金",
        _given(case, given, "还"), [one.sequence for one in given],
    )  # fmt: skip


def _waived(row: InstallmentState) -> list[tuple[str, str]]:
    return [("已减免", format_fen(row.waived.total_fen))] if row.waived.total_fen else []


def _open(case: Case) -> Told:
    row = _row(case)
    owed = row.installment.payment_fen + row.penalty_accrued_fen + row.compound_accrued_fen
    formula = f"应还 {format_fen(owed)} − 已还 {format_fen(row.paid.total_fen)}"
    if row.waived.total_fen:
        formula += f" − 已减免 {format_fen(row.waived.total_fen)}"
    inputs = [(part.label, format_fen(row.open.of(part))) for part in Component if row.open.of(part)]
    given = _of_row(case.state.allocations, row.period)
    return Told(
        _named(case, "未还"), row.open.total_fen, formula, inputs, "各项已到分，相减不再取整", [],
        [one.sequence for one in given],
    )  # fmt: skip


def _balance(case: Case) -> Told:
    agreed = _row(case).installment
    formula = f"期初本金 {format_fen(agreed.opening_fen)} − 本期本金 {format_fen(agreed.principal_fen)}"
    return Told(
        _named(case, "后剩余本金"), agreed.closing_fen, formula, [], "按计划还清本期之后的本金余额", [],
        _maker(case, _row(case)),
    )  # fmt: skip


# ---- the loan ----


def _disbursed(case: Case) -> Told:
    loan = case.account.loan
    inputs = [
        ("放款日", formats.day(loan.disbursed_date) if loan.disbursed_date else "—"),
        ("放款流水号", loan.bank_reference),
    ]
    source = "民法典第六百七十条：利息不得预先在本金中扣除，按合同全额放款"
    return Told("放款本金", loan.principal_fen, "按合同全额放款，不预扣", inputs, source, [], [0])  # fmt: skip


def _outstanding(case: Case) -> Told:
    state, loan = case.state, case.account.loan
    paid = [one for one in state.allocations if one.component is Component.PRINCIPAL]
    waived = [one for one in state.waivers if one.component is Component.PRINCIPAL]
    total = sum(one.amount_fen for one in paid)
    formula = f"放款本金 {format_fen(loan.principal_fen)} − 已还本金 {format_fen(total)}"
    if waived:
        formula += f" − 减免本金 {format_fen(sum(one.amount_fen for one in waived))}"
    steps = _given(case, reversed(paid), "还本") + _given(case, waived, "减免")
    return Told(
        "剩余本金", state.outstanding_principal_fen, formula, [("截至", state.as_of.isoformat())],
        "入账按到账日重放后的结果，与总账「贷款本金」科目一致", steps,
        [one.sequence for one in (*paid, *waived)],
    )  # fmt: skip


def _due(case: Case) -> Told:
    state = case.state
    rows = [row for row in state.installments if row.due_date <= state.as_of and row.open.total_fen]
    steps = [
        WhyStep(
            f"第 {row.period:02d} 期（{row.due_date.isoformat()} 应还）",
            " + ".join(f"{part.label} {format_fen(row.open.of(part))}" for part in Component if row.open.of(part)),
            format_fen(row.open.total_fen),
        )
        for row in rows
    ]  # fmt: skip
    formula = " + ".join(step.result for step in steps) or "没有到期未还的金额"
    if state.suspense_fen:
        formula += f" − 溢缴款 {format_fen(state.suspense_fen)}"
    return Told(
        "当前应还", state.amount_due_fen, formula, [("截至", f"{state.as_of.isoformat()}（含当日罚息）")],
        "到期未还各项之和；这天按此金额还款，到期的就全部还清", steps, [],
    )  # fmt: skip


def _received(case: Case) -> Told:
    money = [one for one in effective_postings(case.account.postings) if one.kind.brings_money]
    receipts = {one.seq: one.receipt_number for one in case.account.payments}
    steps = [
        WhyStep(f"{one.value_date.isoformat()} {one.kind.label}", receipts.get(one.sequence, ""), format_fen(one.amount_fen))
        for one in reversed(money)
    ]  # fmt: skip
    return Told(
        "累计已还", case.state.received_fen, f"{len(money)} 笔到账金额之和，冲正的不计", [], "入账流水", steps,
        [one.sequence for one in money],
    )  # fmt: skip


def _suspense(case: Case) -> Told:
    state = case.state
    given = sum(one.amount_fen for one in state.allocations)
    formula = f"累计到账 {format_fen(state.received_fen)} − 已分配 {format_fen(given)}"
    if state.refunded_fen:
        formula += f" − 已退款 {format_fen(state.refunded_fen)}"
    return Told(
        "溢缴款", state.suspense_fen, formula, [], "多收的钱挂在借据上，下一应还日自动抵扣，也可以申请退款", [],
        [one.sequence for one in effective_postings(case.account.postings) if one.kind.brings_money],
    )  # fmt: skip


def _accrued(case: Case) -> Told:
    state = case.state
    row = next((one for one in state.installments if one.due_date > state.as_of), None)
    if row is None:
        return Told("应计利息", state.accrued_interest_fen, "没有未到期的期次", [], ACTUAL_DAYS, [], [])
    days = max(0, (state.as_of - row.installment.start_date).days)
    rate = format_percent(rate_from(state.terms, row.installment.start_date))
    base = state.terms.interest_basis.day_base
    formula = f"本金 {format_fen(row.installment.opening_fen)} × 年利率 {rate} × {days} 天 ÷ {base}"
    inputs = [
        ("计息期间", f"{row.installment.start_date.isoformat()} 至 {state.as_of.isoformat()}"),
        ("天数", f"{days} 天"),
    ]
    return Told(
        "应计利息", state.accrued_interest_fen, formula, inputs, f"上一应还日以来、尚未到期的利息。{ACTUAL_DAYS}", [],
        _maker(case, row), ROUNDING,
    )  # fmt: skip


# ---- early settlement ----


def _quote(case: Case) -> servicing.SettlementQuote:
    return servicing.settlement_quote(
        case.account.terms, case.account.postings, on=case.on, options=case.account.options
    )


def _settle_principal(case: Case) -> Told:
    told, due = _outstanding(case), case.state.due_principal_fen
    told.title = f"{case.on.isoformat()} 结清：剩余本金"
    told.inputs = [("其中到期未还", format_fen(due)), ("其中未到期", format_fen(_quote(case).principal_fen))]
    return told


def _settle_due(case: Case) -> Told:
    told = _due(case)
    told.title = f"{case.on.isoformat()} 结清：到期未还"
    return told


def _settle_interest(case: Case) -> Told:
    found = _quote(case)
    row = next((one for one in case.state.installments if one.due_date > case.on), None)
    formula = "没有未到期的期次，不另计利息"
    inputs: list[tuple[str, str]] = []
    if row is not None:
        rate = format_percent(rate_from(case.state.terms, row.installment.start_date))
        base = case.state.terms.interest_basis.day_base
        formula = (
            f"未到期本金 {format_fen(found.principal_fen)} × 年利率 {rate} × {found.accrued_days} 天 ÷ {base}"
        )
        inputs = [
            ("计息期间", f"{row.installment.start_date.isoformat()} 至 {case.on.isoformat()}"),
            ("天数", f"{found.accrued_days} 天"),
            ("本期全期利息", format_fen(row.installment.interest_fen)),
        ]
    return Told(
        f"{case.on.isoformat()} 结清：应计利息", found.accrued_interest_fen, formula, inputs, ACTUAL_DAYS, [], [], ROUNDING
    )  # fmt: skip


def _settle_fee(case: Case) -> Told:
    found, options = _quote(case), case.account.options
    rate = format_percent(options.prepayment_fee_rate)
    formula = f"提前归还的本金 {format_fen(found.principal_fen)} × {rate}"
    if not found.fee_fen:
        formula = "合同没有约定，或已过收取期，不收"
    free = f"还满 {options.prepayment_free_after} 期后免收" if options.prepayment_free_after else "不免收"
    inputs = [("费率", rate), ("免收", free)]
    return Told(
        f"{case.on.isoformat()} 结清：违约金", found.fee_fen, formula, inputs, CONTRACT, [], [], ROUNDING
    )


def _settle_total(case: Case) -> Told:
    found = _quote(case)
    parts = [
        ("到期未还", found.due_fen), ("未到期本金", found.principal_fen),
        ("应计利息", found.accrued_interest_fen), ("违约金", found.fee_fen),
    ]  # fmt: skip
    formula = " + ".join(f"{name} {format_fen(fen)}" for name, fen in parts if fen)
    if found.suspense_fen:
        formula += f" − 溢缴款 {format_fen(found.suspense_fen)}"
    return Told(
        f"{case.on.isoformat()} 结清金额", found.total_fen, formula, [(name, format_fen(fen)) for name, fen in parts],
        "各项已到分，相加不再取整；金额只在这一天有效", [], [],
    )  # fmt: skip


OF_ROW: dict[str, Callable[[Case], Told]] = {
    "principal": _principal, "interest": _interest, "fee": _fee, "penalty": _penalty, "total": _total,
    "paid": _paid, "open": _open, "balance": _balance,
}  # fmt: skip
TELLERS: dict[str, Callable[[Case], Told]] = {
    **OF_ROW, "disbursed": _disbursed, "outstanding": _outstanding, "due": _due, "received": _received,
    "suspense": _suspense, "accrued_interest": _accrued, "settle_principal": _settle_principal,
    "settle_due": _settle_due, "settle_interest": _settle_interest, "settle_fee": _settle_fee,
    "settle_total": _settle_total,
}  # fmt: skip
