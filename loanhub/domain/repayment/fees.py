"""Fees beside interest 费用: when they are taken, from what, by whom, and which may not be taken at all.

Source: docs/algorithms/cost.md; 民法典 670, 963, 964; 金规〔2026〕2号.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import divide_half_up, format_fen
from loanhub.domain.rates import format_percent
from loanhub.domain.repayment.method import Installment
from loanhub.domain.repayment.terms import Terms


class FeeTiming(Choice):
    """When a fee is paid 收取方式."""

    BEFORE = "before", "放款前收取"
    UPFRONT = "upfront", "放款时一次收取"
    FINANCED = "financed", "计入本金、从放款中支付"
    EACH_PERIOD = "each_period", "每期收取"
    AT_END = "at_end", "到期一次收取"

    @property
    def at_start(self) -> bool:
        """Whether the borrower has it less on the day of disbursement."""
        return self in (FeeTiming.BEFORE, FeeTiming.UPFRONT, FeeTiming.FINANCED)


class FeeBase(Choice):
    """What a fee is a fraction of 计费基数."""

    PRINCIPAL = "principal", "本金"
    BALANCE = "balance", "期初剩余本金"
    FIXED = "fixed", "固定金额"


class FeePayer(Choice):
    """Who pays a fee 承担方; what the borrower does not pay is none of the borrower's cost."""

    BORROWER = "borrower", "借款人"
    LENDER = "lender", "出借人"
    OTHER = "other", "其他人"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """A cost beside interest, paid by the borrower to anyone.

    Exactly one of ``amount_fen`` and ``rate`` is given; both are a single collection: for ``EACH_PERIOD`` the
    amount of one period.

    Attributes:
        rate: a fraction of ``base``, rounded to the fen once, halves up.
        collector: who takes it 收取主体; empty is the lender.
        base: for a rate, the principal or the balance at the beginning of the row; a fixed amount has none.
        refundable: a deposit 保证金, returned with the last installment: it costs only the use of the money.
        included_in_cost: False leaves it out of the annualized cost; it is still disclosed.

    Raises:
        InvalidInput: naming ``fees``.
    """

    label: str
    timing: FeeTiming
    code: str = "fee"
    amount_fen: int | None = None
    rate: Decimal | None = None
    collector: str = ""
    base: FeeBase = FeeBase.PRINCIPAL
    payer: FeePayer = FeePayer.BORROWER
    refundable: bool = False
    included_in_cost: bool = True

    def __post_init__(self) -> None:
        if (self.amount_fen is None) == (self.rate is None):
            raise InvalidInput(fields={"fees": f"{self.label}须填写金额或费率之一"})
        if (self.amount_fen or 0) < 0 or (self.rate or 0) < 0:
            raise InvalidInput(fields={"fees": f"{self.label}不能为负数"})
        if self.rate is not None and self.base is FeeBase.FIXED:
            raise InvalidInput(fields={"fees": f"{self.label}按固定金额收取时须填写金额"})
        if self.amount_fen is not None and self.base is FeeBase.BALANCE:
            raise InvalidInput(fields={"fees": f"{self.label}按剩余本金收取时须填写费率"})
        if self.refundable and not self.timing.at_start:
            raise InvalidInput(fields={"fees": f"{self.label}到期退还，须在放款前或放款时收取"})

    @classmethod
    def parse(cls, stored: Mapping[str, Any]) -> "Fee":
        """Return a fee from JSON with the keys of this class; rates are decimal strings.

        Raises:
            InvalidInput: naming ``fees``: a key that is not known, or a value that cannot be read.
        """
        unknown = set(stored) - {field.name for field in fields(cls)}
        if unknown:
            raise InvalidInput(fields={"fees": f"费用没有这一项：{min(unknown)}"})
        rate, amount = stored.get("rate"), stored.get("amount_fen")
        flags = {name: stored[name] for name in ("refundable", "included_in_cost") if name in stored}
        if isinstance(rate, float) or isinstance(amount, float | bool):
            raise InvalidInput(fields={"fees": "费率须写成小数字符串，金额须是以分为单位的整数"})
        if not all(isinstance(flag, bool) for flag in flags.values()):
            raise InvalidInput(fields={"fees": "费用的格式不对"})
        try:
            return cls(
                code=str(stored.get("code", "fee")),
                label=str(stored.get("label", "费用")),
                timing=FeeTiming(stored.get("timing", FeeTiming.UPFRONT.value)),
                amount_fen=None if amount is None else int(amount),
                rate=None if rate is None else Decimal(str(rate)),
                collector=str(stored.get("collector", "")),
                base=FeeBase(stored.get("base", FeeBase.PRINCIPAL.value)),
                payer=FeePayer(stored.get("payer", FeePayer.BORROWER.value)),
                **flags,
            )
        except (ValueError, TypeError, InvalidOperation) as fault:
            raise InvalidInput(fields={"fees": "费用的格式不对"}) from fault

    def as_dict(self) -> dict[str, object]:
        """Return the fee for storing as JSON; defaults are left out."""
        stored: dict[str, object] = {"code": self.code, "label": self.label, "timing": self.timing.value}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in stored or value == field.default:
                continue
            stored[field.name] = (
                str(value)
                if isinstance(value, Decimal)
                else value.value
                if isinstance(value, Choice)
                else value
            )
        return stored

    @property
    def is_charged(self) -> bool:
        """Whether the borrower pays it at all."""
        return self.payer is FeePayer.BORROWER

    def each_fen(self, base_fen: int) -> int:
        """Return the amount of one collection in fen from the base, halves up."""
        if self.rate is None:
            return self.amount_fen or 0
        numerator, denominator = self.rate.as_integer_ratio()
        return divide_half_up(base_fen * numerator, denominator)

    @property
    def standard(self) -> str:
        """What is charged, for the disclosure sheet 收取标准."""
        if self.rate is None:
            text = format_fen(self.amount_fen or 0)
        elif self.base is FeeBase.BALANCE:
            text = f"期初剩余本金的 {format_percent(self.rate)}"
        else:
            text = f"本金的 {format_percent(self.rate)}"
        if self.timing is FeeTiming.EACH_PERIOD and self.rate is None:
            text = f"每期 {text}"
        return f"{text}，到期退还" if self.refundable else text


def fee_flows(fee: Fee, terms: Terms, rows: Sequence[Installment]) -> tuple[int, list[int]]:
    """Return what a fee takes at the disbursement and with each row, in fen.

    A deposit comes back as a negative amount in the last row; what somebody else pays takes nothing.
    """
    later = [0] * len(rows)
    if not fee.is_charged:
        return 0, later
    if fee.timing.at_start:
        first = fee.each_fen(terms.principal_fen)
        if fee.refundable:
            later[-1] = -first
        return first, later
    by_balance = fee.base is FeeBase.BALANCE
    if fee.timing is FeeTiming.AT_END:
        later[-1] = fee.each_fen(rows[-1].opening_fen if by_balance else terms.principal_fen)
        return 0, later
    if by_balance:
        return 0, [fee.each_fen(row.opening_fen) for row in rows]
    return 0, [fee.each_fen(terms.principal_fen)] * len(rows)


def add_financed(wanted_fen: int, charged: Sequence[Fee]) -> tuple[int, tuple[Fee, ...]]:
    """Return the principal that leaves ``wanted_fen`` in the borrower's hand, and the fees as they then are.

    Each financed fee is counted on the amount wanted and added to it; a rate becomes the amount it makes, so
    that it is not counted on itself.
    """
    settled: list[Fee] = []
    principal = wanted_fen
    for fee in charged:
        if fee.timing is FeeTiming.FINANCED and fee.is_charged:
            amount = fee.each_fen(wanted_fen)
            principal += amount
            fee = replace(fee, amount_fen=amount, rate=None, base=FeeBase.FIXED)
        settled.append(fee)
    return principal, tuple(settled)


_INTEREST_WORDS = ("利息", "头息")
_SUCCESS_WORDS = ("前期费", "包装费")
_NECESSARY_WORDS = ("评估", "公证", "登记", "查询")


def upfront_refusals(charged: Sequence[Fee], *, own: bool) -> dict[str, str]:
    """Return a sentence for each fee the law does not let us take, by ``fees[0]`` and so on; empty when all may.

    Own loans: nothing is deducted from the principal 砍头息, whatever it is called; interest is not taken before
    it is earned. Source: 民法典 670. Brokered loans: no fee before success except agreed necessary costs paid
    to others. Source: 民法典 963, 964.
    """
    refused: dict[str, str] = {}
    for place, fee in enumerate(charged):
        if not fee.is_charged:
            continue
        sentence = _own_refusal(fee) if own else _broker_refusal(fee)
        if sentence:
            refused[f"fees[{place}]"] = sentence
    return refused


def _own_refusal(fee: Fee) -> str:
    is_interest = fee.code == "interest" or any(word in fee.label for word in _INTEREST_WORDS)
    if is_interest and fee.timing.at_start:
        return (
            f"{fee.label}不能在放款时收取：利息不得预先在本金中扣除，预先扣除的按实际借款数额计息"
            "（民法典第六百七十条）"
        )
    if fee.timing is FeeTiming.FINANCED:
        return (
            f"{fee.label}不能从放款本金中扣除：须按合同本金全额放款，利息和费用不得预先扣除"
            "（民法典第六百七十条）"
        )
    return ""


def _broker_refusal(fee: Fee) -> str:
    if any(word in fee.label for word in _SUCCESS_WORDS):
        return f"不得收取{fee.label}：促成借款成立才可收取报酬（民法典第九百六十三条、第九百六十四条）"
    necessary = any(word in fee.label for word in _NECESSARY_WORDS)
    if fee.timing is FeeTiming.BEFORE and not necessary:
        return (
            f"{fee.label}不能在放款前收取：未促成合同成立不得请求支付报酬，只能收取约定的必要费用"
            "（民法典第九百六十三条、第九百六十四条）"
        )
    return ""
