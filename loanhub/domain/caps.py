"""Caps on what a loan may cost 综合融资成本上限: dated rows, compared unrounded with what the loan really costs.

Source: docs/algorithms/caps.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput
from loanhub.domain.rates import format_percent
from loanhub.domain.repayment.cost import CAP_TOLERANCE, CapMeasure, Cost

HIGHEST_LIMIT = Decimal("0.36")
"""No row may allow more: the two-line rule 两线三区 of before 2020 ended here."""
HIGHEST_MULTIPLE = Decimal(4)
LONGEST_EXEMPTION = 12


class LenderType(Choice):
    """Whose loan it is 出借主体; each has its own rules."""

    MICROLOAN = "microloan", "小额贷款公司"
    BANK_WITH_PLATFORM = "bank_with_platform", "金融机构（助贷合作）"
    PRIVATE = "private", "民间借贷（非持牌）"


class CustomerKind(Choice):
    """Which borrowers a cap protects."""

    ANY = "", "不限"
    PERSON = "person", "个人"
    COMPANY = "company", "企业"


class CapAction(Choice):
    """What happens above a cap."""

    WARN = "warn", "提示"
    BLOCK = "block", "拦截"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """A limit on the annualized cost of loans made from one day to another.

    Attributes:
        lender_type: whose loans it limits.
        customer_kind: which borrowers; ``ANY`` is every one.
        measure: the annualized rate it is compared with.
        limit_rate, lpr_multiple: exactly one: a fraction a year, or how many times the one-year LPR of the day.
        valid_from, valid_to: first and last day, both inclusive; None is open.
        source: the rule it comes from, shown with every refusal.
        exempt_months: loans of no more months are left out (short bridging loans 过桥); 0 leaves out none.
        covers_penalty: it limits the penalty on overdue principal as well.

    Raises:
        InvalidInput: with a sentence for each field at fault.
    """

    label: str
    lender_type: LenderType
    customer_kind: CustomerKind = CustomerKind.ANY
    measure: CapMeasure = CapMeasure.SIMPLE
    limit_rate: Decimal | None = None
    lpr_multiple: Decimal | None = None
    valid_from: date
    valid_to: date | None = None
    action: CapAction = CapAction.BLOCK
    source: str = ""
    exempt_months: int = 0
    covers_penalty: bool = False

    def __post_init__(self) -> None:
        refused: dict[str, str] = {}
        if not 2 <= len(self.label.strip()) <= 60:
            refused["label"] = "名称须为 2 到 60 个字"
        if not 2 <= len(self.source.strip()) <= 200:
            refused["source"] = "写明依据的文件和条款（2 到 200 个字）"
        if (self.limit_rate is None) == (self.lpr_multiple is None):
            refused["limit_rate"] = "固定上限和 LPR 倍数须填写其中一个"
        elif self.limit_rate is not None and not 0 < self.limit_rate <= HIGHEST_LIMIT:
            refused["limit_rate"] = f"上限须大于 0，且不超过 {format_percent(HIGHEST_LIMIT)}"
        elif self.lpr_multiple is not None and not 0 < self.lpr_multiple <= HIGHEST_MULTIPLE:
            refused["lpr_multiple"] = f"LPR 倍数须大于 0，且不超过 {HIGHEST_MULTIPLE}"
        if self.valid_to is not None and self.valid_to < self.valid_from:
            refused["valid_to"] = "失效日不能早于生效日"
        if not 0 <= self.exempt_months <= LONGEST_EXEMPTION:
            refused["exempt_months"] = f"豁免期限须在 0 到 {LONGEST_EXEMPTION} 个月之间"
        if refused:
            raise InvalidInput(fields=refused)

    def holds_on(self, on: date) -> bool:
        """Return whether loans made on this day fall under it."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def concerns(self, lender_type: LenderType, customer_kind: CustomerKind, months: int) -> bool:
        """Return whether a loan of this lender, borrower and length falls under it.

        A borrower not known yet (``ANY``) falls under every row: the strictest reading.
        """
        who = CustomerKind.ANY in (self.customer_kind, customer_kind) or self.customer_kind is customer_kind
        return self.lender_type is lender_type and who and months > self.exempt_months

    def limit(self, lpr: Decimal | None) -> Decimal | None:
        """Return the limit as a fraction a year; None when it hangs on an LPR that is not known."""
        if self.lpr_multiple is None:
            return self.limit_rate
        return None if lpr is None else self.lpr_multiple * lpr

    def standard(self, lpr: Decimal | None = None) -> str:
        """Return the limit in words: ``24.00%`` or ``一年期 LPR 的 4 倍（12.00%）``."""
        if self.limit_rate is not None:
            return format_percent(self.limit_rate)
        limit = self.limit(lpr)
        times = format((self.lpr_multiple or Decimal(0)).normalize(), "f")
        return f"一年期 LPR 的 {times} 倍" + ("" if limit is None else f"（{format_percent(limit)}）")


@dataclass(frozen=True, slots=True, kw_only=True)
class CapLine:
    """One cap held against one rate. Both rates are unrounded fractions; ``sentence`` shows 2 decimals of a percent.

    ``limit_rate`` is None when the LPR of the day is missing: nobody can say, so a block blocks.
    """

    cap: Cap
    limit_rate: Decimal | None
    cost_rate: Decimal
    exceeds: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class CapVerdict:
    """What the caps of a day say of a cost: every line looked at, in the order of the table."""

    lines: tuple[CapLine, ...] = ()

    @property
    def blocked_by(self) -> tuple[CapLine, ...]:
        """The lines that forbid the loan."""
        return tuple(line for line in self.lines if line.exceeds and line.cap.action is CapAction.BLOCK)

    @property
    def warned_by(self) -> tuple[CapLine, ...]:
        """The lines above which the loan lies without being forbidden."""
        return tuple(line for line in self.lines if line.exceeds and line.cap.action is CapAction.WARN)

    @property
    def passed(self) -> tuple[CapLine, ...]:
        """The lines the loan respects."""
        return tuple(line for line in self.lines if not line.exceeds)

    @property
    def is_blocked(self) -> bool:
        """Whether the loan may not be made."""
        return bool(self.blocked_by)

    @property
    def sentence(self) -> str:
        """Why it is forbidden; empty when it is not."""
        return self.blocked_by[0].sentence if self.blocked_by else ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to show beside the figure."""
        return tuple(line.sentence for line in self.warned_by)

    def joined(self, other: "CapVerdict") -> "CapVerdict":
        """Return both verdicts as one."""
        return CapVerdict(self.lines + other.lines)


def verdict(
    cost: Cost,
    caps: Iterable[Cap],
    *,
    on: date,
    lender_type: LenderType,
    customer_kind: CustomerKind = CustomerKind.ANY,
    months: int,
    lpr: Decimal | None,
) -> CapVerdict:
    """Return what the caps of the day say of a loan's annualized cost.

    Compared unrounded; up to ``CAP_TOLERANCE`` above is let through, since payments are whole fen. ``lpr`` is
    the one-year LPR in force on the contract day.
    """
    return CapVerdict(
        tuple(
            _line(cap, cost.measured(cap.measure), lpr, on, f"综合融资成本（{cap.measure.label}）")
            for cap in caps
            if cap.holds_on(on) and cap.concerns(lender_type, customer_kind, months)
        )
    )


def penalty_verdict(
    penalty_rate: Decimal,
    caps: Iterable[Cap],
    *,
    on: date,
    lender_type: LenderType,
    customer_kind: CustomerKind = CustomerKind.ANY,
    months: int,
    lpr: Decimal | None,
) -> CapVerdict:
    """Return what the caps that cover penalties say of a penalty rate a year, fees on default included.

    Source: 民间借贷规定 28, 29.
    """
    return CapVerdict(
        tuple(
            _line(cap, penalty_rate, lpr, on, "罚息及逾期费用的年利率")
            for cap in caps
            if cap.covers_penalty and cap.holds_on(on) and cap.concerns(lender_type, customer_kind, months)
        )
    )


def _line(cap: Cap, rate: Decimal, lpr: Decimal | None, on: date, what: str) -> CapLine:
    limit = cap.limit(lpr)
    if limit is None:
        sentence = (
            f"没有 {on.isoformat()} 生效的 LPR，无法核对「{cap.label}」，请先在「利率与上限」录入并复核"
        )
        return CapLine(cap=cap, limit_rate=None, cost_rate=rate, exceeds=True, sentence=sentence)
    exceeds = rate - limit > CAP_TOLERANCE
    places = 2 if not exceeds or format_percent(rate) != format_percent(limit) else 4
    relation = "不超过" if not exceeds else "超过上限" if cap.action is CapAction.BLOCK else "高于预警线"
    limit_text = cap.standard(lpr) if places == 2 else format_percent(limit, places)
    sentence = f"{what} {format_percent(rate, places)}，{relation} {limit_text}（{cap.label}；{cap.source}）"
    return CapLine(cap=cap, limit_rate=limit, cost_rate=rate, exceeds=exceeds, sentence=sentence)
