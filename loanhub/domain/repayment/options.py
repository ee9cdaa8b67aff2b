"""How a product is serviced: penalty, grace, the order of allocation, the price of paying early."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput
from loanhub.domain.repayment.allocation import DEFAULT_ORDER, AllocationMode, Component, check_order
from loanhub.domain.repayment.penalty import DEFAULT_MULTIPLIER


def _components(codes: Iterable[str]) -> tuple[Component, ...]:
    return tuple(Component(code) for code in codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicingOptions:
    """How a product is serviced; stored with the loan, so that a later product change leaves it alone.

    Attributes:
        penalty_annual_rate: base of the penalty instead of the contract rate.
        holiday_tolerance: grace ending on a day off runs to the next business day.
        tolerance_fen: an installment owing no more than this does not count as overdue 容差.
        prepayment_free_after: no prepayment fee once so many installments are due; None is never.
        late_order: another order 先本后息 for money valued when the loan is more than 90 days overdue.
    """

    penalty_multiplier: Decimal = DEFAULT_MULTIPLIER
    penalty_annual_rate: Decimal | None = None
    compound: bool = False
    day_base: int = 360
    grace_days: int = 0
    holiday_tolerance: bool = False
    tolerance_fen: int = 0
    order: tuple[Component, ...] = DEFAULT_ORDER
    mode: AllocationMode = AllocationMode.BY_PERIOD
    late_order: tuple[Component, ...] | None = None
    prepayment_fee_rate: Decimal = Decimal(0)
    prepayment_free_after: int | None = None

    def __post_init__(self) -> None:
        check_order(self.order)
        if self.late_order is not None:
            check_order(self.late_order)
        refused = {}
        if self.day_base not in (360, 365):
            refused["day_base"] = "计息基础天数只能是 360 或 365"
        if not 0 <= self.grace_days <= 60:
            refused["grace_days"] = "宽限期须在 0 到 60 天之间"
        if self.penalty_multiplier < 0 or self.penalty_multiplier > 10:
            refused["penalty_multiplier"] = "罚息倍数须在 0 到 10 之间"
        if self.penalty_annual_rate is not None and not 0 <= self.penalty_annual_rate < 10:
            refused["penalty_annual_rate"] = "罚息基准利率不能为负，且须低于 1000%"
        if self.tolerance_fen < 0:
            refused["tolerance_fen"] = "容差不能为负数"
        if not 0 <= self.prepayment_fee_rate <= 1:
            refused["prepayment_fee_rate"] = "提前还款违约金比例须在 0 到 100% 之间"
        if refused:
            raise InvalidInput(fields=refused)

    def as_dict(self) -> dict[str, object]:
        """Return the options for storing as JSON: decimals as strings, choices as codes."""
        stored: dict[str, object] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, tuple):
                stored[field.name] = [component.value for component in value]
            elif isinstance(value, Choice):
                stored[field.name] = value.value
            else:
                stored[field.name] = str(value) if isinstance(value, Decimal) else value
        return stored

    @classmethod
    def parse(cls, stored: Mapping[str, Any]) -> "ServicingOptions":
        """Return options from JSON in the shape of ``as_dict``; missing or empty keys take the default.

        Raises:
            InvalidInput: an unknown key or a value that cannot be read.
        """
        readers: dict[str, Any] = {
            "penalty_multiplier": lambda value: Decimal(str(value)),
            "penalty_annual_rate": lambda value: Decimal(str(value)),
            "prepayment_fee_rate": lambda value: Decimal(str(value)),
            "order": _components,
            "late_order": _components,
            "mode": AllocationMode,
        }
        known = {field.name for field in fields(cls)}
        read: dict[str, Any] = {}
        for key, value in stored.items():
            if key not in known:
                raise InvalidInput(fields={key: "没有这一项贷后参数"})
            if value is None or value == [] or value == ():
                continue
            try:
                read[key] = readers[key](value) if key in readers else value
            except (ValueError, TypeError, ArithmeticError) as error:
                raise InvalidInput(fields={key: "格式不对"}) from error
        return cls(**read)
