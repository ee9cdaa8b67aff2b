"""Five-category classes 五级分类 from days overdue, and the provisions 拨备 they call for; both dated parameters.

Source: docs/algorithms/day_end.md (商业银行金融资产风险分类办法; 财金〔2012〕20号).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import divide_half_up
from loanhub.domain.repayment.delinquency import (
    DEFAULT_CLASS_FLOORS,
    TECHNICAL_SHORT_DAYS,
    ClassFloors,
    FiveClass,
    five_class_of,
    worse_class,
)

PRESETS: dict[str, dict[FiveClass, Decimal]] = {
    "A": dict(zip(FiveClass, map(Decimal, ("0.015", "0.03", "0.30", "0.60", "1")), strict=True)),
    "B": dict(zip(FiveClass, map(Decimal, ("0.01", "0.02", "0.25", "0.50", "1")), strict=True)),
}
"""Provision rates by class: A 财金〔2012〕20号, B common among small-loan companies 小贷公司常用."""


@dataclass(frozen=True, slots=True)
class ClassPolicy:
    """How a loan is classed and provided for.

    ``floors``: from how many days overdue each class is the least possible. ``technical`` keeps a delay of at most
    seven days 技术性逾期 in 正常. ``rates``: the share of the principal to provide, by class.
    """

    floors: ClassFloors = DEFAULT_CLASS_FLOORS
    technical: bool = False
    rates: Mapping[FiveClass, Decimal] = field(default_factory=lambda: PRESETS["A"])

    def class_of(self, dpd: int, *floors: str) -> FiveClass:
        """Return the worst of what the days overdue and the given classes (by code, may be empty) allow."""
        found = five_class_of(dpd, technical_short_overdue=self.technical, floors=self.floors)
        for code in floors:
            if code:
                found = worse_class(found, FiveClass(code))
        return found

    def provision_fen(self, balance_fen: int, five_class: FiveClass) -> int:
        """Return balance × rate of the class, rounded once, halves up."""
        numerator, denominator = self.rates[five_class].as_integer_ratio()
        return divide_half_up(balance_fen * numerator, denominator)

    @property
    def technical_days(self) -> int:
        """Return up to how many days overdue a loan stays 正常 whatever the floors say."""
        return TECHNICAL_SHORT_DAYS if self.technical else 0

    @classmethod
    def parse(cls, classification: Mapping[str, Any], provisions: Mapping[str, Any]) -> ClassPolicy:
        """Return the policy of the two parameters ``classification`` and ``provisions``.

        Raises:
            InvalidInput: naming what is not understood: floors that do not rise, an unknown preset or class, a rate
                outside 0 to 1.
        """
        try:
            days = {FiveClass(code): int(day) for code, day in classification["days"].items()}
            floors = ((FiveClass.NORMAL, 0), *((one, days[one]) for one in list(FiveClass)[1:]))
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise InvalidInput(fields={"classification": "五级分类的逾期天数不完整"}) from error
        if any(later[1] <= earlier[1] for earlier, later in pairwise(floors)):
            raise InvalidInput(fields={"classification": "五级分类的逾期天数须逐级增加"})
        preset = str(provisions.get("preset", ""))
        try:
            rates = (
                {FiveClass(code): Decimal(str(rate)) for code, rate in provisions["rates"].items()}
                if provisions.get("rates")
                else PRESETS[preset]
            )
        except (KeyError, ValueError, TypeError, ArithmeticError, AttributeError) as error:
            raise InvalidInput(fields={"provisions": "没有这一套拨备比例"}) from error
        if set(rates) != set(FiveClass) or any(not 0 <= rate <= 1 for rate in rates.values()):
            raise InvalidInput(fields={"provisions": "五级的拨备比例须齐全，且在 0 到 100% 之间"})
        return cls(floors=floors, technical=bool(classification.get("technical", False)), rates=rates)
